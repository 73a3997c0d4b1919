"""What a run refuses: before any write, in one sentence with the way out, without a traceback."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.fault_effects import AccessDenied
from tests.support.engine.organization import REGION, account
from tests.support.engine.stack import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

pytestmark = pytest.mark.slow

MEMBER = account(1)

DIGITS = "has 11 digits; an account id has 12. If it begins with zeros, put it in quotes."

BAD_SETTINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "whatever is malformed, at once": (
        {
            "autoEnabled": "NEW",
            "guardduty-eks-audit-log:status": "DISABLED",
            "status": "ON",
            "maxDisabled": "a few",
            "members": [
                {"status": "ENABLED", "accounts": ["30000000001"]},
                {"status": "ENABLED", "accounts": [12345678901]},
                {"status": "ENABLED", "accounts": ["shop"]},
                {"status": "ENABLED", "accounts": []},
                {"status": "ENABLED", "organizationalUnits": ["ou-1", "Prod//EU"]},
                {"status": "ENABLED", "all": True, "tags": {"env": "dev"}},
                {"status": "ENABLED"},
            ],
        },
        [
            (
                "guardduty-eks-audit-log:status is in a namespace that this program does not "
                "read. Did you mean "
                f"{PROJECT}:status? The namespace of this project's keys is its name in "
                f"Pulumi.yaml. Write {PROJECT}:status in place of guardduty-eks-audit-log:status "
                "where it stands, in the stack's file or in Pulumi.yaml; for a single value of the "
                f"stack's file, `pulumi config set {PROJECT}:status <value>` and `pulumi config "
                "rm guardduty-eks-audit-log:status` do that."
            ),
            (
                f"{PROJECT}:autoEnabled is not a configuration key of this project. "
                "Did you mean autoEnable?"
            ),
            "status: ON is not a value it takes. Use one of ENABLED, DISABLED.",
            f"rule 1 (members[0].accounts[0]): 30000000001 {DIGITS}",
            f"rule 2 (members[1].accounts[0]): 12345678901 {DIGITS}",
            (
                "rule 3 (members[2].accounts[0]): shop is not an account id. Write its 12 digits, "
                "in quotes."
            ),
            (
                "rule 4 (members[3]): accounts is empty, so the rule selects no account. Fill it "
                "or remove the rule."
            ),
            (
                "rule 5 (members[4].organizationalUnits[0]): ou-1 is not the id of an "
                "organizational unit. Write it like ou-ab12-cdef3456."
            ),
            (
                "rule 5 (members[4].organizationalUnits[1]): Prod//EU is not a path of "
                "organizational units. Write it like Root/Prod/EU."
            ),
            "rule 6 (members[5]): a rule selects by exactly one of tags and all. Keep one of them.",
            (
                "rule 7 (members[6]): the rule selects no account. Add one of accounts, "
                "accountsFile, organizationalUnits, tags, all."
            ),
            (
                "maxDisabled: a few is malformed. Write a number of accounts, or a share of all "
                'like "25%".'
            ),
        ],
    ),
    "a key of another mode": (
        {"mode": "standalone", "autoEnable": "ALL", "onRelease": "DISABLE"},
        [
            (
                "autoEnable: ALL has no effect with mode: standalone. Remove autoEnable, or "
                "correct the mode."
            ),
        ],
    ),
    "units of members by invitation": (
        {
            "mode": "invitation",
            "members": [{"status": "ENABLED", "organizationalUnits": ["Root/Prod"]}],
        },
        [
            (
                "rule 1 (members[0].organizationalUnits): members by invitation need not be in the "
                "same organization, so their units and tags can't be read with mode: invitation. "
                "Use accounts or all."
            )
        ],
    ),
    "nobody to designate": (
        {"mode": "delegation"},
        [
            (
                "administratorAccountId is missing. With mode: delegation it names the account to "
                "designate."
            )
        ],
    ),
    "no region": (
        {"aws:region": ""},
        ["aws:region is not set. Run `pulumi config set aws:region <region>`."],
    ),
    "accounts that can not be set": (
        {
            "members": [
                {"status": "ENABLED", "accounts": ["222222222222", "999999999999", account(12)]}
            ]
        },
        [
            (
                "rule 1 (members[0].accounts): 222222222222 is the administrator itself, which is "
                "no member; its own detector is set by the key status. Remove it from the rule."
            ),
            (
                f"rule 1 (members[0].accounts): {account(12)} is no longer a GuardDuty member "
                "(relationship status Removed). Remove it from the rule, or add it as a member "
                "again."
            ),
            (
                "rule 1 (members[0].accounts): 999999999999 is not a GuardDuty member in "
                "us-east-1. Correct the id, remove it from the rule, or add the account as a "
                "member first."
            ),
        ],
    ),
    "all with exceptions": (
        {
            "autoEnable": "ALL",
            "members": [{"status": "DISABLED", "accounts": [account(2), account(3)]}],
        },
        [
            (
                "autoEnable: ALL turns EKS audit logs on for every account, but rule 1 "
                f"(members[0]) wants DISABLED for 2 of them ({account(2)}, {account(3)}). Use "
                "autoEnable: NEW with rules, or drop the rule."
            )
        ],
    ),
    "another account than the allowed one": (
        {"aws:allowedAccountIds": ["333333333333"]},
        [
            (
                "the credentials are of account 222222222222, but aws:allowedAccountIds of this "
                "stack lists only 333333333333. Use credentials of that account."
            )
        ],
    ),
}


def _assert_refused(aws: Organization, run: Run, *sentences: str) -> None:
    assert run.code != 0
    assert run.errors == list(sentences), run.text
    assert "Traceback" not in run.text, run.text
    assert aws.writes() == []


def test_bad_settings_are_refused_all_at_once(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    aws.control.set_relationship(account(12), "Removed")
    for number, (name, (configuration, sentences)) in enumerate(BAD_SETTINGS.items()):
        stack = aws.stack(f"bad-{number}", **configuration)

        # An empty variable is unset, so that the region of the profile would count.
        nowhere = {"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONFIG_FILE": os.devnull}
        run = stack.up("--skip-preview", **nowhere)

        _assert_refused(aws, run, *sentences)
        assert stack.kinds() == [], name


def test_rules_that_are_no_list_are_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members={"status": "ENABLED", "all": True})

    refused = stack.up("--skip-preview")
    _assert_refused(
        aws, refused, "members: {'all': True, 'status': 'ENABLED'} is malformed. Write a list."
    )
    stack.configure({"aws:region": REGION, "members": "all of them"})
    _assert_refused(
        aws,
        stack.up("--skip-preview"),
        "members: all of them is not a list. Write a list of rules, as in "
        "stacks/Pulumi.template.yaml.",
    )


def test_a_bad_setting_on_a_stack_that_is_up_changes_nothing(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    before = aws.statuses()
    stack.configure({"aws:region": REGION, "members": [{"status": "OFF", "all": True}]})
    aws.control.clear_calls()

    _assert_refused(
        aws,
        stack.up("--skip-preview"),
        (
            "rule 1 (members[0].status): OFF is not a value it takes. Use one of ENABLED, "
            "DISABLED, UNMANAGED."
        ),
    )
    assert aws.statuses() == before


def test_a_region_without_a_detector_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(
        description="regions: [us-east-1]\nregionsWithoutAdministratorDetector: [us-east-1]\n"
    )

    _assert_refused(
        aws,
        aws.stack().preview(),
        "detector: existing, but account 222222222222 has no GuardDuty detector in us-east-1. "
        "Use credentials of the account that is to keep GuardDuty; enable GuardDuty there, or set "
        "detector: create.",
    )


def test_a_region_without_the_feature_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(
        description="regions: [us-east-1]\nregionsWithoutEksAuditLogs: [us-east-1]\n"
    )

    _assert_refused(
        aws,
        aws.stack().preview(),
        "aws:region: GuardDuty does not offer EKS_AUDIT_LOGS in us-east-1. Keep no stack "
        "for it: `pulumi destroy`, which is safe for one that was never up, and `pulumi stack rm`.",
    )


def test_a_suspended_detector_is_refused(organization: Callable[..., Organization]) -> None:
    aws = organization()
    stack = aws.stack()
    detector = aws.detector_id()
    aws.control.suspend_detector("222222222222")
    aws.control.clear_calls()

    _assert_refused(
        aws,
        stack.up("--skip-preview"),
        f"GuardDuty is suspended in us-east-1 for account 222222222222 (detector {detector}), so "
        "no feature of it works. Resume it in GuardDuty's settings.",
    )


@pytest.mark.parametrize("profile", ["management", "standalone-800000000001"])
def test_whoever_is_not_the_delegated_administrator_is_refused(
    organization: Callable[..., Organization], profile: str
) -> None:
    aws = organization(
        description="""
