"""The credentials of a provider: where they are looked for, and what is said when there are none.

They are fetched first, before anything else is asked, in the real provider's order:

1. `aws:accessKey` and `aws:secretKey`
2. `aws:assumeRoleWithWebIdentity`
3. the profile of `aws:profile`
4. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
5. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN
6. the profile of AWS_PROFILE, AWS_DEFAULT_PROFILE, or `default`

A profile has keys, a role on top of another profile or of the environment's keys, a web identity
token file, a sign-in by IAM Identity Center (SSO) or `aws login`, or a `credential_process`. Each
of `aws:assumeRoles` is then assumed in turn. What expires is renewed while the plugin runs.

The metadata services of machines and containers are not asked, and nobody is prompted for an MFA
code, as by the real provider.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.credentials import (
    AssumeRoleProvider,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CanonicalNameCredentialSourcer,
    CredentialProvider,
    Credentials,
    EnvProvider,
    ProcessProvider,
    ProfileProviderBuilder,
    RefreshableCredentials,
    create_assume_role_refresher,
)
from botocore.exceptions import (
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.utils import FileWebIdentityTokenLoader

from aws_plugin_stand_in.failures import CredentialsError, telling, words_of
from aws_plugin_stand_in.local_session import LocalSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_plugin_stand_in.settings import AssumedRole, Settings, WebIdentity

_NO_SOURCE = "No valid credential sources found"
_ADVISORY_SECONDS = 300
_MANDATORY_SECONDS = 60
"""Before an assumed role expires: from when it is renewed, and from when nothing is sent before."""
_PROCESS_SECONDS = 60
"""How long the AWS SDK for Go waits for a `credential_process`."""
_LABELS = {
    "assume-role": "the role",
    "assume-role-with-web-identity": "the web identity token",
    "config-file": "the keys",
    "custom-process": "the credential_process",
    "login": "the login session",
    "shared-credentials-file": "the keys",
    "sso": "the SSO session",
}
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
_SIGN_IN_AGAIN = (LoginError, SSOError, TokenRetrievalError, *_UNREADABLE)
_WAYS_OUT = {"login": "aws login", "sso": "aws sso login"}


def find_credentials(settings: Settings, region: str) -> Credentials:
    """The credentials that a provider acts with, fetched and, where they expire, self-renewing.

    Raises:
        CredentialsError: there are none.
        AwsRefusedError: their source did not give them.
        NotLoopbackError: their source is on another machine. Nothing has been sent there.
    """
    credentials = _base(settings, region)
    for role in settings.assume_roles:
        credentials = _assumed(settings, region, credentials, role)
    return credentials


def _base(settings: Settings, region: str) -> Credentials:
    if settings.access_key or settings.secret_key or settings.token:
        if not (settings.access_key and settings.secret_key):
            raise CredentialsError(
                f"{_NO_SOURCE}: aws:accessKey and aws:secretKey belong together: set both, or none"
            )
        return Credentials(settings.access_key, settings.secret_key, settings.token)
    session = LocalSession(settings)
    if settings.web_identity:
        return _web_identity(session, settings.web_identity)
    name = session.profile or "default"
    for source in _sources(session, region, name, is_given=bool(settings.profile)):
        label, way_out = _label(source, name, is_given=bool(settings.profile))
        with _fetching(f"{_NO_SOURCE}: {label}", way_out):
            credentials: Credentials | None = source.load()
            if credentials:
                _check(credentials)
                return credentials
    if settings.profile:
        raise CredentialsError(f"{_NO_SOURCE}: profile {name!r} has none")
    with _fetching(_NO_SOURCE):
        raise NoCredentialsError


def _check(credentials: Credentials) -> None:
    """Fetch them now, if they are not yet, and see that they are some."""
    keys = credentials.get_frozen_credentials()
    if not all(isinstance(key, str) and key for key in (keys.access_key, keys.secret_key)):
        raise PartialCredentialsError(
            provider=credentials.method, cred_var="an access key id and a secret access key"
        )


def _sources(
    session: LocalSession, region: str, name: str, *, is_given: bool
) -> list[CredentialProvider]:
    """The sources in their order: botocore's, but for those that ask a metadata service."""
    environment = EnvProvider()
    profiles = _Profiles(session, cache={}, region_name=region)
    web_identity, *others = profiles.providers(name, disable_env_vars=is_given)
    role = AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=session.create_client,
        cache={},
        profile_name=name,
        prompter=_refuse_to_prompt(name),
        credential_sourcer=CanonicalNameCredentialSourcer(
            [environment, _MetadataService("Ec2InstanceMetadata"), _MetadataService("EcsContainer")]
        ),
        profile_provider_builder=profiles,
    )
    return [*([] if is_given else [environment]), web_identity, role, *others]


class _Profiles(ProfileProviderBuilder):
    """botocore's sources of a profile, with a `credential_process` that has an end."""

    def __init__(self, session: LocalSession, cache: dict[str, Any], region_name: str) -> None:
        super().__init__(session, cache=cache, region_name=region_name)
        self._local = session

    def providers(
        self,
        profile_name: str,
        disable_env_vars: bool = False,  # noqa: FBT001, FBT002 (botocore's interface)
    ) -> list[CredentialProvider]:
        process = ProcessProvider(profile_name, lambda: self._local.full_config, popen=_Process)
        return [
            process if isinstance(source, ProcessProvider) else source
            for source in super().providers(profile_name, disable_env_vars)
        ]


