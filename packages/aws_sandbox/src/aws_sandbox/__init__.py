"""A local AWS organization with GuardDuty: a model for demonstrations and tests, not AWS."""
