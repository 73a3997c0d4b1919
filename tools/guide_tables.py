"""Writes the tables of docs/guide.md that name every refusal and every notice.

They are made from the catalogue of messages: `make docs` writes them, and a test compares.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.messages import CATALOGUE
from guardduty_eks_audit_logs.messages.catalogue import Entry, Kind

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.messages.catalogue import Message

GUIDE = Path(__file__).parent.parent / "docs" / "guide.md"

_MANY = 97
"""A number that no sentence has by itself: it stands for any number, and becomes `…`."""

_NUMBERS = re.compile(r"\b(?:9[4-8]|97\.00|194|291|9409)\b")
"""It, and what sentences count with it."""

_REPEATED = re.compile(r"(…[^,]{0,30}?|[a-z]+[.:]…)(?:(?:, |; | and )\1)+(?:, …)?(?![^,;. ])")

_TOLD_APART = 0xE000
"""From here on are characters of private use: they tell keys of a map apart that are all `…`."""

_VALUES: dict[str, dict[str, object]] = {
    "auto-enable-effect": {"wanted": "NEW", "members": "NEW"},
    "auto-enable-members-effect": {"wanted": "NEW"},
    "account-id-length": {"digits": "…" * _MANY},
    "accounts-released": {"changes": {"…": _MANY}},
    "members-not-set": {"total": 2 * _MANY},
    "own-detector-restored": {"current": "ENABLED", "prior": "DISABLED"},
    "trial-days": {"turned_on": 3 * _MANY},
}
"""Values for sentences that look theirs up."""


def with_tables(guide: str) -> str:
    """Gives the guide's text with its tables made anew.

    Args:
        guide: the text, with a pair of markers for each table.
    """
    for kind in Kind:
        table = "\n".join(_table(kind))
        begin, end = f"<!-- every {kind}: begin -->\n", f"<!-- every {kind}: end -->"
        before, _, rest = guide.partition(begin)
        guide = f"{before}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return guide


def example(entry: Entry) -> Message:
    """Makes a sentence in which `…` stands for whatever the program fills in."""
    values = _VALUES.get(entry.id, {})
    parameters = inspect.signature(entry.make).parameters.values()
    given = {p.name: values.get(p.name, _any(p)) for p in parameters}
    return entry.make(**given)


def shown(text: str) -> str:
    """Writes a sentence of `example` for a table."""
    text = "".join(char for char in text if ord(char) // 0x100 != _TOLD_APART // 0x100)
    text = _NUMBERS.sub("…", text).partition("\n")[0].removesuffix(" Turned off:")
    text = _REPEATED.sub(r"\1", re.sub("…+", "…", text))
    return text.replace("|", "\\|").strip()


def _any(parameter: inspect.Parameter) -> Any:  # noqa: ANN401 - a value of the parameter's type
    kind = str(parameter.annotation)
    if kind.startswith("bool"):
        return False
    if kind.startswith(("int", "float", "Decimal")):
        return _MANY - (parameter.name == "index")  # rules are counted from 1
    if kind.startswith("Mapping"):
        value: object = ["…"] * _MANY if "Sequence" in kind else "…"
        return {f"…{chr(_TOLD_APART + index)}": value for index in range(_MANY)}
    if kind.startswith(("Collection", "Sequence")):
        return [_MANY if "[int" in kind else "…"] * _MANY
    return "…"


def _table(kind: Kind) -> list[str]:
    head = "what to do" if kind is Kind.NOTICE else "way out"
    rows = [f"| key | sentence | {head} | id |", "|---|---|---|---|"]
    entries = [entry for entry in CATALOGUE.values() if entry.kind is kind]
    for entry in sorted(entries, key=lambda entry: (entry.key.casefold(), entry.id)):
        message = example(entry)
        key = f"`{entry.key}`" if entry.key else "-"
        way_out = shown(message.way_out) or "-"
        rows.append(f"| {key} | {shown(message.sentence)} | {way_out} | `{entry.id}` |")
    return rows


def main() -> None:
    """Writes docs/guide.md."""
    GUIDE.write_text(with_tables(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
