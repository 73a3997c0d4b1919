"""Answers of AWS, made lighter before botocore parses them.

Most of the processor time of a large organization's run went into what nobody uses: six to nine
features of each member, with their additional configurations and their timestamps. So this module
takes out of a body what the product does not use, whatever that is. If the rest does not look as
AWS documents it, the answer stays as it came: botocore and `aws.guardduty` then refuse it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.utils import parse_timestamp

from guardduty_eks_audit_logs.model import FEATURE

if TYPE_CHECKING:
    from collections.abc import Callable

    import botocore.session

_OK = 200
_OF_A_MEMBER = ("accountId", "relationshipStatus", "invitedAt", "updatedAt")
_OF_A_FEATURE = ("name", "status", "managedBy")


def make_lighter(session: botocore.session.Session) -> None:
    """Lets the clients that a session makes from now on parse only what the product uses.

    Args:
        session: of this product alone: what its clients give of members is not all that AWS has.
    """
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=timestamp)
    for operation, lighter in _LIGHTER.items():
        session.register(f"before-parse.guardduty.{operation}", _in_its_body(lighter))


def timestamp(value: Any) -> datetime:  # noqa: ANN401 - whatever JSON or XML has
    """Parses a timestamp as botocore does, but in UTC and without a look at the time zones.

    Raises:
        ValueError: it is none.
    """
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and value[10:11] == "T":
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant
    except (ValueError, OverflowError, OSError):
        pass
    # A rare form, or none.
    return parse_timestamp(value)


def _in_its_body(lighter: Callable[[Any], Any]) -> Callable[..., None]:
    def handle(response_dict: dict[str, Any], **_event: object) -> None:
        if response_dict["status_code"] != _OK:
            return
        try:
            answer = json.loads(response_dict["body"].decode())
        except ValueError:
            return
        found = lighter(answer)
        if found is not None:
            response_dict["body"] = json.dumps(found).encode()

    return handle


def _with_members_alone(answer: Any) -> Any:  # noqa: ANN401 - JSON
    """Leaves of each member what a `Membership` has; e-mail addresses go no further than here."""
    members = _objects(answer, "members")
    if members is None:
        return None
    return {**answer, "members": [_only(_OF_A_MEMBER, member) for member in members]}


def _with_one_feature(answer: Any) -> Any:  # noqa: ANN401 - JSON
    """Leaves of each member its account and EKS_AUDIT_LOGS."""
    members = _objects(answer, "members")
    if members is None:
        return None
    lighter = []
    for member in members:
        features = [] if member.get("features") is None else _objects(member, "features")
        if features is None or not isinstance(member.get("dataSources", {}), dict):
            return None
        ours = [_only(_OF_A_FEATURE, f) for f in features if f.get("name") == FEATURE]
        lighter.append({**_only(("accountId",), member), "features": ours})
    return {**answer, "members": lighter}


def _objects(holder: Any, key: str) -> list[dict[str, Any]] | None:  # noqa: ANN401 - JSON
    """Gives the list of objects at a key; None if there is anything else."""
    found = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(found, list) and all(isinstance(one, dict) for one in found):
        return found
    return None


def _only(keys: tuple[str, ...], holder: dict[str, Any]) -> dict[str, Any]:
    return {key: holder[key] for key in keys if key in holder}


_LIGHTER: dict[str, Callable[[Any], Any]] = {
    "ListMembers": _with_members_alone,
    "GetMembers": _with_members_alone,
    "GetMemberDetectors": _with_one_feature,
}
