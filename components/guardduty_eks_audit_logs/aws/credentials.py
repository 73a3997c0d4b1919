"""Credentials: fetched by themselves, before anything else is asked, and renewed while a run lasts.

botocore looks for credentials inside the first call that needs them, and raises there whatever a
file, a program or a page on the way gave it. Here they are fetched first. So a user is told where
credentials were looked for, what was wrong there, and what to do about it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    EnvProvider,
    InstanceMetadataProvider,
    ProcessProvider,
    ProfileProviderBuilder,
    ReadOnlyCredentials,
    RefreshableCredentials,
)
from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    InvalidConfigError,
    MissingDependencyException,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
)
from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)
from botocore.parsers import ResponseParserError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_about_the_service
from guardduty_eks_audit_logs.aws.guardduty import MALFORMED, aws_errors, refusal
from guardduty_eks_audit_logs.aws.watch import CALL_SECONDS
from guardduty_eks_audit_logs.errors import (
    ACCESS_DENIED,
    UNKNOWN_CREDENTIALS,
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.client import BaseClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from guardduty_eks_audit_logs.aws.watch import Watch
    from guardduty_eks_audit_logs.settings.identity import AssumeRole, WhoActs

_STRONGER_THAN_A_PROFILE = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
_ROLE = "assume-role"
_WEB_IDENTITY = "assume-role-with-web-identity"

_KINDS_OF_PROFILES = {
    "web_identity_token_file": _WEB_IDENTITY,
    "sso_session": "sso",
    "sso_start_url": "sso",
    "login_session": "login",
    "credential_process": "custom-process",
}
"""By which key a profile says how its credentials are fetched, in the order of botocore."""

_NO_TRUST = ACCESS_DENIED | {"ForbiddenException", "IDPRejectedClaim", "InvalidIdentityToken"}

_ADVISORY_SECONDS, _MANDATORY_SECONDS = 300, 60
"""So long before their end, credentials of a role are renewed if that works, and must be.

botocore's own 15 minutes are as long as the shortest session of a role, which would be renewed at
each call.
"""

_UNEXPECTED = (ResponseParserError, UnicodeError, LookupError, TypeError, AttributeError)
"""What botocore raises where a page, a file or a program gave something else than it should."""

_SECONDS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Source:
    """Where credentials come from.

    Attributes:
        name: as a user knows it, for instance `the keys of profile audit`.
        way_out: what to do if it gives none, as a sentence.
    """

    name: str
    way_out: str


def ignore_empty_variables() -> None:
    """Takes the AWS_* variables that are empty out of this process's environment.

    pulumi-aws takes an empty one for unset, and botocore for a value: a profile without a name.
    """
    empty = [n for n, v in list(os.environ.items()) if n.startswith("AWS_") and not v.strip()]
    for name in empty:
        os.environ.pop(name, None)


def environment_profile() -> str | None:
    """The profile that the environment names, where botocore would take another one.

    Where two variables name a profile, botocore takes AWS_DEFAULT_PROFILE, pulumi-aws AWS_PROFILE.
    A profile that is given comes before keys, one of the environment after them.
    """
    named = [os.environ.get(name) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")]
    return (
        named[0] if all(named) and not any(map(os.environ.get, _STRONGER_THAN_A_PROFILE)) else None
    )


class _Session(botocore.session.Session):
    """A session whose clients ask where the settings say, also those that botocore makes itself."""

    def __init__(self, settings: WhoActs) -> None:
        super().__init__(profile=settings.profile or environment_profile())
        self._settings = settings

    def create_client(self, service_name: str, **options: Any) -> BaseClient:  # type: ignore[override] # noqa: ANN401 - botocore's many
        """Makes a client; all callers, botocore's included, name its options."""
        if not options.get("endpoint_url"):
            options["endpoint_url"] = self._settings.endpoint(service_name)
        if self._settings.insecure:
            options["verify"] = False
        return super().create_client(service_name, **options)


