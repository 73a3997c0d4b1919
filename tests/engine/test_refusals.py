"""What a run refuses: before any write, in one sentence with the way out, without a traceback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.organization import REGION, account
from tests.engine.stack import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.organization import Organization
    from tests.engine.stack import Run

MEMBER = account(1)

DIGITS = "has 11 digits; an account id has 12. If it begins with zeros, put it in quotes."

BAD_SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": (
        {"autoEnabled": "NEW"},
        (
            f"{PROJECT}:autoEnabled is not a configuration key of this project; "
            "did you mean autoEnable?"
        ),
    ),
    "a misspelt namespace": (
        {"guardduty-eks-audit-log:status": "DISABLED"},
        (
            "guardduty-eks-audit-log:status is in a namespace that nobody reads; did you mean "
            f"{PROJECT}:status?"
        ),
    ),
    "a status that YAML users write": (
        {"status": "ON"},
        "status: ON is not a value it takes; use one of ENABLED, DISABLED.",
    ),
    "eleven digits": (
        {"members": [{"status": "ENABLED", "accounts": ["30000000001"]}]},
        f"members[0].accounts[0]: 30000000001 {DIGITS}",
    ),
    "a number that lost its zero": (
        {"members": [{"status": "ENABLED", "accounts": [12345678901]}]},
        f"members[0].accounts[0]: 12345678901 {DIGITS}",
    ),
    "an account that is no member": (
        {"members": [{"status": "ENABLED", "accounts": ["999999999999"]}]},
        (
            "members[0].accounts: 999999999999 is not a GuardDuty member in us-east-1. "
            "Correct the id, remove it from the rule, or add the account as a member first."
        ),
    ),
    "the administrator in a rule": (
        {"members": [{"status": "ENABLED", "accounts": ["222222222222"]}]},
        (
            "members[0].accounts: 222222222222 is the administrator itself, which is no member; "
            "its own detector is set by the key status. Remove it from the rule."
        ),
    ),
    "two selectors in a rule": (
        {"members": [{"status": "ENABLED", "all": True, "tags": {"env": "dev"}}]},
        "members[0]: a rule selects by exactly one of tags and all; keep one of them.",
    ),
    "nobody to designate": (
        {"mode": "delegation"},
        (
            "administratorAccountId is missing; with mode: delegation it names the account to "
            "designate."
        ),
    ),
    "all with exceptions": (
        {
            "autoEnable": "ALL",
            "members": [{"status": "DISABLED", "accounts": [account(2), account(3)]}],
        },
        (
            "autoEnable: ALL turns EKS audit logs on for every account, but members[0] wants "
            f"DISABLED for 2 of them ({account(2)}, {account(3)}). "
            "Use autoEnable: NEW with rules, or drop the rule."
        ),
    ),
    "another account than the allowed one": (
        {"aws:allowedAccountIds": ["333333333333"]},
        (
            "the credentials are of account 222222222222, but aws:allowedAccountIds of this stack "
            "lists only 333333333333. Use credentials of that account."
        ),
    ),
}


def _assert_refused(aws: Organization, run: Run, *sentences: str) -> None:
    assert run.code != 0
    assert run.errors == list(sentences)
    assert "Traceback" not in run.text, run.text
    assert aws.writes() == []


def test_malformed_settings_are_refused(organization: Callable[..., Organization]) -> None:
    aws = organization()
    for number, (name, (configuration, sentence)) in enumerate(BAD_SETTINGS.items()):
        stack = aws.stack(f"bad-{number}", **configuration)

        run = stack.up("--skip-preview")

        _assert_refused(aws, run, sentence)
        assert stack.kinds() == [], name


def test_all_faults_are_told_at_once(organization: Callable[..., Organization]) -> None:
    aws = organization()
    stack = aws.stack(status="ON", autoEnable="SOME", members=[{"status": "ENABLED"}])

    _assert_refused(
        aws,
        stack.preview(),
        "status: ON is not a value it takes; use one of ENABLED, DISABLED.",
        "autoEnable: SOME is not a value it takes; use one of NEW, ALL, NONE.",
        "members[0]: the rule selects nobody; add one of accounts, organizationalUnits, tags, all.",
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
        "members[0].status: OFF is not a value it takes; use one of ENABLED, DISABLED, UNMANAGED.",
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
        "aws:region: GuardDuty does not offer EKS_AUDIT_LOGS in us-east-1. Destroy this "
        "region's stack.",
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
    assert [error.split(" ")[0] for error in run.errors] == [
        "autoEnable:",
        "members[0].accounts:",
        "members[0].accounts:",
        "members[2].organizationalUnits:",
        "maxDisabled:",
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
        assert "this stack in us-east-1 is account 222222222222's" in run.text
        assert "Traceback" not in run.text, run.text
        assert stack.exported() == state

    # Without a preview the engine keeps what its refresh found, and finds it again.
    assert stack.up("--skip-preview", AWS_PROFILE=f"member-{MEMBER}").code != 0
    assert aws.writes() == []
    again = stack.up()
    assert again.code == 0, again.text
    assert stack.resource(":PriorSettings")["outputs"] == prior
    assert stack.preview("--expect-no-changes").code == 0


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
    assert error.startswith("AWS does not accept the credentials (GetCallerIdentity: ")
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
        f"no AWS credentials: The config profile ({profile}) could not be found. Set aws:profile "
        "in the stack or AWS_PROFILE in the environment.",
    )
