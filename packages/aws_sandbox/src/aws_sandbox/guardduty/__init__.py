"""The model of GuardDuty in an organization: state, rules and wire form, each on its own."""
