"""What changes AWS."""
