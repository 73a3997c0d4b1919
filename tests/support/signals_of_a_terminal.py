"""Ctrl-C and a closed terminal reach what tests run, however the tests were started.

A shell without job control starts `command &` with SIGINT ignored, and `nohup` ignores SIGHUP. All
processes below inherit that, and a shell among them can't even trap it.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # The tests themselves go on, as they were told. A process that they start has the default.
    signal.signal(signal.SIGHUP, lambda *_: None)
