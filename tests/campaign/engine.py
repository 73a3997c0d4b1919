"""A stand-in of the Pulumi engine: runs the real program with its providers, and can be killed.

What it does as the engine does: it refreshes before everything else (`options: refresh: always`),
asks `check` and `diff`, then creates, updates or replaces one resource after the other in the order
of the program's dependencies, saves the state after each, deletes at the end what the program does
no longer register, and on destroy deletes everything in reverse order without the program. After a
failure no other step begins. Properties cross the same borders: numbers become floats, maps lose
their order, properties without a value are dropped.

What it is not: the engine. It makes one step at a time, prints nothing, has one stack and no
plugins of its own; the campaign's histories with the real CLI are there for the rest.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import random
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import rpc, run_in_stack
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT, SETTINGS
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from components.provider import RefusedError
from sandbox.aws_plugin.failures import StandInError
from tests.campaign.kinds import Plugins
from tests.campaign.network import KilledError, Moments
from tests.components.registrations import PROJECT, STACK
from tests.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tests.campaign.kinds import Kind, Properties
    from tests.campaign.network import Network

_TOLD_ALREADY = 32


class StoppedError(Exception):
    """The engine takes no more registrations: a step has failed, or it has been killed."""


@dataclass(frozen=True)
class Resource:
    """One resource in the state."""

    name: str
    type: str
    id: str
    inputs: Properties
    outputs: Properties
    retained: bool = False


@dataclass
class Told:
    """How one command ended, and what it said.

    Attributes:
        preview: whether it was a preview.
        killed: whether the engine was killed in it.
        errors: what the program and the resources failed with.
        defects: exceptions that are none of a user's: the CLI would show a traceback.
        lines: what the program told and the providers printed.
        exported: the stack's outputs.
        registered: {resource's name: what the program asked for}.
    """

    preview: bool = False
    killed: bool = False
    errors: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    exported: Properties = field(default_factory=dict)
    registered: dict[str, Properties] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return not (self.killed or self.errors or self.defects)


class Stack:
    """One stack: its state as it was saved last, and the commands of the CLI.

    Args:
        network: where the providers reach AWS.
        seed: decides in which order maps arrive.
    """

    def __init__(self, network: Network, seed: int = 0) -> None:
        self.saved: dict[str, Resource] = {}
        self._network = network
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def preview(self, configuration: Mapping[str, Any]) -> Told:
        """`pulumi preview`."""
        run = _Run(self, self._network, self._random, configuration, preview=True)
        run.carry_out(run.program)
        return run.told

    def up(self, configuration: Mapping[str, Any], moments: Moments | None = None) -> Told:
        """`pulumi up`, in which something happens at a moment."""
        run = _Run(self, self._network, self._random, configuration)
        self._network.begin(moments or Moments())
        run.carry_out(run.program)
        return run.told

    def destroy(self, configuration: Mapping[str, Any], moments: Moments | None = None) -> Told:
        """`pulumi destroy`; the program is not run."""
        run = _Run(self, self._network, self._random, configuration)
        self._network.begin(moments or Moments())
        run.carry_out(run.delete_all)
        return run.told


class _Run(Mocks):
    """One command."""

    def __init__(
        self,
        stack: Stack,
        network: Network,
        order: random.Random,
        configuration: Mapping[str, Any],
        *,
        preview: bool = False,
    ) -> None:
        self.told = Told(preview)
        self._stack = stack
        self._state = dict(stack.saved)
        self._network = network
        self._random = order
        self._configuration = configuration
        self._plugins = Plugins(configuration)
        self._seen: set[str] = set()
        self._end_program: Callable[[], object] = lambda: None

    def carry_out(self, command: Callable[[], None]) -> None:
        """Refreshes and does what the command does, until it is done, fails or is killed."""
        said = io.StringIO()
        with redirect_stderr(said), patch.dict(os.environ, self._environment()):
            try:
                self._refresh()
                if not self._stopped():
                    command()
            except KilledError:
                self.told.killed = True
        # A user's error in a provider leaves it so for its process, which this one is, too.
        sys.tracebacklimit = 1000
        self.told.lines += [line for line in said.getvalue().splitlines() if line]

    def program(self) -> None:
        """Runs the program, then deletes what it has not registered."""
        log = _Log()
        logger = logging.getLogger("campaign")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [log]
        monitor = _Monitor(self)
        try:
            with _loop_of_its_own() as loop:
                set_mocks(self, PROJECT, STACK, self.told.preview, logger=logger, monitor=monitor)
                ROOT.set(None)
                SETTINGS.rpc_manager.clear()
                SETTINGS.outputs.clear()
                self._end_program = partial(loop.call_soon_threadsafe, loop.stop)
                loop.run_until_complete(run_in_stack(_program))
        except (StoppedError, RuntimeError) as error:
            # The engine ends a program that it takes no more registrations from.
            if not self._stopped():
                self.told.defects.append(f"{type(error).__name__}: {error}")
        except SystemExit as ended:
            if ended.code != _TOLD_ALREADY:
                self.told.defects.append(f"the program ended with {ended.code}")
        except KilledError:
            self.told.killed = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the CLI would show it
            if not self._stopped():
                self.told.defects.append(f"{type(error).__name__}: {error}")
        self.told.lines += log.infos
        self.told.errors += log.errors
        if self._network.dead:
            self.told.killed = True
        if not self._stopped() and not self.told.preview:
            self._delete([name for name in self._state if name not in self._seen])

    def delete_all(self) -> None:
        """Deletes everything, what depends on others before them."""
        self._delete(list(self._state))

    def register(self, request: Any) -> tuple[str, Properties]:  # noqa: ANN401 - gRPC's type
        """What the engine does when the program registers a resource; its id and outputs."""
        if self._stopped():
            raise StoppedError
        inputs = self._wired(rpc.deserialize_properties(request.object, keep_unknowns=True))
        self.told.registered[request.name] = inputs
        self._seen.add(request.name)
        try:
            return self._step(request, inputs)
        except KilledError:
            self.told.killed = True
            self._end_program()
            raise StoppedError from None
        except Exception as error:
            self._failed(request.name, error)
            self._end_program()
            raise StoppedError from error

    def call(self, args: Any) -> Any:  # noqa: ANN401 - Pulumi's signature
        """No function is called by this program."""
        raise AssertionError(args)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Never called: the monitor asks `register`."""
        raise AssertionError(args)

    def export(self, outputs: Properties) -> None:
        """The program's outputs have arrived."""
        self.told.exported = outputs

    def _step(self, request: Any, news: Properties) -> tuple[str, Properties]:  # noqa: ANN401
        if not request.custom:
            return "", {}
        name, kind = request.name, self._plugins.kind(request.type)
        old = self._state.get(name)
        news = self._wired(kind.check(old.inputs if old else {}, news))
        if old is None and request.importId:
            _, outputs, inputs = map(self._wired, kind.read(request.importId, {}, news))
            old = Resource(name, request.type, request.importId, inputs, outputs)
        differs = False
        if old is not None:
            for ignored in request.ignoreChanges:
                news = {k: v for k, v in news.items() if k != ignored}
                news |= {ignored: old.inputs[ignored]} if ignored in old.inputs else {}
            differs, replaces = kind.diff(old.id, self._wired(old.outputs), news)
            if replaces:
                return self._replace(request, kind, old, news)
        if self.told.preview:
            if old is None or differs:
                self.told.steps.append(f"{'update' if old else 'create'} {name}")
            return (old.id, {**old.outputs, **news}) if old else ("", news)
        self._network.step()
        if old is None:
            new = self._create(request, kind, news)
        elif differs:
            self.told.steps.append(f"update {name}")
            outputs = self._wired(kind.update(old.id, self._wired(old.outputs), news))
            new = Resource(name, request.type, old.id, news, outputs, request.retainOnDelete)
        else:
            new = Resource(name, old.type, old.id, news, old.outputs, request.retainOnDelete)
        return self._keep(new)

    def _create(self, request: Any, kind: Kind, news: Properties) -> Resource:  # noqa: ANN401
        self.told.steps.append(f"create {request.name}")
        id_, outputs = kind.create(news)
        outputs = self._wired(outputs)
        return Resource(request.name, request.type, id_, news, outputs, request.retainOnDelete)

    def _replace(
        self,
        request: Any,  # noqa: ANN401
        kind: Kind,
        old: Resource,
        news: Properties,
    ) -> tuple[str, Properties]:
        """Puts another resource in the place of one; both in one go, which the engine does not."""
        self.told.steps.append(f"replace {request.name}")
        if self.told.preview:
            return "", news
        self._network.step()
        new = self._create(request, kind, news)
        kind.delete(old.id, self._wired(old.outputs))
        return self._keep(new)

    def _keep(self, new: Resource) -> tuple[str, Properties]:
        self._network.step()
        self._state.pop(new.name, None)
        self._state[new.name] = new
        self._save()
        return new.id, new.outputs

    def _save(self) -> None:
        self._stack.saved = dict(self._state)
        self._network.step()

    def _refresh(self) -> None:
        for name, resource in list(self._state.items()):
            try:
                kind = self._plugins.kind(resource.type)
                id_, outputs, inputs = kind.read(
                    resource.id, self._wired(resource.outputs), self._wired(resource.inputs)
                )
                if not id_:
                    del self._state[name]
                    continue
                outputs = self._wired(outputs)
                inputs = resource.inputs if inputs is None else self._wired(inputs)
                kind.diff(id_, outputs, self._wired(resource.inputs))
                self._state[name] = Resource(
                    name, resource.type, id_, inputs, outputs, resource.retained
                )
            except Exception as error:  # noqa: BLE001 - told as the engine tells it
                self._failed(name, error)
                return
        if not self.told.preview and self._state != self._stack.saved:
            self._save()

    def _delete(self, names: list[str]) -> None:
        for name in reversed(names):
            resource = self._state[name]
            self.told.steps.append(f"delete {name}")
            try:
                self._network.step()
                if not resource.retained:
                    kind = self._plugins.kind(resource.type)
                    kind.delete(resource.id, self._wired(resource.outputs))
                self._network.step()
            except KilledError:
                raise
            except Exception as error:  # noqa: BLE001 - told as the engine tells it
                self._failed(name, error)
                return
            del self._state[name]
            self._save()

    def _failed(self, name: str, error: Exception) -> None:
        if isinstance(error, RefusedError | StandInError):
            self.told.errors.append(str(error))
        else:
            self.told.defects.append(f"{name}: {type(error).__name__}: {error}")

    def _stopped(self) -> bool:
        return bool(self.told.killed or self.told.errors or self.told.defects)

    def _environment(self) -> dict[str, str]:
        return {"PULUMI_CONFIG": json.dumps(dict(self._configuration))}

    def _wired(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """A value as it arrives on the other side of gRPC."""
        if isinstance(value, dict):
            items = [(key, self._wired(part)) for key, part in value.items() if part is not None]
            self._random.shuffle(items)
            return dict(items)
        if isinstance(value, list | tuple):
            return [self._wired(part) for part in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return str(value) if type(value) is not str and isinstance(value, str) else value


# A program that is ended leaves answers behind that nobody waits for any more.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


class _OneThread(ThreadPoolExecutor):
    """Registrations that wait for nothing come in the order of the program."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's
        """Stays for the next program."""
        del wait, cancel_futures


_THREAD = _OneThread(max_workers=1)
_SECONDS_TO_END = 10


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


def _program() -> None:
    runpy.run_path(str(PROJECT_FOLDER / "__main__.py"))


class _Monitor(MockMonitor):
    """What the program talks to in the place of the engine."""

    def __init__(self, run: _Run) -> None:
        super().__init__(run)
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()  # type: ignore[no-untyped-call] # as Pulumi has it
        id_, outputs = self._run.register(request)
        struct = _sync_await(rpc.serialize_properties(outputs, {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=struct)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        if request.urn.split("::")[-2] == "pulumi:pulumi:Stack":
            self._run.export(MessageToDict(request.outputs))
        return empty_pb2.Empty()


class _Log(logging.Handler):
    """What the program logs."""

    def __init__(self) -> None:
        super().__init__()
        self.infos: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        kept = self.errors if record.levelno >= logging.ERROR else self.infos
        kept.append(record.getMessage())
