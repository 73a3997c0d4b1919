"""Ctrl-C reaches what tests run, also where the tests run in the background of a script.

A shell without job control starts `command &` with SIGINT ignored. All processes below
inherit that, and a shell among them can't even trap it.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
