"""The part of the client that says who acts: roles, tokens, temporary keys, sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from aws_sandbox.client_connection import Connection
from aws_sandbox.control_models import (
    KeysExpired,
    MakeRole,
    MakeToken,
    RoleMade,
    SetLifetime,
    SignedIn,
    SignIn,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class TokenTerms(TypedDict, total=False):
    """What a CI's token is for.

    Args:
        audience: sts.amazonaws.com if left out.
        issuer: GitHub Actions if left out.
    """

    audience: str
    issuer: str


class RoleTerms(TypedDict, total=False):
    """What a role's sessions are like.

    Args:
        max_session_seconds: how long one may last, from 3600 to 43200; 3600 if left out.
        policies: what the role may do, in place of its inline policies; these stay if left out. A
            role that has no policy at all may do everything.
    """

    max_session_seconds: int
    policies: Sequence[Mapping[str, Any]]


class CiRoleTerms(RoleTerms, TokenTerms, total=False):
    """What a CI's role is like, and its tokens."""


class IdentityClient(Connection):
    """Makes what callers need to act: roles, tokens and temporary keys."""

    def make_role(
        self,
        account_id: str,
        name: str,
        *,
        trusts: Iterable[str],
        external_id: str | None = None,
        **terms: Unpack[RoleTerms],
    ) -> str:
        """Make a role that others may assume, or change whom it trusts.

        Args:
            account_id: the role's account.
            name: the role's name.
            trusts: who may assume it: account ids, or ARNs of users and roles.
            external_id: what they have to give with it.
            **terms: how long its sessions may last, and its policies.

        Returns:
            The role's ARN.
        """
        fields = {
            "name": name,
            "trusted": tuple(trusts),
            "external_id": external_id,
            **terms,
        }
        return self._role(account_id, fields)

    def make_ci_role(
        self,
        account_id: str,
        name: str = "ci",
        *,
        subject: str,
        **terms: Unpack[CiRoleTerms],
    ) -> str:
        """Make a role for the jobs of a CI, with the issuer of their tokens as identity provider.

        Args:
            account_id: the role's account.
            name: the role's name.
            subject: which jobs, as `repo:acme/security:ref:refs/heads/main`; `*` and `?` are
                wildcards.
            **terms: audience and issuer of the tokens, how long its sessions may last, and its
                policies.

        Returns:
            The role's ARN.
        """
        return self._role(account_id, {"name": name, "subject": subject, **terms})

    def web_identity_token(
        self,
        subject: str,
        *,
        seconds: float = 600.0,
        **terms: Unpack[TokenTerms],
    ) -> str:
        """The token that a CI gives to a job: what AWS_WEB_IDENTITY_TOKEN_FILE contains.

        Args:
            subject: which job, as `repo:acme/security:ref:refs/heads/main`.
            seconds: how long it is good; below 0 for one that has expired.
            **terms: its audience and issuer.
        """
        fields = {"subject": subject, "seconds": seconds, **terms}
        return self._post("web-identity", MakeToken, fields, Token).token

    def set_key_lifetime(self, seconds: float | None) -> None:
        """Let temporary keys made from now on live for so long, whatever is asked.

        Args:
            seconds: the lifetime, which answers give as the keys' `Expiration`; None leaves it to
                the calls again.
        """
        self._change("keys", SetLifetime, {"lives_seconds": seconds})

    def expire_keys(self, account_id: str | None = None) -> int:
        """Let the temporary keys of an account, or of all, expire now.

        Returns:
            How many were good until now.
        """
        where = "" if account_id is None else f"?account={account_id}"
        return KeysExpired.model_validate_json(self._delete(f"keys{where}")).expired

    def sign_in(self, seconds: float = 28_800.0) -> str:
        """Sign in to IAM Identity Center for so long.

        Returns:
            What the token's file in `~/.aws/sso/cache` contains, as `aws sso login` writes it.
        """
        signed_in = self._post("sso", SignIn, {"seconds": seconds}, SignedIn)
        return signed_in.model_dump_json(by_alias=True)

    def sign_out(self) -> None:
        """End every sign-in to IAM Identity Center."""
        self._delete("sso")

    def container_credentials_url(self, account_id: str) -> str:
        """Where a container finds keys of an account: AWS_CONTAINER_CREDENTIALS_FULL_URI."""
        return f"{self.url}/sandbox/accounts/{account_id}/credentials"

    def _role(self, account_id: str, fields: Mapping[str, Any]) -> str:
        return self._post(f"accounts/{account_id}/roles", MakeRole, fields, RoleMade).role_arn
