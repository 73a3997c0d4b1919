"""The coverage of 120 accounts in four regions, against what the local organization really has."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pytest

from aws_sandbox.fault_effects import AccessDenied, InternalServerError, Throttling
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
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
    REMOVED,
    RULES,
    SUSPENDED,
    TURNED_OFF,
    attach_policies,
    covered_project,
    serve_covered_organization,
    stack_of,
)
from tests.support.coverage.truth import Truth, truth_of
from tests.support.engine.roles import policy
from tests.support.vocabulary import account

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from aws_sandbox.client import Scope
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox
    from tests.support.coverage.organization import CoveredOrganization, Ended
    from tests.support.coverage.truth import Key

_UNITS_WITHOUT_ACCOUNTS: Final = ("Root/Empty unit", "Root/Sand box", "Root/Teams")
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
    truth = truth_of(organization, refused=[REFUSED])
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
    """A call for each 50 accounts and region; the tree once for all."""
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
    units = {found.ou for found in organization.sandbox.client.organization().accounts}
    pages = len(units) + len(_UNITS_WITHOUT_ACCOUNTS) + 1  # one unit has two pages
    assert lists["ListOrganizationalUnitsForParent"] == pages
    assert lists["ListAccountsForParent"] == pages
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


@pytest.mark.slow
def test_accounts_under_policies_name_them_with_the_least_rights(
    organization: CoveredOrganization,
) -> None:
    attach_policies(organization.sandbox)
    truth = truth_of(organization, policies=True)
    policies = {name: policy(name) for name in ("coverage", "tags")}
    keys = _keys_of_role(organization, [*policies.values()])
    organization.sandbox.client.clear_calls()

    ended = organization.run("--format", "json", **keys)

    assert {key: _said(row) for key, row in _rows(ended).items()} == truth
    assert ended.code == 1
    assert ended.document["problems"] == []
    decided = {found.decided_by for found in truth.values() if "policy" in found.decided_by}
    assert len(decided) == 3
    calls = organization.sandbox.client.calls()
    assert {f"{call.service}:{call.operation}" for call in calls} == {
        action
        for document in policies.values()
        for statement in document["Statement"]
        for action in statement["Action"]
    }


def _keys_of_role(
    organization: CoveredOrganization, policies: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The environment of a role of the administrator's account that has these policies alone."""
    sandbox = organization.sandbox
    role = sandbox.client.make_role(
        ADMINISTRATOR, "auditor", trusts=[ADMINISTRATOR], policies=policies
    )
    assumed = sandbox.boto3("sts").assume_role(RoleArn=role, RoleSessionName="auditor")
    return {
        "AWS_PROFILE": "",
        "AWS_ACCESS_KEY_ID": assumed["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["Credentials"]["SessionToken"],
    }


# Refusals


_ORGANIZATIONS: Final[Scope] = {"service": "organizations"}
_FURTHER: Final[Scope] = {"further_pages": True}


def _under(
    organization: CoveredOrganization, operation: str, scope: Scope
) -> tuple[Ended, dict[Key, dict[str, Any]]]:
    """Reads the coverage while AWS refuses an operation; what is unknown is never shown as off."""
    client = organization.sandbox.client
    really = client.actual_state()
    client.fails(operation, with_=AccessDenied(), **scope)

    ended = organization.run("--format", "json")

    assert client.faults()[0].struck
    assert ended.code == 2, ended.errors
    assert ended.document["problems"] != []
    rows = _rows(ended)
    for (region, found), row in rows.items():
        if row["status"] in {"ENABLED", "DISABLED"}:
            assert row["status"] == really[region][found].eks_audit_logs
        assert not (row["unread"] and row["status"] != "UNKNOWN")
        assert not (row["unread"] and (row["gap"] or row["guardduty5"]))
    return ended, rows


def _check_others(
    rows: Mapping[Key, Mapping[str, Any]], truth: Mapping[Key, Truth], without: Collection[Key]
) -> None:
    """All rows but some are as if nothing had been refused."""
    read = {key: _said(row) for key, row in rows.items() if key not in without}
    assert read == {key: found for key, found in truth.items() if key not in without}


def test_members_of_which_a_page_is_missing_are_all_unknown(
    organization: CoveredOrganization,
) -> None:
    truth = truth_of(organization)

    _, rows = _under(organization, "ListMembers", {**_FURTHER, "regions": [RULES]})

    own = (RULES, ADMINISTRATOR)
    unknown = {key for key in truth if key[0] == RULES} - {own}
    _check_others(rows, truth, unknown)
    of_organization = {key for key in unknown if truth[key].unit}
    assert {key for key, row in rows.items() if row["unread"]} == of_organization
    assert {rows[key]["membership"] for key in of_organization} == {"unknown"}


@pytest.mark.slow
def test_a_batch_that_is_refused_leaves_only_its_accounts_unknown(
    organization: CoveredOrganization,
) -> None:
    truth = truth_of(organization)

    scope: Scope = {"accounts": [account(60)], "regions": [RULES]}
    _, rows = _under(organization, "GetMemberDetectors", scope)

    (refused,) = [
        call for call in organization.sandbox.client.calls("GetMemberDetectors") if call.fault
    ]
    assert 0 < len(refused.account_ids) <= 50
    batch = {(RULES, found) for found in refused.account_ids}
    _check_others(rows, truth, batch)
    assert {key for key, row in rows.items() if row["unread"]} == batch
    assert {rows[key]["membership"] for key in batch} <= {"Enabled", "Disabled"}


@pytest.mark.slow
def test_an_account_that_aws_leaves_unprocessed_is_unknown_in_its_words(
    organization: CoveredOrganization,
) -> None:
    truth = truth_of(organization)
    client = organization.sandbox.client
    client.leave_unprocessed("GetMemberDetectors", [account(7)], "Internal error", regions=[ALL])

    ended = organization.run("--format", "json")

    rows, left = _rows(ended), (ALL, account(7))
    assert ended.code == 2
    _check_others(rows, truth, {left})
    assert (rows[left]["status"], rows[left]["unread"]) == ("UNKNOWN", True)
    assert "Internal error" in rows[left]["reason"]


@pytest.mark.slow
def test_what_is_asked_again_is_read_whole(organization: CoveredOrganization) -> None:
    truth = truth_of(organization)
    client = organization.sandbox.client
    client.fails("GetMemberDetectors", with_=Throttling(), times=2)
    client.fails("ListMembers", with_=InternalServerError(), times=1)

    ended = organization.run("--format", "json")

    assert all(fault.struck for fault in client.faults())
    _check_others(_rows(ended), truth, ())
    assert ended.code == 1, ended.errors


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["ListAccountsForParent", "ListOrganizationalUnitsForParent"])
def test_without_a_page_of_the_tree_no_name_is_known_and_no_unit(
    organization: CoveredOrganization, operation: str
) -> None:
    truth = truth_of(organization)

    _, rows = _under(organization, operation, {**_ORGANIZATIONS, **_FURTHER})

    assert {(row["name"], row["unit"]) for row in rows.values()} == {(None, None)}
    listed = {key for key, found in truth.items() if found.membership != "not a member"}
    assert set(rows) == listed
    for key, row in rows.items():
        said = _said(row)
        for name in ("membership", "detector", "status", "unread", "guardduty5"):
            assert getattr(said, name) == getattr(truth[key], name), (key, name)
        # Units decide rules, so what they leave open is unknown, and not promised.
        if key == (RULES, REMOVED):
            continue  # whether it is in the organization still is not known
        known = row["decidedBy"] == truth[key].decided_by
        assert known or row["decidedBy"].startswith("unknown (rule "), (key, row["decidedBy"])
        assert known or row["wanted"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "scope"), [("ListPolicies", _FURTHER), ("ListTargetsForPolicy", {})]
)
def test_policies_that_are_not_read_whole_are_not_named(
    organization: CoveredOrganization, operation: str, scope: Scope
) -> None:
    attach_policies(organization.sandbox)
    truth = truth_of(organization, policies=True)

    _, rows = _under(organization, operation, {**_ORGANIZATIONS, **scope})

    nameless = {
        key: replace(found, decided_by="policy (GUARDDUTY_POLICY)")
        if found.decided_by.startswith("policy ")
        else found
        for key, found in truth.items()
    }
    _check_others(rows, nameless, ())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        ("GetRemainingFreeTrialDays", {}),
        ("ListTagsForResource", _ORGANIZATIONS),
        ("DescribeOrganizationConfiguration", {"regions": [RULES]}),
    ],
)
def test_statuses_are_known_whatever_else_is_refused(
    organization: CoveredOrganization, operation: str, scope: Scope
) -> None:
    truth = truth_of(organization)

    _, rows = _under(organization, operation, scope)

    assert {key: row["status"] for key, row in rows.items()} == {
        key: found.status for key, found in truth.items()
    }


