"""Ctrl-C and a closed terminal reach what tests run, however the tests were started.

A shell without job control starts `command &` with SIGINT ignored, and `nohup` ignores SIGHUP. All
processes below inherit that, and a shell among them can't even trap it.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Lets SIGHUP reach what tests start, and spares the tests themselves, as `nohup` asks.

    A process that only starts workers keeps ignoring it: so do they until they come here.
    """
    has_workers = bool(config.getoption("numprocesses", None)) and not _is_worker(config)
    if not has_workers and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
