"""The only place that calls boto3."""
