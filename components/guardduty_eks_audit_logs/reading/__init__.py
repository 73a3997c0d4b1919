"""What AWS holds, read and never written."""
