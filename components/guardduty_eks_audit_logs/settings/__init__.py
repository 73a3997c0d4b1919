"""The configuration: its keys, its rules, its files, and who acts."""
