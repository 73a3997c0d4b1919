"""The operations of STS.

moto has STS too, but with keys that never expire and roles that anybody may assume.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.loaders import Loader

from aws_sandbox.credentials import account_of
from aws_sandbox.iam.policies import statements_of
from aws_sandbox.sts import web_identity
from aws_sandbox.sts.errors import (
    StsError,
    access_denied,
    constraint,
    invalid,
    invalid_identity_token,
)
from aws_sandbox.sts.keys import Principal
from aws_sandbox.sts.trust import ASSUME_ROLE, WITH_WEB_IDENTITY, Asker, allows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.clock import VirtualClock
    from aws_sandbox.sts.keys import KeyBook, TemporaryKey

    Answer = dict[str, Any]
    Form = Mapping[str, str]

UNSIGNED: Final = frozenset({"AssumeRoleWithWebIdentity"})
"""Operations that need no credentials."""

_HOUR: Final = 3600
_HALF_A_DAY: Final = 43_200
_DAY_AND_A_HALF: Final = 129_600
_SHORTEST: Final = 900
_ROLE_ARN: Final = re.compile(r"arn:[\w-]+:iam::([0-9]{12}):role/[\w+=,.@/-]+")
_SESSION_NAME: Final = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class Sts:
    """STS.

    Args:
        accounts: the accounts with their roles and identity providers.
        keys: the temporary keys.
        clock: the time.
    """

    def __init__(self, accounts: Accounts, keys: KeyBook, clock: VirtualClock) -> None:
        self._accounts = accounts
        self._keys = keys
        self._clock = clock
        self._operations: dict[str, Callable[[Form, Principal], Answer]] = {
            "GetCallerIdentity": self._caller_identity,
            "GetAccessKeyInfo": self._access_key_info,
            "GetSessionToken": self._session_token,
            "GetFederationToken": self._federation_token,
            "AssumeRole": self._assume_role,
        }

    def has(self, operation: str) -> bool:
        """Whether the operation is served."""
        return operation in self._operations or operation in UNSIGNED

    def answer(self, operation: str, form: Form, caller: Principal | None) -> Answer:
        """Answer one of the operations that `has` says are served.

        Args:
            operation: its name.
            form: the parameters.
            caller: who calls; None for a request without a signature.

        Raises:
            StsError: the service's refusal.
        """
        if operation in UNSIGNED:
            return self._assume_role_with_web_identity(form)
        if caller is None:
            code, message = "MissingAuthenticationToken", "Request is missing Authentication Token"
            raise StsError(HTTPStatus.FORBIDDEN, code, message)
        return self._operations[operation](form, caller)

    def _caller_identity(self, _form: Form, caller: Principal) -> Answer:
        return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account_id}

    def _access_key_info(self, form: Form, _caller: Principal) -> Answer:
        account_id = account_of(form.get("AccessKeyId", ""))
        if account_id is None:
            raise invalid("The access key ID is not valid.")
        return {"Account": account_id}

    def _session_token(self, form: Form, caller: Principal) -> Answer:
        if caller.temporary:
            raise access_denied("Cannot call GetSessionToken with session credentials")
        seconds = _duration(form, _HALF_A_DAY, _DAY_AND_A_HALF)
        return _credentials(self._keys.issue(caller, timedelta(seconds=seconds)))

    def _federation_token(self, form: Form, caller: Principal) -> Answer:
        if caller.temporary:
            raise access_denied("Cannot call GetFederationToken with session credentials")
        seconds = _duration(form, _HALF_A_DAY, _DAY_AND_A_HALF)
        name = form.get("Name", "")
        account_id = caller.account_id
        user = f"arn:{self._accounts.partition}:sts::{account_id}:federated-user/{name}"
        federated = Principal(account_id, user, f"{account_id}:{name}")
        return {
            **_credentials(self._keys.issue(federated, timedelta(seconds=seconds))),
            "FederatedUser": {"FederatedUserId": federated.user_id, "Arn": federated.arn},
        }

    def _assume_role(self, form: Form, caller: Principal) -> Answer:
        arn, name, seconds = _asked(form)
        account = f"arn:{self._accounts.partition}:iam::{caller.account_id}:root"
        means = {caller.arn, caller.role_arn or caller.arn, account, caller.account_id}
        context = {
            "sts:rolesessionname": name,
            "aws:principalarn": caller.role_arn or caller.arn,
            "aws:principalaccount": caller.account_id,
            "aws:userid": caller.user_id,
        }
        if "ExternalId" in form:
            context["sts:externalid"] = form["ExternalId"]
        if self._accounts.joined_at(caller.account_id) is not None:
            context["aws:principalorgid"] = str(self._accounts.backend.org.id)
        role = self._accounts.role(arn)
        asker = Asker(ASSUME_ROLE, {"AWS": frozenset(means)}, context)
        if role is None or not allows(role.assume_role_policy_document, asker):
            raise access_denied(
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                f"{arn}"
            )
        if caller.temporary and seconds > _HOUR:
            raise invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining."
            )
        return self._session_of(role, name, seconds, _policy(form))

    def _assume_role_with_web_identity(self, form: Form) -> Answer:
        arn, name, seconds = _asked(form)
        token = web_identity.read(form.get("WebIdentityToken", ""))
        account_id = arn.split(":")[4]
        provider = self._accounts.identity_provider(account_id, token.provider)
        if provider is None or not token.issuer.startswith("https://"):
            raise invalid_identity_token(
                f"No OpenIDConnect provider found in your account for {token.issuer}"
            )
        if set(provider.client_id_list).isdisjoint(token.audiences):
            raise invalid_identity_token("Incorrect token audience")
        now = self._clock.now().timestamp()
        if now >= token.expires_at:
            raise StsError(
                HTTPStatus.BAD_REQUEST,
                "ExpiredTokenException",
                f"Token expired: current date/time {now:.0f} must be before the expiration "
                f"date/time {token.expires_at:.0f}",
            )
        claims = {**token.claims, "aud": token.claims.get("azp", token.audiences[0])}
        context = {f"{token.provider}:{key}".lower(): value for key, value in claims.items()}
        context["sts:rolesessionname"] = name
        role = self._accounts.role(arn)
        asker = Asker(WITH_WEB_IDENTITY, {"Federated": frozenset({provider.arn})}, context)
        if role is None or not allows(role.assume_role_policy_document, asker):
            raise access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return {
            **self._session_of(role, name, seconds, _policy(form)),
            "SubjectFromWebIdentityToken": token.subject,
            "Provider": provider.arn,
            "Audience": claims["aud"],
        }

    def _session_of(
        self,
        role: Any,  # noqa: ANN401 -- moto has no types
        name: str,
        seconds: int,
        policy: str | None,
    ) -> Answer:
        """Keys of a role, unless its sessions may not last that long."""
        if seconds > int(role.max_session_duration or _HOUR):
            raise invalid(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        session = role_session(role.arn, role.id, name)
        principal = replace(session, session_policy=policy)
        return {
            **_credentials(self._keys.issue(principal, timedelta(seconds=seconds))),
            "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        }


def role_session(role_arn: str, role_id: str, name: str) -> Principal:
    """Who acts as a role."""
    _, partition, _, _, account_id, path = role_arn.split(":", 5)
    role = path.rpartition("/")[2]
    arn = f"arn:{partition}:sts::{account_id}:assumed-role/{role}/{name}"
    return Principal(account_id, arn, f"{role_id}:{name}", role_arn)


@lru_cache
def exists(operation: str) -> bool:
    """Whether AWS has the operation."""
    return operation in Loader().load_service_model("sts", "service-2")["operations"]


def _asked(form: Form) -> tuple[str, str, int]:
    """The role's ARN, the session's name and its seconds, checked as the model has them."""
    arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
    if _ROLE_ARN.fullmatch(arn) is None:
        raise invalid(f"{arn} is invalid")
    if _SESSION_NAME.fullmatch(name) is None:
        rule = "satisfy regular expression pattern: [\\w+=,.@-]*"
        raise constraint("roleSessionName", name, rule)
    return arn, name, _duration(form, _HOUR, _HALF_A_DAY)


def _policy(form: Form) -> str | None:
    """The session policy that is asked for."""
    policy = form.get("Policy")
    if policy is not None:
        try:
            statements_of(policy)
        except ValueError:
            raise StsError(
                HTTPStatus.BAD_REQUEST,
                "MalformedPolicyDocument",
                "The policy is not in the valid JSON format.",
            ) from None
    return policy


def _duration(form: Form, default: int, longest: int) -> int:
    given = form.get("DurationSeconds", str(default))
    seconds = int(given) if re.fullmatch(r"[0-9]{1,9}", given) else 0
    if seconds < _SHORTEST:
        rule = f"have value greater than or equal to {_SHORTEST}"
        raise constraint("durationSeconds", given, rule)
    if seconds > longest:
        raise constraint("durationSeconds", given, f"have value less than or equal to {longest}")
    return seconds


def _credentials(key: TemporaryKey) -> Answer:
    return {
        "Credentials": {
            "AccessKeyId": key.access_key_id,
            "SecretAccessKey": key.secret_access_key,
            "SessionToken": key.session_token,
            "Expiration": key.expiration_text,
        }
    }
