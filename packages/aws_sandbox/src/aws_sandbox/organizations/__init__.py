"""AWS Organizations of the sandbox, where moto does not answer as AWS does."""
