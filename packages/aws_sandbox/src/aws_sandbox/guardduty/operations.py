"""The operations of the API: each takes the wire's parameters, asks the rules, and answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_sandbox.guardduty import (
    administration,
    answers,
    destination_operations,
    detectors,
    finding_operations,
    invitation_operations,
    malware_operations,
    members,
    organization_events,
    outside_operations,
    requests,
    tag_operations,
    usage_operations,
)
from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.guardduty.fanout import settle_administrator, settle_member
from aws_sandbox.guardduty.operation_request import Request
from aws_sandbox.guardduty.paging import PAGE, opened, sealed
from aws_sandbox.guardduty.world import held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_sandbox.guardduty.members import Answer
    from aws_sandbox.guardduty.state import AccountRegion, Member
    from aws_sandbox.guardduty.world import World

    Parameters = Mapping[str, Any]
    Response = dict[str, Any]


def perform(
    operation: str,
    world: World,
    place: AccountRegion,
    parameters: Parameters,
    failing: Mapping[str, str],
) -> Response:
    """Carry out an operation, under the lock of the calling account in its region.

    Designating an administrator touches another account than the caller's, and so do the answers to
    an invitation: these take the locks of the accounts that they touch by themselves.

    Args:
        operation: the API's name of it.
        world: the organization.
        place: the calling account in its region.
        parameters: what the call asks, by the model's member names.
        failing: accounts that a fault leaves unprocessed, with the reason.

    Raises:
        ServiceError: AWS's refusal, or an operation that the sandbox does not have.
    """
    act = OPERATIONS.get(operation)
    if act is None:
        raise ServiceError(
            HTTPStatus.BAD_REQUEST,
            "UnknownOperationException",
            "UnknownOperationException",
            f"The sandbox has no operation {operation} for GuardDuty.",
        )
    request = Request(world, place, parameters, failing)
    if operation in BY_MANAGEMENT:
        with world.regions[place.region].designation:
            return act(request)
    if operation in invitation_operations.BY_INVITED_ACCOUNT:
        return act(request)
    with held(world, place):
        _bring_up_to_date(world, place)
        return act(request)


def _bring_up_to_date(world: World, place: AccountRegion) -> None:
    """Apply what has reached the caller's own account by now."""
    if world.regions[place.region].delegated_administrator == place.account_id:
        settle_administrator(world, place)
    elif place.administrator_id is not None:
        administrator = world.place(place.region, place.administrator_id)
        member = administrator.administer().member(place.account_id)
        if member is not None:
            settle_member(world, administrator, member)


def _create_detector(request: Request) -> Response:
    change = requests.detector_change(request.parameters)
    tags = request.parameters.get("Tags", {})
    created = detectors.create(request.world, request.place, change, tags)
    return {"DetectorId": created.detector_id}


def _get_detector(request: Request) -> Response:
    found = detectors.owned(request.place, request.detector_id)
    return answers.detector(found, request.place.region)


def _list_detectors(request: Request) -> Response:
    found = request.place.detector
    return {"DetectorIds": [] if found is None else [found.detector_id]}


def _update_detector(request: Request) -> Response:
    change = requests.detector_change(request.parameters)
    detectors.update(request.world, request.place, request.detector_id, change)
    return {}


def _delete_detector(request: Request) -> Response:
    detectors.delete(request.world, request.place, request.detector_id)
    return {}


def _describe_organization(request: Request) -> Response:
    """The features come in pages, the other settings with each of them (assumed)."""
    settings = administration.describe(request.world, request.place, request.detector_id)
    response = answers.organization_settings(settings)
    begin = int(opened(request.parameters.get("NextToken", "")) or 0)
    end = begin + request.parameters.get("MaxResults", PAGE)
    if end < len(response["Features"]):
        response["NextToken"] = sealed(str(end))
    response["Features"] = response["Features"][begin:end]
    return response


def _update_organization(request: Request) -> Response:
    administration.update(
        request.world,
        request.place,
        request.detector_id,
        requests.auto_enable_members(request.parameters),
        requests.setting_changes(request.parameters),
    )
    return {}


def _organization_statistics(request: Request) -> Response:
    return answers.statistics(administration.statistics(request.world, request.place))


def _enable_administrator(request: Request) -> Response:
    region = request.world.regions[request.place.region]
    wanted = request.parameters["AdminAccountId"]
    administration.enable_administrator(request.world, request.place.account_id, region, wanted)
    organization_events.designated(request.world, region)
    return {}


def _disable_administrator(request: Request) -> Response:
    region = request.world.regions[request.place.region]
    wanted = request.parameters["AdminAccountId"]
    administration.disable_administrator(request.world, request.place.account_id, region, wanted)
    return {}


