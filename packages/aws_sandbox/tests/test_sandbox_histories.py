"""Random histories of an organization: the sandbox and a model of AWS's pages never differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR
from aws_sandbox.testing.in_process import InProcess
from guide import GuideRegion, Standing, seen

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS_IN_A_HISTORY = 100
MORE_HISTORIES = 1.3
"""More than it takes: some end before their last step."""
REGIONS = ("us-east-1", "eu-west-1")
FIRST_MEMBERS = [str(300000000001 + number) for number in range(5)]
NEWCOMERS = ["300000000021", "300000000022", "300000000023"]
STRANGER = "999999999999"
MEMBERS_CANNOT = "member accounts cannot manage specified resources or properties"

regions = st.sampled_from(REGIONS)
chosen = st.lists(
    st.sampled_from([*FIRST_MEMBERS, *NEWCOMERS, STRANGER]), min_size=1, max_size=5, unique=True
)
auto_enable = st.sampled_from(["NEW", "ALL", "NONE"])
one_account = st.sampled_from([*FIRST_MEMBERS, *NEWCOMERS])

AWS = InProcess()


def eks(*, on: bool) -> list[dict[str, str]]:
    return [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED" if on else "DISABLED"}]


def eks_of(features: list[dict[str, Any]], key: str = "Status") -> str:
    (found,) = [each[key] for each in features if each["Name"] == "EKS_AUDIT_LOGS"]
    return str(found)


def refusal(call: Callable[[], object]) -> str | None:
    """What a call was refused with; None if it was not."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return None


