"""Faults of a configuration: the key as the user wrote it, the value, the way out."""

from __future__ import annotations

import json
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.messages.catalogue import as_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from guardduty_eks_audit_logs.messages.catalogue import Message

_SHOWN = 60

LISTED = 20
"""So many wrong entries of one list or file are named; of the others, only the number."""


def faults_of(error: ValidationError, prefix: str = "") -> tuple[Message, ...]:
    """Says each fault that pydantic found as one refusal; of a long list, the first ones.

    Args:
        error: what `model_validate` raised.
        prefix: put before each key, for instance `aws:`.
    """
    entries: Counter[str] = Counter()
    faults: list[Message] = []
    for fault in error.errors():
        place = fault["loc"]
        if place and isinstance(place[-1], int):
            entries[path(place[:-1])] += 1
            if entries[path(place[:-1])] > LISTED:
                continue
        faults.append(_message(fault, prefix))
    more = (
        messages.more_of_the_same(f"{prefix}{name}", number - LISTED, number)
        for name, number in entries.items()
        if number > LISTED
    )
    return (*faults, *more)


def path(location: Sequence[str | int]) -> str:
    """Writes a place in the configuration as `pulumi config set --path` takes it.

    A place in a rule has the rule's number: `rule 1 (members[0].accounts[2])`.
    """
    match location:
        case ["members", int(index), *inside]:
            return messages.rule_at(index, _steps(inside))
        case _:
            return _steps(location).removeprefix(".")


def _steps(location: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)


def shown(value: Any) -> str:  # noqa: ANN401 - whatever a user wrote
    """Quotes a value, shortened, so that a large one does not drown the message."""
    if isinstance(value, str):
        text = visible(value)
    elif value is None or isinstance(value, bool):
        text = json.dumps(value)  # true, false and null, as YAML writes them
    else:
        text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def visible(text: str) -> str:
    """Quotes text in which something would not be seen: space at an end, a line break, nothing."""
    if not text:
        return '""'
    return text if text.isprintable() and text == text.strip() else repr(text)


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """Suggests the known key that was probably meant, or lists them all."""
    names = sorted(known)
    close = get_close_matches(key, names, n=1)
    return f"Did you mean {close[0]}?" if close else f"Known are {', '.join(names)}."


_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "frozen_set_type": "a list",
    "model_type": "keys with values",
    "string_type": "text, in quotes",
    "tuple_type": "a list",
}


def _message(error: ErrorDetails, prefix: str) -> Message:
    location = error["loc"]
    key = f"{prefix}{location[0]}" if location and isinstance(location[0], str) else ""
    match location:
        case ["members", int(), *_, str(inside)] if error["type"] in {"missing", "extra_forbidden"}:
            # It is the key that is missing, and not the rule.
            return _said(error, f"{prefix}{path(location[:-1])}: {visible(inside)}", key)
        case _:
            return _said(error, f"{prefix}{path(location)}", key)


def _said(error: ErrorDetails, place: str, key: str) -> Message:
    context, value = error.get("ctx", {}), shown(error["input"])
    match error["type"]:
        case "enum" | "literal_error":
            wanted = str(context["expected"]).replace("'", "").replace(" or ", ", ")
            wanted = wanted.replace("True", "true")  # as YAML writes it
            choice = f"one of {wanted}" if "," in wanted else wanted
            return messages.value_not_taken(value, choice).after(f"{place}: ", key)
        case "missing":
            return messages.value_missing(place, key)
        case "extra_forbidden":
            return messages.key_not_here(place, key)
        case "value_error":
            (found,) = as_refusals(context["error"].args)
            return found.after(f"{place}: ", key)
        case kind:
            expected = _EXPECTED.get(kind)
            found = messages.value_malformed(value, expected, error["msg"].lower())
            return found.after(f"{place}: ", key)