class _Process(subprocess.Popen[bytes]):
    """A `credential_process`: it may ask nobody, and has an end."""

    def __init__(self, command: list[str], **options: Any) -> None:  # noqa: ANN401 (Popen's)
        if not command:
            raise _process_error("it names no program")
        super().__init__(command, stdin=subprocess.DEVNULL, **options)

    def communicate(
        self,
        input: bytes | None = None,  # noqa: A002 (Popen's name)
        timeout: float | None = None,
    ) -> tuple[bytes, bytes]:
        try:
            return super().communicate(input, timeout or _PROCESS_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
            raise _process_error(f"no answer within {_PROCESS_SECONDS} s") from None


def _process_error(what: str) -> CredentialRetrievalError:
    return CredentialRetrievalError(provider="custom-process", error_msg=what)


class _MetadataService(CredentialProvider):
    """A `credential_source` that a profile may name, but that does not belong to a local run."""

    METHOD = "metadata"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.CANONICAL_NAME = name

    def load(self) -> Credentials:
        raise CredentialsError(
            f"{_NO_SOURCE}: the aws stand-in asks no metadata service, which credential_source = "
            f"{self.CANONICAL_NAME} stands for: use a profile with a source_profile, or the keys "
            f"of the environment"
        )


def _refuse_to_prompt(profile: str) -> Callable[[str], str]:
    def refuse(_: str) -> str:
        raise CredentialsError(
            f"{_NO_SOURCE}: the role of profile {profile!r} wants an MFA code (mfa_serial), which "
            f"the provider has no way to ask for: let the AWS CLI ask, with `aws configure "
            f"export-credentials --profile {profile} --format env`, and set what it prints"
        )

    return refuse


def _label(source: CredentialProvider, profile: str, *, is_given: bool) -> tuple[str, str]:
    """What a source is called in a sentence, and what signs in there again."""
    method = source.METHOD or ""
    if isinstance(source, EnvProvider):
        return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", ""
    if (
        method == "assume-role-with-web-identity"
        and not is_given
        and "AWS_WEB_IDENTITY_TOKEN_FILE" in os.environ
    ):
        return "AWS_WEB_IDENTITY_TOKEN_FILE", ""
    way_out = _WAYS_OUT.get(method)
    return (
        f"{_LABELS.get(method, method)} of profile {profile!r}",
        f": sign in again with `{way_out} --profile {profile}`" if way_out else "",
    )


def _assumed(
    settings: Settings, region: str, credentials: Credentials, role: AssumedRole
) -> Credentials:
    session = LocalSession(settings)
    session.use(credentials)
    refresh = create_assume_role_refresher(
        session.create_client("sts", region),
        {"RoleArn": role.role_arn, "RoleSessionName": role.session_name, **role.parameters},
    )
    return _renewed(f"IAM Role ({role.role_arn}) cannot be assumed", refresh)


def _web_identity(session: LocalSession, identity: WebIdentity) -> Credentials:
    what = f"IAM Role ({identity.role_arn}) cannot be assumed with web identity token"

    def token() -> str:
        return str(identity.token or FileWebIdentityTokenLoader(identity.token_file)())

    with _fetching(what):
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
            session.create_client,
            token,
            identity.role_arn,
            {"RoleSessionName": identity.session_name, **identity.parameters},
            expiry_window_seconds=_ADVISORY_SECONDS,
        )
    return _renewed(what, fetcher.fetch_credentials)


def _renewed(what: str, fetch: Callable[[], dict[str, Any]]) -> Credentials:
    """Credentials that are fetched now, and again before they expire."""

    def told() -> dict[str, Any]:
        with _fetching(what):
            return fetch()

    first = told()
    with _fetching(what):
        credentials = RefreshableCredentials.create_from_metadata(
            first,
            told,
            "assumed",
            advisory_timeout=_ADVISORY_SECONDS,
            mandatory_timeout=_MANDATORY_SECONDS,
        )
        if credentials.refresh_needed(refresh_in=0):
            raise CredentialsError(
                f"{what}: the credentials that STS gives have expired already by this machine's "
                f"clock: set it right"
            )
    return credentials


@contextmanager
def _fetching(what: str, way_out: str = "") -> Iterator[None]:
    """Tell in one sentence whatever a source of credentials makes botocore stumble over.

    Args:
        what: was wanted, of which source.
        way_out: follows where the source is a sign-in that is over.

    Raises:
        AwsRefusedError: something went wrong.
    """
    with telling(what):
        try:
            yield
        except Exception as cause:
            if not isinstance(cause, _SIGN_IN_AGAIN):
                raise
            words = words_of(cause).rstrip(".")
            if isinstance(cause, _UNREADABLE):
                words = f"what it gives can't be read ({words})"
            raise CredentialsError(f"{what}: {words}{way_out}") from None
