"""Start the stand-in as the engine starts a plugin: it prints its port, then serves."""

from __future__ import annotations

import signal
import sys

if {"-h", "--help"} & set(sys.argv[1:]):
    print(  # noqa: T201 -- the command line
        "The Pulumi engine starts this plugin by itself, with its own address as the argument.\n"
        "The README of aws_plugin_stand_in says what it serves."
    )
    sys.exit(0)

# The engine ends its plugins by SIGINT. Before 3.274 it did so one after the other, and gave all of
# them five seconds together: whoever had not been told to cancel by then "exited prematurely", it
# said, and failed the run, as it can on a busy machine with any provider. So this one
# ends at once, as the real plugin does. Python would take down threads and libraries first, which
# takes long on a busy machine; there is nothing to finish, since the engine asks no more of it.
# Before the libraries are loaded, for an end that comes while they are.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from aws_plugin_stand_in.server import serve  # noqa: E402

if __name__ == "__main__":
    serve()
