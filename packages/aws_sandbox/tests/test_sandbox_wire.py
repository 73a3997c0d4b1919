"""Every operation of the sandbox's GuardDuty on the wire, held against botocore's service model.

Each is called with boto3. What went over the wire is then read again by the model alone: the answer
has to conform, and every request that breaks a bound of the model has to be refused.
"""

from __future__ import annotations

import contextlib
import copy
import http.client
import io
import json
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import boto3
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.guardduty.operations import OPERATIONS
from aws_sandbox.guardduty.wire import service_model
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox, make
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.model import OperationModel

FIRST = "300000000001"
OUTSIDE = "999999999999"
REGION = "us-east-1"

ABOUT_ACCOUNTS_AND_FEATURES = {
    *("CreateDetector", "GetDetector", "ListDetectors", "UpdateDetector", "DeleteDetector"),
    *("DescribeOrganizationConfiguration", "UpdateOrganizationConfiguration"),
    *("ListMembers", "GetMembers", "CreateMembers", "InviteMembers"),
    *("GetMemberDetectors", "UpdateMemberDetectors"),
    *("StartMonitoringMembers", "StopMonitoringMembers", "DisassociateMembers", "DeleteMembers"),
    *("GetRemainingFreeTrialDays", "GetUsageStatistics", "GetOrganizationStatistics"),
    *("EnableOrganizationAdminAccount", "DisableOrganizationAdminAccount"),
    *("ListOrganizationAdminAccounts", "GetAdministratorAccount", "GetMasterAccount"),
    *("DisassociateFromAdministratorAccount", "DisassociateFromMasterAccount"),
    *("AcceptAdministratorInvitation", "AcceptInvitation", "DeclineInvitations"),
    *("DeleteInvitations", "ListInvitations", "GetInvitationsCount"),
}
READING = ("Get", "List", "Describe")
OUTSIDE_OF_ACCOUNTS_AND_FEATURES = {
    *("CreatePublishingDestination", "UpdatePublishingDestination", "DeletePublishingDestination"),
    *("CreateSampleFindings", "UpdateMalwareScanSettings", "TagResource", "UntagResource"),
}

# What the model requires and AWS leaves out: the email address of a member of an organization, and
# the administrator of an account that has none.
LEFT_OUT_BY_AWS = {
    ("Member", "Email"),
    ("GetAdministratorAccountResponse", "Administrator"),
    ("GetMasterAccountResponse", "Master"),
}

MONITORING = {
    "Name": "RUNTIME_MONITORING",
    "Status": "ENABLED",
    "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}],
}
MONITORING_FOR_NEW = {
    "Name": "RUNTIME_MONITORING",
    "AutoEnable": "NEW",
    "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "AutoEnable": "NEW"}],
}
AUDIT_LOGS = {"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}
INVITED = [{"AccountId": OUTSIDE, "Email": "owner@example.com"}]
INVITED_MANAGEMENT = [{"AccountId": MANAGEMENT, "Email": "owner@example.com"}]

DESTINATION = {
    "DestinationArn": "arn:aws:s3:::findings/guardduty",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ADMINISTRATOR}:key/00000000-0000-0000-0000-000000000001",
}
SCANNED = {"EC2_INSTANCE_TAG": {"MapEquals": [{"Key": "env", "Value": "prod"}]}}

Json = Any


