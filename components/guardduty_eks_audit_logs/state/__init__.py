"""What the stack's state says, and what the resources get."""
