"""The coverage: which account is on in which region, what decides it, and what is missing."""
