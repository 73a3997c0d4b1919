"""What a run does, decided without asking anybody."""
