"""The demonstration, and a terminal's work with the local AWS organization."""