@dataclass(frozen=True)
class Exchange:
    """One request with its answer, as they were sent."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer_headers: dict[str, str]
    answer: bytes


class RawAnswer(io.BytesIO):
    """An answer's body, in the form in which botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Served:
    """A sandbox in this process, and the last exchange with it."""

    url: str
    exchange: Exchange | None = None

    def guardduty(self, account: str = ADMINISTRATOR) -> Any:  # noqa: ANN401 -- boto3's
        client = boto3.client(
            "guardduty",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=access_key_id(account),
            aws_secret_access_key=secret_access_key(account),
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )
        # The stubs have it that a handler returns nothing; here the answer is what it returns.
        client.meta.events.register("before-send.guardduty", self._exchange)  # type: ignore[arg-type]
        return client

    def detector(self, account: str = ADMINISTRATOR) -> str:
        (found,) = self.guardduty(account).list_detectors()["DetectorIds"]
        return str(found)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        """Send a request as it is, whatever the model says of it."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {key: text for key, text in headers.items() if key.lower() != "content-length"}
        connection.request(method, target, body or None, sent)
        response = connection.getresponse()
        answer_headers = {key.lower(): text for key, text in response.getheaders()}
        answer = response.read()
        connection.close()
        return Exchange(method, url, sent, body, response.status, answer_headers, answer)

    def _exchange(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        headers = {key: _text(value) for key, value in request.headers.items()}
        body = _text(request.body or "").encode()
        done = self.send(str(request.method), str(request.url), headers, body)
        self.exchange = done
        headers_seen = HTTPHeaders.from_dict(done.answer_headers)
        return AWSResponse(done.url, done.status, headers_seen, RawAnswer(done.answer))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


_LOOKS_EVERY_SECONDS = 0.01  # whether it is to stop; half a second by default, after each test


@pytest.fixture
def served() -> Iterator[Served]:
    server = make(Sandbox(default_organization(accounts=3, regions=[REGION])), 0)
    thread = threading.Thread(
        target=server.serve_forever, args=(_LOOKS_EVERY_SECONDS,), daemon=True
    )
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()
    thread.join(timeout=60)


# Who calls an operation, with what, and what has to be done before.


@dataclass(frozen=True)
class Case:
    """A call that is in order.

    `asked` are the parameters beside those that the model alone can tell (`sampled`). `error` is
    the answer where the sandbox has nothing of what is asked for.
    """

    asked: Mapping[str, Json] = field(default_factory=dict)
    caller: str = ADMINISTRATOR
    prepare: Callable[[Served], None] = lambda _: None
    complete: Callable[[Served], Mapping[str, Json]] = lambda _: {}
    error: str | None = None


def use_guardduty_in_the_management_account(served: Served) -> None:
    served.guardduty(MANAGEMENT).create_detector(Enable=True)


def withdraw_the_administrator(served: Served) -> None:
    management = served.guardduty(MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)


def disassociate_the_first(served: Served) -> None:
    served.guardduty().disassociate_members(DetectorId=served.detector(), AccountIds=[FIRST])


def suspend_the_first(served: Served) -> None:
    served.guardduty().stop_monitoring_members(DetectorId=served.detector(), AccountIds=[FIRST])


def create_a_member_outside(served: Served) -> None:
    served.guardduty().create_members(DetectorId=served.detector(), AccountDetails=INVITED)


def invite_the_management_account(served: Served) -> None:
    """By an account that the organization's administrator has let go."""
    use_guardduty_in_the_management_account(served)
    disassociate_the_first(served)
    first, detector = served.guardduty(FIRST), served.detector(FIRST)
    first.create_members(DetectorId=detector, AccountDetails=INVITED_MANAGEMENT)
    first.invite_members(DetectorId=detector, AccountIds=[MANAGEMENT])


def decline_the_invitation(served: Served) -> None:
    invite_the_management_account(served)
    served.guardduty(MANAGEMENT).decline_invitations(AccountIds=[FIRST])


def the_invitation(served: Served) -> Mapping[str, Json]:
    (found,) = served.guardduty(MANAGEMENT).list_invitations()["Invitations"]
    return {"InvitationId": found["InvitationId"]}


def the_detectors_arn(served: Served) -> Mapping[str, Json]:
    arn = f"arn:aws:guardduty:{REGION}:{ADMINISTRATOR}:detector/{served.detector()}"
    return {"ResourceArn": arn}


def export_findings(served: Served) -> None:
    served.guardduty().create_publishing_destination(
        DetectorId=served.detector(), DestinationType="S3", DestinationProperties=DESTINATION
    )


def the_destination(served: Served) -> Mapping[str, Json]:
    listed = served.guardduty().list_publishing_destinations(DetectorId=served.detector())
    return {"DestinationId": listed["Destinations"][0]["DestinationId"]}


def make_samples(served: Served) -> None:
    served.guardduty().create_sample_findings(DetectorId=served.detector())


def a_finding(served: Served) -> Mapping[str, Json]:
    listed = served.guardduty().list_findings(DetectorId=served.detector(), MaxResults=1)
    return {"FindingIds": listed["FindingIds"]}


