"""Calls that are kept waiting, and let go together."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import weakref


class Gate:
    """A gate at which calls wait until it is opened, once and for all.

    It is a pipe that is at its end when the gate is open. So a waiting call costs nothing but its
    thread: none looks again and again whether it may go.
    """

    def __init__(self) -> None:
        self._end, self._held = os.pipe()
        # The last one who waits closes it.
        weakref.finalize(self, os.close, self._end)

    def wait(self, seconds: float, caller: socket.socket | None = None) -> None:
        """Wait until the time is over or the gate is opened.

        Args:
            seconds: for how long.
            caller: the caller's connection; the wait is over when the caller hangs up. None waits
                on, as a service does that is busy with a call whose caller has gone.
        """
        watch = select.poll()
        watch.register(self._end, select.POLLHUP)
        if caller is not None:
            watch.register(caller, select.POLLIN)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            happened = {end for end, _ in watch.poll(left * 1000)}
            if self._end in happened:
                return
            if caller is not None and caller.fileno() in happened:
                if _hung_up(caller):
                    return
                # It has sent more than its request: that is no reason to look again and again.
                watch.unregister(caller)
                caller = None

    def open(self) -> None:
        """Let everybody go who waits here, or will."""
        os.close(self._held)


class HeldCalls:
    """The gate of the faults in force; lifting them opens it and puts another one in its place.

    A call takes the gate before it learns what strikes it: else one that is struck just before the
    faults are lifted would wait at the next gate, which nobody opens.
    """

    def __init__(self) -> None:
        self._gate = Gate()
        self._lock = threading.Lock()

    @property
    def gate(self) -> Gate:
        """The gate for a call that begins now."""
        with self._lock:
            return self._gate

    def release(self) -> None:
        """Let all calls go that have begun."""
        with self._lock:
            opened, self._gate = self._gate, Gate()
        opened.open()


def _hung_up(caller: socket.socket) -> bool:
    try:
        return caller.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
