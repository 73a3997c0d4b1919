"""The process in which the engine runs the dynamic providers: its end, its errors, its pauses."""

from __future__ import annotations

import inspect
import os
import select
import sys
import threading
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

_STDERR = 2
_LOOKS_EVERY_MILLISECONDS = 1000

_ALL_FRAMES = 1000
"""The limit that Python has by itself."""

Params = ParamSpec("Params")
Result = TypeVar("Result")


CANCELLED = threading.Event()
"""The user has cancelled the run, by Ctrl-C or a signal to the engine."""


class Pauses:
    """How long this process has paused between attempts: all resources of a run share the limit."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        """Pauses, until the run is cancelled."""
        self.seconds += seconds
        CANCELLED.wait(seconds)


PAUSES = Pauses()
"""This process's; the engine starts one for each run."""


def is_a_plugin() -> bool:
    """Whether this is the process in which the engine runs dynamic providers."""
    main = sys.modules["__main__"].__spec__
    return main is not None and main.name == "pulumi.dynamic.__main__"


def patience(retry_minutes: float) -> Patience:
    """How long failures that may pass with time are retried: what is left of `retryMinutes`."""
    left = 60 * retry_minutes - PAUSES.seconds
    return Patience(max(0.0, left), PAUSES.sleep, cancelled=CANCELLED.is_set)


@cache
def listen_for_cancel() -> None:
    """Lets the engine's `Cancel` set `CANCELLED`: the first Ctrl-C ends a run at its next pause.

    The SDK's server answers `Cancel` and does nothing else. It was bound before this module was
    loaded, so that only its code can be another one.
    """
    server = vars(sys.modules["__main__"]).get("DynamicResourceProviderServicer")
    answer = getattr(server, "Cancel", None)
    if inspect.isfunction(answer) and not answer.__code__.co_freevars:
        answer.__code__ = _cancel.__code__


def _cancel(_server: object, _request: object, _context: object) -> object:
    # The names of this module are out of reach here: the code runs as the SDK's.
    from google.protobuf import empty_pb2  # noqa: PLC0415

    from guardduty_eks_audit_logs.resources.process import CANCELLED  # noqa: PLC0415

    CANCELLED.set()
    return empty_pb2.Empty()


@cache
def end_with_the_engine() -> None:
    """Ends this process, from now on, as soon as the engine that started it has ended.

    Of a killed engine the plugins stay, and one that went on setting members would write into the
    next run, unnoticed. The engine reads its plugins' stderr: a pipe without a reader has
    lost its engine.
    """
    if hasattr(select, "poll"):  # Windows has no such look at a pipe.
        threading.Thread(target=_wait_for_the_engines_end, daemon=True).start()


def _wait_for_the_engines_end() -> None:
    stderr = select.poll()
    stderr.register(_STDERR, 0)
    while not any(event & select.POLLERR for _, event in stderr.poll(_LOOKS_EVERY_MILLISECONDS)):
        pass
    os._exit(1)


def log_line(line: str) -> None:
    """Shows a user one line of progress: the engine shows it live, and under Diagnostics."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows a provider's stderr


class RefusedError(Exception):
    """A user's error as the engine prints it: one sentence."""


# The engine prints the class with its module unless that is a built-in one.
RefusedError.__module__ = "builtins"
RefusedError.__qualname__ = "GuardDuty"


def plain_errors(method: Callable[Params, Result]) -> Callable[Params, Result]:
    """Lets a provider's method fail with a sentence in place of a traceback.

    The dynamic provider's server answers with the text of `traceback.format_exc()`, which leaves
    the frames out while `sys.tracebacklimit` is 0. Any other error keeps its traceback.
    """

    @wraps(method)
    def wrapper(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return method(*args, **kwargs)
        except UserError as error:
            sys.tracebacklimit = 0
            raise RefusedError(str(error)) from None
        except Exception:
            # The limit holds for the whole process: also after a user's error of another call.
            sys.tracebacklimit = _ALL_FRAMES
            raise

    return wrapper
