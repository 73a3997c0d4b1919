"""One AWS call as the faults and the record see it: who asks what, where, for which accounts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_ACCOUNT = ("adminAccountId", "AccountId")


@dataclass(frozen=True)
class Batch:
    """The accounts that a request names.

    Args:
        array: the wire name of the list that names them; empty where there is none.
        account_ids: the accounts, as often as they are named.
    """

    array: str = ""
    account_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestInfo:
    """One call.

    Args:
        service: `guardduty`, `organizations`, `sts` and so on.
        operation: the API's name of the operation.
        caller: the account that calls.
        region: the region that the call is signed for.
        batch: the accounts that it names.
        further_page: whether it asks for a further page of a list.
    """

    service: str
    operation: str
    caller: str
    region: str
    batch: Batch
    further_page: bool = False


def batch(body: bytes) -> Batch:
    """The accounts that a body names, also where the operation will refuse it.

    GuardDuty's operations name accounts in `accountIds` or `accountDetails`, or one administrator;
    Organizations' name one `AccountId`. What is no JSON object names nobody.
    """
    content = _content(body)
    for array in ("accountIds", "accountDetails"):
        listed = content.get(array)
        if isinstance(listed, list):
            return Batch(array, tuple(_named(entry) for entry in listed))
    return Batch("", tuple(str(content[key]) for key in _ONE_ACCOUNT if key in content))


def asks_for_further_page(query: Mapping[str, str], body: bytes) -> bool:
    """Whether a call has a page token, in its query or in its body."""
    found = [query.get("nextToken"), *map(_content(body).get, ("NextToken", "nextToken"))]
    return any(found)


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _named(entry: object) -> str:
    return str(entry.get("accountId", "")) if isinstance(entry, dict) else str(entry)
