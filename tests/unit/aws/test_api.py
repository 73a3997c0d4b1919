"""GuardDuty's answers, as botocore's service model has them, in the words of the domain."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
    UserError,
)
from guardduty_eks_audit_logs.model import (
    AutoEnable,
    Detector,
    Membership,
    MemberStatuses,
    OrganizationConfiguration,
    TrialDays,
    Usage,
)
from tests.support.doors import bare_environment
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NO_MASTER,
    NOT_ASSOCIATED,
    OFF,
    ON,
    account,
    accounts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_TOLD = "GuardDuty does not return the status of EKS_AUDIT_LOGS for this account."


class _Stubbed:
    """GuardDuty that answers what it was told to, in that order, and nothing else."""

    def __init__(self) -> None:
        client = boto3.Session().client(
            "guardduty",
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - no secret
        )
        self.stubber = Stubber(client)
        self.api = GuardDutyApi(client)

    def answers(self, operation: str, answer: dict[str, Any], **asked: object) -> None:
        self.stubber.add_response(operation, answer, asked)

    def refuses(self, operation: str, code: str, message: str) -> None:
        self.stubber.add_client_error(operation, code, message, http_status_code=400)


@pytest.fixture
def guardduty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[_Stubbed]:
    bare_environment(monkeypatch, tmp_path)
    stubbed = _Stubbed()
    with stubbed.stubber:
        yield stubbed
        stubbed.stubber.assert_no_pending_responses()


# Detector


def test_the_regions_detector_is_found(guardduty: _Stubbed) -> None:
    guardduty.answers("list_detectors", {"DetectorIds": [DETECTOR]})
    assert guardduty.api.detector_id() == DETECTOR


def test_the_detector_may_be_on_a_later_page(guardduty: _Stubbed) -> None:
    guardduty.answers("list_detectors", {"DetectorIds": [], "NextToken": "2"})
    guardduty.answers("list_detectors", {"DetectorIds": [DETECTOR]}, NextToken="2")
    assert guardduty.api.detector_id() == DETECTOR


def test_no_detector_is_told_as_none(guardduty: _Stubbed) -> None:
    guardduty.answers("list_detectors", {"DetectorIds": []})
    assert guardduty.api.detector_id() is None


_FOUNDATION = [{"Name": name, "Status": "ENABLED"} for name in ("CLOUD_TRAIL", "DNS_LOGS")]


@pytest.mark.parametrize(("word", "status"), [("ENABLED", ON), ("DISABLED", OFF)])
def test_a_detector_is_reduced_to_its_eks_audit_logs(
    guardduty: _Stubbed, word: str, status: object
) -> None:
    features = [*_FOUNDATION, {"Name": "EKS_AUDIT_LOGS", "Status": word}]
    answer = {"Status": "ENABLED", "ServiceRole": "x", "Features": features, "Tags": {"a": "b"}}
    guardduty.answers("get_detector", answer, DetectorId=DETECTOR)

    detector = guardduty.api.detector(DETECTOR)

    assert detector == Detector(DETECTOR, monitoring=True, status=status, tags={"a": "b"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "features",
    [
        {},
        {"Features": []},
        {"Features": _FOUNDATION},
        {"Features": [{"Status": "ENABLED"}]},
    ],
)
def test_a_status_that_is_not_told_is_neither_on_nor_off(
    guardduty: _Stubbed, features: dict[str, Any]
) -> None:
    answer = {"Status": "DISABLED", "ServiceRole": "x", **features}
    guardduty.answers("get_detector", answer, DetectorId=DETECTOR)

    detector = guardduty.api.detector(DETECTOR)

    assert detector == Detector(DETECTOR, monitoring=False, status=None, tags={})


@pytest.mark.parametrize("told", [{}, {"Status": "PAUSED"}])
def test_a_status_that_nobody_knows_does_not_mean_not_offered(
    guardduty: _Stubbed, told: dict[str, Any]
) -> None:
    features = [{"Name": "EKS_AUDIT_LOGS", **told}]
    answer = {"Status": "ENABLED", "ServiceRole": "x", "Features": features}
    guardduty.answers("get_detector", answer, DetectorId=DETECTOR)

    with pytest.raises(ServiceError, match="which this release does not know"):
        guardduty.api.detector(DETECTOR)


# Administrator and organization


def test_a_member_is_told_its_administrator(guardduty: _Stubbed) -> None:
    answer = {"Administrator": {"AccountId": ADMINISTRATOR, "RelationshipStatus": "Enabled"}}
    guardduty.answers("get_administrator_account", answer, DetectorId=DETECTOR)
    assert guardduty.api.administrator(DETECTOR) == ADMINISTRATOR


def test_an_administrator_and_a_standalone_account_have_none(guardduty: _Stubbed) -> None:
    guardduty.answers("get_administrator_account", {"Administrator": {}}, DetectorId=DETECTOR)
    assert guardduty.api.administrator(DETECTOR) is None


def _organization(**answer: object) -> dict[str, Any]:
    return {"MemberAccountLimitReached": False, **answer}


def _eks(auto_enable: str) -> dict[str, str]:
    return {"Name": "EKS_AUDIT_LOGS", "AutoEnable": auto_enable}


def test_the_organization_is_reduced_to_what_it_does_with_eks_audit_logs(
    guardduty: _Stubbed,
) -> None:
    features = [{"Name": "S3_DATA_EVENTS", "AutoEnable": "ALL"}, _eks("NEW")]
    answer = _organization(AutoEnableOrganizationMembers="ALL", Features=features)
    guardduty.answers("describe_organization_configuration", answer, DetectorId=DETECTOR)

    assert guardduty.api.organization(DETECTOR) == OrganizationConfiguration(
        AutoEnable.ALL, AutoEnable.NEW
    )


def test_the_organizations_features_come_in_pages(guardduty: _Stubbed) -> None:
    describe = "describe_organization_configuration"
    whole = _organization(AutoEnableOrganizationMembers="NEW")
    guardduty.answers(describe, {**whole, "Features": [], "NextToken": "2"}, DetectorId=DETECTOR)
    guardduty.answers(
        describe,
        {**whole, "Features": [_eks("ALL")], "NextToken": "3"},
        DetectorId=DETECTOR,
        NextToken="2",
    )
    guardduty.answers(describe, _organization(NextToken=""), DetectorId=DETECTOR, NextToken="3")

    assert guardduty.api.organization(DETECTOR) == OrganizationConfiguration(
        AutoEnable.NEW, AutoEnable.ALL
    )


def test_a_page_token_that_comes_again_is_an_error_and_no_endless_list(guardduty: _Stubbed) -> None:
    describe = "describe_organization_configuration"
    page = _organization(AutoEnableOrganizationMembers="NEW", NextToken="2")
    guardduty.answers(describe, page, DetectorId=DETECTOR)
    guardduty.answers(describe, page, DetectorId=DETECTOR, NextToken="2")

    with pytest.raises(ServiceError, match="a page leads back to one that was read before"):
        guardduty.api.organization(DETECTOR)


def test_pages_that_say_nothing_new_for_ever_are_an_error(guardduty: _Stubbed) -> None:
    for number in range(100):
        asked = {"NextToken": str(number)} if number else {}
        answer = {"DetectorIds": [], "NextToken": str(number + 1)}
        guardduty.answers("list_detectors", answer, **asked)

    with pytest.raises(ServiceError, match="100 pages say the same"):
        guardduty.api.detector_id()


def test_a_list_may_have_many_empty_pages_before_its_end(guardduty: _Stubbed) -> None:
    for number in range(99):
        asked = {"NextToken": str(number)} if number else {}
        guardduty.answers(
            "list_detectors", {"DetectorIds": [], "NextToken": f"{number + 1}"}, **asked
        )
    guardduty.answers("list_detectors", {"DetectorIds": []}, NextToken="99")

    assert guardduty.api.detector_id() is None


@pytest.mark.parametrize(
    "features", [{}, {"Features": []}, {"Features": [{"Name": "EKS_AUDIT_LOGS"}]}]
)
def test_an_organization_that_is_silent_on_the_feature(
    guardduty: _Stubbed, features: dict[str, Any]
) -> None:
    answer = _organization(**features)
    guardduty.answers("describe_organization_configuration", answer, DetectorId=DETECTOR)

    assert guardduty.api.organization(DETECTOR) == OrganizationConfiguration(AutoEnable.NONE, None)


# Members


def _row(number: int, status: str, **more: str) -> dict[str, str]:
    return {
        "AccountId": account(number),
        "MasterId": ADMINISTRATOR,
        "Email": "x@example.com",
        "RelationshipStatus": status,
        "UpdatedAt": "",
        **more,
    }


def test_all_members_are_listed_whatever_their_relationship_status(guardduty: _Stubbed) -> None:
    guardduty.answers(
        "list_members",
        {
            "Members": [_row(1, "Enabled", UpdatedAt="2026-05-04T12:30:00.123Z")],
            "NextToken": "2",
        },
        DetectorId=DETECTOR,
        OnlyAssociated="false",
    )
    guardduty.answers(
        "list_members",
        {"Members": [], "NextToken": "3"},
        DetectorId=DETECTOR,
        OnlyAssociated="false",
        NextToken="2",
    )
    guardduty.answers(
        "list_members",
        {
            "Members": [
                _row(2, "Removed"),
                _row(3, "NeverHeardOf", UpdatedAt="yesterday"),
                _row(4, "Enabled", InvitedAt="2026-05-04T12:30:00.123Z", Email="x@example.com"),
            ]
        },
        DetectorId=DETECTOR,
        OnlyAssociated="false",
        NextToken="3",
    )

    assert guardduty.api.members(DETECTOR) == (
        Membership(account(1), "Enabled", datetime(2026, 5, 4, 12, 30, 0, 123_000, UTC)),
        Membership(account(2), "Removed", None),
        Membership(account(3), "NeverHeardOf", None),
        Membership(account(4), "Enabled", None, invited=True),
    )


def test_accounts_that_are_no_members_are_left_out(guardduty: _Stubbed) -> None:
    guardduty.answers(
        "get_members",
        {
            "Members": [_row(1, "Enabled")],
            "UnprocessedAccounts": [{"AccountId": account(2), "Result": NOT_ASSOCIATED}],
        },
        DetectorId=DETECTOR,
        AccountIds=accounts(2),
    )
    assert guardduty.api.memberships(DETECTOR, accounts(2)) == (Membership(account(1), "Enabled"),)


def _configuration(number: int, *features: dict[str, str]) -> dict[str, Any]:
    return {
        "AccountId": account(number),
        "DataSources": {
            name: {"Status": "ENABLED"} for name in ("CloudTrail", "DNSLogs", "FlowLogs", "S3Logs")
        },
        "Features": [*_FOUNDATION, *features],
    }


def test_members_are_on_off_or_unknown(guardduty: _Stubbed) -> None:
    guardduty.answers(
        "get_member_detectors",
        {
            "MemberDataSourceConfigurations": [
                _configuration(1, {"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}),
                _configuration(2, {"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}),
                _configuration(3),
                _configuration(4, {"Name": "EKS_AUDIT_LOGS", "Status": "PAUSED"}),
            ],
            "UnprocessedAccounts": [{"AccountId": account(5), "Result": "Internal error"}],
        },
        DetectorId=DETECTOR,
        AccountIds=accounts(6),
    )

    assert guardduty.api.member_statuses(DETECTOR, accounts(6)) == MemberStatuses(
        {account(1): ON, account(2): OFF},
        {
            account(3): _NOT_TOLD,
            account(4): _NOT_TOLD,
            account(5): "Internal error",
            account(6): _NOT_TOLD,
        },
    )


@pytest.mark.parametrize(("status", "word"), [(ON, "ENABLED"), (OFF, "DISABLED")])
def test_a_write_names_eks_audit_logs_and_no_other_feature(
    guardduty: _Stubbed, status: object, word: str
) -> None:
    guardduty.answers(
        "update_member_detectors",
        {"UnprocessedAccounts": [{"AccountId": account(2), "Result": NOT_ASSOCIATED}]},
        DetectorId=DETECTOR,
        AccountIds=accounts(2),
        Features=[{"Name": "EKS_AUDIT_LOGS", "Status": word}],
    )

    unprocessed = guardduty.api.set_member_status(DETECTOR, accounts(2), status)  # type: ignore[arg-type]

    assert unprocessed == {account(2): NOT_ASSOCIATED}


# Costs


def _trial(number: int, *features: dict[str, object]) -> dict[str, object]:
    foundation = {"Name": "FLOW_LOGS", "FreeTrialDaysRemaining": 3}
    return {"AccountId": account(number), "Features": [foundation, *features]}


def test_a_trial_is_that_of_eks_audit_logs_or_not_told(guardduty: _Stubbed) -> None:
    guardduty.answers(
        "get_remaining_free_trial_days",
        {
            "Accounts": [
                _trial(1, {"Name": "EKS_AUDIT_LOGS", "FreeTrialDaysRemaining": 11}),
                _trial(2, {"Name": "EKS_AUDIT_LOGS", "FreeTrialDaysRemaining": 0}),
                _trial(3),
                _trial(4, {"Name": "EKS_AUDIT_LOGS"}),
                {"AccountId": account(5)},
            ],
            "UnprocessedAccounts": [{"AccountId": account(6), "Result": NOT_ASSOCIATED}],
        },
        DetectorId=DETECTOR,
        AccountIds=accounts(6),
    )

    assert guardduty.api.trial_days(DETECTOR, accounts(6)) == TrialDays(
        {account(1): 11, account(2): 0}, {account(6): NOT_ASSOCIATED}
    )


_USAGE_ASKED: dict[str, object] = {
    "DetectorId": DETECTOR,
    "UsageStatisticType": "SUM_BY_FEATURES",
    "UsageCriteria": {"Features": ["EKS_AUDIT_LOGS"]},
}


def _used(amount: str, feature: str = "EKS_AUDIT_LOGS") -> dict[str, object]:
    return {"Feature": feature, "Total": {"Amount": amount, "Unit": "USD"}}


def _usage_page(*entries: dict[str, object], following: str | None = None) -> dict[str, object]:
    more = {} if following is None else {"NextToken": following}
    return {"UsageStatistics": {"SumByFeature": list(entries)}, **more}


def test_usage_is_read_to_the_last_digit(guardduty: _Stubbed) -> None:
    page = _usage_page(_used("1.00", "FLOW_LOGS"), _used("0.1234567890123456789"))
    guardduty.answers("get_usage_statistics", page, **_USAGE_ASKED)

    assert guardduty.api.usage(DETECTOR) == Usage(Decimal("0.1234567890123456789"), "USD")


def test_usage_may_be_on_a_later_page(guardduty: _Stubbed) -> None:
    operation = "get_usage_statistics"
    guardduty.answers(operation, _usage_page(following="2"), **_USAGE_ASKED)
    guardduty.answers(operation, _usage_page(_used("7")), **_USAGE_ASKED, NextToken="2")

    assert guardduty.api.usage(DETECTOR) == Usage(Decimal(7), "USD")


@pytest.mark.parametrize("tokens", [["2", "2"], ["2", "3", "2"]], ids=["same", "circle"])
def test_pages_of_usage_that_come_back_are_an_error(guardduty: _Stubbed, tokens: list[str]) -> None:
    asked = _USAGE_ASKED
    for token in tokens:
        guardduty.answers("get_usage_statistics", _usage_page(following=token), **asked)
        asked = {**_USAGE_ASKED, "NextToken": token}

    with pytest.raises(ServiceError, match="a page leads back to one that was read before"):
        guardduty.api.usage(DETECTOR)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"UsageStatistics": {}},
        _usage_page(),
        _usage_page(following=""),
        _usage_page(_used("1.00", "FLOW_LOGS")),
        _usage_page({"Feature": "EKS_AUDIT_LOGS"}),
        _usage_page({"Feature": "EKS_AUDIT_LOGS", "Total": {"Amount": "1.00"}}),
        _usage_page({"Feature": "EKS_AUDIT_LOGS", "Total": {"Unit": "USD"}}),
    ],
)
def test_usage_that_is_not_listed_is_not_nothing(
    guardduty: _Stubbed, answer: dict[str, object]
) -> None:
    guardduty.answers("get_usage_statistics", answer, **_USAGE_ASKED)
    assert guardduty.api.usage(DETECTOR) is None


@pytest.mark.parametrize("amount", ["", "much", "1,50", "NaN", "Infinity"])
def test_an_amount_that_is_no_number_is_told(guardduty: _Stubbed, amount: str) -> None:
    guardduty.answers("get_usage_statistics", _usage_page(_used(amount)), **_USAGE_ASKED)

    with pytest.raises(ServiceError, match="GetUsageStatistics failed: UnknownValue: the answer"):
        guardduty.api.usage(DETECTOR)


# Errors


def test_a_refusal_is_told_with_the_operation_and_aws_words(guardduty: _Stubbed) -> None:
    describe = "describe_organization_configuration"
    guardduty.refuses(describe, "BadRequestException", NO_MASTER)

    with pytest.raises(ServiceError) as caught:
        guardduty.api.organization(DETECTOR)

    assert str(caught.value) == (
        "DescribeOrganizationConfiguration failed: BadRequestException: The request failed because "
        "you do not have required AWS Organization master permission."
    )
    assert (caught.value.operation, caught.value.code, caught.value.reason) == (
        "DescribeOrganizationConfiguration",
        "BadRequestException",
        NO_MASTER,
    )


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
def test_a_missing_permission_is_told_with_the_way_out(guardduty: _Stubbed, code: str) -> None:
    guardduty.refuses("list_members", code, "User: x is not authorized")

    with pytest.raises(ServiceError) as caught:
        guardduty.api.members(DETECTOR)

    assert str(caught.value) == (
        f"ListMembers failed: {code}: User: x is not authorized. Give the caller the permission "
        "for ListMembers."
    )


@pytest.mark.parametrize(
    "code",
    [
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "ExpiredToken",
        "SignatureDoesNotMatch",
    ],
)
def test_credentials_that_aws_does_not_know(guardduty: _Stubbed, code: str) -> None:
    guardduty.refuses("list_detectors", code, "The security token is invalid.")
    expired = code == "ExpiredToken"

    with pytest.raises(CredentialsError) as caught:
        guardduty.api.detector_id()

    assert str(caught.value) == (
        "AWS does not accept the credentials (ListDetectors: The security token is invalid). Renew "
        + ("them." if expired else "them; or enable the region for this account if it is one to ")
        + ("" if expired else "opt in to.")
    )


ROLE = "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Audit"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            f"User: {ROLE}/jane.doe@corp.example may not do guardduty:GetMembers",
            f"User: {ROLE}/… may not do guardduty:GetMembers",
        ),
        ("jane.doe+aws@corp.example.org may not.", "… may not."),
        ("x" * 5000, "x" * 1000 + "…"),
        ("\x1b[2J**not**\r\nallowed\u202e", "**not** allowed"),
        (NO_MASTER, NO_MASTER),
    ],
)
def test_a_reason_names_nobody_and_drowns_nothing(
    guardduty: _Stubbed, reason: str, told: str
) -> None:
    guardduty.refuses("list_members", "AccessDeniedException", reason)

    with pytest.raises(ServiceError) as caught:
        guardduty.api.members(DETECTOR)

    assert caught.value.reason == told


def test_answers_are_read_as_printable_lines(guardduty: _Stubbed) -> None:
    guardduty.answers(
        "list_members",
        {"Members": [_row(1, "\x1b[31mOdd\nStatus\u202e")]},
        DetectorId=DETECTOR,
        OnlyAssociated="false",
    )
    guardduty.answers(
        "update_member_detectors",
        {
            "UnprocessedAccounts": [
                {"AccountId": account(1), "Result": "a\x1b]0;b\x07\nc@d.example"}
            ]
        },
        DetectorId=DETECTOR,
        AccountIds=accounts(1),
        Features=[{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}],
    )

    (member,) = guardduty.api.members(DETECTOR)
    reasons = guardduty.api.set_member_status(DETECTOR, accounts(1), ON)

    assert member.relationship_status == "Odd Status"
    assert reasons == {account(1): "a …"}


def _translated(error: Exception) -> UserError:
    with pytest.raises(UserError) as caught, aws_errors("ListMembers"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:9"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:9"),
    ],
)
def test_no_answer_is_told_with_the_address(error: Exception) -> None:
    told = _translated(error)

    assert isinstance(told, ConnectionFailedError)
    assert str(told).startswith("no answer from AWS (ListMembers: ")
    assert "http://127.0.0.1:9" in str(told)
    assert str(told).endswith(
        "). Check the network, and aws:endpoints or AWS_ENDPOINT_URL if one is set."
    )


def test_a_page_that_is_no_answer_is_told_with_the_proxy() -> None:
    told = _translated(ClientError({}, "ListMembers"))

    assert isinstance(told, ServiceError)
    assert str(told) == (
        "ListMembers failed: MalformedAnswer: the answer is not what this operation answers. Check "
        "aws:endpoints and the proxy."
    )


def test_anything_else_that_botocore_raises_is_told_by_its_name() -> None:
    told = _translated(ParamValidationError(report="Invalid length"))

    assert isinstance(told, ServiceError)
    assert str(told).startswith("ListMembers failed: ParamValidationError: ")


def test_an_error_without_words_is_told_by_its_code() -> None:
    told = _translated(ClientError({"Error": {"Code": "Throttling"}}, "ListMembers"))
    assert str(told) == "ListMembers failed: Throttling: Throttling."


def test_a_defect_stays_a_defect() -> None:
    defect = ZeroDivisionError()

    @contextmanager
    def running() -> Iterator[None]:
        with aws_errors("ListMembers"):
            yield

    with pytest.raises(ZeroDivisionError), running():
        raise defect


def test_an_auto_enable_value_of_a_later_release_is_told() -> None:
    guardduty = _Stubbed()
    guardduty.answers(
        "describe_organization_configuration",
        {"MemberAccountLimitReached": False, "AutoEnableOrganizationMembers": "SOME"},
        DetectorId=DETECTOR,
    )

    with guardduty.stubber, pytest.raises(ServiceError, match="SOME, which this release does not"):
        guardduty.api.organization(DETECTOR)


def test_a_time_without_a_zone_is_utc() -> None:
    guardduty = _Stubbed()
    member = {
        "AccountId": account(1),
        "Email": "x",
        "MasterId": ADMINISTRATOR,
        "RelationshipStatus": "Enabled",
        "UpdatedAt": "2026-05-04T12:30:00",
    }
    guardduty.answers(
        "get_members",
        {"Members": [member], "UnprocessedAccounts": []},
        DetectorId=DETECTOR,
        AccountIds=[account(1)],
    )

    with guardduty.stubber:
        (membership,) = guardduty.api.memberships(DETECTOR, [account(1)])

    assert membership.updated == datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
