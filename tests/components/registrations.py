"""What a program registers with the engine, recorded by Pulumi's mocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import run_in_stack
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import ROOT
from pulumi.runtime.sync_await import _sync_await

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT = "guardduty-eks-audit-logs"
STACK = "prod-us-east-1"
_STACK_TYPE = "pulumi:pulumi:Stack"


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
    import_id: str

    @property
    def asked(self) -> dict[str, Any]:
        """The inputs without those that Pulumi adds."""
        return {key: value for key, value in self.inputs.items() if not key.startswith("__")}


@dataclass
class Engine(Mocks):
    """Makes every resource at once, with these outputs beside its inputs.

    Attributes:
        preview: whether it only previews, so that ids and such outputs are unknown.
        outputs: {end of a resource's name: its outputs}.
        registered: {name: what was asked for}, in the order of arrival.
        told: what the component registered as its outputs.
        exported: the outputs of the stack.
    """

    preview: bool = False
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    registered: dict[str, Registered] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    exported: dict[str, Any] = field(default_factory=dict)

    def call(self, args: MockCallArgs) -> NoReturn:
        raise AssertionError(args)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if self.preview:
            return "", args.inputs
        outputs = [more for end, more in self.outputs.items() if args.name.endswith(end)]
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
        set_mocks(self, PROJECT, STACK, self.preview, monitor=_Monitor(self))


class _Monitor(MockMonitor):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the same
        if request.type != _STACK_TYPE:
            self._engine.registered[request.name] = Registered(
                name=request.name,
                type=request.type,
                inputs=MessageToDict(request.object),
                parent=_name(request.parent),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                retain_on_delete=request.retainOnDelete,
                ignore_changes=tuple(request.ignoreChanges),
                import_id=request.importId,
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        told = MessageToDict(request.outputs)
        if request.urn.split("::")[-2] == _STACK_TYPE:
            self._engine.exported = told
        else:
            self._engine.told = told
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call] # the same


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