EXPORTING_CASE = partial(Case, prepare=export_findings, complete=the_destination)
INVITED_CASE = partial(Case, caller=MANAGEMENT, prepare=invite_the_management_account)
FIRSTS = {"AccountIds": [FIRST]}
FOUND_NOTHING = Case(error="BadRequestException")
NOT_FOUND = Case(error="ResourceNotFoundException")

CASES: dict[str, Case] = {
    "AcceptAdministratorInvitation": INVITED_CASE(
        {"AdministratorId": FIRST}, complete=the_invitation
    ),
    "AcceptInvitation": INVITED_CASE({"MasterId": FIRST}, complete=the_invitation),
    "CreateDetector": Case(
        {
            "Enable": True,
            "FindingPublishingFrequency": "ONE_HOUR",
            "Tags": {"team": "security"},
            "Features": [AUDIT_LOGS, MONITORING],
        },
        caller=MANAGEMENT,
    ),
    "CreateMembers": Case({"AccountDetails": INVITED}),
    "CreatePublishingDestination": Case({"DestinationProperties": DESTINATION}),
    "CreateSampleFindings": Case({"FindingTypes": ["Discovery:Kubernetes/TorIPCaller"]}),
    "DeclineInvitations": INVITED_CASE(FIRSTS),
    "DeleteDetector": Case(caller=MANAGEMENT, prepare=use_guardduty_in_the_management_account),
    "DeleteInvitations": Case(FIRSTS, caller=MANAGEMENT, prepare=decline_the_invitation),
    "DeleteMembers": Case(FIRSTS, prepare=disassociate_the_first),
    "DeletePublishingDestination": EXPORTING_CASE(),
    "DescribePublishingDestination": EXPORTING_CASE(),
    "DisableOrganizationAdminAccount": Case({"AdminAccountId": ADMINISTRATOR}, caller=MANAGEMENT),
    "DisassociateFromAdministratorAccount": Case(caller=FIRST),
    "DisassociateFromMasterAccount": Case(caller=FIRST),
    "DisassociateMembers": Case(FIRSTS),
    "EnableOrganizationAdminAccount": Case(
        {"AdminAccountId": FIRST}, caller=MANAGEMENT, prepare=withdraw_the_administrator
    ),
    "GetAdministratorAccount": Case(caller=FIRST),
    "GetFindings": Case(prepare=make_samples, complete=a_finding),
    "GetFindingsStatistics": Case(
        {"GroupBy": "RESOURCE", "OrderBy": "ASC", "MaxResults": 100}, prepare=make_samples
    ),
    "ListFindings": Case(prepare=make_samples),
    "ListPublishingDestinations": Case(prepare=export_findings),
    "GetMasterAccount": Case(caller=FIRST),
    "GetMemberDetectors": Case(FIRSTS),
    "GetMembers": Case(FIRSTS),
    "GetRemainingFreeTrialDays": Case(FIRSTS),
    "GetUsageStatistics": Case(
        {
            "UsageStatisticType": "SUM_BY_ACCOUNT",
            "UsageCriteria": {**FIRSTS, "Features": ["CLOUD_TRAIL"]},
            "Unit": "USD",
        }
    ),
    "InviteMembers": Case(
        {"AccountIds": [OUTSIDE], "DisableEmailNotification": True, "Message": "Welcome"},
        prepare=create_a_member_outside,
    ),
    "ListInvitations": INVITED_CASE(),
    "ListMembers": Case({"OnlyAssociated": "false"}),
    "ListOrganizationAdminAccounts": Case(caller=MANAGEMENT),
    "ListTagsForResource": Case(complete=the_detectors_arn),
    "StartMonitoringMembers": Case(FIRSTS, prepare=suspend_the_first),
    "StopMonitoringMembers": Case(FIRSTS),
    "TagResource": Case({"Tags": {"team": "security"}}, complete=the_detectors_arn),
    "UntagResource": Case({"TagKeys": ["team", "env"]}, complete=the_detectors_arn),
    "UpdateDetector": Case(
        {
            "Enable": True,
            "FindingPublishingFrequency": "ONE_HOUR",
            "Features": [AUDIT_LOGS, MONITORING],
        }
    ),
    "UpdateMalwareScanSettings": Case(
        {
            "ScanResourceCriteria": {"Include": SCANNED},
            "EbsSnapshotPreservation": "RETENTION_WITH_FINDING",
        }
    ),
    "UpdatePublishingDestination": EXPORTING_CASE({"DestinationProperties": DESTINATION}),
    "UpdateMemberDetectors": Case({**FIRSTS, "Features": [AUDIT_LOGS, MONITORING]}),
    "UpdateOrganizationConfiguration": Case(
        {"AutoEnableOrganizationMembers": "NEW", "Features": [MONITORING_FOR_NEW]}
    ),
    "GetFilter": FOUND_NOTHING,
    "GetIPSet": FOUND_NOTHING,
    "GetThreatEntitySet": FOUND_NOTHING,
    "GetThreatIntelSet": FOUND_NOTHING,
    "GetTrustedEntitySet": FOUND_NOTHING,
    "GetCustomDetectionRule": NOT_FOUND,
    "GetCustomDetectionRuleAssociation": NOT_FOUND,
    "GetCustomDetectionRuleOrgConfiguration": NOT_FOUND,
    "GetInvestigation": NOT_FOUND,
    "GetMalwareProtectionPlan": NOT_FOUND,
    "GetMalwareScan": NOT_FOUND,
    "ListInvestigationRecords": NOT_FOUND,
}
"""The other operations need no more than what the model requires."""


