"""What a user reads of a plan and of a run."""
