"""The program in the place where the engine runs it: what it says arrives at a run."""

from __future__ import annotations

import asyncio
import inspect
import logging
import runpy
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from unittest.mock import patch

import pulumi.resource_hooks
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi import ResourceHookArgs
from pulumi.runtime import rpc, run_in_stack
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT, SETTINGS
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pulumi import ResourceHook

    from tests.campaign.kinds import Properties
    from tests.campaign.state import Place

ORGANIZATION = "organization"
_SECONDS_TO_END = 10
_SKIPPED: Any = 2
"""`Result.SKIP`, which the SDK has no name for yet."""
_SECONDS_OF_A_HOOK = 60

# A program that is ended leaves answers behind that nobody waits for any more.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Answer:
    """What the engine answers a registration with; None outputs if it skipped it."""

    id: str
    outputs: Properties | None


class Engine(Protocol):
    """What the program talks to."""

    def register(self, request: Any, urn: str) -> Answer:  # noqa: ANN401 - gRPC's type
        """The program registers a resource."""

    def ask(self, token: str, arguments: Properties) -> Properties:
        """The program calls a function."""

    def export(self, outputs: Properties) -> None:
        """The program's outputs have arrived."""


class RunningProgram:
    """The program of one command.

    Args:
        engine: whom it talks to.
        place: the names of project, stack and component.
        program: it.
        preview: whether it is only previewed.

    Attributes:
        infos: what it told.
        errors: what it told as errors.
    """

    def __init__(
        self, engine: Engine, place: Place, program: Callable[[], None], *, preview: bool
    ) -> None:
        self.infos: list[str] = []
        self.errors: list[str] = []
        self._engine = engine
        self._place = place
        self._program = program
        self._preview = preview
        self._hooks: dict[str, ResourceHook] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        """Runs it to its end; fails with whatever it fails with."""
        log = _Log(self)
        logger = logging.getLogger("campaign")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [log]
        monitor = _Monitor(self._engine, self._place)
        place = self._place
        with (
            _loop_of_its_own() as loop,
            patch.object(pulumi.resource_hooks, "register_resource_hook", self._hooked),
        ):
            self._loop = loop
            set_mocks(
                _Nobody(),
                place.project,
                place.stack,
                self._preview,
                logger=logger,
                monitor=monitor,
                organization=ORGANIZATION,
            )
            ROOT.set(None)
            SETTINGS.rpc_manager.clear()
            SETTINGS.outputs.clear()
            loop.run_until_complete(run_in_stack(self._program))

    def end(self) -> None:
        """The engine takes no more registrations and ends the program."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._loop.stop)

    def call_hooks(self, names: Iterable[str], asked: ResourceHookArgs) -> None:
        """The engine is about to do something for which the program has hooks."""
        for name in names:
            hook = self._hooks[name]
            if self._preview and not (hook.opts and hook.opts.on_dry_run):
                continue
            found = hook.callback(asked)
            if inspect.isawaitable(found):
                assert self._loop
                done = asyncio.run_coroutine_threadsafe(_awaited(found), self._loop)
                done.result(_SECONDS_OF_A_HOOK)

    def _hooked(self, hook: ResourceHook) -> asyncio.Future[None]:
        self._hooks[hook.name] = hook
        done: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        done.set_result(None)
        return done


async def _awaited(found: Any) -> None:  # noqa: ANN401 - whatever a hook gives
    await found


class _OneThread(ThreadPoolExecutor):
    """Registrations that wait for nothing come in the order of the program."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's
        """Stays for the next program."""
        del wait, cancel_futures


_THREAD = _OneThread(max_workers=1)


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _loop_of_its_own() -> Iterator[asyncio.AbstractEventLoop]:
    """A program ends with its process, whatever still waits for an answer."""
    before, loop = _ensure_event_loop(), asyncio.new_event_loop()  # type: ignore[no-untyped-call] # as Pulumi has it
    loop.set_default_executor(_THREAD)
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.wait_for(_ended(left), _SECONDS_TO_END))
        asyncio.set_event_loop(before)
        loop.close()


def shipped() -> None:
    """The program of this repository."""
    runpy.run_path(str(PROJECT_FOLDER / "__main__.py"))


class _Nobody(Mocks):
    """Pulumi's mocks want one; the monitor asks the engine instead."""

    def call(self, args: Any) -> Any:  # noqa: ANN401 - Pulumi's signature
        raise AssertionError(args)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(args)


class _Monitor(MockMonitor):
    """What the program talks to in the place of the engine."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(_Nobody())
        self._engine = engine
        self._place = place

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's name
        urn = self._place.urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()  # type: ignore[no-untyped-call] # as Pulumi has it
        answer = self._engine.register(request, urn)
        if answer.outputs is None:
            skipped = _SKIPPED
            return resource_pb2.RegisterResourceResponse(urn=urn, result=skipped)
        struct = _sync_await(rpc.serialize_properties(answer.outputs, {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=answer.id, object=struct)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        if request.urn.split("::")[-2] == "pulumi:pulumi:Stack":
            self._engine.export(MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802
        _ensure_event_loop()  # type: ignore[no-untyped-call] # as Pulumi has it
        found = self._engine.ask(request.tok, rpc.deserialize_properties(request.args))
        struct = _sync_await(rpc.serialize_properties(found, {}))
        return resource_pb2.ResourceInvokeResponse(**{"return": struct})


class _Log(logging.Handler):
    """What the program logs."""

    def __init__(self, program: RunningProgram) -> None:
        super().__init__()
        self._program = program

    def emit(self, record: logging.LogRecord) -> None:
        errors = record.levelno >= logging.ERROR
        kept = self._program.errors if errors else self._program.infos
        kept.append(record.getMessage())
