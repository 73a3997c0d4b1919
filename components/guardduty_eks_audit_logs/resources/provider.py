"""What the dynamic providers share: their session, and errors without a traceback.

The engine runs these classes in a process of their own and keeps a reference to their module and
name in the state: moving or renaming a provider class breaks the stacks that have it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import select
import sys
import threading
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pydantic.alias_generators import to_camel

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.aws.session import Session, open_session
from guardduty_eks_audit_logs.errors import (
    CredentialsError,
    OtherAccountError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.resources.kept import is_kept, keep, kept_with
from guardduty_eks_audit_logs.settings.configuration import PROJECT
from guardduty_eks_audit_logs.settings.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from guardduty_eks_audit_logs.state.properties import PriorSettingsOutputs, Properties

_ANY = "any"

_STDERR = 2
_LOOKS_EVERY_MILLISECONDS = 1000

_ALL_FRAMES = 1000
"""The limit that Python has by itself."""

Params = ParamSpec("Params")
Result = TypeVar("Result")


class GuardDutyProvider(ResourceProvider):
    """A dynamic provider that acts as its resource's `identity` says.

    A resource without one acts as the stack's `aws:*` configuration says.
    """

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Called by the engine once a process, before anything else.

        The request has all of the stack's configuration in clear: it stays in this process.
        """
        self._lookup = req.config.get
        if _is_a_plugin():
            end_with_the_engine()
            listen_for_cancel()

    def owned_session(self, props: Properties, seconds: float | None = None) -> Session:
        """Opens GuardDuty in a resource's region, as the account that the resource belongs to.

        Args:
            props: a resource's inputs or outputs.
            seconds: how long all that is asked may take; without it, only each call has an end.

        Raises:
            OtherAccountError: the credentials are another account's.
        """
        session = self.open_session(props, seconds)
        if session.caller != props.administrator_account_id:
            raise OtherAccountError(
                messages.other_account(props.region, session.caller, props.administrator_account_id)
            )
        return session

    def open_session(self, props: Properties, seconds: float | None = None) -> Session:
        """Opens GuardDuty in a resource's region, as its `identity` or the configuration says."""
        who = self._lookup if props.identity is None else Identity(**props.identity)
        return open_session(who, props.region, tell=tell, seconds=seconds)

    def configured(self, key: str) -> Any:  # noqa: ANN401 - a configuration value is anything
        """Gives a value of the program's own configuration, None if there is none."""
        return self._lookup(f"{PROJECT}:{key}")


@contextmanager
def acting_as_the_state_says() -> Iterator[None]:
    """Tells the way out if a refresh or a destroy can't act as the last `pulumi up` did.

    The engine gives both the configuration and the identity that the state has.
    """
    try:
        yield
    except (CredentialsError, OtherAccountError, SettingsError) as error:
        raise UserError(messages.acts_as_the_state_says(str(error))) from None


def keep_record(kind: str, news: Mapping[str, Any]) -> None:
    """Notes that this run keeps what a resource has recorded, since the program registers it.

    Args:
        kind: of the resource.
        news: its inputs, which may still have unknown values.
    """
    keep(f"{kind}-{news.get('administratorAccountId')}-{news.get('region')}")
    keep(_ANY)


def is_record_kept(kind: str, props: Properties) -> bool:
    """Whether this run keeps what a resource that the engine deletes has recorded."""
    return is_kept(f"{kind}-{props.administrator_account_id}-{props.region}")


def note_live(last: PriorSettingsOutputs) -> None:
    """Notes a record that a refresh reads, as it does none that is only left to be deleted."""
    keep(f"{_live(last)}{_digest(last)}")
    note_generation(last)


def note_generation(last: PriorSettingsOutputs) -> None:
    """Notes a record that is in the state, so that an older one of the same does nothing."""
    keep(f"{_generations(last)}{last.generation}")


def is_outdated(last: PriorSettingsOutputs) -> bool:
    """Whether a later resource has taken this one's record over, which the state has still.

    The later one has a higher generation. Records of 0.1.0 and 0.2.0 have none: of these, the ones
    that were read in this run are the state's.
    """
    generations = kept_with(_generations(last))
    live = kept_with(_live(last))
    return any(int(generation) > last.generation for generation in generations) or (
        bool(live) and _digest(last) not in live
    )


def _digest(last: PriorSettingsOutputs) -> str:
    text = json.dumps(last.properties(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _live(last: Properties) -> str:
    return f"live-{last.administrator_account_id}-{last.region}-"


def _generations(last: Properties) -> str:
    return f"generation-{last.administrator_account_id}-{last.region}-"


def note_failure(kind: str, news: Mapping[str, Any]) -> None:
    """Notes that a resource could not be made, so that it has taken nothing over from another."""
    keep(f"failed-{kind}-{news.get('administratorAccountId')}-{news.get('region')}")


def has_failed(kind: str, props: Properties) -> bool:
    """Whether this run could not make the resource that was to take this one's record over."""
    return is_kept(f"failed-{kind}-{props.administrator_account_id}-{props.region}")


def note_recorded(wanted: Properties) -> None:
    """Notes that `PriorSettings` has acted in this run."""
    keep(f"recorded-{wanted.administrator_account_id}-{wanted.region}")


def has_recorded(wanted: Properties) -> bool:
    """Whether `PriorSettings` has acted in this run, and was not left out of it."""
    return is_kept(f"recorded-{wanted.administrator_account_id}-{wanted.region}")


def replaced(last: Properties, wanted: Properties, keys: Collection[str]) -> list[str]:
    """The properties, as the engine names them, of which another value is another resource."""
    return [to_camel(key) for key in keys if getattr(last, key) != getattr(wanted, key)]


def is_any_record_kept() -> bool:
    """Whether this is a run of a program, which keeps something, and not a destroy."""
    return is_kept(_ANY)


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


def _is_a_plugin() -> bool:
    """Whether this is the process in which the engine runs dynamic providers."""
    main = sys.modules["__main__"].__spec__
    return main is not None and main.name == "pulumi.dynamic.__main__"


def patience(retry_minutes: float) -> Patience:
    """How long failures that time may cure are tried again: what is left of `retryMinutes`."""
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

    from guardduty_eks_audit_logs.resources.provider import CANCELLED  # noqa: PLC0415

    CANCELLED.set()
    return empty_pb2.Empty()


@cache
def end_with_the_engine() -> None:
    """Ends this process, from now on, as soon as the engine that started it is gone.

    Of a killed engine the plugins stay, and one that went on setting members would write into the
    next run, unnoticed. The engine reads what its plugins tell: a pipe that nobody reads any more
    has lost its engine.
    """
    if hasattr(select, "poll"):  # Windows has no such look at a pipe.
        threading.Thread(target=_wait_for_the_engines_end, daemon=True).start()


def _wait_for_the_engines_end() -> None:
    told = select.poll()
    told.register(_STDERR, 0)
    while not any(event & select.POLLERR for _, event in told.poll(_LOOKS_EVERY_MILLISECONDS)):
        pass
    os._exit(1)


def tell(line: str) -> None:
    """Tells a user of progress: the engine shows it live, and again under Diagnostics."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a provider's way to tell anything


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
