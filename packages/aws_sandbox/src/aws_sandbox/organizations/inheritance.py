"""How management policies of AWS Organizations are merged into the effective policy of an account.

The policy nearer to the account wins, setting by setting. Of several policies on the same target
the one that was attached first wins. `@@operators_allowed_for_child_policies` says what policies
further down may do with a setting, and nothing further down undoes that (Organizations user guide,
inheritance operators and inheritance examples).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Document = Mapping[str, Any]

ASSIGN: Final = "@@assign"
ALLOWED_FOR_CHILDREN: Final = "@@operators_allowed_for_child_policies"
_VALUE_OPERATORS: Final = frozenset({ASSIGN, "@@append", "@@remove"})
_ALLOWED: Final = {operator: frozenset({operator}) for operator in _VALUE_OPERATORS} | {
    "@@all": _VALUE_OPERATORS,
    "@@none": frozenset[str](),
}


@dataclass(frozen=True)
class Merged:
    """A policy, or a part of one, as it comes down from the root.

    Args:
        value: what is assigned here; None where nothing is.
        parts: what is below, by key.
        allowed: which operators policies further down may use here. A new key counts as one: it is
            added where any operator is allowed.
    """

    value: object = None
    parts: Mapping[str, Merged] = field(default_factory=dict)
    allowed: frozenset[str] = _VALUE_OPERATORS

    def with_target(self, documents: Sequence[Document]) -> Merged:
        """Merge in what is attached to one target.

        Args:
            documents: the policies, the one attached first first.
        """
        assigned = [document[ASSIGN] for document in documents if ASSIGN in document]
        value = assigned[0] if assigned and ASSIGN in self.allowed else self.value
        keys = dict.fromkeys(self.parts)
        if self.allowed:
            keys |= dict.fromkeys(key for document in documents for key in document)
        parts = {
            key: self.parts.get(key, _NOTHING).with_target(
                [document[key] for document in documents if key in document]
            )
            for key in keys
            if not key.startswith("@@")
        }
        allowed = self.allowed
        for document in documents:
            if ALLOWED_FOR_CHILDREN in document:
                allowed &= allowed_operators(document[ALLOWED_FOR_CHILDREN])
        return Merged(value, parts, allowed)

    def plain(self) -> Any:  # noqa: ANN401 -- JSON
        """The form of an effective policy: without operators, and without what assigns nothing."""
        if self.value is not None:
            return self.value
        shown = {key: part.plain() for key, part in self.parts.items()}
        return {key: part for key, part in shown.items() if part != {}}


_NOTHING: Final = Merged()


def allowed_operators(listed: Sequence[str]) -> frozenset[str]:
    """What `@@operators_allowed_for_child_policies` allows.

    Raises:
        KeyError: it names something that is no operator.
    """
    return frozenset[str]().union(*(_ALLOWED[operator] for operator in listed))