# Exit codes and formats


@pytest.mark.slow
def test_exit_codes_say_whether_there_are_gaps(organization: CoveredOrganization) -> None:
    truth = truth_of(organization)
    assert organization.run("--stacks", stack_of(NOT_OFFERED)).code == 0
    assert organization.run("--stacks", stack_of(RULES)).code == 1

    every = organization.run("--stacks", "prod-*", "--require", "ALL", "--format", "json")

    assert every.code == 1
    cannot = {"AccountSuspended", "RegionDisabled"}
    assert {key for key, row in _rows(every).items() if row["gap"]} == {
        key
        for key, found in truth.items()
        if (found.status not in {"ENABLED", "NOT_OFFERED"} and found.membership not in cannot)
        or (found.status == "ENABLED" and found.detector == "suspended")
    }
    _refuse_region(organization)
    assert organization.run("--stacks", stack_of(NOT_OFFERED)).code == 0
    assert organization.run("--stacks", stack_of(REFUSED)).code == 2
    assert organization.run("--stacks", "nowhere").code == 2


def test_an_account_that_is_to_stay_outside_is_no_gap_by_a_rule_for_its_tag(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    found = sandbox.client.organization()
    for each in found.accounts:
        if each.account_id != MANAGEMENT:
            sandbox.client.set_feature(each.account_id, "ENABLED")
    sandbox.client.set_tags(MANAGEMENT, {"audit": "outside"})
    here = covered_project(sandbox, tmp_path / "project")
    every = {"status": "ENABLED", "all": True}
    here.configure(RULES, members=[every])
    assert here.run().code == 1

    here.configure(RULES, members=[{"status": "UNMANAGED", "tags": {"audit": "outside"}}, every])
    ended = here.run("--format", "json")

    assert ended.code == 0, ended.errors
    outside = _rows(ended)[RULES, MANAGEMENT]
    assert outside["decidedBy"] == "nobody (rule 1: tag audit=outside)"
    assert outside["status"] == "UNKNOWN"


@pytest.mark.slow
def test_all_formats_of_one_reading_say_the_same(
    organization: CoveredOrganization, tmp_path: Path
) -> None:
    _refuse_region(organization)
    organization.sandbox.client.clear_calls()
    files = {end: tmp_path / f"coverage.{end}" for end in ("json", "csv", "html", "md", "xml")}

    ended = organization.run(*(f"--output={file}" for file in files.values()))

    assert ended.code == 2, ended.errors
    assert len(organization.sandbox.client.calls("ListMembers")) == 3 * len(_READ)
    document = json.loads(files["json"].read_text())
    rows = document["rows"]
    gaps = [row for row in rows if row["gap"]]
    unread = [row for row in rows if row["unread"]]

    assert _of_csv(files["csv"]) == [_as_csv(row) for row in rows]
    cases = list(ET.parse(files["xml"]).getroot().iter("testcase"))  # noqa: S314 - our own file
    assert len(cases) == len(rows) + len(document["problems"])
    assert len([case for case in cases if case.find("failure") is not None]) == len(gaps)
    errors = [case for case in cases if case.find("error") is not None]
    assert len(errors) == len(unread) + len(document["problems"])
    headline = ended.output.splitlines()[0]
    assert headline.startswith(f"EKS audit logs in 4 regions, 122 accounts: {len(gaps)} gaps, ")
    assert f"{len(unread)} could not be read" in " ".join(ended.output.split())
    assert _of_page(files["html"]) == {
        (row["region"], row["account"]): (row["status"], row["gap"]) for row in rows
    }
    markdown = files["md"].read_text()
    for row in gaps:
        assert row["account"] in ended.output
        assert row["account"] in markdown
    assert "<img src=x" not in files["html"].read_text()


def _of_page(file: Path) -> dict[Key, tuple[str, str]]:
    """The status and the gap of each row that the page's script gets."""
    written = re.search(r'<script type="application/json" id="coverage">(.*?)<', file.read_text())
    assert written
    content = json.loads(written[1])
    regions = [column[0] for column in content["columns"]]
    return {
        (region, account_id): (content["facts"][fact][0], content["facts"][fact][9])
        for account_id, _, _, rows in content["accounts"]
        for region, fact in zip(regions, rows, strict=True)
        if fact >= 0
    }


def _of_csv(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return [
            {key: re.sub("(^|;)'", r"\1", cell) for key, cell in row.items()}
            for row in csv.DictReader(opened)
        ]


def _as_csv(row: Mapping[str, Any]) -> dict[str, str]:
    def cell(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else str(value)

    return {key: cell(value) for key, value in row.items()} | {
        "readAt": datetime.fromisoformat(row["readAt"]).isoformat(timespec="seconds")
    }
