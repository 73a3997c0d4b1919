"""One file of a Pulumi project, read as the Pulumi CLI reads YAML and JSON.

What this reader and the CLI's would take for two different values is `Undecided`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_EXACT = range(-(2**53) + 1, 2**53)
"""The CLI reads whole numbers as floating point numbers, in a JSON file and inside of objects."""


@dataclass(frozen=True)
class Undecided:
    """A value that only the CLI can give, and why."""

    why: str


Scalar = str | bool | int | Undecided | None


def text_of(value: Any) -> str | Undecided:  # noqa: ANN401 - whatever a user wrote
    """Writes a value as the CLI hands it on."""
    open_ = _undecided(value)
    if open_:
        return open_
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def has_second_document(file: Path) -> bool:
    """Whether a YAML file goes on behind the first document, which the CLI does not read."""
    if file.suffix == ".json":
        return False
    documents = yaml.parse(file.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    try:
        starts = [event for event in documents if isinstance(event, yaml.DocumentStartEvent)]
    except yaml.YAMLError:
        return True  # the first one is read, and the fault is behind it
    return len(starts) > 1


def _undecided(value: Any) -> Undecided | None:  # noqa: ANN401
    if isinstance(value, Undecided):
        return value
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("secure"), str):
            return Undecided("it is a secret; ask `pulumi config`")
        value = list(value.values())
    if isinstance(value, list):
        return next((found for one in value if (found := _undecided(one))), None)
    return None


def read_mapping(file: Path) -> dict[str, Any]:
    """Reads a file of keys with values.

    Raises:
        SettingsError: the CLI does not read it either.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        read = _read_json(text) if file.suffix == ".json" else _read_yaml(text)
    except (OSError, TypeError, ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split()) or "it goes too deep"
        raise SettingsError((messages.file_malformed(file.name, reason),)) from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise SettingsError((messages.file_malformed(file.name, "it has no keys with values"),))
    return read


def _read_json(text: str) -> Any:  # noqa: ANN401
    def whole(digits: str) -> Scalar:
        number = int(digits)
        return number if number in _EXACT else Undecided(_quote(digits))

    def part(digits: str) -> Scalar:
        return Undecided(_quote(digits))

    return json.loads(text, parse_int=whole, parse_float=part, parse_constant=part)


def _read_yaml(text: str) -> Any:  # noqa: ANN401
    return _Loader(text).get_data()  # the first document, as the CLI


def _quote(written: str) -> str:
    return f"{written} without quotes is read in more than one way; put it in quotes"


class _Loader(yaml.SafeLoader):
    """Reads YAML as the CLI does, and leaves open what one reader takes for something else.

    The CLI's YAML has no `yes` for true, and reads dates, octal numbers and floating point numbers
    in ways of its own.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as PyYAML has it

    def plain(self, node: yaml.ScalarNode) -> Scalar:
        """A scalar whose tag the CLI and this reader understand alike."""
        value = str(node.value)
        match node.tag.rpartition(":")[2]:
            case "bool" if value.lower() in {"true", "false"}:
                return value.lower() == "true"
            case "int" if _WHOLE.fullmatch(value) and int(value) in _EXACT:
                return int(value)
        return Undecided(_quote(value))

    def other(self, node: yaml.Node) -> Undecided:
        return Undecided(f"{node.tag} is not read here; ask `pulumi config`")

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        read: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            value = self.construct_object(value_node, deep=True)
            if key_node.tag == f"{_TAG}merge":
                for one in value if isinstance(value, list) else [value]:
                    merged = {**one, **merged}
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise TypeError(messages.key_no_text(str(key_node.value)))
            if key in read:
                raise ValueError(messages.key_twice(key))
            read[key] = value
        return {**merged, **read}


_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_UNSURE = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|\.(?:inf|Inf|INF)"
    r"|(?:[0-9][0-9_]*\.?|\.[0-9])[0-9_]*(?:[eE][-+]?[0-9_]*)?)|\.(?:nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9].*"
)
_TAG = "tag:yaml.org,2002:"

for tag, pattern, first in (
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    ("null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("merge", re.compile(r"<<$"), "<"),
    ("int", re.compile(rf"(?:{_WHOLE.pattern})$"), "-+0123456789"),
    ("unsure", re.compile(rf"(?:{_UNSURE.pattern})$"), "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + tag, pattern, list(first))
for tag in ("bool", "int", "float", "timestamp", "binary", "unsure"):
    _Loader.add_constructor(_TAG + tag, _Loader.plain)
_Loader.add_constructor(f"{_TAG}map", _Loader.mapping)
for tag in ("set", "omap", "pairs"):
    _Loader.add_constructor(_TAG + tag, _Loader.other)
_Loader.add_constructor(None, _Loader.other)