def called(served: Served, name: str) -> Exchange:
    """Call an operation as its case says, and return what was sent and answered."""
    case = CASES.get(name, Case())
    model = service_model().operation_model(name)
    case.prepare(served)
    parameters = {**case.asked, **case.complete(served)}
    members = model.input_shape.members if model.input_shape else {}
    if "DetectorId" in members:
        parameters["DetectorId"] = served.detector(case.caller)
    if "MaxResults" in members:
        parameters.setdefault("MaxResults", 2)
    for member in model.input_shape.required_members if model.input_shape else ():
        if member not in parameters:
            parameters[member] = sampled(members[member])
    client = served.guardduty(case.caller)
    with contextlib.suppress(ClientError):
        getattr(client, xform_name(name))(**parameters)
    assert served.exchange is not None
    return served.exchange


def sampled(shape: Shape) -> Json:
    """Some value that a shape of the model allows."""
    if isinstance(shape, ListShape):
        return [sampled(shape.member)]
    allowed = shape.metadata.get("enum")
    return allowed[0] if allowed else "abc"


# What the model says of a value on the wire.

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "timestamp": (int, float),
}


def conforms(shape: Shape, value: Json, where: str) -> None:
    """Check a value of an answer's JSON against the model."""
    if isinstance(shape, StructureShape):
        assert isinstance(value, dict), where
        names = {wire_name(member, name): name for name, member in shape.members.items()}
        assert set(value) <= set(names), f"{where}: {set(value) - set(names)}"
        for key, name in names.items():
            if key in value:
                conforms(shape.members[name], value[key], f"{where}.{key}")
            elif name in shape.required_members:
                assert (shape.name, name) in LEFT_OUT_BY_AWS, f"{where}.{key} is missing"
    elif isinstance(shape, ListShape):
        assert isinstance(value, list), where
        bounds = shape.metadata
        assert bounds.get("min", 0) <= len(value) <= bounds.get("max", len(value)), where
        for item in value:
            conforms(shape.member, item, f"{where}[]")
    elif isinstance(shape, MapShape):
        assert isinstance(value, dict), where
        for key, item in value.items():
            conforms(shape.key, key, where)
            conforms(shape.value, item, f"{where}.{key}")
    else:
        assert isinstance(value, TYPES[shape.type_name]), f"{where}: {value!r}"
        assert shape.type_name == "boolean" or not isinstance(value, bool), where
        assert value in shape.metadata.get("enum", [value]), f"{where}: {value}"


def wire_name(member: Shape, name: str) -> str:
    return str(member.serialization.get("name", name))


def in_body(shape: Shape | None) -> dict[str, Shape]:
    """The members of a request that are in its body, by their names on the wire."""
    return _located(shape, {None})


def in_query(shape: Shape | None) -> dict[str, Shape]:
    """The members of a request that are in its query, by their names on the wire."""
    return _located(shape, {"querystring"})


