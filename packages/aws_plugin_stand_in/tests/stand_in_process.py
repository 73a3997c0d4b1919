"""The engine's side of the protocol: starts the stand-in and asks it as `pulumi` does."""

# ruff: noqa: ANN401 (protobuf messages have no types; properties are any JSON)

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

EXECUTABLE = Path(__file__).parents[1] / "bin" / "pulumi-resource-aws"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

DETECTOR = "aws:guardduty/detector:Detector"
DETECTOR_FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"
ORGANIZATION = "aws:guardduty/organizationConfiguration:OrganizationConfiguration"
ORGANIZATION_FEATURE = (
    "aws:guardduty/organizationConfigurationFeature:OrganizationConfigurationFeature"
)
MEMBER_FEATURE = "aws:guardduty/memberDetectorFeature:MemberDetectorFeature"
ADMIN_ACCOUNT = "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"
GET_CALLER_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
GET_REGION = "aws:index/getRegion:getRegion"
GET_DETECTOR = "aws:guardduty/getDetector:getDetector"

Properties = dict[str, Any]


class RefusedError(Exception):
    """What the engine would print: the text of a gRPC error."""

    def __init__(self, error: Any) -> None:
        super().__init__(error.details())
        self.created: Any = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = status_pb2.Status.FromString(value)
                self.created = provider_pb2.ErrorResourceInitFailed()
                status.details[0].Unpack(self.created)


@dataclass(frozen=True)
class Resource:
    """What the engine keeps of a resource."""

    id: str
    outputs: Properties
    inputs: Properties


class StandIn:
    """A running stand-in."""

    def __init__(self, port: int) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(
            grpc.insecure_channel(f"127.0.0.1:{port}")
        )

    def call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise RefusedError(error) from None

    def configure(self, **settings: Any) -> Any:
        return self.call("Configure", provider_pb2.ConfigureRequest(args=struct(settings)))

    def check(self, token: str, **inputs: Any) -> tuple[Properties, dict[str, str]]:
        """The checked inputs, and the faults by property."""
        answer = self.checked(token, **inputs)
        return inputs_of(answer.inputs), {one.property: one.reason for one in answer.failures}

    def checked(self, token: str, **inputs: Any) -> Any:
        """What Check answers, as it is."""
        request = provider_pb2.CheckRequest(urn=urn(token), news=struct(inputs))
        return self.call("Check", request)

    def diff(self, token: str, resource: Resource, **inputs: Any) -> dict[str, str]:
        """The kind of difference by property."""
        news, faults = self.check(token, **inputs)
        assert not faults
        request = provider_pb2.DiffRequest(
            id=resource.id, urn=urn(token), olds=struct(resource.outputs), news=struct(news)
        )
        answer = self.call("Diff", request)
        kinds = provider_pb2.PropertyDiff.Kind
        found = {name: kinds.Name(one.kind) for name, one in answer.detailedDiff.items()}
        assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) == bool(found)
        assert sorted(answer.replaces) == sorted(
            name for name, kind in found.items() if kind.endswith("REPLACE")
        )
        return found

    def create(self, token: str, **inputs: Any) -> Resource:
        checked = self.checked(token, **inputs)
        assert not checked.failures
        request = provider_pb2.CreateRequest(urn=urn(token), properties=checked.inputs)
        answer = self.call("Create", request)
        outputs = outputs_of(answer.id, answer.properties)
        return Resource(answer.id, outputs, inputs_of(checked.inputs))

    def preview_create(self, token: str, **inputs: Any) -> Properties:
        news, faults = self.check(token, **inputs)
        assert not faults
        request = provider_pb2.CreateRequest(urn=urn(token), properties=struct(news), preview=True)
        return plain(self.call("Create", request).properties)

    def update(self, token: str, resource: Resource, **inputs: Any) -> Resource:
        return self._update(token, resource, inputs, preview=False)

    def preview_update(self, token: str, resource: Resource, **inputs: Any) -> Properties:
        return self._update(token, resource, inputs, preview=True).outputs

    def _update(
        self, token: str, resource: Resource, inputs: Properties, *, preview: bool
    ) -> Resource:
        news, faults = self.check(token, **inputs)
        assert not faults
        request = provider_pb2.UpdateRequest(
            id=resource.id,
            urn=urn(token),
            olds=struct(resource.outputs),
            news=struct(news),
            preview=preview,
        )
        answer = self.call("Update", request)
        return Resource(resource.id, outputs_of(resource.id, answer.properties), news)

    def refresh(self, token: str, resource: Resource) -> Resource | None:
        return self._read(_refresh(token, resource))

    def defaults_after_refresh(self, token: str, resource: Resource) -> list[str]:
        """The `__defaults` of the inputs that a refresh answers."""
        names: list[str] = plain(self.call("Read", _refresh(token, resource)).inputs)["__defaults"]
        return names

    def bring_in(self, token: str, resource_id: str) -> Resource | None:
        """What `pulumi import` asks."""
        return self._read(provider_pb2.ReadRequest(id=resource_id, urn=urn(token)))

    def delete(self, token: str, resource: Resource, timeout: float = 0) -> None:
        request = provider_pb2.DeleteRequest(
            id=resource.id,
            urn=urn(token),
            properties=struct(resource.outputs),
            timeout=timeout,
        )
        self.call("Delete", request)

    def invoke(self, token: str, **arguments: Any) -> Properties:
        request = provider_pb2.InvokeRequest(tok=token, args=struct(arguments))
        return plain(getattr(self.call("Invoke", request), "return"))

    def _read(self, request: Any) -> Resource | None:
        answer = self.call("Read", request)
        if not answer.id:
            return None
        outputs = outputs_of(answer.id, answer.properties)
        return Resource(answer.id, outputs, inputs_of(answer.inputs))


