"""IAM: what policies allow, and what asks for it."""
