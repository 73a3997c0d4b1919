"""Ctrl-C reaches what tests run, also where the tests run in the background of a script.

A shell without job control starts `command &` with SIGINT and SIGQUIT ignored. All processes below
inherit that, and a shell among them can't even trap such a signal.
"""

from __future__ import annotations

import signal

for _number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(
            _number,
            signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL,
        )
