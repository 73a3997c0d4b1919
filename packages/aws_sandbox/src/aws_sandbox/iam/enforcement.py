"""Whether IAM lets a caller do what it asks.

A user or a role that has no policy at all may do everything, so that an organization can be tried
out without policies: that differs from AWS. From its first policy on, what no policy allows is
denied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from aws_sandbox.guardduty import wire
from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.iam import asked as needs
from aws_sandbox.iam.identities import UnknownIdentityError, documents_of
from aws_sandbox.iam.policies import Asked, Verdict, verdict
from aws_sandbox.signed_requests import body_of, json_of, operation_of, raw_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.guardduty.world import World
    from aws_sandbox.signed_requests import Caller
    from aws_sandbox.sts.keys import Principal

ALWAYS_ALLOWED: Final = "sts:GetCallerIdentity"
"""It needs no permission, and a Deny does not hold for it (API reference)."""


@dataclass(frozen=True)
class Denial:
    """That IAM does not let a caller do what it asks.

    Args:
        operation: the API's name of what was asked.
        message: what IAM says of it (IAM user guide, troubleshoot_access-denied).
    """

    operation: str
    message: str


class Enforcement:
    """IAM's part in every call.

    Args:
        world: the regions.
        accounts: the accounts with their users and roles.
    """

    def __init__(self, world: World, accounts: Accounts) -> None:
        self._world = world
        self._accounts = accounts

    def denial(self, request: Request, caller: Caller, principal: Principal) -> Denial | None:
        """Find what a caller may not do; None if it may.

        Args:
            request: its call.
            caller: what the call is signed for.
            principal: who calls.
        """
        try:
            identity = documents_of(principal.role_arn or principal.arn)
        except UnknownIdentityError:
            identity = ()
        session = principal.session_policy
        if not identity and session is None:
            return None
        operation, asked = self._asked(request, caller, principal.account_id)
        context = self._context(caller, principal)
        for each in asked:
            full = replace(each, context={**context, **each.context})
            if identity and (found := verdict(identity, full)) is not Verdict.ALLOWED:
                return Denial(operation, _message(principal, full, found, "identity-based"))
            if session and (found := verdict([session], full)) is not Verdict.ALLOWED:
                return Denial(operation, _message(principal, full, found, "session"))
        return None

    def _asked(
        self, request: Request, caller: Caller, account_id: str
    ) -> tuple[str, tuple[Asked, ...]]:
        """The operation, and what it needs; nothing for a call that its service refuses anyway."""
        operation = operation_of(request)
        if caller.service == "guardduty":
            return self._asked_of_guardduty(request, caller, account_id)
        if caller.service == "organizations":
            return operation, (Asked(f"organizations:{operation}"),)
        if caller.service == "account":
            operation = request.path[1:2].upper() + request.path[2:]
            return operation, (Asked(f"account:{operation}"),)
        if f"{caller.service}:{operation}" == ALWAYS_ALLOWED or not operation:
            return operation, ()
        form = dict(parse_qsl(body_of(request).decode("utf-8", "replace")))
        place = needs.Place(self._accounts.partition, caller.region, account_id)
        return operation, (needs.of_query(caller.service, operation, form, place),)

    def _asked_of_guardduty(
        self, request: Request, caller: Caller, account_id: str
    ) -> tuple[str, tuple[Asked, ...]]:
        region = self._world.regions.get(caller.region)
        if region is None or account_id in region.not_enabled:
            return "", ()
        try:
            model, path_parameters = wire.match(request.method, raw_path(request))
        except ServiceError:
            return "", ()
        linked = self._is_linked(account_id)
        place = needs.Place(self._accounts.partition, caller.region, account_id, linked)
        body = json_of(request)
        return model.name, needs.of_guardduty(model.name, path_parameters, body, place)

    def _is_linked(self, account_id: str) -> bool:
        regions = self._world.regions.values()
        return self._accounts.has_guardduty_role(account_id) or any(
            region.account(account_id).detector is not None for region in regions
        )

    def _context(self, caller: Caller, principal: Principal) -> Mapping[str, str]:
        """The condition keys of every request that the sandbox knows."""
        context = {
            "aws:principalarn": principal.role_arn or principal.arn,
            "aws:principalaccount": principal.account_id,
            "aws:userid": principal.user_id,
            "aws:requestedregion": caller.region,
        }
        if self._accounts.joined_at(principal.account_id) is not None:
            context["aws:principalorgid"] = str(self._accounts.backend.org.id)
        return context


def _message(principal: Principal, asked: Asked, found: Verdict, policy: str) -> str:
    reason = f"because no {policy} policy allows the {asked.action} action"
    if found is Verdict.EXPLICIT_DENY:
        reason = f"with an explicit deny in {_ARTICLES[policy]} {policy} policy"
    return (
        f"User: {principal.arn} is not authorized to perform: {asked.action} on resource: "
        f"{asked.resource} {reason}"
    )


_ARTICLES: Final = {"identity-based": "an", "session": "a"}
