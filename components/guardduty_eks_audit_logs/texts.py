"""One text for the values of many accounts: the engine treats a text as one value.

A map of 10,000 accounts costs the engine seconds. Both forms are YAML, which `pulumi preview
--diff` shows entry by entry. docs/decisions has the state contract that they are a part of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Account = TypeVar("Account", bound=str)

_A_LINE = 5
_ENTRY = re.compile(r'"?([^":]+)"?: (.+)')
_GROUP = re.compile(r"(\S.*):")


def accounts_by_reason(reasons: Mapping[Account, str]) -> dict[str, list[Account]]:
    """Turns {account: reason}, or {account: relationship status}, around."""
    grouped: dict[str, list[Account]] = {}
    for account in sorted(reasons):
        grouped.setdefault(reasons[account], []).append(account)
    return grouped


def listed(values: Mapping[str, str]) -> str:
    """Writes one account a line: `300000000001: ENABLED`.

    Args:
        values: {account: its status or reason}.

    Returns:
        lines sorted by account, each with its end; empty without accounts.
    """
    return "".join(f"{_key(account)}: {values[account]}\n" for account in sorted(values))


def read_listed(text: str | None) -> dict[str, str]:
    """Reads what `listed` wrote.

    Raises:
        ValueError: it is something else.
    """
    found: dict[str, str] = {}
    for line in (text or "").splitlines():
        entry = _ENTRY.fullmatch(line)
        if not entry:
            raise ValueError(line)
        found[entry[1]] = entry[2]
    return found


def grouped(values: Mapping[str, str]) -> str:
    """Writes each value once, and under it the accounts that have it, five a line.

    Args:
        values: {account: its status or reason}.

    Returns:
        groups in order, what turns off first; empty without accounts.
    """
    groups: dict[str, list[str]] = {}
    for account in sorted(values):
        groups.setdefault(values[account], []).append(account)
    return "".join(_group(value, groups[value]) for value in sorted(groups, key=_off_first))


def read_grouped(text: str | None) -> dict[str, str]:
    """Reads what `grouped` wrote.

    Raises:
        ValueError: it is something else.
    """
    found: dict[str, str] = {}
    value: str | None = None
    for line in (text or "").splitlines():
        if line.startswith("- ") and value is not None:
            found.update(dict.fromkeys(line[2:].strip('"').split(), value))
            continue
        group = _GROUP.fullmatch(line)
        if not group:
            raise ValueError(line)
        value = group[1]
    return found


def read_either(text: str | None) -> dict[str, str]:
    """Reads what `grouped` wrote, or `listed`.

    Raises:
        ValueError: it is something else.
    """
    first = (text or "").partition("\n")[0]
    return read_listed(text) if _ENTRY.fullmatch(first) else read_grouped(text)


def _group(value: str, accounts: list[str]) -> str:
    return f"{value}:\n" + "".join(f"- {line}\n" for line in _lines(accounts))


def _lines(accounts: list[str]) -> Iterator[str]:
    for start in range(0, len(accounts), _A_LINE):
        some = accounts[start : start + _A_LINE]
        # A single account would be a number in YAML.
        yield f'"{some[0]}"' if len(some) == 1 else " ".join(some)


def _key(account: str) -> str:
    # As a number in YAML, an account id would lose the zeros in front.
    return f'"{account}"' if account.startswith("0") else account


def _off_first(value: str) -> tuple[bool, str]:
    return not value.endswith("DISABLED"), value
