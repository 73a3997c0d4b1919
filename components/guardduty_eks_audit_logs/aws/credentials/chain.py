"""The sources of credentials that botocore knows, asked in the order of pulumi-aws."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    CredentialProvider,
    Credentials,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    ProfileProviderBuilder,
)
from botocore.exceptions import (
    ClientError,
    InvalidConfigError,
    MissingDependencyException,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.parsers import ResponseParserError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.answers import refusal
from guardduty_eks_audit_logs.aws.credentials.faults import Source
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, UNKNOWN_CREDENTIALS, CredentialsError
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import botocore.session


_ROLE = "assume-role"

_WEB_IDENTITY = "assume-role-with-web-identity"

_KINDS_OF_PROFILES = {
    "web_identity_token_file": _WEB_IDENTITY,
    "sso_session": "sso",
    "sso_start_url": "sso",
    "login_session": "login",
    "credential_process": "custom-process",
}
"""The keys of a profile that say how its credentials are fetched, in botocore's order."""

_NO_TRUST = ACCESS_DENIED | {"ForbiddenException", "IDPRejectedClaim", "InvalidIdentityToken"}


class Chain:
    """The sources of credentials that botocore knows, asked in the order of pulumi-aws.

    A token file of the environment comes before a role of the environment's profile there.

    Attributes:
        asked: botocore's name of the source that was asked last.
    """

    def __init__(self, session: botocore.session.Session) -> None:
        self._session = session
        first = {"env": 0, _WEB_IDENTITY: 1}
        providers = session.get_component("credential_provider").providers
        self._providers = [
            self._quiet(each) for each in sorted(providers, key=lambda p: first.get(p.METHOD, 2))
        ]
        self.asked = ""

    def _quiet(self, provider: CredentialProvider) -> CredentialProvider:
        """Replaces a source that might prompt by one that does not."""
        session, profile = self._session, self._profile
        if isinstance(provider, ProcessProvider):
            return _process(session, profile)
        if not isinstance(provider, AssumeRoleProvider):
            return provider
        machines = [InstanceMetadataProvider, ContainerProvider]
        all_of_them = session.get_component("credential_provider").providers
        others = [each for each in all_of_them if type(each) in machines]
        return AssumeRoleProvider(
            load_config=lambda: session.full_config,
            client_creator=session.create_client,
            cache={},
            profile_name=profile,
            prompter=_refuse_to_prompt,
            credential_sourcer=CanonicalNameCredentialSourcer([EnvProvider(), *others]),
            profile_provider_builder=_Profiles(session),
        )

    def fetched(self) -> Credentials:
        """Gives the credentials of the first source that has any, and notes the sources asked.

        Raises:
            CredentialsError: a source needs what a run has not, or the profile has nothing.
            NoCredentialsError: no source has any.
            Exception: whatever a source raises; see `faults.named_faults`.
        """
        for provider in self._providers:
            self.asked = provider.METHOD or ""
            try:
                found: Credentials | None = provider.load()
                if found is not None:
                    # Many sources are asked only now.
                    check_keys(found)
                    return found
            except MissingDependencyException:
                raise CredentialsError(messages.dependency_missing(self._profile)) from None
            except _AsksForCodeError:
                raise CredentialsError(messages.asks_for_mfa(self._profile)) from None
        self.asked = ""
        if profile := self._session.get_config_variable("profile"):
            raise CredentialsError(messages.profile_without_credentials(harmless(profile)))
        raise NoCredentialsError

    def source(self, error: BaseException | None = None) -> Source:
        """Names the source that was asked last; of a role, the one that an error is about."""
        kind, profile = self.asked, self._profile
        if kind == _ROLE and _is_about_what_a_role_is_assumed_from(error):
            # botocore fetches that within the same source.
            last, keys = list(self._profiles())[-1]
            static = "config-file" if isinstance(error, ClientError) else None
            of_keys = next((k for key, k in _KINDS_OF_PROFILES.items() if key in keys), static)
            if of_keys:
                kind, profile = of_keys, last
        if kind == _WEB_IDENTITY and _is_about_trust(error):
            return Source(*messages.web_identity_denied(self._role_of_token(), self._claims()))
        if kind == "sso" and _is_about_trust(error):
            kind = "sso-assignment"
        if kind == _WEB_IDENTITY and self._token_file_of_environment():
            kind = "environment-web-identity"
        source = Source(*messages.credentials_source(kind, profile))
        if isinstance(error, InvalidConfigError) and kind != "environment-web-identity":
            return replace(source, way_out=messages.correct_profile())
        return source

    @property
    def _profile(self) -> str:
        return self._session.get_config_variable("profile") or "default"

    def _token_file_of_environment(self) -> str | None:
        given = self._session.instance_variables().get("profile")
        return None if given else os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")

    def _profiles(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The session's profile, and those that it takes its credentials from, in turn."""
        profiles = self._session.full_config.get("profiles", {})
        name, seen = self._profile, set[str]()
        while name in profiles and name not in seen:
            yield name, profiles[name]
            if seen and "aws_access_key_id" in profiles[name]:
                return  # botocore takes its keys, and no role of it
            seen.add(name)
            name = str(profiles[name].get("source_profile", ""))

    def _role_of_token(self) -> str:
        _, keys = next(self._profiles(), ("", {}))
        if self._token_file_of_environment():
            return harmless(os.environ.get("AWS_ROLE_ARN", ""))
        return harmless(keys.get("role_arn", ""))

    def _claims(self) -> Mapping[str, str]:
        """What a trust policy is compared with: `aud` and `sub` of the web identity token."""
        _, keys = next(self._profiles(), ("", {}))
        of_profile = keys.get("web_identity_token_file", "")
        token_file = self._token_file_of_environment() or of_profile
        try:
            _, claims, _ = Path(token_file).read_text(encoding="utf-8").split(".")
            payload = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            return {
                name: harmless(str(payload[name])) for name in ("aud", "sub") if name in payload
            }
        except (OSError, ValueError, TypeError):
            return {}


class _Profiles(ProfileProviderBuilder):
    """The sources of a profile that a role is assumed from."""

    def __init__(self, session: botocore.session.Session) -> None:
        super().__init__(session, cache={})
        self._of = session

    def providers(
        self,
        profile_name: str,
        *options: bool,
        **named: bool,
    ) -> list[CredentialProvider]:
        found = super().providers(profile_name, *options, **named)
        process = _process(self._of, profile_name)
        return [process if isinstance(each, ProcessProvider) else each for each in found]


def _process(session: botocore.session.Session, profile: str) -> ProcessProvider:
    return ProcessProvider(profile, lambda: session.full_config, popen=_without_a_terminal)


def _without_a_terminal(command: list[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's
    """Starts a `credential_process` that can't prompt."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)


class _AsksForCodeError(Exception):
    """A role needs an MFA code."""


def _refuse_to_prompt(_: str) -> str:
    raise _AsksForCodeError


def check_keys(credentials: Credentials) -> None:
    """Refuses what can be no keys, without showing it.

    Raises:
        ValueError: a key is missing, or has characters that no key has.
    """
    keys = credentials.get_frozen_credentials()
    needed = (keys.access_key, keys.secret_key)
    if not all(isinstance(key, str) and key for key in needed):
        raise ValueError(messages.keys_incomplete())
    # A CI secret that ends with a line break would break the request; the error would quote it.
    if not all(re.fullmatch(r"[!-~]*", key or "") for key in (*needed, keys.token)):
        raise ValueError(messages.keys_malformed())


def _is_about_trust(error: BaseException | None) -> bool:
    """Whether a role, or the account's identity provider, does not let its caller in."""
    return isinstance(error, ClientError) and refusal(error)[0] in _NO_TRUST


def _is_about_what_a_role_is_assumed_from(error: BaseException | None) -> bool:
    if isinstance(error, ClientError):
        return error.operation_name == "AssumeRole" and refusal(error)[0] in UNKNOWN_CREDENTIALS
    of_the_call = (ResponseParserError, InvalidConfigError, ParamValidationError)
    return error is not None and not isinstance(error, of_the_call)