def configured_session(settings: WhoActs, prefix: str) -> botocore.session.Session:
    """Makes a botocore session that reads the files and the profile that the settings name.

    Args:
        settings: who acts.
        prefix: put before the settings' keys where a user writes them, for instance `aws:`.

    Raises:
        UserError: the files can't be read.
    """
    session = _Session(settings)
    for variable, value in (
        ("config_file", "".join(settings.shared_config_files[:1])),
        ("credentials_file", "".join(settings.shared_credentials_files[:1])),
        ("ca_bundle", settings.custom_ca_bundle),
        ("use_dualstack_endpoint", settings.use_dualstack_endpoint),
        ("use_fips_endpoint", settings.use_fips_endpoint),
    ):
        if value:
            session.set_config_variable(variable, value)
    # For the clients that botocore makes itself, to fetch credentials: the first calls of a run,
    # so that a wrong address is told within seconds.
    session.set_default_client_config(
        Config(
            connect_timeout=10,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
    )
    with told_of(lambda _: _files(session)):
        _check_files(session)
        try:
            session.get_scoped_config()
        except ProfileNotFound:
            profile = session.get_config_variable("profile")
            named_by = f"{prefix}profile" if settings.profile else _names_a_profile()
            raise CredentialsError(messages.no_profile(harmless(profile), named_by)) from None
        _check_bundle(session)
    return session


@dataclass(frozen=True)
class Fetched:
    """Credentials that are there, and renew themselves where they expire.

    Attributes:
        credentials: give themselves to as many sessions as there are, in any thread.
        source: where they come from.
        renewed_from: says, by the error, what is to blame if they can't be renewed.
    """

    credentials: Credentials
    source: Source
    renewed_from: Callable[[BaseException], Source]

    def give_to(self, session: botocore.session.Session) -> None:
        """Lets a session's clients use them."""
        guarded = _Guarded(self.credentials, self.renewed_from)
        session.register_component("credential_provider", CredentialResolver([_Ready(guarded)]))


def fetch(session: botocore.session.Session, region: str, watch: Watch) -> Fetched:
    """Fetches the credentials that a session's files and the environment name.

    Args:
        session: of `configured_session`.
        region: where AWS is asked for credentials, if it is.
        watch: waits for them.

    Raises:
        CredentialsError: there are none; the sentence names the source and its way out.
        ConnectionFailedError: AWS does not answer, or a source gives nothing in time.
    """
    session.set_config_variable("region", region)
    with told_of(lambda _: _files(session)):
        chain = _Chain(session)
    returned = False

    def load() -> Credentials:
        nonlocal returned
        try:
            with told_of(chain.source):
                return chain.fetched()
        finally:
            returned = True

    try:
        found = watch.call("the credentials", load)
    except ConnectionFailedError as error:
        if returned or not chain.asked:
            raise
        source = chain.source()
        why = messages.no_answer_within(CALL_SECONDS)
        told = messages.no_credentials_from(source.name, why, source.way_out)
        raise ConnectionFailedError(told) from error
    return Fetched(found, chain.source(), chain.source)


def _check_files(session: botocore.session.Session) -> None:
    """Finds files that botocore would take for empty, and go on with somebody else's keys."""
    for file in _paths(session):
        if file.is_dir() or (file.exists() and not os.access(file, os.R_OK)):
            raise OSError(messages.file_unreadable(str(file)))


def _check_bundle(session: botocore.session.Session) -> None:
    bundle = session.get_config_variable("ca_bundle")
    if bundle and not Path(bundle).expanduser().is_file():
        raise SettingsError((messages.no_ca_bundle(harmless(bundle)),))


def _paths(session: botocore.session.Session) -> list[Path]:
    names = ("config_file", "credentials_file")
    return [Path(session.get_config_variable(name)).expanduser() for name in names]


def state_of_files(session: botocore.session.Session) -> tuple[tuple[str, int], ...]:
    """Tells AWS's files as they are now, to see later whether they are others: path and time."""
    return tuple((str(f), f.stat().st_mtime_ns if f.exists() else 0) for f in _paths(session))


def given(access_key: str, secret_key: str, token: str | None) -> Fetched:
    """Takes keys that the stack's configuration has.

    Raises:
        CredentialsError: they can't be keys.
    """
    source = Source(*messages.credentials_source("explicit", ""))
    with told_of(lambda _: source):
        keys = Credentials(access_key, secret_key, token)
        _check_keys(keys)
    return Fetched(keys, source, lambda _: source)


def role_source(role: AssumeRole, prefix: str) -> Source:
    """Names a role of `assumeRoles`, whose key a user writes with a prefix, as a source."""
    has_external_id = role.external_id is not None
    return Source(
        f"role {role.role_arn}", messages.role_way_out(prefix, has_external_id=has_external_id)
    )


def role_credentials(sts: STSClient, role: AssumeRole) -> RefreshableCredentials:
    """Assumes a role; its credentials are renewed as long as they are used.

    Args:
        sts: asked as whoever assumes the role.
        role: which, with what STS AssumeRole takes.

    Raises:
        Exception: whatever botocore raises; see `told_of`.
    """
    request: AssumeRoleRequestTypeDef = {
        "RoleArn": role.role_arn,
        "RoleSessionName": role.session_name,
    }
    if role.duration:
        request["DurationSeconds"] = _seconds(role.duration)
    if role.external_id:
        request["ExternalId"] = role.external_id
    if role.policy:
        request["Policy"] = role.policy
    if role.policy_arns:
        request["PolicyArns"] = [{"arn": arn} for arn in role.policy_arns]
    if role.source_identity:
        request["SourceIdentity"] = role.source_identity
    if role.tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in role.tags.items()]
    if role.transitive_tag_keys:
        request["TransitiveTagKeys"] = list(role.transitive_tag_keys)

    def fetched() -> dict[str, str]:
        credentials = sts.assume_role(**request)["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }

    return RefreshableCredentials.create_from_metadata(
        fetched(),
        fetched,
        _ROLE,
        advisory_timeout=_ADVISORY_SECONDS,
        mandatory_timeout=_MANDATORY_SECONDS,
    )


@contextmanager
def told_of(source: Callable[[BaseException], Source], operation: str = "") -> Iterator[None]:
    """Turns whatever fetching or using credentials for the first time raises into one sentence.

    Args:
        source: gives, by the error, where the credentials come from.
        operation: AWS's name of what is asked, if something is.

    Raises:
        CredentialsError: the source gives none, or AWS does not accept them.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused the operation for another reason, or the answer is no AWS's.
    """
    try:
        yield
    except UserError:
        raise
    except ClientError as error:
        raise _refused(source(error), error, operation) from error
    except Exception as error:  # files, programs and pages: they raise anything
        if operation or isinstance(error, (HTTPClientError, BotocoreConnectionError)):
            with aws_errors(operation or source(error).name):
                raise
        if isinstance(error, NoCredentialsError):
            raise CredentialsError(messages.no_credentials(harmless(str(error)))) from error
        found = source(error)
        told = messages.no_credentials_from(found.name, _reason(error), found.way_out)
        raise CredentialsError(told) from error


def is_denied(error: BaseException | None) -> bool:
    """Whether AWS has refused the role itself, and not the keys by which it was asked for."""
    return isinstance(error, ClientError) and refusal(error)[0] in ACCESS_DENIED


class _Chain:
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
        """Gives a source that asks nobody, in place of one that might."""
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
        for provider in self._providers:
            self.asked = provider.METHOD or ""
            try:
                found: Credentials | None = provider.load()
                if found is not None:
                    # Many sources are asked only now.
                    _check_keys(found)
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
            told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            return {name: harmless(str(told[name])) for name in ("aud", "sub") if name in told}
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
        disable_env_vars: bool = False,  # noqa: FBT001, FBT002 - botocore's
    ) -> list[CredentialProvider]:
        found = super().providers(profile_name, disable_env_vars)
        process = _process(self._of, profile_name)
        return [process if isinstance(each, ProcessProvider) else each for each in found]