def _located(shape: Shape | None, places: set[str | None]) -> dict[str, Shape]:
    members = shape.members if isinstance(shape, StructureShape) else {}
    return {
        wire_name(member, name): member
        for name, member in members.items()
        if member.serialization.get("location") in places
    }


# What breaks the model: each yields what is wrong, and a value that is.


def broken(shape: Shape, value: Json) -> Iterator[tuple[str, Json]]:
    """Values that are like a good one but for one thing that the model does not allow."""
    yield "another type", "x" if shape.type_name in {"structure", "list", "map"} else {"x": 1}
    if isinstance(shape, StructureShape):
        yield from _broken_structure(shape, value)
    elif isinstance(shape, ListShape):
        yield from _broken_list(shape, value)
    elif isinstance(shape, MapShape):
        for bound, broken_map in (("min", {}), ("max", {f"k{n}": "v" for n in range(201)})):
            if bound in shape.metadata:
                yield f"{len(broken_map)} entries", broken_map
    else:
        yield from _broken_scalar(shape)


def _broken_structure(shape: StructureShape, value: Json) -> Iterator[tuple[str, Json]]:
    for name, member in shape.members.items():
        key = wire_name(member, name)
        if name in shape.required_members:
            yield f"no {key}", {other: item for other, item in value.items() if other != key}
        if key in value:
            for fault, item in broken(member, value[key]):
                yield f"{key}: {fault}", {**value, key: item}


def _broken_list(shape: ListShape, value: Json) -> Iterator[tuple[str, Json]]:
    if shape.metadata.get("min", 0) > 0:
        yield "0 entries", []
    if "max" in shape.metadata:
        longest = shape.metadata["max"] + 1
        yield f"{longest} entries", [copy.deepcopy(value[0]) for _ in range(longest)]
    for fault, item in broken(shape.member, value[0]):
        yield f"[0]: {fault}", [item, *value[1:]]


def _broken_scalar(shape: Shape) -> Iterator[tuple[str, Json]]:
    bounds = shape.metadata
    if bounds.get("enum"):
        yield "a word that the model does not know", "NONSENSE"
    if shape.type_name == "string":
        yield "a number", 7
        if bounds.get("min", 0) > 0:
            yield "too short", "x" * (bounds["min"] - 1)
        if "max" in bounds:
            yield "too long", "x" * (bounds["max"] + 1)
    if shape.type_name == "integer":
        yield "a text", "7"
        yield from (("too small", bounds["min"] - 1) for _ in range("min" in bounds))
        yield from (("too great", bounds["max"] + 1) for _ in range("max" in bounds))


def broken_bodies(model: OperationModel, body: Json) -> Iterator[tuple[str, bytes]]:
    """Bodies that the operation has to refuse."""
    yield "no JSON", b"{"
    yield "a list", b"[]"
    for key, member in in_body(model.input_shape).items():
        if key in required(model):
            rest = {other: value for other, value in body.items() if other != key}
            yield f"no {key}", json.dumps(rest).encode()
        if key in body:
            for fault, value in broken(member, body[key]):
                yield f"{key}: {fault}", json.dumps({**body, key: value}).encode()


def broken_queries(model: OperationModel) -> Iterator[tuple[str, dict[str, str]]]:
    """Queries that the operation has to refuse."""
    for key, member in in_query(model.input_shape).items():
        if member.type_name == "integer":
            for text in ("x", str(member.metadata["min"] - 1), str(member.metadata["max"] + 1)):
                yield f"{key}={text}", {key: text}
        if key in required(model):
            yield f"no {key}", {}
        if member.metadata.get("enum"):
            yield f"{key}=NONSENSE", {key: "NONSENSE"}


def required(model: OperationModel) -> set[str]:
    shape = model.input_shape
    if shape is None:
        return set()
    return {wire_name(shape.members[name], name) for name in shape.required_members}


def refused(exchange: Exchange, fault: str) -> dict[str, Json]:
    """An error in GuardDuty's form: code in the header, type and message in the body."""
    assert exchange.status == 400, f"{fault}: {exchange.status} {exchange.answer!r}"
    assert exchange.answer_headers["x-amzn-errortype"] == "BadRequestException", fault
    assert exchange.answer_headers["content-type"] == "application/json", fault
    body = json.loads(exchange.answer)
    assert {"__type", "message"} <= set(body), fault
    assert isinstance(body["message"], str), fault
    assert body["message"], fault
    return dict(body)


