"""STS of the sandbox: who calls, with which keys, and who may act as which role."""