regions: [us-east-1]
standaloneAccounts: [{id: "800000000001", name: partner, detector: true}]
"""
    )
    management = aws.sandbox.boto3("guardduty", "111111111111")
    if not management.list_detectors()["DetectorIds"]:
        management.create_detector(Enable=True)
    aws.control.clear_calls()

    run = aws.stack().preview(AWS_PROFILE=profile)

    assert run.code != 0
    (error,) = run.errors
    assert "is not the delegated GuardDuty administrator in us-east-1 (" in error or (
        "is a GuardDuty member in us-east-1, and only its administrator 222222222222 may" in error
    )
    assert aws.writes() == []


def test_all_that_the_rules_do_wrong_is_told_at_once(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=20)
    on = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert on.up().code == 0
    aws.control.clear_calls()
    on.configure(
        {
            "aws:region": REGION,
            "autoEnable": "ALL",
            "members": [
                {"status": "ENABLED", "accounts": ["222222222222", "999999999999"]},
                {"status": "DISABLED", "accounts": [account(n) for n in range(1, 12)]},
                {"status": "ENABLED", "organizationalUnits": ["Root/Nowhere"]},
            ],
        }
    )

    run = on.up("--skip-preview")

    assert run.code != 0
    assert [error.partition(": ")[0] for error in run.errors] == [
        "autoEnable",
        "rule 1 (members[0].accounts)",
        "rule 1 (members[0].accounts)",
        "rule 3 (members[2].organizationalUnits)",
        "maxDisabled",
    ]
    assert aws.writes() == []


def test_a_member_is_told_who_may(organization: Callable[..., Organization]) -> None:
    aws = organization()

    _assert_refused(
        aws,
        aws.stack().preview(AWS_PROFILE=f"member-{MEMBER}"),
        f"account {MEMBER} is a GuardDuty member in us-east-1, and only its administrator "
        "222222222222 may set EKS audit log monitoring. Use credentials of 222222222222.",
    )


@pytest.mark.parametrize("detector", ["existing", "create"])
def test_a_members_credentials_do_not_pass_for_a_deletion(
    organization: Callable[..., Organization], detector: str
) -> None:
    made = "regions: [us-east-1]\nregionsWithoutAdministratorDetector: [us-east-1]\n"
    member = f'accounts: [{{id: "{MEMBER}", name: shop}}]\n'
    aws = organization(description=made + member if detector == "create" else None)
    stack = aws.stack(detector=detector)
    assert stack.up().code == 0
    state, prior = stack.exported(), stack.resource(":PriorSettings")["outputs"]
    aws.control.clear_calls()

    for run in (
        stack.up(AWS_PROFILE=f"member-{MEMBER}"),
        stack.refresh_preview(AWS_PROFILE=f"member-{MEMBER}"),
    ):
        assert run.code != 0
        assert (
            "this stack in us-east-1 is account 222222222222's, but the credentials are of "
            f"account {MEMBER}. Use credentials of 222222222222."
        ) in " ".join(run.text.split())
        assert "Traceback" not in run.text, run.text
        assert stack.exported() == state

    # Without a preview the engine keeps what its refresh found, and finds it again.
    assert stack.up("--skip-preview", AWS_PROFILE=f"member-{MEMBER}").code != 0
    assert aws.writes() == []
    again = stack.up()
    assert again.code == 0, again.text
    assert stack.resource(":PriorSettings")["outputs"] == prior
    assert stack.preview("--expect-no-changes").code == 0


def test_a_missing_permission_is_named(organization: Callable[..., Organization]) -> None:
    aws = organization()
    by_units = [{"status": "ENABLED", "organizationalUnits": ["Root/Prod"]}]
    denied = "AccessDeniedException: not authorized"
    units = "ListRoots, organizations:ListOrganizationalUnitsForParent, organizations:"
    for service, operation, sentence in (
        (
            "guardduty",
            "ListMembers",
            f"ListMembers failed: {denied}. Give the caller the permission for ListMembers.",
        ),
        (
            "guardduty",
            "DescribeOrganizationConfiguration",
            (
                "account 222222222222 may not call DescribeOrganizationConfiguration (not "
                "authorized). Give the caller the permission "
                "guardduty:DescribeOrganizationConfiguration."
            ),
        ),
        (
            "organizations",
            "ListOrganizationalUnitsForParent",
            (
                "rule 1 (members[0]) selects by organizationalUnits, but account 222222222222 may "
                "not read AWS Organizations (not authorized). Give the caller the permissions "
                f"organizations:{units}ListAccountsForParent."
            ),
        ),
    ):
        stack = aws.stack(operation.lower(), members=by_units)
        aws.control.fails(operation, with_=AccessDenied(message="not authorized"), service=service)

        _assert_refused(aws, stack.preview(), sentence)
        aws.control.clear_faults()


def test_problems_are_reported_before_a_detector_is_made(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(
        description="""
