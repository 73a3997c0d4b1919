"""What the rows of a coverage must say, by what the local organization really has.

Nothing here is the product's: rules are decided by hand, and AWS is read past its API.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.testing import ADMINISTRATOR
from tests.support.coverage.organization import (
    ALL,
    CLOSED,
    EXCEPTION,
    MEMBERS,
    NOT_OFFERED,
    POLICY_OF_ACCOUNT,
    POLICY_OF_REGION,
    POLICY_OF_UNIT,
    REGIONS,
    RULES,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aws_sandbox.client import Account, ActualState
    from tests.support.coverage.organization import CoveredOrganization

Key = tuple[str, str]
"""A region and an account."""

_READABLE: Final = ("Enabled", "Disabled")
"""The relationship statuses of which GetMemberDetectors answers."""
_DETECTORS: Final = {"ENABLED": "enabled", "DISABLED": "suspended", None: "none"}
_OF_MEMBERS: Final = {"Enabled": "enabled", "Disabled": "suspended"}


@dataclass(frozen=True)
class Truth:
    """What a row must say; the words are those of the JSON."""

    name: str | None
    unit: str | None
    membership: str
    detector: str
    status: str
    wanted: str | None
    decided_by: str
    unread: bool
    gap: bool
    guardduty5: bool


def truth_of(
    organization: CoveredOrganization, *, refused: Collection[str] = (), policies: bool = False
) -> dict[Key, Truth]:
    """What all rows must say.

    Args:
        organization: it, as it is now.
        refused: regions where GuardDuty refuses every call.
        policies: whether `attach_policies` has been called.
    """
    client = organization.sandbox.client
    accounts = {found.account_id: found for found in client.organization().accounts}
    found = {}
    for region, states in client.actual_state().items():
        for account_id in {*accounts, *_listed(states)}:
            place = accounts.get(account_id)
            if region in refused and place is None:
                continue  # nobody can tell that it is invited there
            known = _row(region, account_id, place, states[account_id], policies=policies)
            found[region, account_id] = _refused(known) if region in refused else known
    assert {region for region, _ in found} == set(REGIONS)
    return found


def _listed(states: Mapping[str, ActualState]) -> Collection[str]:
    return [account_id for account_id, state in states.items() if state.relationship]


def _refused(truth: Truth) -> Truth:
    """What remains of a row that could not be read."""
    return replace(
        truth,
        membership="unknown",
        detector="unknown",
        status="UNKNOWN",
        unread=True,
        gap=False,
        guardduty5=False,
    )


def _row(
    region: str, account_id: str, place: Account | None, state: ActualState, *, policies: bool
) -> Truth:
    own = account_id == ADMINISTRATOR
    joined = own or state.relationship in _READABLE
    membership = "administrator" if own else state.relationship or "not a member"
    detector = _DETECTORS[state.detector] if own else _OF_MEMBERS.get(membership, "unknown")
    status = (state.eks_audit_logs if joined else None) or "UNKNOWN"
    if region == NOT_OFFERED:
        status = "NOT_OFFERED"
    wanted, decided_by = _decision(region, account_id, place, state, all_works=not policies)
    gap = region != NOT_OFFERED and _is_gap(state, place, wanted, decided_by, own=own)
    if policies and joined and place:
        decided_by = _policies(region, place) or decided_by
    return Truth(
        name=place.name if place else None,
        unit=place.ou if place else None,
        membership=membership,
        detector=detector,
        status=status,
        wanted=wanted,
        decided_by=decided_by,
        unread=False,
        gap=gap,
        guardduty5=joined and status == "DISABLED",
    )


def _is_gap(
    state: ActualState, place: Account | None, wanted: str | None, decided_by: str, *, own: bool
) -> bool:
    if place and (place.account_id in CLOSED or state.relationship == "RegionDisabled"):
        return False
    if own or state.relationship in _READABLE:
        if wanted == "ENABLED" and state.detector == "DISABLED":
            return True
        return wanted is not None and wanted != state.eks_audit_logs
    left_out = wanted == "DISABLED" or decided_by.startswith("nobody (")
    return wanted == "ENABLED" or (place is not None and not left_out)


def _decision(
    region: str, account_id: str, place: Account | None, state: ActualState, *, all_works: bool
) -> tuple[str | None, str]:
    if account_id == ADMINISTRATOR:
        return "ENABLED", "status (administrator)"
    for number, rule in enumerate(MEMBERS[region], start=1):
        if _selects(rule, account_id, place):
            label = f"rule {number}: {_label(rule)}"
            if rule["status"] == "UNMANAGED":
                return None, f"nobody ({label})"
            return rule["status"], label
    if all_works and region == ALL and place and state.relationship in _READABLE:
        return "ENABLED", "autoEnable ALL"
    return None, "nobody"


def _policies(region: str, place: Account) -> str:
    """The policies on an account's way from the root, the nearest last."""
    if region == NOT_OFFERED:
        return ""
    labels = []
    if place.ou == "Root/CI/CD":
        labels.append(f'policy "{POLICY_OF_UNIT}" on Root/CI/CD')
    if place.account_id == EXCEPTION:
        labels.append(f'policy "{POLICY_OF_ACCOUNT}" on {EXCEPTION}')
    if place.ou == "Root/Stage" and region == RULES:
        labels.append(f'policy "{POLICY_OF_REGION}" on Root/Stage')
    return ", ".join(labels)


def _selects(rule: Mapping[str, Any], account_id: str, place: Account | None) -> bool:
    if "accounts" in rule:
        return account_id in rule["accounts"]
    if "all" in rule:
        return True
    if place is None:
        return False
    if "tags" in rule:
        return bool(rule["tags"].items() <= place.tags.items())
    return any(f"{place.ou}/".startswith(f"{unit}/") for unit in rule["organizationalUnits"])


def _label(rule: Mapping[str, Any]) -> str:
    (selector,) = set(rule) - {"status"}
    if selector == "tags":
        return "tag " + ", ".join(f"{key}={value}" for key, value in rule["tags"].items())
    if selector == "organizationalUnits":
        return f"OU {rule['organizationalUnits'][0]}"
    return selector