def _list_administrators(request: Request) -> Response:
    administration.require_management(request.world, request.place.account_id)
    region = request.world.regions[request.place.region]
    found = region.delegated_administrator
    if found is None:
        return {"AdminAccounts": []}
    status = "DISABLE_IN_PROGRESS" if region.designation_is_ending else "ENABLED"
    return {"AdminAccounts": [{"AdminAccountId": found, "AdminStatus": status}]}


def _list_members(request: Request) -> Response:
    place = request.administrator()
    found, following = members.page(
        request.world,
        place,
        opened(request.parameters.get("NextToken", "")),
        request.parameters.get("MaxResults", PAGE),
        only_associated=requests.only_associated(request.parameters),
    )
    response: Response = {"Members": [_member(request, member) for member in found]}
    if following is not None:
        response["NextToken"] = sealed(following)
    return response


def _get_members(request: Request) -> Response:
    answer = members.get(request.world, request.administrator(), request.account_ids)
    return {
        "Members": [_member(request, member) for member in answer.found],
        "UnprocessedAccounts": request.unprocessed(answer),
    }


def _get_member_detectors(request: Request) -> Response:
    answer = members.member_detectors(request.world, request.administrator(), request.account_ids)
    names = administration.organization_features(request.world, request.place.region)
    return {
        "MemberDataSourceConfigurations": [
            {
                "AccountId": found.account_id,
                "DataSources": answers.data_sources(found),
                "Features": answers.features(found, names),
            }
            for found in answer.found
        ],
        "UnprocessedAccounts": request.unprocessed(answer),
    }


def _update_member_detectors(request: Request) -> Response:
    answer = members.update_member_detectors(
        request.world,
        request.administrator(),
        request.account_ids,
        requests.feature_changes(request.parameters),
    )
    return {"UnprocessedAccounts": request.unprocessed(answer)}


def _create_members(request: Request) -> Response:
    place = request.administrator()
    emails = {
        account_id: email
        for account_id, email in requests.emails(request.parameters).items()
        if account_id not in request.failing
    }
    region = request.world.regions[place.region]
    delegated = region.delegated_administrator == place.account_id
    answer = members.create_members(request.world, place, emails, delegated=delegated)
    return {"UnprocessedAccounts": request.unprocessed(answer)}


def _relationship(
    act: Callable[[World, AccountRegion, Sequence[str]], Answer[Member]],
) -> Callable[[Request], Response]:
    """The four operations that take a list of accounts and change how they stand."""

    def operation(request: Request) -> Response:
        answer = act(request.world, request.administrator(), request.account_ids)
        return {"UnprocessedAccounts": request.unprocessed(answer)}

    return operation


def _member(request: Request, member: Member) -> Response:
    of_member = request.world.place(request.place.region, member.account_id).detector
    detector_id = None if of_member is None else of_member.detector_id
    status = members.told_relationship(request.world, member)
    return answers.member(member, status, request.place.account_id, detector_id)


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "CreateDetector": _create_detector,
    "GetDetector": _get_detector,
    "ListDetectors": _list_detectors,
    "UpdateDetector": _update_detector,
    "DeleteDetector": _delete_detector,
    "DescribeOrganizationConfiguration": _describe_organization,
    "UpdateOrganizationConfiguration": _update_organization,
    "GetOrganizationStatistics": _organization_statistics,
    "EnableOrganizationAdminAccount": _enable_administrator,
    "DisableOrganizationAdminAccount": _disable_administrator,
    "ListOrganizationAdminAccounts": _list_administrators,
    "ListMembers": _list_members,
    "GetMembers": _get_members,
    "GetMemberDetectors": _get_member_detectors,
    "UpdateMemberDetectors": _update_member_detectors,
    "CreateMembers": _create_members,
    "StartMonitoringMembers": _relationship(members.start),
    "StopMonitoringMembers": _relationship(members.stop),
    "DisassociateMembers": _relationship(members.disassociate),
    "DeleteMembers": _relationship(members.delete),
    **invitation_operations.OPERATIONS,
    **usage_operations.OPERATIONS,
    **tag_operations.OPERATIONS,
    **destination_operations.OPERATIONS,
    **finding_operations.OPERATIONS,
    **malware_operations.OPERATIONS,
    **outside_operations.OPERATIONS,
}

BY_MANAGEMENT = frozenset(
    {
        "EnableOrganizationAdminAccount",
        "DisableOrganizationAdminAccount",
        "ListOrganizationAdminAccounts",
    }
)
