"""Regions read side by side: each row is as AWS has it, and what AWS refuses is unknown."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from guardduty_eks_audit_logs.reading.coverage import Target, read_coverage
from guardduty_eks_audit_logs.reports.coverage.rows import (
    NOT_A_MEMBER,
    UNKNOWN_MEMBERSHIP,
    Coverage,
    CoverageRow,
    CoverageStatus,
    DetectorState,
    Require,
)
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.sandbox_in_process import Asked, SandboxInProcess, described, keys_of
from tests.support.vocabulary import account, rule, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Serve = Callable[..., SandboxInProcess]

REGIONS = ("us-east-1", "eu-west-1")
_MEMBERS = 60
"""More than a page of ListMembers and a batch has."""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Serve:
    bare_environment(monkeypatch, tmp_path)

    def serve(**organization: Any) -> SandboxInProcess:  # noqa: ANN401 - as YAML has it
        sandbox = SandboxInProcess(described(**{"regions": REGIONS, **organization}))
        in_place_of_sockets(monkeypatch, sandbox)
        return sandbox

    return serve


def _member(number: int, **more: object) -> dict[str, object]:
    status = "ENABLED" if number % 2 else "DISABLED"
    described = {"id": account(number), "name": f"account {number}", "ou": "Root/Prod"}
    return {**described, "eksAuditLogs": status, **more}


def _members(number: int) -> list[dict[str, object]]:
    return [_member(n) for n in range(1, number + 1)]


def _read(
    *regions: str,
    require: Require = Require.RULES,
    caller: str = ADMINISTRATOR,
    report: Callable[[str], None] = lambda _: None,
    **chosen: object,
) -> Coverage:
    stack = settings(**chosen) if chosen else settings(members=[rule("ENABLED")])
    targets = [Target(f"prod-{name}", name, stack, keys_of(caller)) for name in regions or REGIONS]
    return read_coverage(targets, require, report)


def _row(coverage: Coverage, who: str, region: str = REGIONS[0]) -> CoverageRow:
    (found,) = (row for row in coverage.rows if (row.account, row.region) == (who, region))
    return found


def _second_page(path: str = "", target: str = "") -> Callable[[Asked], bool]:
    def refused(page: Asked) -> bool:
        of_list = page.path.endswith(path) if path else page.target == target
        return of_list and bool(page.token)

    return refused


def _statuses(coverage: Coverage) -> Mapping[str, Counter[str]]:
    by_region: dict[str, Counter[str]] = {}
    for row in coverage.rows:
        by_region.setdefault(row.region, Counter())[row.status] += 1
    return by_region


def _truth(sandbox: SandboxInProcess) -> dict[tuple[str, str], str]:
    """EKS_AUDIT_LOGS of every account and region, read past the API."""
    found = sandbox.control("GET", "actual-state")
    return {
        (who, region): state["features"]["EKS_AUDIT_LOGS"]
        for region, accounts in found.items()
        for who, state in accounts.items()
        if "EKS_AUDIT_LOGS" in (state.get("features") or {})
    }


def test_every_row_is_as_the_organization_has_it(serve: Serve) -> None:
    sandbox = serve(accounts=_members(_MEMBERS))
    coverage = _read()
    truth = _truth(sandbox)

    assert coverage.problems == ()
    assert len(coverage.rows) == 2 * (_MEMBERS + 2)
    members = [row for row in coverage.rows if row.membership != NOT_A_MEMBER]
    assert {(row.account, row.region): row.status.value for row in members} == {
        key: status for key, status in truth.items() if key[0] != MANAGEMENT
    }
    gaps = {row.account for row in coverage.rows if row.gap}
    assert gaps == {MANAGEMENT, ADMINISTRATOR, *(account(n) for n in range(2, _MEMBERS + 1, 2))}


def test_rows_have_name_unit_and_what_is_left_of_the_trial(serve: Serve) -> None:
    serve(accounts=[_member(1), _member(2, ou="Root/Prod/EU West")])
    coverage = _read()

    first, second = _row(coverage, account(1)), _row(coverage, account(2))
    assert (first.name, first.unit, first.trial_days) == ("account 1", "Root/Prod", 0)
    assert (second.name, second.unit, second.trial_days) == ("account 2", "Root/Prod/EU West", None)
    assert first.read_at.utcoffset() is not None


def test_all_is_read_in_few_calls_and_the_organization_once(serve: Serve) -> None:
    sandbox = serve(accounts=[_member(n, ou=f"Root/Unit {n % 3}") for n in range(1, 121)])
    by_unit = {"status": "DISABLED", "organizationalUnits": ["Root/Unit 1"]}
    coverage = _read(members=[by_unit, {"status": "ENABLED", "tags": {"a": "b"}}])

    assert coverage.problems == ()
    assert Counter(sandbox.operations()) == {
        "GetCallerIdentity": 2,
        "ListDetectors": 2,
        "GetDetector": 2,
        "GetAdministratorAccount": 2,
        "DescribeOrganizationConfiguration": 2,
        "ListMembers": 2 * 3,
        "GetMemberDetectors": 2 * 3,
        "GetRemainingFreeTrialDays": 2 * 3,
        "ListRoots": 1,
        "ListOrganizationalUnitsForParent": 4,
        "ListAccountsForParent": 4 + 3,  # three units have two pages
        "ListTagsForResource": 80 + 1,  # the accounts that the first rule does not decide
    }


def test_progress_names_the_region_and_counts_its_members(serve: Serve) -> None:
    serve(accounts=_members(_MEMBERS))
    lines: list[str] = []
    _read("us-east-1", "af-south-1", report=lines.append)

    assert "us-east-1: 60 of 60 members read" in lines
    assert "us-east-1: read" in lines
    assert "af-south-1: could not be read" in lines


# What AWS refuses is unknown, and not off


@pytest.mark.parametrize("number", [1, 2])
def test_half_a_list_of_members_is_no_list(serve: Serve, number: int) -> None:
    sandbox = serve(accounts=_members(_MEMBERS))
    second = _second_page("/member")
    sandbox.refused = second if number == 2 else lambda page: page.path.endswith("/member")
    coverage = _read("us-east-1")

    own = _row(coverage, ADMINISTRATOR)
    assert (own.status, own.unread) == ("DISABLED", False)
    others = [row for row in coverage.rows if row is not own]
    assert len(others) == _MEMBERS + 1
    assert {(row.membership, row.status, row.unread, row.gap) for row in others} == {
        (UNKNOWN_MEMBERSHIP, CoverageStatus.UNKNOWN, True, "")
    }
    (problem,) = coverage.problems
    assert problem.startswith("us-east-1 (prod-us-east-1): ListMembers failed")
    assert coverage.regions[0].reason.startswith("ListMembers failed")


def test_a_batch_that_fails_leaves_its_own_accounts_unknown(serve: Serve) -> None:
    sandbox = serve(accounts=_members(_MEMBERS))
    sandbox.refused = lambda page: (
        page.path.endswith("/member/detector/get") and account(_MEMBERS) in page.accounts
    )
    coverage = _read("us-east-1")

    unread = {row.account for row in coverage.unread}
    assert unread == {account(n) for n in range(51, _MEMBERS + 1)}
    assert {row.status for row in coverage.unread} == {CoverageStatus.UNKNOWN}
    assert {row.gap for row in coverage.unread} == {""}
    assert _row(coverage, account(60)).reason.startswith("GetMemberDetectors failed")
    assert (_row(coverage, account(60)).membership, _row(coverage, account(60)).wanted) == (
        "Enabled",
        "ENABLED",
    )
    (problem,) = coverage.problems
    assert problem.startswith(
        "us-east-1 (prod-us-east-1): the status of 10 members could not be read: GetMemberDetectors"
    )


def test_a_refused_call_about_suspended_members_is_a_problem(serve: Serve) -> None:
    sandbox = serve(accounts=[_member(1, relationshipStatus="Disabled")])
    sandbox.refused = lambda page: page.path.endswith("/member/detector/get")
    coverage = _read("us-east-1")

    assert [row.account for row in coverage.unread] == [account(1)]
    (problem,) = coverage.problems
    assert "the status of 1 member could not be read" in problem


def test_an_account_that_aws_leaves_unprocessed_is_unknown(serve: Serve) -> None:
    sandbox = serve(accounts=_members(4))
    fault = {
        "effect": {"kind": "Unprocessed", "result": "Internal error"},
        "operation": "GetMemberDetectors",
        "accountIds": [account(2)],
    }
    sandbox.control("POST", "faults", fault)
    coverage = _read("us-east-1")

    row = _row(coverage, account(2))
    assert (row.status, row.reason, row.unread) == ("UNKNOWN", "Internal error", True)
    assert coverage.unread == (row,)
    assert coverage.problems == (
        ("us-east-1 (prod-us-east-1): the status of 1 member could not be read: Internal error"),
    )


def test_a_suspended_member_that_aws_leaves_out_is_no_problem(serve: Serve) -> None:
    sandbox = serve(accounts=[_member(1), _member(2, relationshipStatus="Disabled")])
    fault = {
        "effect": {"kind": "Unprocessed", "result": "not monitored"},
        "operation": "GetMemberDetectors",
        "accountIds": [account(2)],
    }
    sandbox.control("POST", "faults", fault)
    coverage = _read("us-east-1")

    row = _row(coverage, account(2))
    assert (row.status, row.reason, row.unread) == ("UNKNOWN", "not monitored", False)
    assert coverage.problems == ()


@pytest.mark.parametrize(
    "operation", ["ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListRoots"]
)
def test_half_a_tree_is_no_tree(serve: Serve, operation: str) -> None:
    accounts = [_member(n, ou=f"Root/Unit {n}" if n > 25 else "Root") for n in range(1, 51)]
    sandbox = serve(accounts=accounts)
    later = _second_page(target=operation)
    sandbox.refused = (lambda page: page.target == operation) if operation == "ListRoots" else later
    coverage = _read()

    members = {ADMINISTRATOR, *(account(n) for n in range(1, 51))}
    assert {row.account for row in coverage.rows} == members
    assert {(row.name, row.unit) for row in coverage.rows} == {(None, None)}
    (problem,) = coverage.problems
    assert problem.startswith(
        f"the organization's accounts and units could not be read: {operation} failed"
    )


def test_a_refused_question_to_organizations_is_not_asked_again(serve: Serve) -> None:
    sandbox = serve(accounts=_members(4))
    asked: list[str] = []

    def refused(page: Asked) -> bool:
        asked.append(page.target)
        return page.target == "ListRoots"

    sandbox.refused = refused
    _read()
    assert Counter(filter(None, asked)) == {"ListRoots": 1}


def test_a_rule_that_could_not_be_looked_up_is_a_problem(serve: Serve) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.target == "ListTagsForResource"
    coverage = _read("us-east-1", members=[{"status": "DISABLED", "tags": {"env": "dev"}}])

    row = _row(coverage, account(1))
    assert (row.wanted, row.decided_by) == (None, "unknown (rule 1: tag env=dev)")
    (problem,) = coverage.problems
    assert problem == (
        "us-east-1 (prod-us-east-1): rule 1: tag env=dev could not be looked up in AWS "
        "Organizations: Not allowed here."
    )


def test_a_rule_of_a_unit_that_does_not_exist_is_a_problem(serve: Serve) -> None:
    serve(accounts=_members(4))
    by_unit = {"status": "ENABLED", "organizationalUnits": ["Root/Gone"]}
    coverage = _read("us-east-1", members=[by_unit])

    assert coverage.problems == (
        ("us-east-1 (prod-us-east-1): the organization has no unit Root/Gone, which a rule names."),
    )


def test_auto_enable_that_could_not_be_read_is_a_problem(serve: Serve) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.path.endswith("/admin")
    coverage = _read("us-east-1")

    (problem,) = coverage.problems
    assert "auto-enable settings could not be read" in problem
    assert _row(coverage, account(1)).status is CoverageStatus.ENABLED


def test_trial_days_that_could_not_be_read_are_a_problem(serve: Serve) -> None:
    sandbox = serve(accounts=_members(_MEMBERS))
    sandbox.refused = lambda page: (
        page.path.endswith("/daysRemaining") and account(_MEMBERS) in page.accounts
    )
    coverage = _read("us-east-1")

    assert _row(coverage, account(1)).trial_days == 0
    assert _row(coverage, account(59)).trial_days is None
    (problem,) = coverage.problems
    assert problem.startswith(
        "us-east-1 (prod-us-east-1): the trial days of 11 accounts could not be read: Get"
    )


@pytest.mark.parametrize("path", ["/detector", "/administrator"])
def test_a_region_that_could_not_be_read_has_rows(serve: Serve, path: str) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.path.endswith(path)
    coverage = _read("us-east-1")

    others = [row for row in coverage.rows if row.account != ADMINISTRATOR]
    assert len(others) == 5
    assert {(row.membership, row.unread) for row in others} == {(UNKNOWN_MEMBERSHIP, True)}
    assert len(coverage.problems) == 1


def test_a_region_that_the_caller_has_not_opted_in_to_is_unread(serve: Serve) -> None:
    serve(accounts=_members(4))
    in_prod = {"status": "DISABLED", "organizationalUnits": ["Root/Prod"]}
    coverage = _read("us-east-1", "af-south-1", members=[in_prod])

    there = [row for row in coverage.rows if row.region == "af-south-1"]
    assert len(there) == 6
    assert {(row.status, row.unread, row.gap) for row in there} == {("UNKNOWN", True, "")}
    assert all("enable the region for this account" in row.reason for row in there)
    assert _row(coverage, ADMINISTRATOR, "af-south-1").decided_by == "status (administrator)"
    assert _row(coverage, account(1), "af-south-1").decided_by == "rule 1: OU Root/Prod"
    assert len([row for row in coverage.rows if row.region == "us-east-1"]) == 6
    assert len(coverage.problems) == 1


@pytest.mark.parametrize("with_stacks", [True, False])
def test_where_sts_itself_refuses_the_caller_every_account_is_unread(
    serve: Serve, *, with_stacks: bool
) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.region == "eu-west-1"
    if with_stacks:
        coverage = _read()
    else:
        targets = [Target("", name, None, keys_of()) for name in REGIONS]
        coverage = read_coverage(targets, Require.ALL)

    there = [row for row in coverage.rows if row.region == "eu-west-1"]
    assert len(there) == 6
    assert {(row.status, row.unread, row.gap) for row in there} == {("UNKNOWN", True, "")}
    assert coverage.regions[1].reason.startswith("GetCallerIdentity failed")


@pytest.mark.parametrize("mode", ["invitation", "standalone"])
def test_a_region_that_refuses_a_stack_of_no_organization_has_no_accounts(
    serve: Serve, mode: str
) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.region == "eu-west-1"
    ours = Target("ours", "us-east-1", settings(), keys_of())
    other = Target("other", "eu-west-1", settings(mode=mode), keys_of())
    coverage = read_coverage([ours, other], Require.RULES)

    assert {row.region for row in coverage.rows} == {"us-east-1"}
    assert len(coverage.problems) == 1


def test_another_identity_leaves_no_accounts_in_a_region_it_could_not_read(serve: Serve) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: page.region == "eu-west-1"
    ours = Target("ours", "us-east-1", settings(), keys_of())
    other = Target("other", "eu-west-1", settings(), keys_of("800000000001"))
    coverage = read_coverage([ours, other], Require.RULES)

    assert {row.region for row in coverage.rows} == {"us-east-1"}
    assert [region.caller for region in coverage.regions] == [ADMINISTRATOR, None]


def test_credentials_that_aws_does_not_know_leave_no_rows(serve: Serve) -> None:
    serve(accounts=_members(4))
    unknown = {"aws:accessKey": "AKIAUNKNOWN", "aws:secretKey": "x", "aws:region": "us-east-1"}
    target = Target("prod", None, settings(), unknown.get)
    coverage = read_coverage([target], Require.RULES)

    assert coverage.rows == ()
    (region,) = coverage.regions
    assert (region.region, region.caller, region.offered) == ("us-east-1", None, None)
    assert coverage.problems == (f"us-east-1 (prod): {region.reason}",)


def test_no_region_at_all_is_a_problem(serve: Serve) -> None:
    serve()
    coverage = read_coverage([Target("prod", None, settings(), keys_of())], Require.RULES)
    assert coverage.regions[0].region == "unknown region"
    assert len(coverage.problems) == 1


# Who calls, and in which mode


def test_without_a_detector_only_the_callers_own_status_is_known(serve: Serve) -> None:
    serve(accounts=_members(4), regionsWithoutAdministratorDetector=["us-east-1"])
    coverage = _read("us-east-1")

    own = _row(coverage, ADMINISTRATOR)
    assert (own.detector, own.status, own.unread) == (DetectorState.NONE, "DISABLED", False)
    assert {row.status for row in coverage.unread} == {CoverageStatus.UNKNOWN}
    assert len(coverage.unread) == 5
    assert "has no detector here" in coverage.regions[0].reason


@pytest.mark.parametrize(
    ("caller", "unread"), [(ADMINISTRATOR, 5), (MANAGEMENT, 0), ("800000000001", 0)]
)
def test_without_stacks_and_detector_an_administrators_members_are_unknown(
    serve: Serve, caller: str, unread: int
) -> None:
    alone = {"id": "800000000001", "name": "partner", "detector": False}
    serve(
        accounts=_members(4),
        standaloneAccounts=[alone],
        regionsWithoutAdministratorDetector=["us-east-1"],
    )
    targets = [Target("", "us-east-1", None, keys_of(caller))]
    coverage = read_coverage(targets, Require.RULES)

    assert _row(coverage, caller).detector is DetectorState.NONE
    assert len(coverage.unread) == unread == len(coverage.rows) - 1
    assert len(coverage.problems) == (1 if unread else 0)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("AccessDenied", "User: x is not authorized to perform: organizations:List"),
        ("BadRequest", "Later"),
    ],
)
def test_who_may_not_ask_whether_it_administers_others_does_not_stand_alone(
    serve: Serve, kind: str, message: str
) -> None:
    sandbox = serve(accounts=_members(4), regionsWithoutAdministratorDetector=["us-east-1"])
    fault = {"effect": {"kind": kind, "message": message}}
    asked = {"service": "organizations", "operation": "ListDelegatedAdministrators"}
    sandbox.control("POST", "faults", {**fault, **asked})
    coverage = read_coverage([Target("", "us-east-1", None, keys_of())], Require.RULES)

    own = _row(coverage, ADMINISTRATOR)
    assert (own.membership, own.status) == (UNKNOWN_MEMBERSHIP, "DISABLED")
    assert len(coverage.unread) == 5
    assert [message in problem for problem in coverage.problems] == [True]


def test_a_caller_whose_administrator_is_unknown_is_not_called_one(serve: Serve) -> None:
    sandbox = serve(accounts=_members(1))
    sandbox.refused = lambda page: page.path.endswith("/administrator")
    own = _row(_read("us-east-1", caller=account(1)), account(1))
    assert (own.membership, own.status) == (UNKNOWN_MEMBERSHIP, "ENABLED")
    assert (own.decided_by, own.pending) == ("unknown", "")


@pytest.mark.parametrize(
    "path", ["/detector", "/detector/[0-9a-f]+", ".*/administrator", ".*/(admin|member)"]
)
def test_without_stacks_a_caller_that_is_unknown_hides_no_account(serve: Serve, path: str) -> None:
    sandbox = serve(accounts=_members(4))
    sandbox.refused = lambda page: bool(re.fullmatch(path, page.path))
    coverage = read_coverage([Target("", "us-east-1", None, keys_of())], Require.RULES)

    others = {MANAGEMENT, *(account(number) for number in range(1, 5))}
    assert {row.account for row in coverage.unread} >= others
    assert {_row(coverage, other).membership for other in others} == {UNKNOWN_MEMBERSHIP}
    assert coverage.problems


def test_a_stack_whose_caller_is_a_member_reads_its_own_status_only(serve: Serve) -> None:
    serve(accounts=_members(4))
    coverage = _read("us-east-1", caller=account(1))

    (row,) = coverage.rows
    assert (row.account, row.membership, row.status) == (account(1), "Enabled", "ENABLED")
    assert row.decided_by == f"its administrator {ADMINISTRATOR}"
    assert any("is a member of 222222222222" in problem for problem in coverage.problems)


def test_a_suspended_member_sees_that_it_is_suspended(serve: Serve) -> None:
    serve(accounts=[_member(1, relationshipStatus="Disabled")])
    target = Target("", "us-east-1", None, keys_of(account(1)))
    (row,) = read_coverage([target], Require.ALL).rows

    assert (row.membership, row.detector) == ("Disabled", DetectorState.SUSPENDED)
    assert (row.gap, row.decided_by) == ("suspended", f"its administrator {ADMINISTRATOR}")


def test_a_caller_that_administers_no_organization_is_told_so(serve: Serve) -> None:
    alone = {"id": "800000000001", "name": "partner", "eksAuditLogs": "ENABLED"}
    serve(standaloneAccounts=[alone])
    coverage = _read("us-east-1", caller="800000000001")

    (row,) = coverage.rows
    assert (row.membership, row.status, row.unread) == ("standalone", "ENABLED", False)
    assert any("is not the delegated GuardDuty" in problem for problem in coverage.problems)


def test_a_standalone_account_needs_no_organization(serve: Serve) -> None:
    alone = {"id": "800000000001", "name": "partner", "eksAuditLogs": "ENABLED"}
    sandbox = serve(standaloneAccounts=[alone])
    coverage = _read("us-east-1", caller="800000000001", mode="standalone")

    (row,) = coverage.rows
    assert (row.membership, row.status, row.gap) == ("standalone", "ENABLED", "")
    assert coverage.problems == ()
    assert set(sandbox.operations()) == {
        "GetCallerIdentity",
        "ListDetectors",
        "GetDetector",
        "GetAdministratorAccount",
        "GetRemainingFreeTrialDays",
    }


def _partners() -> list[dict[str, str]]:
    inviting = {"id": "800000000001", "name": "partner"}
    return [
        inviting,
        {"id": "800000000002", "name": "branch", "invitedBy": inviting["id"]},
        {
            "id": "800000000003",
            "name": "shy",
            "invitedBy": inviting["id"],
            "relationshipStatus": "Invited",
        },
    ]


def test_members_by_invitation_need_no_organization(serve: Serve) -> None:
    serve(standaloneAccounts=_partners())
    coverage = _read(
        "us-east-1", caller="800000000001", mode="invitation", members=[rule("ENABLED")]
    )

    assert coverage.problems == ()
    assert [(row.account[-1], row.membership, row.gap) for row in coverage.rows] == [
        ("1", "administrator", "off, status wants it on"),
        ("2", "Enabled", "off, rule 1 wants it on"),
        ("3", "Invited", "not a member"),
    ]
    assert coverage.rows[2].pending == "invitation not accepted"


@pytest.mark.parametrize(
    ("caller", "memberships"),
    [
        (ADMINISTRATOR, ["administrator", "Enabled", NOT_A_MEMBER]),
        (account(1), ["Enabled"]),
        (MANAGEMENT, ["standalone"]),
        ("800000000001", ["administrator", "Enabled", "Invited"]),
    ],
)
def test_without_stacks_aws_says_what_the_caller_is(
    serve: Serve, caller: str, memberships: Sequence[str]
) -> None:
    serve(accounts=_members(1), standaloneAccounts=_partners())
    target = Target("", "us-east-1", None, keys_of(caller))
    coverage = read_coverage([target], Require.RULES)

    assert coverage.problems == ()
    assert sorted(row.membership for row in coverage.rows) == sorted(memberships)
    assert {row.stack for row in coverage.rows} == {""}
    assert {row.wanted for row in coverage.rows} == {None}


# Accounts and regions of all kinds


def test_accounts_of_all_kinds_have_rows(serve: Serve) -> None:
    sandbox = serve(
        accounts=[
            _member(1),
            _member(2, relationshipStatus="Disabled"),
            _member(3, relationshipStatus="Removed"),
            _member(4, regionsNotEnabled=["us-east-1"]),
            _member(5, relationshipStatus="AccountSuspended"),
        ]
    )
    coverage = _read("us-east-1", require=Require.ALL)

    found: dict[str, CoverageRow] = {row.account: row for row in coverage.rows}
    assert {n: found[account(n)].membership for n in range(1, 6)} == {
        1: "Enabled",
        2: "Disabled",
        3: "Removed",
        4: "RegionDisabled",
        5: "AccountSuspended",
    }
    assert {n: found[account(n)].gap for n in range(1, 6)} == {
        1: "",
        2: "suspended",
        3: "not a member",
        4: "",
        5: "",
    }
    assert (found[account(2)].detector, found[account(2)].status) == ("suspended", "DISABLED")
    assert found[MANAGEMENT].gap == "not a member"
    assert coverage.problems == ()
    assert sandbox.operations().count("GetMemberDetectors") == 1


def test_a_closed_account_is_no_gap_and_says_so(serve: Serve) -> None:
    sandbox = serve(accounts=_members(2))
    sandbox.boto3("organizations", MANAGEMENT).close_account(AccountId=account(2))
    row = _row(_read("us-east-1", require=Require.ALL), account(2))

    assert (row.membership, row.unit) == ("AccountSuspended", "Root/Prod")
    assert (row.status, row.gap, row.unread) == ("UNKNOWN", "", False)
    assert row.reason == "the account is closed, or suspended in AWS"


def test_where_the_feature_is_not_offered_no_member_is_asked(serve: Serve) -> None:
    sandbox = serve(accounts=_members(2), regionsWithoutEksAuditLogs=["eu-west-1"])
    coverage = _read()

    assert _statuses(coverage)["eu-west-1"] == {"NOT_OFFERED": 4}
    assert [region.offered for region in coverage.regions] == [True, False]
    assert {row.gap for row in coverage.rows if row.region == "eu-west-1"} == {""}
    assert sandbox.operations().count("GetMemberDetectors") == 1
    assert coverage.problems == ()


def test_all_that_aws_has_is_pending_for_a_day(serve: Serve) -> None:
    sandbox = serve(
        accounts=_members(2),
        settings={"autoEnableOrganizationMembers": "ALL", "eksAuditLogs": "ALL"},
    )
    row = _row(_read("us-east-1", members=[]), account(2))
    assert (row.decided_by, row.pending) == ("autoEnable ALL", "ALL: up to 24 hours")

    sandbox.control("POST", "clock", {"hours": 25})
    row = _row(_read("us-east-1", members=[]), account(2))
    assert (row.status, row.pending, row.gap) == ("ENABLED", "", "")


# Organization policies


def _policies(sandbox: SandboxInProcess) -> None:
    for plans, who, region in (("ENABLED", [], None), ("DISABLED", [account(1)], "us-east-1")):
        body: dict[str, object] = {"plans": {"EKS_AUDIT_LOGS": plans}, "accountIds": who}
        sandbox.control("POST", "policies", body | ({"region": region} if region else {}))


def test_policies_are_named_and_read_once(serve: Serve) -> None:
    sandbox = serve(accounts=_members(2))
    _policies(sandbox)
    coverage = _read()

    first, others = 'policy "sandbox-1" on Root', 'policy "sandbox-2" on 300000000001'
    assert _row(coverage, account(1)).decided_by == others
    assert _row(coverage, account(1), "eu-west-1").decided_by == first
    assert _row(coverage, account(2)).decided_by == first
    assert _row(coverage, ADMINISTRATOR).decided_by == first
    assert coverage.problems == ()
    asked = Counter(sandbox.operations())
    assert (asked["ListPolicies"], asked["DescribePolicy"], asked["ListTargetsForPolicy"]) == (
        1,
        2,
        2,
    )


def test_a_policy_on_the_administrator_alone_is_named(serve: Serve) -> None:
    sandbox = serve(accounts=_members(2))
    body = {"plans": {"EKS_AUDIT_LOGS": "ENABLED"}, "accountIds": [ADMINISTRATOR]}
    sandbox.control("POST", "policies", body)
    own = _row(_read("us-east-1"), ADMINISTRATOR)
    assert own.decided_by == f'policy "sandbox-1" on {ADMINISTRATOR}'


@pytest.mark.parametrize("operation", ["ListPolicies", "DescribePolicy", "ListTargetsForPolicy"])
def test_policies_that_could_not_be_read_are_a_problem(serve: Serve, operation: str) -> None:
    sandbox = serve(accounts=_members(2))
    _policies(sandbox)
    sandbox.refused = lambda page: page.target == operation
    coverage = _read()

    assert _row(coverage, account(1)).decided_by == "policy (GUARDDUTY_POLICY)"
    (problem,) = coverage.problems
    assert problem.startswith(
        f"the organization's GuardDuty policies could not be read: {operation} failed"
    )
