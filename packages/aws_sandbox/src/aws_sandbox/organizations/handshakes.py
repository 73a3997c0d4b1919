"""Invitations into the organization: InviteAccountToOrganization and what answers it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.accounts import KnownAccount
from aws_sandbox.organizations.errors import OrganizationsError, access_denied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.clock import VirtualClock

    Answer = dict[str, Any]

VALID_FOR: Final = timedelta(days=15)
"""How long an invitation can be accepted (Organizations quotas)."""


@dataclass(frozen=True)
class Handshake:
    """One invitation; `state` is what was last done to it."""

    handshake_id: str
    account_id: str
    requested_at: datetime
    state: str = "OPEN"


class Handshakes:
    """All invitations of the organization.

    Args:
        accounts: the organization, and who is outside.
        clock: tells when an invitation expires.
    """

    def __init__(self, accounts: Accounts, clock: VirtualClock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._known: dict[str, Handshake] = {}
        self.operations: Mapping[str, Callable[[str, Mapping[str, Any]], Answer]] = {
            "InviteAccountToOrganization": self._invite,
            "AcceptHandshake": self._accept,
            "DeclineHandshake": self._decline,
            "CancelHandshake": self._cancel,
            "DescribeHandshake": self._describe,
            "ListHandshakesForAccount": self._of_account,
            "ListHandshakesForOrganization": self._of_organization,
        }

    def _invite(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        target = parameters.get("Target", {})
        account_id = str(target.get("Id", ""))
        if self._accounts.joined_at(account_id) is not None:
            raise _already_inside()
        if target.get("Type") != "ACCOUNT" or account_id not in self._accounts.outside:
            raise OrganizationsError(
                "InvalidInputException",
                "The sandbox invites accounts that it has, by their id.",
                "INVALID_PARTY_TYPE_TARGET",
            )
        if any(
            self._shown_state(known) == "OPEN" and known.account_id == account_id
            for known in self._known.values()
        ):
            raise OrganizationsError(
                "DuplicateHandshakeException", "A handshake for this account is open already."
            )
        number = len(self._known) + 1
        made = Handshake(f"h-sandbox{number:08d}", account_id, self._clock.now())
        return self._kept(made)

    def _accept(self, caller: str, parameters: Mapping[str, Any]) -> Answer:
        found = self._open(parameters)
        if found.account_id != caller:
            raise access_denied()
        if self._accounts.joined_at(caller) is not None:
            raise _already_inside()
        name = self._accounts.outside[caller]
        account = KnownAccount(caller, name, "Root", {})
        self._accounts.add(account, self._clock.now(), method="INVITED")
        return self._kept(replace(found, state="ACCEPTED"))

    def _decline(self, caller: str, parameters: Mapping[str, Any]) -> Answer:
        found = self._open(parameters)
        if found.account_id != caller:
            raise access_denied()
        return self._kept(replace(found, state="DECLINED"))

    def _cancel(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        return self._kept(replace(self._open(parameters), state="CANCELED"))

    def _describe(self, caller: str, parameters: Mapping[str, Any]) -> Answer:
        found = self._found(parameters)
        if caller not in {found.account_id, self._accounts.management_account}:
            raise access_denied()
        return {"Handshake": self._shown(found)}

    def _of_account(self, caller: str, _parameters: Mapping[str, Any]) -> Answer:
        mine = [known for known in self._known.values() if known.account_id == caller]
        return {"Handshakes": [self._shown(known) for known in mine]}

    def _of_organization(self, _caller: str, _parameters: Mapping[str, Any]) -> Answer:
        return {"Handshakes": [self._shown(known) for known in self._known.values()]}

    def _found(self, parameters: Mapping[str, Any]) -> Handshake:
        found = self._known.get(str(parameters.get("HandshakeId")))
        if found is None:
            raise OrganizationsError(
                "HandshakeNotFoundException", "You specified a handshake that doesn't exist."
            )
        return found

    def _open(self, parameters: Mapping[str, Any]) -> Handshake:
        found = self._found(parameters)
        state = self._shown_state(found)
        if state != "OPEN":
            raise OrganizationsError(
                "InvalidHandshakeTransitionException",
                f"You can't perform this operation on a handshake in the state {state}.",
            )
        return found

    def _kept(self, handshake: Handshake) -> Answer:
        self._known[handshake.handshake_id] = handshake
        return {"Handshake": self._shown(handshake)}

    def _shown_state(self, handshake: Handshake) -> str:
        expired = self._clock.now() >= handshake.requested_at + VALID_FOR
        return "EXPIRED" if handshake.state == "OPEN" and expired else handshake.state

    def _shown(self, handshake: Handshake) -> Answer:
        organization = self._accounts.backend.org
        management = self._accounts.management_account
        return {
            "Id": handshake.handshake_id,
            "Arn": (
                f"arn:{self._accounts.partition}:organizations::{management}:handshake/{organization.id}/invite/"
                f"{handshake.handshake_id}"
            ),
            "Parties": [
                {"Id": organization.id.removeprefix("o-"), "Type": "ORGANIZATION"},
                {"Id": handshake.account_id, "Type": "ACCOUNT"},
            ],
            "State": self._shown_state(handshake),
            "RequestedTimestamp": handshake.requested_at.timestamp(),
            "ExpirationTimestamp": (handshake.requested_at + VALID_FOR).timestamp(),
            "Action": "INVITE",
            "Resources": [{"Value": organization.id, "Type": "ORGANIZATION"}],
        }


def _already_inside() -> OrganizationsError:
    return OrganizationsError(
        "HandshakeConstraintViolationException",
        "The account is already a member of an organization.",
        "ALREADY_IN_AN_ORGANIZATION",
    )
