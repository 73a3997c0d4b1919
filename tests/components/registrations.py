"""What a program registers with the engine, recorded by Pulumi's mocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT = "guardduty-eks-audit-logs"
STACK = "prod-us-east-1"


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
    """

    preview: bool = False
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    registered: dict[str, Registered] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def call(self, args: MockCallArgs) -> NoReturn:
        raise AssertionError(args)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if self.preview:
            return "", args.inputs
        outputs = [more for end, more in self.outputs.items() if args.name.endswith(end)]
        return f"id-of-{args.name}", {k: v for o in (args.inputs, *outputs) for k, v in o.items()}

    def run(self, program: Callable[[], object]) -> None:
        """Runs a program to the end of all that it asks for."""
        self.start()
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # as Pulumi has it

    def start(self) -> None:
        """Stands in for the engine from now on."""
        set_mocks(self, PROJECT, STACK, self.preview, monitor=_Monitor(self))


class _Monitor(MockMonitor):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the same
        if request.type != "pulumi:pulumi:Stack":
            self._engine.registered[request.name] = Registered(
                name=request.name,
                type=request.type,
                inputs=MessageToDict(request.object),
                parent=_name(request.parent),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                retain_on_delete=request.retainOnDelete,
                ignore_changes=tuple(request.ignoreChanges),
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        self._engine.told = MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call] # the same


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
