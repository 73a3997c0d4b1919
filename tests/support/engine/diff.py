"""What the engine's own diff says of accounts."""

from __future__ import annotations

import re

_ACCOUNT = re.compile(r"\b\d{12}\b")


def listed_under(words: str, text: str) -> list[str]:
    """The accounts that a diff lists under words such as `DISABLED -> ENABLED`, sorted.

    It shows them up to five in a line: `DISABLED -> ENABLED: [`, and below it
    `[0]: "300000000001 300000000002"`. What it marks as gone is left out.
    """
    groups = re.findall(
        rf"^[ +~]*{re.escape(words)} *: \[\n((?:.*\[\d+\]: .*\n)+)", text, flags=re.MULTILINE
    )
    lines = [line for group in groups for line in group.splitlines()]
    new = [line.rpartition(" => ")[2] for line in lines if not line.lstrip().startswith("-")]
    return sorted(account for line in new for account in _ACCOUNT.findall(line))


def drifted(text: str) -> dict[str, str]:
    """What a diff shows below `drifted`: {account: wanted -> found}."""
    _, found, after = text.partition("+ drifted")
    return dict(re.findall(r'"?(\d{12})"?: "?(\w+ -> \w+)', after)) if found else {}


def shown(name: str, text: str) -> str:
    """What a diff shows of the first property that has this name, with its name; empty if none."""
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if re.match(rf"[ +~-]*{name} *:", line)), None)
    if first is None:
        return ""
    if not lines[first].rstrip().endswith("{"):
        return lines[first]
    ends = (n for n, line in enumerate(lines) if n > first and line.strip(" +~-\n") == "}")
    return "".join(lines[first : next(ends)])
