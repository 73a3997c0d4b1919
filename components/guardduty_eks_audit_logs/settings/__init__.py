"""The configuration: its keys, its rules, its files, and the caller's identity."""
