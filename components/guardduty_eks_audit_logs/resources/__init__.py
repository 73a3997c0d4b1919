"""What a user sees in `pulumi up`."""