# The tests.


def test_the_operations_on_accounts_and_features_are_served() -> None:
    reading = {name for name in service_model().operation_names if name.startswith(READING)}
    others = ABOUT_ACCOUNTS_AND_FEATURES | OUTSIDE_OF_ACCOUNTS_AND_FEATURES
    assert set(OPERATIONS) == others | reading


def test_every_case_is_one_of_an_operation_that_is_served() -> None:
    assert set(CASES) <= set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_answer_is_what_the_model_says(served: Served, name: str) -> None:
    exchange = called(served, name)
    model = service_model().operation_model(name)
    assert exchange.answer_headers["content-type"] == "application/json"
    content = json.loads(exchange.answer)
    error = CASES.get(name, Case()).error
    if error is not None:
        (shape,) = [each for each in model.error_shapes if each.name == error]
        assert exchange.answer_headers["x-amzn-errortype"] == error
        assert exchange.status == shape.metadata["error"]["httpStatusCode"]
        assert content["message"]
        return
    assert exchange.status == 200, exchange.answer
    assert model.output_shape is not None
    conforms(model.output_shape, content, name)
    assert content.get("unprocessedAccounts", []) == []


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in OPERATIONS
        if in_body(service_model().operation_model(name).input_shape)
        and CASES.get(name, Case()).error is None
    ),
)
def test_a_body_that_breaks_the_model_is_refused(served: Served, name: str) -> None:
    sent = called(served, name)
    model = service_model().operation_model(name)
    for fault, body in broken_bodies(model, json.loads(sent.body)):
        answer = served.send(sent.method, sent.url, sent.headers, body)
        message = refused(answer, fault)["message"]
        if fault == "accountIds: 51 entries":
            assert message == (
                "The request failed because the length provided for the accountIds array was 51. "
                "Max allowed length is 50."
            )


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in OPERATIONS
        if list(broken_queries(service_model().operation_model(name)))
        and CASES.get(name, Case()).error is None
    ),
)
def test_a_query_that_breaks_the_model_is_refused(served: Served, name: str) -> None:
    sent = called(served, name)
    whole = dict(parse_qsl(urlsplit(sent.url).query))
    for fault, query in broken_queries(service_model().operation_model(name)):
        changed = {**whole, **query} if query else {}
        url = urlsplit(sent.url)._replace(query=urlencode(changed)).geturl()
        refused(served.send(sent.method, url, sent.headers, sent.body), fault)


def test_names_on_the_wire_are_in_camel_case_and_times_are_epoch_seconds(served: Served) -> None:
    exchange = called(served, "GetMemberDetectors")
    content = json.loads(exchange.answer)
    (member,) = content["members"]
    assert member["accountId"] == FIRST
    feature = next(each for each in member["features"] if each["name"] == "EKS_AUDIT_LOGS")
    assert isinstance(feature["updatedAt"], float)
    assert member["dataSources"]["kubernetes"]["auditLogs"] == {"status": feature["status"]}


def test_a_list_in_the_query_is_read_whole(served: Served) -> None:
    guardduty = served.guardduty()
    arn = the_detectors_arn(served)["ResourceArn"]
    guardduty.tag_resource(ResourceArn=arn, Tags={"team": "a", "env": "b", "left": "c"})
    exchange = called(served, "UntagResource")
    assert parse_qs(urlsplit(exchange.url).query) == {"tagKeys": ["team", "env"]}
    assert guardduty.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"left": "c"}


def test_the_organizations_features_come_in_pages(served: Served) -> None:
    guardduty, detector = served.guardduty(), served.detector()
    describe = partial(guardduty.describe_organization_configuration, DetectorId=detector)
    whole = describe()
    assert "NextToken" not in whole
    names, asked = [], {"MaxResults": 3}
    sizes = []
    while True:
        page = describe(**asked)
        assert page["AutoEnableOrganizationMembers"] == "NEW"
        names += [feature["Name"] for feature in page["Features"]]
        sizes.append(len(page["Features"]))
        if "NextToken" not in page:
            break
        asked["NextToken"] = page["NextToken"]
    assert sizes == [3, 3, 2]
    assert names == [feature["Name"] for feature in whole["Features"]]
