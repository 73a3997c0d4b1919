"""Services that the sandbox does not have: which regions there are, and messages to nobody.

Tools of strangers look at an account before they look at GuardDuty. ListRegions of Account
Management and DescribeRegions of EC2 answer them. SNS takes a message for any topic of the caller's
account: no topic has a subscriber. All else is refused as AWS refuses a caller without the
permission, in the protocol of the service. Nothing is ever done and told to be done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.guardduty.paging import opened, sealed
from aws_sandbox.regions import regions_of
from aws_sandbox.request_ids import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.guardduty.world import World
    from aws_sandbox.regions import RegionOfAccount

SERVICES: Final = "GuardDuty, Organizations, STS and IAM, and of EC2 and Account the regions"
_EC2_NAMESPACE: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_LIST_REGIONS_PAGE: Final = 50


@dataclass(frozen=True)
class Answered:
    """An answer, with what the record of calls keeps of it."""

    response: Response
    operation: str
    code: str = "ok"


class OtherServices:
    """What is outside of the services that the sandbox has.

    Args:
        world: its regions.
        accounts: who belongs to the organization.
    """

    def __init__(self, world: World, accounts: Accounts) -> None:
        self._world = world
        self._accounts = accounts

    def answer(self, request: Request, service: str, account_id: str, operation: str) -> Answered:
        """Answer one request.

        Args:
            request: it.
            service: the name that it was signed for.
            account_id: who calls.
            operation: the operation's name where the protocol tells it; else empty.
        """
        if service == "account" and request.path == "/listRegions":
            return self._list_regions(request, account_id)
        if service == "ec2" and operation == "DescribeRegions":
            form = dict(parse_qsl(request.get_data(as_text=True)))
            return _describe_regions(form, regions_of(self._world, account_id))
        if service == "sns" and operation == "Publish":
            form = dict(parse_qsl(request.get_data(as_text=True)))
            if form.get("TopicArn", "").split(":")[4:5] == [account_id]:
                return _published()
        return refused(request, service, operation)

    def _list_regions(self, request: Request, account_id: str) -> Answered:
        """`account:ListRegions`: of the caller, or of a member if the management account asks."""
        asked = _json_object(request)
        wanted = asked.get("AccountId", account_id)
        management = self._accounts.management_account
        if "AccountId" in asked and (
            account_id != management
            or wanted == management
            or self._accounts.joined_at(wanted) is None
        ):
            return _list_regions_error("AccessDeniedException", HTTPStatus.FORBIDDEN)
        statuses = asked.get("RegionOptStatusContains")
        found = [
            region
            for region in regions_of(self._world, wanted)
            if not statuses or region.account_status in statuses
        ]
        size = asked.get("MaxResults", _LIST_REGIONS_PAGE)
        try:
            begin = int(opened(str(asked.get("NextToken", ""))) or 0)
        except ServiceError:
            begin = -1
        if begin < 0 or not isinstance(size, int) or not 1 <= size <= _LIST_REGIONS_PAGE:
            return _list_regions_error("ValidationException", HTTPStatus.BAD_REQUEST)
        content: dict[str, Any] = {
            "Regions": [
                {"RegionName": region.name, "RegionOptStatus": region.account_status}
                for region in found[begin : begin + size]
            ]
        }
        if begin + size < len(found):
            content["NextToken"] = sealed(str(begin + size))
        body = json.dumps(content)
        return Answered(Response(body, content_type="application/json"), "ListRegions")


def refused(request: Request, service: str, operation: str, message: str | None = None) -> Answered:
    """Refuse a call for lack of permission, in the protocol that it was made in.

    Args:
        request: the call.
        service: the name that it was signed for.
        operation: the operation's name where the protocol tells it; else empty.
        message: why; None if the sandbox does not have it.
    """
    if message is None:
        message = f"The sandbox has no {service}:{operation or request.path}; it has {SERVICES}."
    code = "AccessDeniedException"
    if service == "ec2":
        code = "UnauthorizedOperation"
        return Answered(ec2_error(HTTPStatus.FORBIDDEN, code, message), operation, code)
    if "X-Amz-Target" in request.headers:
        return Answered(_json_error(HTTPStatus.BAD_REQUEST, code, message), operation, code)
    if operation or service in {"s3", "route53", "cloudfront"}:
        code = "AccessDenied"
        return Answered(xml_error(service, code, message), operation, code)
    return Answered(_json_error(HTTPStatus.FORBIDDEN, code, message), operation, code)


def unknown_action(operation: str) -> Answered:
    """Refuse an action of the query protocol that its service does not have."""
    code = "InvalidAction"
    message = f"Could not find operation {operation}"
    response = xml_error("query", code, message, HTTPStatus.BAD_REQUEST)
    return Answered(response, operation, code)


def _published() -> Answered:
    """`sns:Publish`: the message has gone to all subscribers, of which there are none."""
    body = (
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
        f"<MessageId>{uuid4()}</MessageId></PublishResult><ResponseMetadata>"
        f"<RequestId>{uuid4()}</RequestId></ResponseMetadata></PublishResponse>"
    )
    return Answered(Response(body, content_type="text/xml"), "Publish")


def _describe_regions(form: Mapping[str, str], known: list[RegionOfAccount]) -> Answered:
    """`ec2:DescribeRegions`: the enabled regions, or all of them if all are asked for."""
    operation = "DescribeRegions"
    if form.get("DryRun") == "true":
        code = "DryRunOperation"
        message = "Request would have succeeded, but DryRun flag is set."
        response = ec2_error(HTTPStatus.PRECONDITION_FAILED, code, message)
        return Answered(response, operation, code)
    named = {text for key, text in form.items() if key.startswith("RegionName.")}
    strange = named - {region.name for region in known}
    if strange:
        code = "InvalidParameterValue"
        message = f"Invalid region provided: {', '.join(sorted(strange))}"
        return Answered(ec2_error(HTTPStatus.BAD_REQUEST, code, message), operation, code)
    everywhere = form.get("AllRegions") == "true" or bool(named)
    listed = [
        region
        for region in known
        if (everywhere or region.enabled)
        and (not named or region.name in named)
        and _passes(form, region)
    ]
    items = "".join(
        f"<item><regionName>{region.name}</regionName>"
        f"<regionEndpoint>{region.endpoint}</regionEndpoint>"
        f"<optInStatus>{region.ec2_status}</optInStatus></item>"
        for region in listed
    )
    body = (
        f'<DescribeRegionsResponse xmlns="{_EC2_NAMESPACE}"><requestId>{PLACEHOLDER}</requestId>'
        f"<regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    )
    return Answered(Response(body, content_type="text/xml"), operation)


def _passes(form: Mapping[str, str], region: RegionOfAccount) -> bool:
    """Whether a region passes all filters: `Filter.<n>.Name` and `Filter.<n>.Value.<m>`."""
    traits = {
        "region-name": region.name,
        "endpoint": region.endpoint,
        "opt-in-status": region.ec2_status,
    }
    names = {key: text for key, text in form.items() if key.endswith(".Name")}
    return all(
        traits.get(name)
        in {
            text
            for other, text in form.items()
            if other.startswith(key.removesuffix("Name") + "Value.")
        }
        for key, name in names.items()
    )


def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.get_data() or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _list_regions_error(code: str, status: HTTPStatus) -> Answered:
    messages = {
        "AccessDeniedException": "You do not have sufficient access to perform this action.",
        "ValidationException": "The input fails to satisfy the constraints of the service.",
    }
    return Answered(_json_error(status, code, messages[code]), "ListRegions", code)


def _json_error(status: HTTPStatus, code: str, message: str) -> Response:
    body = json.dumps({"__type": code, "message": message})
    headers = {"X-Amzn-ErrorType": code}
    return Response(body, status, headers, content_type="application/json")


def ec2_error(status: HTTPStatus, code: str, message: str) -> Response:
    """An error of EC2, which has an XML form of its own."""
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"</Errors><RequestID>{PLACEHOLDER}</RequestID></Response>"
    )
    return Response(body, status, content_type="text/xml")


def xml_error(
    service: str, code: str, message: str, status: HTTPStatus = HTTPStatus.FORBIDDEN
) -> Response:
    """An error of S3, or of any other service with XML: the query protocol wraps it twice."""
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        body = f"<Error>{error}<RequestId>{PLACEHOLDER}</RequestId></Error>"
    else:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            f"<RequestId>{PLACEHOLDER}</RequestId></ErrorResponse>"
        )
    return Response(body, status, content_type="text/xml")