class History(RuleBasedStateMachine):
    """One history: each rule does something to both, each invariant compares both."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        described = default_organization(len(FIRST_MEMBERS), REGIONS)
        AWS.talk_to(Sandbox(described.model_copy(update={"association_minutes": 5})))
        self.guide = {region: GuideRegion(ADMINISTRATOR) for region in REGIONS}
        for region, actual in AWS.control("GET", "actual-state").items():
            for account_id, found in actual.items():
                account = self.guide[region].account(account_id)
                account.eks, account.standing = seen(found).eks, seen(found).standing
                # The management account never joins: it has no detector, and makes none here.
                account.in_organization = account_id in {ADMINISTRATOR, *FIRST_MEMBERS}
        self.with_credentials = {ADMINISTRATOR, *FIRST_MEMBERS}
        self.looks = True

    @invariant()
    def the_actual_state_is_what_the_pages_say(self) -> None:
        if not self.looks:
            self.looks = True
            return
        for region, actual in AWS.control("GET", "actual-state").items():
            for account_id, found in actual.items():
                self.guide[region].observe(account_id, seen(found))

    @rule(region=regions, on=st.booleans())
    def the_administrator_sets_its_own(self, region: str, *, on: bool) -> None:
        self._update_own(region, ADMINISTRATOR, on=on)

    @rule(region=regions, account=one_account, on=st.booleans())
    def an_account_sets_its_own(self, region: str, account: str, *, on: bool) -> None:
        if self.guide[region].account(account).eks is None:
            self._create(region, account)
        else:
            self._update_own(region, account, on=on)

    @rule(region=regions, account=one_account)
    def an_account_deletes_its_detector(self, region: str, account: str) -> None:
        model = self.guide[region].account(account)
        if model.eks is None:
            return
        History.steps += 1
        guardduty, detector = self._guardduty(region, account)
        refused = refusal(lambda: guardduty.delete_detector(DetectorId=detector))
        if model.standing is Standing.NONE:
            assert refused is None
            model.eks = None
        else:
            assert MEMBERS_CANNOT in str(refused)

    @rule(region=regions, members=auto_enable, plan=st.none() | auto_enable)
    def auto_enable_is_set(self, region: str, members: str, plan: str | None) -> None:
        self._auto_enable(region, members, plan)

    @rule(region=regions, plans=st.lists(auto_enable, min_size=2, max_size=2), members=auto_enable)
    def all_is_set_and_a_day_later_something_else(
        self, region: str, plans: list[str], members: str
    ) -> None:
        """What ALL did in that day must not depend on when somebody looks."""
        self._auto_enable(region, "ALL", plans[0])
        self.the_actual_state_is_what_the_pages_say()
        if self._a_day_can_be_told():
            self._advance(30)
            self._auto_enable(region, members, plans[1])

    def _auto_enable(self, region: str, members: str, plan: str | None) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        features = [] if plan is None else [{"Name": "EKS_AUDIT_LOGS", "AutoEnable": plan}]
        guardduty.update_organization_configuration(
            DetectorId=detector, AutoEnableOrganizationMembers=members, Features=features
        )
        self.guide[region].set_auto_enable(members, plan)
        found = guardduty.describe_organization_configuration(DetectorId=detector)
        assert found["AutoEnableOrganizationMembers"] == members
        assert eks_of(found["Features"], "AutoEnable") == self.guide[region].auto_eks

    @rule(region=regions, accounts=chosen, on=st.booleans())
    def members_are_set(self, region: str, accounts: list[str], *, on: bool) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        answer = guardduty.update_member_detectors(
            DetectorId=detector, AccountIds=accounts, Features=eks(on=on)
        )
        assert _unprocessed(answer) == self.guide[region].set_members(accounts, on=on)

    @rule(region=regions, accounts=chosen)
    def members_are_read(self, region: str, accounts: list[str]) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        answer = guardduty.get_member_detectors(DetectorId=detector, AccountIds=accounts)
        wanted = self.guide[region].readable(accounts)
        assert {
            each["AccountId"]: eks_of(each["Features"]) == "ENABLED"
            for each in answer["MemberDataSourceConfigurations"]
        } == wanted
        assert _unprocessed(answer) == set(accounts) - set(wanted)

    @rule(region=regions)
    def members_are_listed(self, region: str) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        pages = guardduty.get_paginator("list_members").paginate(
            DetectorId=detector, PaginationConfig={"PageSize": 3}
        )
        assert {
            member["AccountId"]: member["RelationshipStatus"]
            for page in pages
            for member in page["Members"]
        } == self.guide[region].listed()

    @rule(region=regions, accounts=chosen)
    def members_are_created(self, region: str, accounts: list[str]) -> None:
        model = self.guide[region]
        wanted = [
            key
            for key in accounts
            if model.account(key).in_organization
            and model.account(key).standing is not Standing.SUSPENDED
        ]
        if not wanted:
            return
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        details = [{"AccountId": key, "Email": f"{key}@example.com"} for key in wanted]
        answer = guardduty.create_members(DetectorId=detector, AccountDetails=details)
        assert _unprocessed(answer) == set()
        model.create_members(wanted)

    @rule(region=regions, accounts=chosen)
    def members_are_stopped(self, region: str, accounts: list[str]) -> None:
        self._part(region, accounts, "stop_monitoring_members", Standing.SUSPENDED)

    @rule(region=regions, accounts=chosen)
    def members_are_disassociated(self, region: str, accounts: list[str]) -> None:
        self._part(region, accounts, "disassociate_members", Standing.NONE)

    @rule(region=regions, accounts=chosen)
    def members_are_started(self, region: str, accounts: list[str]) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        answer = guardduty.start_monitoring_members(DetectorId=detector, AccountIds=accounts)
        assert _unprocessed(answer) == self.guide[region].put(accounts, Standing.ACTIVE)

    @rule(account=one_account)
    def an_account_joins_or_leaves(self, account: str) -> None:
        History.steps += 1
        if self.guide[REGIONS[0]].account(account).in_organization:
            AWS.control("DELETE", f"accounts/{account}")
            for model in self.guide.values():
                model.leave(account)
        else:
            AWS.control("POST", "accounts", {"id": account})
            self.with_credentials.add(account)
            for model in self.guide.values():
                model.join(account)

    @rule(hours=st.sampled_from([1, 6, 12, 24, 30]))
    def time_passes(self, hours: int) -> None:
        self._advance(hours)

    @rule()
    @precondition(lambda self: self._a_day_can_be_told())
    def more_than_a_day_passes_and_nobody_looks_before_the_next_step(self) -> None:
        self._advance(30)
        self.looks = False

    def _a_day_can_be_told(self) -> bool:
        return all(model.everything_is_certain() for model in self.guide.values())

    def _advance(self, hours: int) -> None:
        History.steps += 1
        AWS.control("POST", "clock", {"hours": hours})
        for model in self.guide.values():
            model.advance(hours)

    def _part(self, region: str, accounts: list[str], operation: str, standing: Standing) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region)
        answer: dict[str, Any] = {}
        refused = refusal(
            lambda: answer.update(
                getattr(guardduty, operation)(DetectorId=detector, AccountIds=accounts)
            )
        )
        allowed = self.guide[region].may_part()
        assert allowed is None or allowed is (refused is None)
        if refused is None:
            assert _unprocessed(answer) == self.guide[region].put(accounts, standing)

    def _update_own(self, region: str, account: str, *, on: bool) -> None:
        History.steps += 1
        guardduty, detector = self._guardduty(region, account)
        refused = refusal(
            lambda: guardduty.update_detector(DetectorId=detector, Features=eks(on=on))
        )
        if self.guide[region].set_own(account, on=on):
            assert refused is None
            found = guardduty.get_detector(DetectorId=detector)
            assert eks_of(found["Features"]) == ("ENABLED" if on else "DISABLED")
        else:
            assert MEMBERS_CANNOT in str(refused)

    def _create(self, region: str, account: str) -> None:
        """A new detector has the feature on, though the call does not name it."""
        if account in self.with_credentials:
            History.steps += 1
            AWS.boto3("guardduty", account, region).create_detector(Enable=True)
            self.guide[region].account(account).eks = True

    def _guardduty(self, region: str, account: str = ADMINISTRATOR) -> tuple[Any, str]:
        """A client of an account and its detector."""
        client = AWS.boto3("guardduty", account, region)
        (detector,) = client.list_detectors()["DetectorIds"]
        return client, str(detector)


def _unprocessed(answer: dict[str, Any]) -> set[str]:
    return {each["AccountId"] for each in answer["UnprocessedAccounts"]}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("steps", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_steps_agree_with_aws_documentation(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None], steps: int
) -> None:
    """The same histories at every run, others with `--hypothesis-seed`."""
    History.steps = 0
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=round(MORE_HISTORIES * steps / STEPS_IN_A_HISTORY),
            stateful_step_count=STEPS_IN_A_HISTORY,
            derandomize=request.config.getoption("hypothesis_seed", default=None) is None,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("steps", History.steps)
    print(f"{History.steps} steps")  # noqa: T201 -- shown by pytest -rA
    assert History.steps >= steps