def _refresh(token: str, resource: Resource) -> Any:
    return provider_pb2.ReadRequest(
        id=resource.id,
        urn=urn(token),
        properties=struct(resource.outputs),
        inputs=struct(resource.inputs),
    )


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(properties)
    return message


def plain(message: struct_pb2.Struct) -> Properties:
    properties: Properties = json_format.MessageToDict(message)
    return properties


def outputs_of(resource_id: str, message: struct_pb2.Struct) -> Properties:
    """A resource's outputs but its id, which they all have."""
    outputs = plain(message)
    assert outputs.pop("id") == resource_id
    return outputs


def inputs_of(message: struct_pb2.Struct) -> Properties:
    """A resource's inputs without `__defaults`, which every object of them has."""
    inputs: Properties = _unmarked(plain(message))
    return inputs


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if isinstance(value, dict):
        assert "__defaults" in value
        return {name: _unmarked(one) for name, one in value.items() if name != "__defaults"}
    return value


def urn(token: str) -> str:
    return f"urn:pulumi:test::stand-in::eks:index:EksAuditLogs${token}::it"


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment without its AWS settings and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **variables}


def bare_environment(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Takes away all that says who acts on AWS; AWS's files are expected in `home`."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))


@contextmanager
def running_stand_in(
    environment: Mapping[str, str], executable: Path = EXECUTABLE
) -> Iterator[StandIn]:
    """The stand-in, started as the engine starts it, until the block ends."""
    process = subprocess.Popen(
        [str(executable), "127.0.0.1:1"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield StandIn(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def settings_of(address: str, **more: str) -> dict[str, str]:
    """The `aws:*` configuration for a service on an address, as it arrives: JSON in strings."""
    return {
        "region": "us-east-1",
        "accessKey": "test",
        "secretKey": "test",
        "skipCredentialsValidation": "true",
        "endpoints": json.dumps([{"guardduty": address, "sts": address}]),
        **more,
    }


@contextmanager
def local_service(
    answers: Mapping[str, tuple[int, Properties]],
) -> Iterator[tuple[str, list[tuple[str, Properties]]]]:
    """A service on loopback, for what the sandbox can't be made to answer.

    Args:
        answers: status and body by `<method> <path>` or by the method alone.

    Yields:
        Its address, and the requests that reach it, each with its body.
    """
    seen: list[tuple[str, Properties]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = f"{self.command} {self.path}"
            seen.append((request, json.loads(content or "{}")))
            status, body = answers.get(request) or answers[self.command]
            answer = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 (the base class's names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
