"""What a program registers with the engine, recorded by Pulumi's mocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import run_in_stack
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto.resource_pb2 import Result
from pulumi.runtime.settings import ROOT
from pulumi.runtime.sync_await import _sync_await

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ORGANIZATION = "organization"
PROJECT = "guardduty-eks-audit-logs"
STACK = "prod-us-east-1"
_STACK_TYPE = "pulumi:pulumi:Stack"
_LAST_STATE = "pulumi:pulumi:readStackResourceOutputs"
_REGION = "aws:index/getRegion:getRegion"

PRIOR = "pulumi-python:dynamic/guardduty:PriorSettings"
MEMBERS = "pulumi-python:dynamic/guardduty:MemberFeatures"
DESIGNATION = "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"


def last_state(*resources: tuple[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """A stack's last state as the engine tells it, of resources as (type, outputs)."""
    return {
        f"urn:pulumi:{STACK}::{PROJECT}::{kind}::resource-{number}": {
            "type": kind,
            "outputs": dict(outputs),
        }
        for number, (kind, outputs) in enumerate(resources)
    }


@dataclass(frozen=True)
class Registered:
    """One resource as the engine is asked for it; other resources are told by their names."""

    name: str
    type: str
    inputs: Mapping[str, Any]
    parent: str
    dependencies: frozenset[str]
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    hidden: tuple[str, ...]
    import_id: str

    @property
    def asked(self) -> dict[str, Any]:
        """The inputs without those that Pulumi adds."""
        return {key: value for key, value in self.inputs.items() if not key.startswith("__")}


@dataclass
class Engine(Mocks):
    """Makes every resource at once, with these outputs beside its inputs.

    `PriorSettings` records what it is given, unless its outputs say otherwise.

    Attributes:
        preview: whether it only previews, so that ids and such outputs are unknown.
        outputs: {end of a resource's name: its outputs}.
        state: the stack's last state, see `last_state`.
        left_out: ends of the names of resources that it takes from the state and does not write,
            as with `--target`.
        skipped: the same of resources that the state does not have.
        registered: {name: what was asked for}, in the order of arrival.
        refused: {name of a resource: why its hook refuses to have it written}.
        told: what the component registered as its outputs.
        exported: the outputs of the stack.
        region: of every aws provider.
    """

    preview: bool = False
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    registered: dict[str, Registered] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    exported: dict[str, Any] = field(default_factory=dict)
    region: str = "us-east-1"

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == _REGION:
            return {"region": self.region}, []
        assert args.token == _LAST_STATE, args.token
        assert args.args in (
            {"stackName": f"{ORGANIZATION}/{PROJECT}/{STACK}"},
            {"stackName": STACK},
        )
        return {"name": args.args["stackName"], "outputs": self.state}, []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if self.preview:
            return "", args.inputs
        outputs = [more for end, more in self.outputs.items() if args.name.endswith(end)]
        if args.typ == PRIOR:
            outputs = [{"before": args.inputs.get("record")}, *outputs]
        made = {k: v for o in (args.inputs, *outputs) for k, v in o.items()}
        return args.resource_id or f"id-of-{args.name}", made

    def run(self, program: Callable[[], object]) -> None:
        """Runs a program to the end of all that it asks for."""
        self.start()
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # as Pulumi has it

    def run_stack(self, program: Callable[[], None]) -> None:
        """Runs a whole program, as Pulumi's host for Python does."""
        self.start()
        ROOT.set(None)
        _sync_await(run_in_stack(program))

    def start(self) -> None:
        """Stands in for the engine from now on."""
        monitor = _Monitor(self)
        set_mocks(self, PROJECT, STACK, self.preview, None, monitor, ORGANIZATION)


class _Monitor(MockMonitor):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._hooks: dict[str, str] = {}

    def RegisterResourceHook(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's name
        if request.on_dry_run or not self._engine.preview:
            self._hooks[request.name] = request.callback.token
        return super().RegisterResourceHook(request)  # type: ignore[no-untyped-call] # as Pulumi

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802
        skipped = request.name.endswith(self._engine.skipped)
        if not skipped and not request.name.endswith(self._engine.left_out):
            errors = [error for name in request.hooks.before_create if (error := self._run(name))]
            self._engine.refused |= dict.fromkeys([request.name] if errors else [], "".join(errors))
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the same
        if skipped or request.name in self._engine.refused:
            response.result = Result.Value("FAIL")
        if request.type != _STACK_TYPE:
            self._engine.registered[request.name] = Registered(
                name=request.name,
                type=request.type,
                inputs=MessageToDict(request.object),
                parent=_name(request.parent),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                retain_on_delete=request.retainOnDelete,
                ignore_changes=tuple(request.ignoreChanges),
                hidden=tuple(request.hideDiffs),
                import_id=request.importId,
            )
        return response

    def _run(self, hook: str) -> str:
        """Runs a hook of the program, as before a write; why it refuses, empty if it does not."""
        if hook not in self._hooks:
            return ""
        (callback,) = (
            servicer._callbacks[self._hooks[hook]]
            for servicer in _CallbackServicer._servicers
            if self._hooks[hook] in servicer._callbacks
        )
        # A hook of this project waits for nothing but what is there already: one step ends it.
        with pytest.raises(StopIteration) as done:
            next(iter(callback(b"").__await__()))
        return str(done.value.value.error)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        told = MessageToDict(request.outputs)
        if request.urn.split("::")[-2] == _STACK_TYPE:
            self._engine.exported = told
        else:
            self._engine.told = told
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call] # the same


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
