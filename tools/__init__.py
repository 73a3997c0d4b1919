"""What makes a machine ready: the Python environment, the Pulumi engine and the aws plugin."""
