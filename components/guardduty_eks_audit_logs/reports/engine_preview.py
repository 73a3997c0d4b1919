"""What `pulumi preview --json` says: the resources that change, and the engine's errors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

_URN = re.compile(r"urn:pulumi:(?P<stack>[^:]+)::[^:]+::(?P<type>.+?)::(?P<name>.*)", re.DOTALL)


class Operation(StrEnum):
    """What the engine does to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    OTHER = "other"


_OPERATIONS = {
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "import": Operation.IMPORT,
    "import-replacement": Operation.REPLACE,
}
_NOTHING = {"same", "read", "refresh"}
"""Operations that leave a resource as it is."""


@dataclass(frozen=True)
class ChangedResource:
    """A resource that a run changes.

    Attributes:
        type: its type, for instance `aws:guardduty/detector:Detector`.
        name: its name in the program.
        operation: what happens to it.
    """

    type: str
    name: str
    operation: Operation


class _Read(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class Step(_Read):
    """One step of the engine.

    Attributes:
        op: the engine's word for the operation, for instance `create-replacement`.
        urn: of the resource.
    """

    op: str
    urn: str


class Diagnostic(_Read):
    """One message of the engine, of a provider or of the program.

    Attributes:
        message: with `error: ` or `warning: ` in front.
        severity: for instance `error`.
    """

    message: str = ""
    severity: str = ""


class EnginePreview(_Read):
    """What the engine's preview came to.

    Attributes:
        steps: in the order of the engine.
        diagnostics: all messages but those for debugging.
        change_summary: how many resources have each operation; None if the preview did not come to
            its end.
    """

    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    change_summary: dict[str, int] | None = None

    @property
    def stack(self) -> str | None:
        """The stack that its resources are of; None without resources."""
        found = (_URN.fullmatch(step.urn) for step in self.steps)
        return next((urn["stack"] for urn in found if urn), None)

    @property
    def errors(self) -> tuple[str, ...]:
        """The messages of its errors, of one or more lines each."""
        return tuple(d.message for d in self.diagnostics if d.severity == "error")

    def changed(self) -> tuple[ChangedResource, ...]:
        """The resources that change, each once, in the order of the engine.

        What a refresh finds is no change by itself: the engine does not count it.
        """
        found: dict[str, ChangedResource] = {}
        for step in self.steps if self._counts_changes else ():
            urn = _URN.fullmatch(step.urn)
            if step.op in _NOTHING or urn is None:
                continue
            kind, operation = urn["type"], _OPERATIONS.get(step.op, Operation.OTHER)
            before = found.get(step.urn)
            if before is None or before.operation is not Operation.REPLACE:
                # The later step is the program's, the earlier one a refresh's.
                found[step.urn] = ChangedResource(kind.rpartition("$")[2], urn["name"], operation)
        return tuple(found.values())

    @property
    def _counts_changes(self) -> bool:
        return any(n for op, n in (self.change_summary or {}).items() if op not in _NOTHING)


def read_engine_preview(text: str) -> EnginePreview:
    """Reads the output of `pulumi preview --json`.

    Raises:
        ValueError: it is something else, or cut.
    """
    try:
        found = EnginePreview.model_validate(json.loads(text))
    except (ValidationError, RecursionError):
        raise ValueError("not the output of pulumi preview --json") from None
    if not found.model_fields_set & {"steps", "diagnostics", "change_summary"}:
        raise ValueError("not the output of pulumi preview --json")
    return found
