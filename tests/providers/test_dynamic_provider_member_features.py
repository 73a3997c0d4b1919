"""`MemberFeatures` as the engine speaks to it: over gRPC, in a process of its own."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime import rpc

from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.aws_double import Aws
from tests.support.contract_properties import (
    members_inputs,
    members_outputs,
    of_another_account,
    prior_inputs,
)
from tests.support.doors import Door, on_loopback
from tests.support.dynamic_provider_process import Checked, DynamicProvider, error_of, running
from tests.support.earlier_states import EARLIER_STATES, earlier
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    DETECTOR_NOT_OWNED,
    NOT_ASSOCIATED,
    account,
    accounts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Properties = dict[str, Any]

_SECRET = "wJalrXUtnFEMIK7MDENG"  # noqa: S105 - no secret
_ID = f"eu-central-1/{DETECTOR}"


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with on_loopback(Aws()) as door:
        yield door


@pytest.fixture(scope="module")
def process(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicProvider]:
    with _provider_at(door.url, tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture
def aws(door: Door) -> Aws:
    door.aws = Aws(members=dict.fromkeys(accounts(3), "DISABLED"))
    return door.aws


@pytest.fixture
def provider(aws: Aws, process: DynamicProvider) -> DynamicProvider:
    del aws
    process.begin_test()
    return process


def _provider_at(url: str, folder: Path, **settings: object) -> Any:  # noqa: ANN401
    secret = {rpc._special_sig_key: rpc._special_secret_sig, "value": _SECRET}
    configuration = {
        "aws:region": "us-east-1",
        "aws:accessKey": "AKIASTACK",
        "aws:secretKey": secret,
        # Lists arrive as JSON.
        "aws:endpoints": json.dumps([{"guardduty": url, "sts": url}]),
        **settings,
    }
    return running(MemberFeaturesProvider(), configuration, folder)


def _inputs(wanted: dict[Any, str], **more: Any) -> Properties:  # noqa: ANN401
    return members_inputs(wanted, **{"region": "eu-central-1", **more})


def _outputs(wanted: dict[Any, str], **more: Any) -> Properties:  # noqa: ANN401
    return members_outputs(wanted, **{"region": "eu-central-1", **more})


def _refreshed(wanted: dict[Any, str], **more: Any) -> Properties:  # noqa: ANN401
    """The inputs after a refresh: without changes, and with all accounts recorded."""
    return {**_inputs(wanted, **more), "unrecorded": []}


def _all(number: int, status: str) -> dict[Any, str]:
    return dict.fromkeys(accounts(number), status)


# What the engine keeps


def test_the_provider_is_kept_as_a_short_reference_without_code(provider: DynamicProvider) -> None:
    kept = base64.b64decode(provider.reference)

    assert len(kept) < 100
    assert b"guardduty_eks_audit_logs.resources.member_features" in kept
    assert b"MemberFeaturesProvider" in kept


def test_no_credential_is_in_the_state_or_told(aws: Aws, provider: DynamicProvider) -> None:
    aws.unprocessed = {account(2): "No."}
    created = provider.create(_inputs(_all(3, "ENABLED")))
    read = provider.read(created.outputs)

    kept = f"{provider.reference} {created} {read} {provider.stderr}"
    assert [word for word in (_SECRET, "AKIASTACK") if word in kept] == []


def test_all_accounts_of_a_region_are_one_text(provider: DynamicProvider) -> None:
    created = provider.create(_inputs({account(2): "DISABLED", account(1): "ENABLED"}))

    assert created.outputs["wanted"] == 'DISABLED:\n- "300000000002"\nENABLED:\n- "300000000001"\n'


def test_a_number_that_grpc_makes_a_float_is_the_same_number(provider: DynamicProvider) -> None:
    inputs = _inputs(_all(3, "ENABLED"), retryMinutes=5, revision=3)
    created = provider.create(inputs)

    assert not provider.diff(created.outputs, inputs).changes


# Check


def test_check_gives_back_what_it_was_given(aws: Aws, provider: DynamicProvider) -> None:
    news = _inputs(_all(3, "ENABLED"), changes={account(1): "DISABLED -> ENABLED"}, revision=2)
    assert provider.check(news) == Checked(news, [])
    assert aws.requests == []


_UNKNOWN_YET = [{"detectorId": rpc.UNKNOWN}, {"unrecorded": rpc.UNKNOWN}]


@pytest.mark.parametrize("news", _UNKNOWN_YET, ids=["detector", "unrecorded"])
def test_check_and_diff_let_pass_what_a_preview_does_not_know_yet(
    provider: DynamicProvider, news: Properties
) -> None:
    unknown = {**_inputs(_all(1, "ENABLED")), **news}

    assert provider.check(unknown) == Checked(unknown, [])
    # A detector that is made in this run may be another one.
    changes = "detectorId" in news
    assert provider.diff(_outputs(_all(1, "ENABLED")), unknown).changes is changes


@pytest.mark.parametrize("ask", ["diff", "create", "update"])
def test_a_status_that_does_not_exist_is_refused_in_one_sentence(
    aws: Aws, provider: DynamicProvider, ask: str
) -> None:
    olds = _outputs({account(1): "ENABLED"})
    wrong = {**_inputs({account(1): "ENABLED", account(2): "ON"}), "changes": ""}

    with error_of() as told:
        provider.create(wrong) if ask == "create" else getattr(provider, ask)(olds, wrong)

    (line,) = told[0].splitlines()
    assert "wanted.300000000002: ON is not a value it takes. Use one of ENABLED, DISABLED" in line
    assert aws.requests == []


# Diff


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        ({}, {"wanted": 'DISABLED:\n- "300000000001"\n'}),
        ({}, {"wanted": "ENABLED:\n- 300000000001 300000000002\n"}),
        ({}, {"wanted": None}),
        ({}, {"revision": 2, "changes": 'DISABLED -> ENABLED:\n- "300000000001"\n'}),
        ({}, {"retryMinutes": 1}),
        ({}, {"identity": {"profile": "security"}}),
        ({"drifted": "300000000001: ENABLED -> DISABLED\n"}, {}),
        ({"unprocessed": {"300000000001": "Internal error"}}, {}),
    ],
    ids=[
        *("status", "more", "fewer", "next run", "longer tries", "another identity"),
        *("drifted", "unprocessed"),
    ],
)
def test_what_asks_for_an_update(
    provider: DynamicProvider, olds: Properties, news: Properties
) -> None:
    before, after = _outputs(_all(1, "ENABLED")), _inputs(_all(1, "ENABLED"))
    diff = provider.diff({**before, **olds}, {**after, **news})

    assert (diff.changes, diff.replaces) == (True, [])


@pytest.mark.parametrize(
    "news",
    [
        {},
        # A refresh compares with the inputs of the last run: its changes are made.
        {"changes": 'DISABLED -> ENABLED:\n- "300000000001"\n'},
        {"unrecorded": []},
    ],
    ids=["nothing new", "changes made", "all recorded"],
)
def test_what_does_not_ask_for_an_update(provider: DynamicProvider, news: Properties) -> None:
    before, after = _outputs(_all(1, "ENABLED")), _inputs(_all(1, "ENABLED"))
    assert not provider.diff(before, {**after, **news}).changes


@pytest.mark.parametrize(
    "news",
    [{"region": "us-west-2"}, {"administratorAccountId": account(9)}, {"detectorId": "another"}],
)
def test_another_region_account_or_detector_is_another_resource(
    provider: DynamicProvider, news: Properties
) -> None:
    before, after = _outputs(_all(1, "ENABLED")), _inputs(_all(1, "ENABLED"))
    diff = provider.diff(before, {**after, **news})

    assert (diff.changes, diff.replaces) == (True, list(news))


def test_a_diff_asks_nobody(aws: Aws, provider: DynamicProvider) -> None:
    provider.diff(_outputs(_all(1, "ENABLED")), _inputs(_all(1, "DISABLED")))
    assert aws.requests == []


# Create and update


def test_a_created_resource_has_set_its_members_fifty_in_a_call(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = _all(120, "DISABLED")
    created = provider.create(_inputs(_all(120, "ENABLED")))

    assert created.id == _ID
    assert created.outputs == _outputs(_all(120, "ENABLED"))
    assert aws.members == _all(120, "ENABLED")
    assert sorted(len(write.body["accountIds"]) for write in aws.writes) == [20, 50, 50]


def test_it_acts_in_its_own_region_with_the_stacks_credentials(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.create(_inputs(_all(3, "ENABLED")))
    assert {(r.access_key, r.region) for r in aws.requests} == {("AKIASTACK", "eu-central-1")}


def test_members_that_are_as_wanted_are_taken_over_without_a_write(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.create(_inputs({account(1): "ENABLED", account(2): "DISABLED"}))

    (write,) = aws.writes
    assert write.body == {
        "accountIds": [account(1)],
        "features": [{"name": "EKS_AUDIT_LOGS", "status": "ENABLED"}],
    }


def test_an_unprocessed_account_is_an_output_and_the_others_are_set(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): NOT_ASSOCIATED}
    created = provider.create(_inputs(_all(3, "ENABLED")))

    assert created.outputs == _outputs(_all(3, "ENABLED"), unprocessed={account(2): NOT_ASSOCIATED})
    assert aws.members == {**_all(3, "ENABLED"), account(2): "DISABLED"}
    assert provider.diff(created.outputs, _inputs(_all(3, "ENABLED"))).changes


def test_the_next_run_tries_just_the_unprocessed_accounts_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): NOT_ASSOCIATED}
    inputs = _inputs(_all(3, "ENABLED"))
    created = provider.create(inputs)
    aws.unprocessed = {}
    aws.requests.clear()

    updated = provider.update(created.outputs, inputs)

    assert updated == _outputs(_all(3, "ENABLED"))
    assert [write.body["accountIds"] for write in aws.writes] == [[account(2)]]
    assert not provider.diff(updated, inputs).changes


def test_an_account_without_a_record_is_not_set_but_named(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members[account(3)] = "ENABLED"
    inputs = _inputs(_all(3, "ENABLED"), unrecorded=[account(2), account(3)])
    created = provider.create(inputs)

    assert [write.body["accountIds"] for write in aws.writes] == [[account(1)]]
    assert created.outputs["unprocessed"] == {
        account(2): (
            "what it had before is not recorded, since this run left PriorSettings out (--target "
            "or --exclude); `pulumi up` without these records and sets it."
        )
    }
    assert provider.diff(created.outputs, _inputs(_all(3, "ENABLED"))).changes


def test_an_account_that_aws_did_not_tell_of_is_named_as_such(
    door: Door, aws: Aws, tmp_path: Path
) -> None:
    with _provider_at(door.url, tmp_path) as members:
        prior = DynamicProvider(members._stub, PriorSettingsProvider(), members._log)
        prior.create(prior_inputs({account(1): "DISABLED"}, region="eu-central-1"))
        created = members.create(_inputs(_all(2, "ENABLED"), unrecorded=[account(2)]))

    assert aws.members == {**_all(3, "DISABLED"), account(1): "ENABLED"}
    assert created.outputs["unprocessed"] == {
        account(2): "AWS did not return what it had before; it is set once that is recorded."
    }


def test_an_account_without_a_record_is_named_with_aws_reason(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(2): "Internal error"}
    created = provider.create(_inputs(_all(3, "ENABLED"), unrecorded=[account(2)]))

    assert account(2) not in [a for write in aws.writes for a in write.body["accountIds"]]
    assert created.outputs["unprocessed"] == {account(2): "Internal error"}


def test_an_update_gives_back_every_output(provider: DynamicProvider) -> None:
    olds = _outputs(_all(3, "DISABLED"), drifted={account(1): "ENABLED -> DISABLED"})
    more = {"revision": 2, "retryMinutes": 3}
    news = _inputs({account(1): "ENABLED"}, changes={account(1): "DISABLED -> ENABLED"}, **more)

    assert provider.update(olds, news) == _outputs({account(1): "ENABLED"}, **more)


def test_what_time_does_not_cure_is_given_up_after_retryminutes(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "Internal error"}
    created = provider.create(_inputs(_all(3, "ENABLED"), retryMinutes=0)).outputs

    assert created["unprocessed"] == {account(2): "Internal error"}
    assert len(aws.writes) == 1


@pytest.mark.parametrize("method", ["create", "update"])
def test_another_accounts_credentials_set_nobody(
    aws: Aws, provider: DynamicProvider, method: str
) -> None:
    aws.account = account(9)
    news = _inputs(_all(3, "ENABLED"))

    with error_of() as told:
        if method == "create":
            provider.create(news)
        else:
            provider.update(_outputs(_all(3, "DISABLED")), news)

    assert "this stack in eu-central-1 is account 222222222222's" in told[0]
    assert [request.service for request in aws.requests] == ["sts"]


def test_an_account_that_drops_out_is_left_as_it_is(aws: Aws, provider: DynamicProvider) -> None:
    provider.update(_outputs(_all(3, "DISABLED")), _inputs({account(1): "ENABLED"}))
    assert aws.members == {**_all(3, "DISABLED"), account(1): "ENABLED"}


def test_a_run_tells_what_it_does_and_did(aws: Aws, provider: DynamicProvider) -> None:
    aws.unprocessed = {account(3): "No."}
    aws.members[account(1)] = "ENABLED"
    provider.create(_inputs(_all(3, "ENABLED")))

    assert provider.stderr.splitlines() == [
        "EKS audit logs: setting 2 members",
        ("EKS audit logs in eu-central-1: 1 member set, 1 were so already, 1 could not be set."),
    ]


# Read


def test_a_refresh_shows_drift_account_by_account(aws: Aws, provider: DynamicProvider) -> None:
    aws.members = {**_all(3, "ENABLED"), account(2): "DISABLED"}
    inputs = _inputs(_all(3, "ENABLED"))
    read = provider.read(_outputs(_all(3, "ENABLED")))

    assert read.outputs == _outputs(_all(3, "ENABLED"), drifted={account(2): "ENABLED -> DISABLED"})
    assert read.inputs == _refreshed(_all(3, "ENABLED"))
    assert provider.diff(read.outputs, inputs).changes
    assert aws.writes == []


def test_what_a_run_could_not_set_is_not_named_again_by_a_refresh(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = {account(1): "ENABLED", account(2): "DISABLED"}
    left = _outputs(_all(2, "ENABLED"), unprocessed={account(2): "No."})
    read = provider.read(left)

    assert read.outputs == {**left, "drifted": f"{account(2)}: ENABLED -> DISABLED\n"}
    assert provider.stderr == ""


def test_what_a_refresh_shows_is_over_once_aws_has_it_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = _all(3, "ENABLED")
    read = provider.read(_outputs(_all(3, "ENABLED"), drifted={account(2): "ENABLED -> DISABLED"}))

    assert read.outputs == _outputs(_all(3, "ENABLED"))


def test_a_refresh_without_drift_changes_nothing(aws: Aws, provider: DynamicProvider) -> None:
    aws.members = _all(120, "ENABLED")
    outputs = _outputs(_all(120, "ENABLED"))
    read = provider.read(outputs)

    assert (read.id, read.outputs) == ("id", outputs)
    assert read.inputs == _refreshed(_all(120, "ENABLED"))
    assert not provider.diff(read.outputs, _inputs(_all(120, "ENABLED"))).changes


def test_an_account_that_aws_does_not_tell_about_is_never_dropped(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = _all(3, "ENABLED")
    aws.unreadable = {account(2): NOT_ASSOCIATED, account(3): "Internal error"}
    read = provider.read(_outputs(_all(3, "ENABLED"), unprocessed={account(3): "No."}))

    assert read.outputs == _outputs(
        _all(3, "ENABLED"),
        unprocessed={account(2): NOT_ASSOCIATED, account(3): "Internal error"},
    )
    assert read.inputs == _refreshed(_all(3, "ENABLED"))


def test_an_unprocessed_account_stays_so_until_a_run_has_set_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = _all(2, "DISABLED")
    read = provider.read(_outputs(_all(2, "DISABLED"), unprocessed={account(2): "No."}))

    assert read.outputs["unprocessed"] == {account(2): "No."}
    assert provider.diff(read.outputs, _inputs(_all(2, "DISABLED"))).changes


@pytest.mark.parametrize("detector", ["another", None, DETECTOR])
def test_another_accounts_credentials_are_not_taken_for_a_deletion(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.account, aws.detector = account(9), detector

    with error_of() as told:
        provider.read(_outputs(_all(3, "ENABLED")))

    refused = of_another_account("eu-central-1", account(9), of_the_state=True)
    assert told[0].splitlines() == [refused]
    assert [request.service for request in aws.requests] == ["sts"]


@pytest.mark.parametrize("detector", ["another", None])
def test_without_its_detector_the_resource_is_gone(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.detector = detector
    read = provider.read(_outputs(_all(3, "ENABLED")))

    # So the engine takes it out of the state, and the next run makes it anew.
    assert (read.id, read.outputs) == ("", {})
    assert {request.path for request in aws.requests} == {"/", "/detector"}


def test_a_refresh_tells_in_one_line_who_is_not_as_the_last_run_left_them(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = {**_all(3, "ENABLED"), account(2): "DISABLED"}
    aws.unreadable = {account(3): "Internal error"}
    read = provider.read(_outputs({**_all(3, "ENABLED"), account(1): "DISABLED"}))

    told = (
        "EKS audit logs in eu-central-1: 2 members not as this stack's last finished run left "
        "them (another user, another stack, or a run that broke off): 300000000001 DISABLED "
        "-> ENABLED, 300000000002 ENABLED -> DISABLED"
    )
    assert provider.stderr.splitlines() == [told]

    # The engine shows no diff of what the state has already.
    provider.begin_test()
    assert provider.read(read.outputs).outputs == read.outputs
    assert provider.stderr.splitlines() == [told]


def test_a_refresh_keeps_the_inputs_that_say_how_to_act(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = _all(3, "ENABLED")
    inputs = _inputs(_all(3, "ENABLED"), retryMinutes=7, revision=4)
    changes = {"changes": 'DISABLED -> ENABLED:\n- "300000000001"\n'}

    # The changes of the last run are made: the next diff is to show all of the next run's.
    created = provider.create({**inputs, **changes})
    assert provider.read(created.outputs).inputs == {**inputs, "unrecorded": []}


# The states of earlier releases


_EACH_STATE = pytest.mark.parametrize("file", EARLIER_STATES, ids=lambda file: file.stem)


@_EACH_STATE
def test_a_refresh_hands_an_earlier_state_back_and_shows_no_change(
    aws: Aws, provider: DynamicProvider, file: Path
) -> None:
    state = earlier(file, "MemberFeatures")
    aws.detector = state["outputs"]["detectorId"]
    aws.members = dict.fromkeys(state["outputs"]["statuses"], "DISABLED")

    read = provider.read(state["outputs"])

    assert (read.outputs, read.inputs) == (state["outputs"], None)
    assert not provider.diff(read.outputs, state["inputs"]).changes
    assert aws.writes == []


@_EACH_STATE
def test_the_first_update_rewrites_an_earlier_state_and_sets_nobody(
    aws: Aws, provider: DynamicProvider, file: Path
) -> None:
    olds = earlier(file, "MemberFeatures")["outputs"]
    aws.detector, aws.members = olds["detectorId"], dict(olds["statuses"])
    news = members_inputs(olds["statuses"], detectorId=olds["detectorId"])

    diff = provider.diff(olds, news)
    updated = provider.update(olds, news)

    assert (diff.changes, diff.replaces) == (True, [])
    assert updated == members_outputs(olds["statuses"], detectorId=olds["detectorId"])
    assert aws.writes == []
    assert not provider.diff(updated, news).changes


def test_an_account_left_by_an_earlier_run_asks_for_an_update(
    provider: DynamicProvider,
) -> None:
    state = earlier(EARLIER_STATES[0], "MemberFeatures")
    left = {**state["outputs"], "unprocessed": {account(9): "Internal error"}}

    assert provider.diff(left, state["inputs"]).changes


@_EACH_STATE
def test_deleting_an_earlier_state_asks_nobody(
    aws: Aws, provider: DynamicProvider, file: Path
) -> None:
    provider.delete(earlier(file, "MemberFeatures")["outputs"])
    assert aws.requests == []


# Delete


def test_a_delete_writes_nothing_and_asks_nobody(aws: Aws, provider: DynamicProvider) -> None:
    provider.delete(_outputs(_all(3, "ENABLED")))
    assert aws.requests == []


# Errors


def test_a_users_error_is_one_sentence_without_a_traceback(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals["*"] = (403, "UnrecognizedClientException", "The security token is invalid.")

    with error_of() as told:
        provider.read(_outputs(_all(3, "ENABLED")))

    (text,) = told
    assert text.splitlines() == [
        (
            "GuardDuty: AWS does not accept the credentials (ListDetectors: The security token is "
            "invalid). Renew them; or enable the region for this account if it is one to opt in to."
        )
    ]


def test_a_stack_that_excludes_the_account_is_told_in_one_sentence(
    aws: Aws, door: Door, tmp_path: Path
) -> None:
    allowed = {"aws:allowedAccountIds": json.dumps([account(1)])}
    with _provider_at(door.url, tmp_path, **allowed) as provider, error_of() as told:
        provider.create(_inputs(_all(3, "ENABLED")))

    assert told[0].splitlines() == [
        (
            f"GuardDuty: the credentials are of account {ADMINISTRATOR}, but "
            "aws:allowedAccountIds of this stack lists only 300000000001. Use credentials of that "
            "account."
        )
    ]
    assert aws.writes == []


def test_aws_that_does_not_answer_is_told_in_one_sentence(tmp_path: Path) -> None:
    with on_loopback(Aws()) as gone:
        pass
    with _provider_at(gone.url, tmp_path) as provider, error_of() as told:
        provider.create(_inputs(_all(3, "ENABLED")))

    (text,) = told[0].splitlines()
    assert text.startswith("GuardDuty: no answer from AWS (GetCallerIdentity: ")
    assert gone.url in text


def test_a_run_that_is_refused_whole_keeps_every_account_as_unprocessed(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[f"/detector/{DETECTOR}/member/detector/update"] = (
        400,
        "BadRequestException",
        DETECTOR_NOT_OWNED,
    )
    outputs = provider.create(_inputs(_all(3, "ENABLED"))).outputs

    assert set(outputs["unprocessed"]) == set(accounts(3))
    assert outputs["wanted"] == _inputs(_all(3, "ENABLED"))["wanted"]


# The user cancels


def test_a_cancelled_run_stops_trying_and_keeps_what_is_done(
    aws: Aws, door: Door, tmp_path: Path
) -> None:
    aws.unprocessed = {account(2): "Internal error"}
    with _provider_at(door.url, tmp_path) as provider, ThreadPoolExecutor() as pool:
        creating = pool.submit(provider.create, _inputs(_all(3, "ENABLED"), retryMinutes=60))
        while "trying again" not in provider.stderr:
            time.sleep(0.05)
        provider.cancel()
        created = creating.result(timeout=30)
        told = provider.stderr

    assert created.outputs["unprocessed"] == {
        account(2): "Internal error; the run was cancelled before another attempt."
    }
    assert aws.members == {account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"}
    assert told.endswith(
        "EKS audit logs in eu-central-1: the run was cancelled, 1 member left. `pulumi up` sets "
        "them.\n"
    )
