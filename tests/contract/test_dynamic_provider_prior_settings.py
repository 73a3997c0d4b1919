"""`PriorSettings` as the engine speaks to it: what it records before the stack writes anything.

What it does when accounts are let go is in `test_dynamic_provider_release.py`.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from components.prior_settings import PriorSettingsProvider
from tests.contract.dynamic_provider_process import Checked, DynamicProvider, error_of, running
from tests.doubles.aws import Aws
from tests.doubles.doors import Door, on_loopback
from tests.vocabulary import ADMINISTRATOR, DETECTOR, NO_MASTER, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Properties = dict[str, Any]


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with on_loopback(Aws()) as door:
        yield door


@pytest.fixture(scope="module")
def process(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicProvider]:
    configuration = {
        "aws:accessKey": "AKIASTACK",
        "aws:secretKey": "wJalrXUtnFEMI",
        "aws:endpoints": json.dumps([{"guardduty": door.url, "sts": door.url}]),
    }
    folder = tmp_path_factory.mktemp("provider")
    with running(PriorSettingsProvider(), configuration, folder) as provider:
        yield provider


@pytest.fixture
def aws(door: Door) -> Aws:
    door.aws = Aws(members={account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"})
    return door.aws


@pytest.fixture
def provider(aws: Aws, process: DynamicProvider) -> DynamicProvider:
    del aws
    return process


def _inputs(kept: Iterable[str], **more: object) -> Properties:
    return {
        "region": REGION,
        "account": ADMINISTRATOR,
        "detectorId": DETECTOR,
        "accounts": dict.fromkeys(kept, "LEAVE"),
        "onRelease": "LEAVE",
        "maxDisabled": 10,
        "turningOff": 0,
        "scope": ["detector", "organization"],
        "retryMinutes": 0,
        **more,
    }


def _outputs(statuses: dict[Any, str], **more: object) -> Properties:
    return {
        **_inputs(statuses),
        "statuses": statuses,
        "organization": {"autoEnable": "NONE"},
        "detector": {"status": "DISABLED"},
        "unreleased": {},
        "released": {"at": "", "statuses": {}},
        **more,
    }


def _waiting(statuses: dict[Any, str], *waiting: str) -> Properties:
    """Outputs with accounts that wait, recorded or not."""
    return _outputs(statuses, **_inputs([*statuses, *waiting], waiting=list(waiting)))


def _asked_about(aws: Aws) -> list[list[str]]:
    return [r.body["accountIds"] for r in aws.requests if r.path.endswith("/detector/get")]


def test_the_provider_is_kept_as_a_short_reference_without_code(provider: DynamicProvider) -> None:
    kept = base64.b64decode(provider.reference)

    assert len(kept) < 100
    assert b"components.prior_settings" in kept


def test_all_that_the_stack_is_about_to_touch_is_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(2): "Internal error"}
    created = provider.create(_inputs(accounts(2)))

    assert created.id == f"{REGION}/{DETECTOR}"
    assert created.outputs == _outputs({account(1): "ENABLED", account(2): "UNKNOWN"})
    assert aws.writes == []


def test_a_stack_without_rules_records_organization_and_detector(
    provider: DynamicProvider,
) -> None:
    assert provider.create(_inputs([])).outputs == _outputs({})


def test_check_asks_nobody(aws: Aws, provider: DynamicProvider) -> None:
    assert provider.check(_inputs(accounts(2))) == Checked(_inputs(accounts(2)), [])
    assert aws.requests == []


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        (_inputs(accounts(2)), False, []),
        (_inputs(accounts(3)), True, []),
        (_inputs(accounts(1)), True, []),
        ({**_inputs(accounts(2)), "region": "eu-west-1"}, True, ["region"]),
        ({**_inputs(accounts(2)), "account": account(9)}, True, ["account"]),
        (_inputs(accounts(2), detectorId="another"), True, []),
        (_inputs(accounts(2), waiting=[account(2)]), True, []),
        (_inputs(accounts(2), onRelease="RESTORE"), True, []),
        (_inputs(accounts(2), maxDisabled="25%"), True, []),
        (_inputs(accounts(2), scope=["detector"]), False, []),
        (_inputs(accounts(2), identity={"profile": "security"}), True, []),
        (_inputs(accounts(2), retryMinutes=1), True, []),
        (_inputs(accounts(2), turningOff=3), False, []),
    ],
    ids=[
        "nothing",
        "an account comes",
        "an account goes",
        "region",
        "account",
        "detector",
        "an account waits",
        "another onRelease",
        "another limit",
        "less written",
        "another identity",
        "longer tries",
        "what only holds for a run",
    ],
)
def test_what_asks_for_an_update_and_what_for_another_record(
    aws: Aws,
    provider: DynamicProvider,
    news: Properties,
    changes: bool,  # noqa: FBT001 - a column of the table
    replaces: list[str],
) -> None:
    olds = _outputs({account(1): "ENABLED", account(2): "DISABLED"})
    diff = provider.diff(olds, news)

    assert (diff.changes, diff.replaces) == (changes, replaces)
    assert aws.requests == []


def test_how_long_accounts_are_tried_again_is_kept_for_destroy(
    provider: DynamicProvider,
) -> None:
    updated = provider.update(
        _outputs({account(1): "ENABLED"}), _inputs(accounts(1), retryMinutes=3)
    )

    assert updated == _outputs({account(1): "ENABLED"}, retryMinutes=3)


def test_an_account_that_comes_is_recorded_and_the_others_keep_what_was_before(
    aws: Aws, provider: DynamicProvider
) -> None:
    # AWS holds the contrary by now: it is the stack that set it.
    aws.members |= {account(1): "DISABLED", account(2): "ENABLED"}
    before = {account(1): "ENABLED", account(2): "DISABLED"}

    updated = provider.update(_outputs(before), _inputs(accounts(3)))

    assert updated == _outputs({**before, account(3): "ENABLED"})
    assert _asked_about(aws) == [[account(3)]]
    assert aws.writes == []


@pytest.mark.parametrize(
    ("waiting", "changes"), [([account(2)], False), ([account(1)], True), (None, True)]
)
def test_an_account_that_waits_no_more_asks_for_an_update(
    provider: DynamicProvider,
    waiting: list[str] | None,
    changes: bool,  # noqa: FBT001 - a column of the table
) -> None:
    news = _inputs(accounts(2), **({"waiting": waiting} if waiting else {}))
    diff = provider.diff(_waiting({account(1): "ENABLED"}, account(2)), news)

    assert (diff.changes, diff.replaces) == (changes, [])


def test_of_an_account_that_waits_nothing_is_recorded_before_it_can_be_set(
    aws: Aws, provider: DynamicProvider
) -> None:
    inputs = _inputs(accounts(3), waiting=[account(2)])
    created = provider.create(inputs)

    assert created.outputs == _outputs({account(1): "ENABLED", account(3): "ENABLED"}, **inputs)
    assert _asked_about(aws) == [[account(1), account(3)]]
    assert not provider.diff(created.outputs, inputs).changes


def test_an_account_that_comes_and_waits_gets_no_record_yet(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _inputs(accounts(2), waiting=[account(2)])
    updated = provider.update(_outputs({account(1): "ENABLED"}), news)

    assert updated == _waiting({account(1): "ENABLED"}, account(2))
    assert aws.requests == []


def test_an_account_that_waits_no_more_is_recorded_before_it_is_set(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds = _waiting({account(1): "ENABLED"}, account(2))
    updated = provider.update(olds, _inputs(accounts(2)))

    assert updated == _outputs({account(1): "ENABLED", account(2): "DISABLED"})
    assert _asked_about(aws) == [[account(2)]]
    assert aws.writes == []


def test_an_account_that_waits_for_a_while_keeps_the_record_that_it_has(
    aws: Aws, provider: DynamicProvider
) -> None:
    before = {account(1): "ENABLED", account(2): "DISABLED"}
    # AWS holds the contrary by now: it is the stack that set it.
    aws.members |= {account(1): "DISABLED", account(2): "ENABLED"}

    suspended = provider.update(_outputs(before), _inputs(accounts(2), waiting=[account(2)]))
    back = provider.update(suspended, _inputs(accounts(2)))

    assert suspended == _outputs(before, waiting=[account(2)])
    assert back == _outputs(before)
    assert aws.requests == []


def test_an_account_that_goes_while_it_waits_is_forgotten(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds = _outputs({account(1): "ENABLED", account(2): "DISABLED"}, waiting=[account(2)])
    updated = provider.update(olds, _inputs([account(1)]))

    assert updated == _outputs({account(1): "ENABLED"})
    assert aws.requests == []


def test_an_account_that_goes_is_left_as_it_is_and_forgotten(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds = _outputs({account(1): "ENABLED", account(2): "DISABLED"})
    updated = provider.update(olds, _inputs([account(2)]))

    assert updated == _outputs({account(2): "DISABLED"})
    assert aws.requests == []


def test_a_refresh_changes_nothing_of_what_was_before_and_has_previews_show_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members[account(1)] = "DISABLED"
    outputs = _outputs({account(1): "ENABLED"})
    read = provider.read(outputs)

    assert read.outputs == outputs
    # Of a resource that a destroy is to delete, the engine shows the inputs alone.
    record = {key: outputs[key] for key in ("statuses", "organization", "detector")}
    assert read.inputs == {**_inputs(accounts(1)), **record}
    assert not provider.diff(outputs, _inputs(accounts(1))).changes
    assert provider.check(_inputs(accounts(1)), read.inputs).inputs == read.inputs
    assert provider.check(_inputs([]), read.inputs).inputs == {
        **read.inputs,
        **_inputs([]),
        "statuses": {},
    }
    assert provider.update(outputs, read.inputs) == outputs


@pytest.mark.parametrize("detector", ["another", None, DETECTOR])
def test_a_refresh_with_another_accounts_credentials_is_refused_in_one_sentence(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.account, aws.detector = account(9), detector

    with error_of() as told:
        provider.read(_outputs({account(1): "ENABLED"}))

    assert told[0].splitlines() == [
        (
            "GuardDuty: this stack in us-east-1 is account 222222222222's, but the credentials are "
            "of account 300000000009. Use credentials of 222222222222."
        )
    ]


@pytest.mark.parametrize("detector", ["another", None])
def test_without_its_detector_the_record_stays(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.detector = detector
    outputs = _outputs({account(1): "ENABLED"})

    # The members have what the stack gave them: that must not be taken for the time before it.
    assert provider.read(outputs).outputs == outputs


def test_a_detector_that_is_made_anew_goes_on_with_the_record(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.detector, aws.own_status, aws.auto_enable = "another", "ENABLED", "NEW"
    aws.members = dict.fromkeys(accounts(3), "ENABLED")
    before = {account(1): "ENABLED", account(2): "DISABLED"}
    news = _inputs(accounts(3), detectorId="another")

    updated = provider.update(_outputs(before), news)

    assert updated == _outputs({**before, account(3): "ENABLED"}, **news)
    assert aws.writes == []


# A run that makes the detector anew can't decide the rules: nobody knows yet who is a member


def test_while_the_rules_are_undecided_nobody_drops_out_and_the_record_stays(
    aws: Aws, provider: DynamicProvider
) -> None:
    process = provider
    process.begin_test()
    olds = _waiting({account(1): "DISABLED", account(2): "ENABLED"}, account(3))
    olds |= {"onRelease": "RESTORE", "unreleased": {account(2): "No."}, "seenAt": "2026-05-04"}
    olds["accounts"] = dict.fromkeys(accounts(3), "RESTORE")
    news = _inputs(
        [], undecided=True, detectorId="another", onRelease="RESTORE", seenAt="2026-05-05"
    )

    diff = provider.diff(olds, news)
    updated = provider.update(olds, news)

    assert (diff.changes, diff.replaces) == (True, [])
    kept = ("accounts", "statuses", "waiting", "unreleased", "organization", "detector")
    assert {key: updated[key] for key in kept} == {key: olds[key] for key in kept}
    assert updated["detectorId"] == "another"
    assert (aws.requests, provider.stderr) == ([], "")


def test_what_a_preview_shows_of_the_record_stays_while_the_rules_are_undecided(
    provider: DynamicProvider,
) -> None:
    shown = provider.read(_outputs({account(1): "ENABLED"})).inputs
    assert shown

    checked = provider.check(_inputs([], undecided=True, detectorId="another"), shown)

    assert checked.inputs["statuses"] == {account(1): "ENABLED"}


def test_once_the_rules_are_decided_again_accounts_drop_out_as_ever(
    aws: Aws, provider: DynamicProvider
) -> None:
    before = {account(1): "DISABLED", account(2): "ENABLED"}
    undecided = provider.update(_outputs(before), _inputs([], undecided=True))
    assert undecided["statuses"] == before

    decided = provider.update(undecided, _inputs([account(2)], onRelease="RESTORE"))

    assert decided["statuses"] == {account(2): "ENABLED"}
    assert aws.members[account(1)] == "DISABLED"
    assert "undecided" not in decided


# The organization


def test_the_organization_is_not_asked_where_the_stack_does_not_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    created = provider.create(_inputs(accounts(1), scope=["detector"])).outputs

    assert "organization" not in created
    assert created["detector"] == {"status": "DISABLED"}
    assert [r.path for r in aws.requests if r.path.endswith("/admin")] == []


def test_guardduty_itself_is_recorded_once_the_stack_is_about_to_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    created = provider.create(_inputs([])).outputs
    assert created["organization"] == {"autoEnable": "NONE"}

    # By now AWS has what the stack wrote.
    aws.auto_enable, aws.auto_enable_members = "ALL", "NONE"
    scope = ["detector", "organization", "autoEnableMembers"]
    updated = provider.update(created, _inputs([], scope=scope))
    assert updated["organization"] == {"autoEnable": "NONE", "autoEnableMembers": "NONE"}

    aws.auto_enable_members = "ALL"
    for later in (["detector", "organization"], scope):
        updated = provider.update(updated, _inputs([], scope=later))
        assert updated["organization"] == {"autoEnable": "NONE", "autoEnableMembers": "NONE"}


def test_a_state_of_the_first_release_keeps_what_it_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.auto_enable, aws.auto_enable_members = "NEW", "ALL"
    recorded = {"autoEnableMembers": "NEW", "autoEnable": "NONE"}
    first = {
        key: value
        for key, value in _outputs({account(1): "ENABLED"}, organization=recorded).items()
        if key
        not in {"onRelease", "maxDisabled", "turningOff", "scope", "retryMinutes", "unreleased"}
    }
    news = _inputs(accounts(1), scope=["detector", "organization", "autoEnableMembers"])

    assert provider.read(first).outputs == first
    assert provider.update(first, news) == _outputs(
        {account(1): "ENABLED"}, **news, organization=recorded
    )
    provider.delete(first)
    assert (aws.writes, aws.own_writes) == ([], [])


# What AWS does not tell


def test_an_account_that_is_recorded_as_unknown_is_recorded_by_the_next_run(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds = _outputs({account(1): "DISABLED", account(2): "UNKNOWN"})

    assert provider.diff(olds, _inputs(accounts(2))).changes is True
    updated = provider.update(olds, _inputs(accounts(2)))

    # The first account has by now what the stack gave it.
    assert updated["statuses"] == {account(1): "DISABLED", account(2): aws.members[account(2)]}
    assert provider.diff(updated, _inputs(accounts(2))).changes is False


def test_an_account_is_asked_about_again_before_it_is_recorded_as_unknown(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(2): "Internal error"}
    created = provider.create(_inputs(accounts(2), retryMinutes=0.05)).outputs

    assert created["statuses"] == {account(1): "ENABLED", account(2): "UNKNOWN"}
    assert _asked_about(aws)[0] == accounts(2)
    assert set(map(tuple, _asked_about(aws)[1:])) == {(account(2),)}


def test_nothing_is_recorded_of_what_could_not_be_read(aws: Aws, provider: DynamicProvider) -> None:
    aws.refusals[f"/detector/{DETECTOR}/admin"] = (400, "BadRequestException", NO_MASTER)

    with error_of() as told:
        provider.create(_inputs(accounts(2)))

    assert told[0].splitlines() == [
        (
            "GuardDuty: DescribeOrganizationConfiguration failed: BadRequestException: The request "
            "failed because you do not have required AWS Organization master permission."
        )
    ]
