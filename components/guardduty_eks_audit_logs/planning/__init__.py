"""What a run does, decided without any call."""
