"""Every fault that the sandbox can be asked for: what boto3 sees, and what is true then."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from aws_sandbox.client import SandboxError
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import (
    AccessDenied,
    AnswerLost,
    BadRequest,
    ConnectionClosed,
    Exponential,
    Fixed,
    InternalServerError,
    Throttling,
    TimeOut,
    Uniform,
)
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.client import Scope
    from aws_sandbox.fault_effects import Failure
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

IDS = ["300000000002", "300000000003", "300000000004"]
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
UPDATE = "UpdateMemberDetectors"
PATIENCE_SECONDS = 30


def update(
    sandbox: RunningSandbox, ids: list[str] = IDS, region: str = "us-east-1"
) -> list[dict[str, str]]:
    answer = sandbox.boto3("guardduty", region=region).update_member_detectors(
        DetectorId=sandbox.detector(region=region), AccountIds=ids, Features=ON
    )
    return list(answer["UnprocessedAccounts"])


INVALID = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)
NOT_AUTHORIZED = (
    "User: arn:aws:sts::222222222222:assumed-role/sandbox/somebody@example.com is not authorized "
    "to perform: guardduty:UpdateMemberDetectors because no identity-based policy allows the "
    "guardduty:UpdateMemberDetectors action"
)
ARRAY_TOO_LONG = (
    "The request failed because the length provided for the accountIds array was 3. "
    "Max allowed length is 2."
)


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    error, metadata = refused.value.response["Error"], refused.value.response["ResponseMetadata"]
    return metadata["HTTPStatusCode"], error["Code"], error["Message"]


def is_on(sandbox: RunningSandbox, ids: list[str] = IDS, region: str = "us-east-1") -> list[bool]:
    actual = sandbox.client.actual_state()[region]
    return [actual[key].eks_audit_logs == "ENABLED" for key in ids]


def patient(sandbox: RunningSandbox, read_timeout: float) -> Any:  # noqa: ANN401 -- boto3's client
    """A client that waits so many seconds for an answer, and never asks twice."""
    return boto3.client(
        "guardduty",
        region_name="us-east-1",
        endpoint_url=sandbox.url,
        aws_access_key_id=access_key_id(ADMINISTRATOR),
        aws_secret_access_key=secret_access_key(ADMINISTRATOR),
        config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=read_timeout),
    )


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s: {what}"
        time.sleep(0.02)


def threads(sandbox: RunningSandbox) -> int:
    return len(list(Path(f"/proc/{sandbox.process.pid}/task").iterdir()))


@pytest.mark.parametrize(
    ("failure", "status", "code", "message"),
    [
        (BadRequest(), 400, "BadRequestException", INVALID),
        (BadRequest(message="No."), 400, "BadRequestException", "No."),
        (AccessDenied(), 403, "AccessDeniedException", NOT_AUTHORIZED),
        (Throttling(), 429, "ThrottlingException", "Rate exceeded"),
        (
            Throttling(code="TooManyRequestsException"),
            429,
            "TooManyRequestsException",
            "Rate exceeded",
        ),
        (InternalServerError(), 500, "InternalServerErrorException", "Internal server error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_call_is_refused_a_number_of_times_and_nothing_is_done(
    sandbox: RunningSandbox, failure: Failure, status: int, code: str, message: str
) -> None:
    sandbox.client.fails(UPDATE, with_=failure, times=2)
    for _ in range(2):
        assert refusal(lambda: update(sandbox)) == (status, code, message)
    assert is_on(sandbox) == [False] * 3
    assert update(sandbox) == []
    assert is_on(sandbox) == [True] * 3
    calls = sandbox.client.calls(UPDATE)
    assert [(call.outcome, call.fault) for call in calls] == [
        (code, type(failure).__name__),
        (code, type(failure).__name__),
        ("ok", None),
    ]
    assert [list(call.account_ids) for call in calls] == [IDS] * 3


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), (None, None)])
def test_a_throttled_call_is_told_when_to_come_again(
    sandbox: RunningSandbox, retry_after: int | None, header: str | None
) -> None:
    sandbox.client.fails(UPDATE, with_=Throttling(retry_after=retry_after))
    with pytest.raises(ClientError) as refused:
        update(sandbox)
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers.get("retry-after") == header


def test_boto3_repeats_a_throttled_call_by_itself(sandbox: RunningSandbox) -> None:
    sandbox.client.fails("ListDetectors", with_=Throttling(retry_after=0), times=2)
    guardduty = boto3.client(
        "guardduty",
        region_name="us-east-1",
        endpoint_url=sandbox.url,
        aws_access_key_id=access_key_id(ADMINISTRATOR),
        aws_secret_access_key=secret_access_key(ADMINISTRATOR),
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}, proxies={}),
    )
    assert len(guardduty.list_detectors()["DetectorIds"]) == 1
    outcomes = [call.outcome for call in sandbox.client.calls("ListDetectors")]
    assert outcomes == ["ThrottlingException", "ThrottlingException", "ok"]


@pytest.mark.parametrize(
    ("failure", "organizations", "sts"),
    [
        (BadRequest(), (400, "InvalidInputException"), (400, "ValidationError")),
        (AccessDenied(), (400, "AccessDeniedException"), (403, "AccessDenied")),
        (Throttling(), (400, "TooManyRequestsException"), (400, "Throttling")),
        (InternalServerError(), (500, "ServiceException"), (500, "InternalFailure")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_services_fail_in_their_own_protocol_and_words(
    sandbox: RunningSandbox,
    failure: Failure,
    organizations: tuple[int, str],
    sts: tuple[int, str],
) -> None:
    sandbox.client.fails("ListAccounts", with_=failure, service="organizations", times=1)
    sandbox.client.fails(with_=failure, service="sts", times=1)
    by_management = sandbox.boto3("organizations", MANAGEMENT)
    assert refusal(by_management.list_accounts)[:2] == organizations
    assert len(by_management.list_accounts()["Accounts"]) == 14
    identity = sandbox.boto3("sts")
    assert refusal(identity.get_caller_identity)[:2] == sts
    assert identity.get_caller_identity()["Account"] == ADMINISTRATOR


def test_a_closed_connection_leaves_the_work_undone(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.fails(UPDATE, with_=ConnectionClosed(), times=1)
    with pytest.raises(ConnectionClosedError):
        update(sandbox)
    assert is_on(sandbox) == [False] * 3
    (call,) = sandbox.client.calls(UPDATE)
    assert (call.outcome, call.fault) == ("unanswered", "ConnectionClosed")
    assert update(sandbox) == []


def test_an_answer_can_be_lost_after_the_work_was_done(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(UPDATE, with_=AnswerLost(), times=1)
    with pytest.raises(ConnectionClosedError):
        update(sandbox)
    assert is_on(sandbox) == [True] * 3
    (call,) = sandbox.client.calls(UPDATE)
    assert (call.outcome, call.fault) == ("ok", "AnswerLost")


def test_no_answer_for_so_long_is_a_time_out_and_nothing_is_done(sandbox: RunningSandbox) -> None:
    detector = sandbox.detector()
    sandbox.client.fails(UPDATE, with_=TimeOut(seconds=300), times=1)
    with pytest.raises(ReadTimeoutError):
        patient(sandbox, 0.2).update_member_detectors(
            DetectorId=detector, AccountIds=IDS, Features=ON
        )
    assert is_on(sandbox) == [False] * 3
    (call,) = sandbox.client.calls(UPDATE)
    assert (call.outcome, call.fault) == ("unanswered", "TimeOut")


def test_a_time_out_that_is_over_closes_the_connection(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(UPDATE, with_=TimeOut(seconds=0.1), times=1)
    with pytest.raises(ConnectionClosedError):
        update(sandbox)


def test_lifting_the_faults_lets_waiting_calls_go(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(UPDATE, with_=TimeOut(seconds=300), regions=["us-east-1"])
    sandbox.client.slows(UPDATE, by=Fixed(seconds=300), regions=["eu-west-1"])
    with ThreadPoolExecutor() as pool:
        timed_out = pool.submit(update, sandbox)
        held_up = pool.submit(update, sandbox, IDS, "eu-west-1")
        until(
            lambda: [fault.struck for fault in sandbox.client.faults()] == [1, 1],
            "both calls are kept waiting",
        )
        sandbox.client.clear_faults()
        with pytest.raises(ConnectionClosedError):
            timed_out.result(PATIENCE_SECONDS)
        assert held_up.result(PATIENCE_SECONDS) == []
    assert is_on(sandbox) == [False] * 3
    assert is_on(sandbox, region="eu-west-1") == [True] * 3


def test_a_slow_call_that_its_caller_gives_up_is_done_all_the_same(
    sandbox: RunningSandbox,
) -> None:
    detector = sandbox.detector()
    sandbox.client.slows(UPDATE, by=Fixed(seconds=0.5))
    with pytest.raises(ReadTimeoutError):
        patient(sandbox, 0.1).update_member_detectors(
            DetectorId=detector, AccountIds=IDS, Features=ON
        )
    until(lambda: is_on(sandbox) == [True] * 3, "the work is done")


def test_a_slow_call_holds_up_no_other(sandbox: RunningSandbox) -> None:
    sandbox.client.slows(UPDATE, by=Fixed(seconds=300), accounts=IDS[:1], regions=["us-east-1"])
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(update, sandbox, IDS[:1])
        until(lambda: sandbox.client.faults()[0].struck == 1, "the first call is held up")
        assert update(sandbox, IDS[1:]) == []
        assert update(sandbox, IDS, "eu-west-1") == []
        assert is_on(sandbox) == [False, True, True]
        assert not slow.done()
        sandbox.client.clear_faults()
        assert slow.result(PATIENCE_SECONDS) == []


@pytest.mark.parametrize(
    "delay", [Fixed(seconds=0.01), Uniform(shortest=0.0, longest=0.02), Exponential(mean=0.01)]
)
def test_delays_are_fixed_or_drawn_and_the_call_is_done(
    sandbox: RunningSandbox, delay: Fixed | Uniform | Exponential
) -> None:
    sandbox.client.slows(UPDATE, by=delay)
    assert update(sandbox) == []
    assert is_on(sandbox) == [True] * 3
    (call,) = sandbox.client.calls(UPDATE)
    assert (call.outcome, call.fault) == ("ok", type(delay).__name__)


def test_a_limit_per_second_counts_by_caller_and_region(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.limits("ListDetectors", per_second=0.001, burst=2)
    guardduty = sandbox.boto3("guardduty")
    guardduty.list_detectors()
    guardduty.list_detectors()
    with pytest.raises(ClientError) as refused:
        guardduty.list_detectors()
    response = refused.value.response
    assert response["Error"]["Code"] == "ThrottlingException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    # One call in a thousand seconds: what is left of them is what the caller is told to wait.
    assert 1 <= int(response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) <= 1000
    assert sandbox.client.calls()[-1].fault == "RateLimit"
    sandbox.boto3("guardduty", region="eu-west-1").list_detectors()
    sandbox.boto3("guardduty", MANAGEMENT).list_detectors()


def test_batches_above_a_size_are_refused_whole_in_awss_words(sandbox: RunningSandbox) -> None:
    sandbox.client.refuses_batches(UPDATE, above=2)
    assert refusal(lambda: update(sandbox)) == (400, "BadRequestException", ARRAY_TOO_LONG)
    assert is_on(sandbox) == [False] * 3
    assert update(sandbox, IDS[:2]) == []
    assert [(call.size, call.fault) for call in sandbox.client.calls(UPDATE)] == [
        (3, "BatchLimit"),
        (2, None),
    ]


def test_a_call_is_refused_whole_when_it_holds_a_given_account(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(UPDATE, with_=BadRequest(), accounts=IDS[1:2])
    assert refusal(lambda: update(sandbox))[0] == 400
    assert is_on(sandbox) == [False] * 3
    assert update(sandbox, [IDS[0], IDS[2]]) == []
    assert refusal(lambda: update(sandbox, IDS[1:2]))[0] == 400


def test_a_fault_keeps_to_its_callers_regions_and_operation(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(
        "ListDetectors", with_=AccessDenied(), callers=[ADMINISTRATOR], regions=["us-east-1"]
    )
    assert refusal(sandbox.boto3("guardduty").list_detectors)[0] == 403
    sandbox.boto3("guardduty", region="eu-west-1").list_detectors()
    sandbox.boto3("guardduty", MANAGEMENT).list_detectors()
    sandbox.boto3("guardduty").get_organization_statistics()


def test_a_fault_of_further_pages_lets_the_first_page_through(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(60, ["us-east-1"])
    members, accounts = sandbox.boto3("guardduty"), sandbox.boto3("organizations")
    detector = sandbox.detector()
    sandbox.client.fails("ListMembers", with_=AccessDenied(), further_pages=True)
    sandbox.client.fails(
        "ListAccounts", with_=AccessDenied(), service="organizations", further_pages=True
    )

    page = members.list_members(DetectorId=detector)
    assert len(page["Members"]) == 50
    more = {"DetectorId": detector, "NextToken": page["NextToken"]}
    assert refusal(lambda: members.list_members(**more))[0] == 403

    page = accounts.list_accounts()
    assert len(page["Accounts"]) == 20
    token = page["NextToken"]
    assert refusal(lambda: accounts.list_accounts(NextToken=token))[0] == 400

    sandbox.client.clear_faults()
    assert len(members.list_members(**more)["Members"]) == 10


def test_a_fault_of_all_operations_strikes_each(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(with_=InternalServerError(), times=2)
    guardduty = sandbox.boto3("guardduty")
    assert refusal(guardduty.list_detectors)[0] == 500
    assert refusal(guardduty.get_organization_statistics)[0] == 500
    guardduty.list_detectors()
    (fault,) = sandbox.client.faults()
    assert (fault.kind, fault.struck) == ("InternalServerError", 2)


def test_the_first_fault_that_strikes_decides_and_the_next_is_not_used_up(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.fails("ListDetectors", with_=Throttling(), times=1)
    sandbox.client.fails("ListDetectors", with_=InternalServerError(), times=1)
    guardduty = sandbox.boto3("guardduty")
    assert [refusal(guardduty.list_detectors)[0] for _ in range(2)] == [429, 500]
    guardduty.list_detectors()


def fates(sandbox: RunningSandbox, seed: int) -> list[bool]:
    """Which of ten calls fail at even odds."""
    sandbox.client.fails("ListDetectors", with_=Throttling(), probability=0.5, seed=seed)
    sandbox.client.clear_calls()
    for _ in range(10):
        try:
            sandbox.boto3("guardduty").list_detectors()
        except ClientError:
            continue
    sandbox.client.clear_faults()
    return [call.fault is not None for call in sandbox.client.calls("ListDetectors")]


def test_chance_is_decided_by_the_seed(sandbox: RunningSandbox) -> None:
    first = fates(sandbox, seed=1)
    assert len(first) == 10
    assert True in first
    assert False in first
    assert fates(sandbox, seed=1) == first
    assert any(fates(sandbox, seed=seed) != first for seed in (2, 3))


def test_accounts_are_left_unprocessed_by_chance(sandbox: RunningSandbox) -> None:
    ids = [str(300000000001 + number) for number in range(12)]
    sandbox.client.leave_unprocessed(UPDATE, ids, "Internal error", probability=0.5, seed=3)
    failed = {entry["AccountId"] for entry in update(sandbox, ids)}
    assert 0 < len(failed) < 12
    actual = is_on(sandbox, ids)
    before = [number % 12 for number in range(12) if (number + number // 3) % 3 == 0]
    assert actual == [key not in failed or ids.index(key) in before for key in ids]


@pytest.mark.parametrize(
    ("operation", "scope", "told"),
    [
        ("UpdateMemberDetector", {}, "UpdateMemberDetector is no operation of guardduty"),
        (UPDATE, {"regions": ["mars-north-1"]}, "there is no region mars-north-1"),
        (UPDATE, {"accounts": ["3000"]}, "has 4 digits; an account id has 12"),
        (UPDATE, {"accounts": []}, "accountIds is empty; leave it out for any"),
        (UPDATE, {"probability": 1.5}, "probability"),
        (UPDATE, {"service": "ec2"}, "service"),
    ],
)
def test_a_fault_that_could_never_strike_is_refused(
    sandbox: RunningSandbox, operation: str, scope: Scope, told: str
) -> None:
    with pytest.raises(SandboxError, match=told):
        sandbox.client.fails(operation, with_=Throttling(), **scope)
    assert sandbox.client.faults() == []


def test_callers_that_hang_up_leave_no_thread_behind(sandbox: RunningSandbox) -> None:
    detector = sandbox.detector()
    until(lambda: threads(sandbox) <= 3, "the sandbox is at rest")
    at_rest = threads(sandbox)
    sandbox.client.fails("GetDetector", with_=TimeOut(seconds=300))

    def hang_up(_number: int) -> str:
        with pytest.raises(ReadTimeoutError) as given_up:
            client.get_detector(DetectorId=detector)
        return str(given_up.value)

    client = patient(sandbox, 1.0)
    with ThreadPoolExecutor(60) as pool:
        assert len(list(pool.map(hang_up, range(120)))) == 120
    until(lambda: threads(sandbox) <= at_rest, "the threads have ended")
    sandbox.client.clear_faults()
    assert sandbox.boto3("guardduty").get_detector(DetectorId=detector)["Status"] == "ENABLED"


def test_it_stops_at_once_while_calls_are_kept_waiting(sandbox: RunningSandbox) -> None:
    sandbox.client.fails("ListDetectors", with_=TimeOut(seconds=300))
    sandbox.client.slows("GetOrganizationStatistics", by=Fixed(seconds=300))
    guardduty = sandbox.boto3("guardduty")
    with ThreadPoolExecutor() as pool:
        waiting = [
            pool.submit(guardduty.list_detectors),
            pool.submit(guardduty.get_organization_statistics),
        ]
        until(
            lambda: [fault.struck for fault in sandbox.client.faults()] == [1, 1],
            "both calls are kept waiting",
        )
        assert sandbox.stop() == 0
        for call in waiting:
            with pytest.raises(ConnectionClosedError):
                call.result(PATIENCE_SECONDS)
