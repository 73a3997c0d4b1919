"""The process in which the engine runs dynamic providers, spoken to as the engine does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from guardduty_eks_audit_logs.texts import grouped, read_grouped
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pulumi.dynamic import ResourceProvider

Properties = dict[str, Any]
_SECONDS = 60


@dataclass(frozen=True)
class Checked:
    """The inputs that the engine goes on with, and (property, reason) of each failure."""

    inputs: Properties
    failures: list[tuple[str, str]]


@dataclass(frozen=True)
class Diff:
    changes: bool
    replaces: list[str]


@dataclass(frozen=True)
class State:
    """A resource as the engine keeps it; `inputs` only where a read gave new ones."""

    id: str
    outputs: Properties
    inputs: Properties | None = None


def _planned(inputs: Properties) -> Properties:
    """Inputs as a plan has them that knows nothing of the members: all of them change."""
    if not isinstance(inputs.get("wanted"), str) or "changes" in inputs:
        return inputs
    wanted = read_grouped(inputs["wanted"])
    rest = {k: v for k, v in inputs.items() if k != "wanted"}
    return {**rest, "changes": grouped({a: f"UNKNOWN -> {s}" for a, s in wanted.items()})}


class DynamicProvider:
    """One dynamic provider: every property goes out and comes back in gRPC's wire form."""

    def __init__(self, stub: Any, provider: ResourceProvider, log: Path) -> None:  # noqa: ANN401
        self._stub = stub
        self._log = log
        self._told_before = 0
        self.reference = serialize_provider(provider)

    def begin_test(self) -> None:
        """Forgets what earlier tests made the process tell."""
        self._told_before = len(self._log.read_text())

    @property
    def stderr(self) -> str:
        """What the process has told in this test."""
        return self._log.read_text()[self._told_before :]

    def check(self, news: Properties, olds: Properties | None = None) -> Checked:
        request = proto.CheckRequest(olds=self._sent(olds or {}), news=self._sent(news))
        answer = self._stub.Check(request, timeout=_SECONDS)
        failures = [(failure.property, failure.reason) for failure in answer.failures]
        return Checked(self._received(answer.inputs), failures)

    def diff(self, olds: Properties, news: Properties) -> Diff:
        request = proto.DiffRequest(id="id", olds=self._sent(olds), news=self._sent(news))
        answer = self._stub.Diff(request, timeout=_SECONDS)
        return Diff(answer.changes == proto.DiffResponse.DIFF_SOME, list(answer.replaces))

    def create(self, inputs: Properties) -> State:
        request = proto.CreateRequest(properties=self._sent(_planned(inputs)))
        answer = self._stub.Create(request, timeout=_SECONDS)
        return State(answer.id, self._received(answer.properties))

    def update(self, olds: Properties, news: Properties) -> Properties:
        given = self._sent(_planned(news))
        request = proto.UpdateRequest(id="id", olds=self._sent(olds), news=given)
        return self._received(self._stub.Update(request, timeout=_SECONDS).properties)

    def read(self, outputs: Properties) -> State:
        request = proto.ReadRequest(id="id", properties=self._sent(outputs))
        answer = self._stub.Read(request, timeout=_SECONDS)
        inputs = self._received(answer.inputs) if answer.HasField("inputs") else None
        return State(answer.id, self._received(answer.properties), inputs)

    def delete(self, outputs: Properties) -> None:
        request = proto.DeleteRequest(id="id", properties=self._sent(outputs))
        self._stub.Delete(request, timeout=_SECONDS)

    def cancel(self) -> None:
        """Asks it to end what it does, as the engine does on the first Ctrl-C."""
        self._stub.Cancel(Empty(), timeout=_SECONDS)

    def beside(self, provider: ResourceProvider) -> DynamicProvider:
        """Another provider of the same process."""
        return DynamicProvider(self._stub, provider, self._log)

    def _sent(self, properties: Properties) -> Struct:
        return _struct({**properties, "__provider": self.reference})

    def _received(self, properties: Struct) -> Properties:
        received: Properties = MessageToDict(properties)
        assert received.pop("__provider") == self.reference
        return received


@contextmanager
def error_of() -> Iterator[list[str]]:
    """Expects a call to fail; gives the one text that the engine would show."""
    texts: list[str] = []
    with pytest.raises(grpc.RpcError) as caught:
        yield texts
    texts.append(caught.value.details())


@contextmanager
def running(
    provider: ResourceProvider,
    configuration: Mapping[str, object],
    folder: Path,
    engine: str = "127.0.0.1:1",
) -> Iterator[DynamicProvider]:
    """Starts the process, configures it with a stack's configuration, and ends it.

    Processes with one engine's address and one folder belong to one run.
    """
    log = folder / f"stderr-{len(list(folder.glob('stderr-*')))}.log"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PULUMI_")) and not name.lower().endswith("_proxy")
    }
    environment |= {
        "AWS_EC2_METADATA_DISABLED": "true",
        "TMPDIR": str(folder),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
    }
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", engine]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, cwd=PROJECT_FOLDER, env=environment, stdout=subprocess.PIPE, stderr=stderr
        ) as process,
    ):
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = ResourceProviderStub(channel)
                stub.Configure(proto.ConfigureRequest(args=_struct(configuration)))
                yield DynamicProvider(stub, provider, log)
        finally:
            process.terminate()


def _struct(values: Mapping[str, object]) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct
