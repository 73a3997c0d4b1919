"""The coverage of 120 accounts in four regions, against what the local organization really has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from aws_sandbox.fault_effects import AccessDenied
from aws_sandbox.testing import MANAGEMENT
from tests.support.coverage.organization import (
    ACCEPTED,
    ALL,
    CLOSED,
    INVITED,
    LATE,
    NOT_OFFERED,
    OPTED_OUT,
    REFUSED,
    REGIONS,
    RULES,
    SUSPENDED,
    TURNED_OFF,
    serve_covered_organization,
    stack_of,
)
from tests.support.coverage.truth import Truth, truth_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import ServeSandbox
    from tests.support.coverage.organization import CoveredOrganization, Ended
    from tests.support.coverage.truth import Key

_KNOWN: Final = ("ENABLED", "DISABLED", "NOT_OFFERED")
_READ: Final = tuple(region for region in REGIONS if region != REFUSED)


@pytest.fixture
def organization(serve_sandbox: ServeSandbox, tmp_path: Path) -> CoveredOrganization:
    return serve_covered_organization(serve_sandbox, tmp_path / "project")


def _rows(ended: Ended) -> dict[Key, dict[str, Any]]:
    rows = ended.document["rows"]
    found = {(row["region"], row["account"]): row for row in rows}
    assert len(found) == len(rows), "an account has two rows"
    return found


def _said(row: Mapping[str, Any]) -> Truth:
    return Truth(
        name=row["name"],
        unit=row["unit"],
        membership=row["membership"],
        detector=row["detector"],
        status=row["status"],
        wanted=row["wanted"],
        decided_by=row["decidedBy"],
        unread=row["unread"],
        gap=bool(row["gap"]),
        guardduty5=row["guardduty5"],
    )


def _refuse_region(organization: CoveredOrganization) -> None:
    organization.sandbox.client.fails(with_=AccessDenied(), regions=[REFUSED])


def test_each_row_is_what_the_organization_really_has(organization: CoveredOrganization) -> None:
    truth = truth_of(organization)
    _refuse_region(organization)
    organization.sandbox.client.clear_calls()

    ended = organization.run("--format", "json")

    rows = _rows(ended)
    assert {key: _said(row) for key, row in rows.items()} == truth
    assert {row["stack"] for row in rows.values()} == set(map(stack_of, REGIONS))
    assert all(row["reason"] for row in rows.values() if row["status"] == "UNKNOWN")
    assert ended.code == 2, ended.errors
    document = ended.document
    assert [(r["region"], r["offered"], bool(r["reason"])) for r in document["regions"]] == [
        (REFUSED, None, True),
        (ALL, True, False),
        (NOT_OFFERED, False, False),
        (RULES, True, False),
    ]
    _check_calls(organization)


def _check_calls(organization: CoveredOrganization) -> None:
    """A call for each 50 accounts and region; the tree, with its empty pages, once for all."""
    calls = organization.sandbox.client.calls()
    writes = [c.operation for c in calls if not c.operation.startswith(("Get", "List", "Describe"))]
    assert writes == []
    asked = Counter((call.region, call.operation) for call in calls if call.service == "guardduty")
    for region in _READ:
        assert asked[region, "ListMembers"] == 3
        assert asked[region, "GetMemberDetectors"] == (0 if region == NOT_OFFERED else 3)
        assert asked[region, "GetRemainingFreeTrialDays"] <= 3
    lists = Counter(call.operation for call in calls if call.service == "organizations")
    assert lists["ListRoots"] == 1
    units = 1 + 5 + 22 + 1
    assert units <= lists["ListOrganizationalUnitsForParent"] < 1.5 * units + 5
    assert units <= lists["ListAccountsForParent"] < 1.5 * units + 5
    assert lists["ListTagsForResource"] <= 121
    assert lists["ListPolicies"] == 0


def test_what_is_hard_to_read_is_there(organization: CoveredOrganization) -> None:
    """The organization has what the truth is meant to hold."""
    truth = truth_of(organization)
    assert len({found for region, found in truth if region == RULES}) == 122
    assert {truth[RULES, found].detector for found in SUSPENDED} == {"suspended"}
    assert {truth[RULES, found].membership for found in CLOSED} == {"AccountSuspended"}
    assert {truth[ALL, found].membership for found in OPTED_OUT} == {"RegionDisabled"}
    assert {truth[RULES, found].membership for found in LATE} == {"not a member"}
    assert truth[ALL, MANAGEMENT].membership == "not a member"
    assert truth[RULES, INVITED].membership == "Invited"
    assert truth[RULES, ACCEPTED].unit is None
    assert truth[ALL, TURNED_OFF].gap
    units = {found.unit for found in truth.values()}
    assert {"Root/Sand box/Play ground", "Root/CI/CD", "Root/Teams/Team 22"} <= units
    decided = {found.decided_by for (region, _), found in truth.items() if region == RULES}
    assert decided == {
        "status (administrator)",
        "nobody (rule 1: accounts)",
        "rule 2: OU Root/Sand box/Play ground",
        "rule 3: tag env=prod",
        "rule 4: OU Root/CI/CD",
        "rule 5: accounts",
        "rule 6: accounts",
        "nobody",
    }
    kinds = {(found.wanted, found.status, found.gap) for found in truth.values()}
    assert {(wanted, status) for wanted, status, _ in kinds} >= {
        (wanted, status)
        for wanted in (None, "ENABLED", "DISABLED")
        for status in ("ENABLED", "DISABLED")
    }
