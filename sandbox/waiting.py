"""Calls that are kept waiting, and let go together."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import weakref


class _Gate:
    """A pipe that everybody who waits looks at; it is at its end once the gate is open."""

    def __init__(self) -> None:
        self.end, self._held = os.pipe()
        # The last one who looks at it closes it.
        weakref.finalize(self, os.close, self.end)

    def open(self) -> None:
        os.close(self._held)


class WaitingRoom:
    """Where struck calls wait; `release` lets all of them go at once.

    A waiting call costs nothing but its thread: nobody looks again and again whether it is over.
    """

    def __init__(self) -> None:
        self._gate = _Gate()
        self._lock = threading.Lock()

    def wait(self, seconds: float, caller: socket.socket | None = None) -> None:
        """Wait until the time is over or everybody is let go.

        Args:
            seconds: for how long.
            caller: the caller's connection; the wait is over when the caller hangs up. None waits
                on, as a service does that is busy with a call whose caller has gone.
        """
        with self._lock:
            gate = self._gate
        watch = select.poll()
        watch.register(gate.end, select.POLLHUP)
        if caller is not None:
            watch.register(caller, select.POLLIN)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            happened = dict(watch.poll(left * 1000))
            if gate.end in happened:
                return
            if caller is not None and caller.fileno() in happened:
                if _hung_up(caller):
                    return
                # It has sent more than its request: that is no reason to look again and again.
                watch.unregister(caller)
                caller = None

    def release(self) -> None:
        """Let everybody go who waits now."""
        with self._lock:
            opened, self._gate = self._gate, _Gate()
        opened.open()


def _hung_up(caller: socket.socket) -> bool:
    try:
        return caller.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