regions: [us-east-1]
regionsWithoutAdministratorDetector: [us-east-1]
accounts: [{id: "300000000001", name: shop}]
"""
    )
    aws.control.assign_policy([MEMBER])
    aws.control.clear_calls()
    stack = aws.stack(
        detector="create",
        autoEnable="ALL",
        members=[
            {"status": "ENABLED", "accounts": ["222222222222"]},
            {"status": "ENABLED", "organizationalUnits": ["Root/Nowhere"]},
            {"status": "DISABLED", "accounts": [MEMBER]},
        ],
    )

    run = stack.up("--skip-preview")

    assert run.code != 0
    assert [error.split(". ")[0].split(", ")[0] for error in run.errors] == [
        "autoEnable: ALL would have no effect",
        "autoEnable: ALL turns EKS audit logs on for every account",
        "rule 1 (members[0].accounts): 222222222222 is the administrator itself",
        (
            "rule 2 (members[1].organizationalUnits): Root/Nowhere is no organizational unit of "
            "this organization"
        ),
    ]
    assert aws.writes() == []

    aws.control.clear_policies()
    stack.configure(
        {
            "aws:region": REGION,
            "detector": "create",
            "members": [{"status": "DISABLED", "accounts": [MEMBER]}],
        }
    )
    made = stack.up()
    assert made.code == 0, made.text
    assert aws.writes()[0] == "CreateDetector"


def test_an_unknown_administrator_makes_no_detector(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(
        description="""
