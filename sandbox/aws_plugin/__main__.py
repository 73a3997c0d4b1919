"""Start the stand-in as the engine starts a plugin: it prints its port, then serves."""

from __future__ import annotations

from sandbox.aws_plugin.server import serve

if __name__ == "__main__":
    serve()