def _process(session: botocore.session.Session, profile: str) -> ProcessProvider:
    return ProcessProvider(profile, lambda: session.full_config, popen=_without_a_terminal)


def _without_a_terminal(command: list[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's
    """Starts a `credential_process` that can ask nobody."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)


class _AsksForCodeError(Exception):
    """A role wants the code of somebody's MFA device."""


def _refuse_to_prompt(_: str) -> str:
    raise _AsksForCodeError


def _check_keys(credentials: Credentials) -> None:
    keys = credentials.get_frozen_credentials()
    needed = (keys.access_key, keys.secret_key)
    if not all(isinstance(key, str) and key for key in needed):
        raise ValueError(messages.keys_incomplete())
    # A secret of a CI that ends with a line break would break the request, and be told with it.
    if not all(re.fullmatch(r"[!-~]*", key or "") for key in (*needed, keys.token)):
        raise ValueError(messages.keys_malformed())


class _Ready(CredentialProvider):
    """A source of credentials that are there already."""

    METHOD = "ready"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


class _Guarded(Credentials):
    """Credentials that tell plainly if they can't be renewed."""

    def __init__(self, credentials: Credentials, source: Callable[[BaseException], Source]) -> None:
        keys = credentials.get_frozen_credentials()
        super().__init__(
            keys.access_key or "", keys.secret_key or "", keys.token, method=credentials.method
        )
        self._credentials = credentials
        self._source = source

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        with told_of(self._source):
            return self._credentials.get_frozen_credentials()


def _is_about_trust(error: BaseException | None) -> bool:
    """Whether a role, or the account's identity provider, does not let its caller in."""
    return isinstance(error, ClientError) and refusal(error)[0] in _NO_TRUST


def _is_about_what_a_role_is_assumed_from(error: BaseException | None) -> bool:
    if isinstance(error, ClientError):
        return error.operation_name == "AssumeRole" and refusal(error)[0] in UNKNOWN_CREDENTIALS
    of_the_call = (ResponseParserError, InvalidConfigError, ParamValidationError)
    return error is not None and not isinstance(error, of_the_call)


def _refused(source: Source, error: ClientError, operation: str) -> UserError:
    code, reason = refusal(error)
    asked = error.operation_name
    if code in UNKNOWN_CREDENTIALS:
        told = messages.credentials_rejected(asked, code, reason, source.name, source.way_out)
        return CredentialsError(told)
    of_aws = ServiceError(operation or asked, code, reason)
    if code == MALFORMED or is_about_the_service(of_aws):
        return of_aws
    if operation and (not is_denied(error) or asked == "GetCallerIdentity"):
        return of_aws
    why = f"{asked}: {code}: {reason}"
    return CredentialsError(messages.no_credentials_from(source.name, why, source.way_out))


def _reason(error: Exception) -> str:
    """Says what went wrong, without what was given in place of keys, which may be a secret.

    What a `credential_process` writes to stderr is told, since that is for whoever started it.
    """
    if isinstance(error, json.JSONDecodeError):
        return messages.no_json()
    if isinstance(error, InvalidConfigError) and "role ARN" in str(error):
        return messages.no_role()
    if isinstance(error, OSError) and error.strerror:
        return harmless(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    if isinstance(error, _UNEXPECTED):
        return messages.unexpected_answer()
    return harmless(str(error)) or type(error).__name__


def _files(session: botocore.session.Session) -> Source:
    named = [session.get_config_variable(name) for name in ("config_file", "credentials_file")]
    return Source(*messages.files_source(named))


def _names_a_profile() -> str:
    named = [name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if os.environ.get(name)]
    # botocore takes the second one, unless `environment_profile` gives it the first.
    return named[0] if environment_profile() or not named[1:] else named[1]


def _seconds(duration: str) -> int:
    """Reads a duration as pulumi-aws writes it, for instance `1h30m`."""
    if not re.fullmatch(r"(\d+[hms])+", duration):
        raise SettingsError((messages.duration_malformed(duration),))
    return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))