regions: [us-east-1]
standaloneAccounts: [{id: "800000000001", name: partner, detector: false}]
"""
    )
    stack = aws.stack(detector="create")

    run = stack.preview(AWS_PROFILE="standalone-800000000001")

    assert run.code != 0
    (error,) = run.errors
    assert error.startswith(
        "detector: create, but AWS Organizations does not list account 800000000001 as a delegated "
        "administrator of GuardDuty"
    )
    assert aws.writes() == []


def test_a_state_that_this_product_has_not_written_is_refused(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    aws.control.clear_calls()
    state = json.loads(stack.exported())
    for resource in state["deployment"]["resources"]:
        if resource["type"].endswith(":PriorSettings"):
            resource["outputs"]["before"] = "ENABLED: shop"
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    stack.take_over(file)

    for run in (stack.preview(), stack.up("--skip-preview"), stack.destroy()):
        assert run.code != 0
        assert "the state of PriorSettings was not written by this program" in run.text
        assert "Traceback" not in run.text, run.text
        assert aws.writes() == []


def test_no_answer_is_told_with_the_address(organization: Callable[..., Organization]) -> None:
    aws = organization()
    stack = aws.stack()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        run = stack.preview(AWS_ENDPOINT_URL=url)

    _assert_refused(
        aws,
        run,
        f'no answer from AWS (GetCallerIdentity: Could not connect to the endpoint URL: "{url}/"). '
        "Check the network, and aws:endpoints or AWS_ENDPOINT_URL if one is set.",
    )


def test_unknown_credentials_are_told(organization: Callable[..., Organization]) -> None:
    aws = organization()
    stack = aws.stack()

    unknown = {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN", "AWS_SECRET_ACCESS_KEY": "unknown"}
    run = stack.preview(**unknown)

    (error,) = run.errors
    assert error.startswith("AWS does not accept the keys in the environment (GetCallerIdentity: ")
    assert aws.writes() == []


@pytest.mark.parametrize("profile", ["nobody"])
def test_a_profile_that_does_not_exist_is_told(
    organization: Callable[..., Organization], profile: str
) -> None:
    aws = organization()

    run = aws.stack(**{"aws:profile": profile}).preview()

    _assert_refused(
        aws,
        run,
        f"no AWS credentials: profile {profile}, which aws:profile names, is in neither of AWS's "
        "files. Correct aws:profile, or add the profile to them.",
    )
