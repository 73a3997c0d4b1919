"""The operations of members by invitation, the deprecated forms ("master") included."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_sandbox.guardduty import answers, detectors, invitations
from aws_sandbox.guardduty.paging import PAGE, opened, sealed
from aws_sandbox.guardduty.state import ASSOCIATED

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.guardduty.operation_request import Request

    Response = dict[str, Any]


def _invite_members(request: Request) -> Response:
    """No e-mail is sent, so the message and whether to send one have no effect."""
    answer = invitations.invite(request.world, request.administrator(), request.account_ids)
    return {"UnprocessedAccounts": request.unprocessed(answer)}


def _list_invitations(request: Request) -> Response:
    place = request.place
    found = invitations.received(request.world, place.region, place.account_id)
    after = opened(request.parameters.get("NextToken", ""))
    size = request.parameters.get("MaxResults", PAGE)
    page = list(islice((each for each in found if each.administrator_id > after), size + 1))
    response: Response = {
        "Invitations": [answers.invitation(invitation) for invitation in page[:size]]
    }
    if len(page) > size:
        response["NextToken"] = sealed(page[size - 1].administrator_id)
    return response


def _count_invitations(request: Request) -> Response:
    """All "except the currently accepted invitation" (API reference)."""
    place = request.place
    found = invitations.received(request.world, place.region, place.account_id)
    return {"InvitationsCount": sum(each.relationship not in ASSOCIATED for each in found)}


def _accept(administrator: str) -> Callable[[Request], Response]:
    """Accept an invitation; the parameter that names the administrator has two names."""

    def operation(request: Request) -> Response:
        invitations.accept(
            request.world,
            request.place,
            request.detector_id,
            request.parameters[administrator],
            request.parameters["InvitationId"],
        )
        return {}

    return operation


def _decline(request: Request) -> Response:
    answer = invitations.decline(request.world, request.place, request.account_ids)
    return {"UnprocessedAccounts": request.unprocessed(answer)}


def _delete(request: Request) -> Response:
    answer = invitations.delete(request.world, request.place, request.account_ids)
    return {"UnprocessedAccounts": request.unprocessed(answer)}


def _resign(request: Request) -> Response:
    invitations.resign(request.world, request.place, request.detector_id)
    return {}


def _get_administrator(member: str) -> Callable[[Request], Response]:
    """Empty for administrators and individual accounts: who has an administrator is a member."""

    def operation(request: Request) -> Response:
        detectors.owned(request.place, request.detector_id)
        administrator_id = request.place.administrator_id
        if administrator_id is None:
            return {}
        administrator = request.world.place(request.place.region, administrator_id)
        found = administrator.administer().member(request.place.account_id)
        return {member: answers.administrator(administrator_id, found)}

    return operation


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "InviteMembers": _invite_members,
    "ListInvitations": _list_invitations,
    "GetInvitationsCount": _count_invitations,
    "AcceptAdministratorInvitation": _accept("AdministratorId"),
    "AcceptInvitation": _accept("MasterId"),
    "DeclineInvitations": _decline,
    "DeleteInvitations": _delete,
    "DisassociateFromAdministratorAccount": _resign,
    "DisassociateFromMasterAccount": _resign,
    "GetAdministratorAccount": _get_administrator("Administrator"),
    "GetMasterAccount": _get_administrator("Master"),
}

BY_INVITED_ACCOUNT = frozenset(
    {
        "ListInvitations",
        "GetInvitationsCount",
        "AcceptAdministratorInvitation",
        "AcceptInvitation",
        "DeclineInvitations",
        "DeleteInvitations",
    }
)
"""Operations that take the locks of the administrators that have invited the caller, by and by."""
