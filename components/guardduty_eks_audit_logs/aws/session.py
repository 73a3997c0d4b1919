"""One identity for boto3 and for pulumi-aws: the stack's `aws:*` settings, then the environment.

pulumi-aws takes its settings from the stack's `aws:` configuration and fills the gaps from the AWS
environment variables and files. The program and the dynamic providers do the same through
`open_session`, so that everything in a run acts as one account in one region.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import boto3
from botocore.config import Config
from botocore.utils import validate_region_name
from pydantic import ValidationError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.credentials import (
    Fetched,
    configured_session,
    fetch,
    given,
    ignore_empty_variables,
    is_denied,
    role_credentials,
    role_source,
    state_of_files,
    told_of,
)
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
from guardduty_eks_audit_logs.aws.watch import Watch, watched
from guardduty_eks_audit_logs.errors import CredentialsError, SettingsError
from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.settings.faults import faults_of
from guardduty_eks_audit_logs.settings.identity import SECRETS, Identity, WhoActs, identity_notice
from guardduty_eks_audit_logs.settings.secret_keys import credentials_in_clear

if TYPE_CHECKING:
    from collections.abc import Iterator

    import botocore.session
    from botocore.client import BaseClient
    from mypy_boto3_sts import STSClient

    from guardduty_eks_audit_logs.aws.credentials import Source
    from guardduty_eks_audit_logs.aws.watch import Tell
    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.settings.identity import AssumeRole
    from guardduty_eks_audit_logs.settings.secret_keys import IsSecret

Lookup = Callable[[str], Any]
"""Gives a configuration value by its full key, `aws:region`, None if absent; lists as JSON."""

_NOT_FOLLOWED = {
    "assumeRole": "Use aws:assumeRoles, the list that pulumi-aws 7 knows",
    "assumeRoleWithWebIdentity": (
        "Set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment"
    ),
    "ec2MetadataServiceEndpoint": "Set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
    "httpProxy": "Set HTTP_PROXY in the environment",
    "httpsProxy": "Set HTTPS_PROXY in the environment",
    "noProxy": "Set NO_PROXY in the environment",
}
"""Settings that would make pulumi-aws act in another way than boto3, with what to use instead."""


class _AwsSettings(WhoActs):
    """Who acts, and what only a stack's configuration says."""

    access_key: str | None = None
    region: str | None = None
    secret_key: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Session:
    """An open connection: which account acts, in which region, and the services there.

    Attributes:
        region: where.
        caller: which account.
        guardduty: GuardDuty there.
        organizations: AWS Organizations, as the same account.
        partition: of AWS, for ARNs: `aws`, `aws-cn`, `aws-us-gov`.
        identity: who acts, if a program said so; None follows the stack's `aws:*` configuration.
        notices: what a user is told of the credentials.
    """

    region: str
    caller: AccountId
    guardduty: GuardDutyApi
    organizations: OrganizationsApi
    partition: str = "aws"
    identity: Identity | None = None
    notices: tuple[str, ...] = ()


def open_session(
    who: Lookup | Identity,
    region: str | None = None,
    is_secret: IsSecret | None = None,
    tell: Tell = lambda _: None,
    seconds: float | None = None,
) -> Session:
    """Opens the session that the stack's configuration, or an identity, and the environment name.

    Credentials come, as in pulumi-aws, from `aws:accessKey` and `aws:secretKey`, else from
    `aws:profile`, else from the environment's variables and files; `aws:assumeRoles` then builds
    on them one role after the other. Endpoints come from `aws:endpoints`, else from
    AWS_ENDPOINT_URL. STS GetCallerIdentity tells whose they are. With an identity, its settings
    stand in place of the stack's `aws:*` configuration, which is not read.

    Args:
        who: gives a configuration value by its full key; or says itself who acts.
        region: acts in this region whatever the settings say.
        is_secret: tells which values of the configuration are secrets. If given, credentials that
            are none are refused before anybody is asked.
        tell: told of progress when a call takes long, see `aws.watch`.
        seconds: how long all that the session asks may take, and a second more for each answer.
            Without it, only each call has an end.

    Raises:
        SettingsError: a setting is malformed, says who acts in a way that boto3 can't follow, or
            has credentials in clear.
        CredentialsError: no credentials, unknown ones, or of an account that is excluded.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused for another reason.
    """
    ignore_empty_variables()
    notice: str | None = None
    if isinstance(who, Identity):
        settings = _AwsSettings.model_validate(who.properties())
    else:
        settings = _read_settings(who)
        notice = identity_notice(who, os.environ)
    prefix = "identity." if isinstance(who, Identity) else "aws:"
    configured = configured_session(settings, prefix)
    where = region or settings.region or _environment_region() or _region_of(configured)
    if not where:
        raise SettingsError((messages.no_region(),))
    with _addresses():
        validate_region_name(where)
    if is_secret and not isinstance(who, Identity) and settings.secret_key:
        keys_of_stack = boto3.Session(
            settings.access_key,
            settings.secret_key,
            settings.token,
            botocore_session=configured_session(settings, prefix),
        )
        _refuse_credentials_in_clear(keys_of_stack, settings, where, is_secret)
    watch = Watch(where, tell, seconds)
    acting = _who_acts(settings, prefix, configured, watch)
    acting.give_to(configured)
    session = boto3.Session(botocore_session=configured)
    with told_of(lambda _: acting.source, "GetCallerIdentity"):
        sts = watched(_sts(session, settings, where), watch)
        caller = AccountId(printable(sts.get_caller_identity()["Account"]))
    _check_account(caller, settings, prefix)
    notices = (notice,) if notice else ()
    with _addresses():
        guardduty, member_writes = (
            session.client(
                "guardduty", **_options(settings, "guardduty", where, attempts=attempts, seconds=60)
            )
            # What fails to be set is tried again by `writing.members`, for `retryMinutes`.
            for attempts in (10, 3)
        )
        organizations, brief = (
            session.client(
                "organizations",
                **_options(
                    settings, "organizations", where, attempts=attempts, seconds=10, mode="adaptive"
                ),
            )
            # Where nobody lets a connection through, the root is not waited for.
            for attempts in (10, 2)
        )
    return Session(
        where,
        caller,
        GuardDutyApi(watched(guardduty, watch), watched(member_writes, watch)),
        OrganizationsApi(watched(organizations, watch), watched(brief, watch)),
        partition=guardduty.meta.partition,
        identity=who if isinstance(who, Identity) else None,
        notices=notices,
    )


_FETCHED: dict[tuple[object, ...], Fetched] = {}
"""The credentials that this process has: all regions and resources of a run act by the same ones.

So a program of seventeen regions assumes its role once, and starts a `credential_process` once.
"""


def _who_acts(
    settings: _AwsSettings, prefix: str, configured: botocore.session.Session, watch: Watch
) -> Fetched:
    """Gives the credentials of a session, and fetches them unless this process has them."""
    environment = tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_")))
    key = (settings.model_dump_json(exclude={"region"}), environment, *state_of_files(configured))
    found = _FETCHED.get(key)
    if found is None:
        found = _FETCHED[key] = _fetched(settings, prefix, configured, watch)
    return found


def _fetched(
    settings: _AwsSettings, prefix: str, configured: botocore.session.Session, watch: Watch
) -> Fetched:
    if settings.access_key and settings.secret_key:
        found = given(settings.access_key, settings.secret_key, settings.token)
    else:
        found = fetch(configured, watch.region, watch)
    for role in settings.assume_roles:
        found = _as_role(found, role, settings, prefix, watch)
    return found


def _as_role(
    before: Fetched, role: AssumeRole, settings: _AwsSettings, prefix: str, watch: Watch
) -> Fetched:
    assumed = role_source(role, prefix)
    session = configured_session(settings, prefix)
    before.give_to(session)

    def source(error: BaseException) -> Source:
        return assumed if is_denied(error) else before.source

    with told_of(source, f"AssumeRole {role.role_arn}"):
        sts = _sts(boto3.Session(botocore_session=session), settings, watch.region)
        # The role is assumed anew as long as the process lasts: only each call has an end.
        credentials = role_credentials(watched(sts, watch.without_end()), role)
    return Fetched(credentials, assumed, source)


def aws_faults(lookup: Lookup) -> tuple[Message, ...]:
    """Says what is wrong with the stack's `aws:*` configuration, one sentence for each fault."""
    try:
        _read_settings(lookup)
    except SettingsError as error:
        return error.faults
    return ()


def _read_settings(lookup: Lookup) -> _AwsSettings:
    faults = [
        messages.aws_setting_not_followed(key, instead)
        for key, instead in _NOT_FOLLOWED.items()
        if lookup(f"aws:{key}") not in (None, "")
    ]
    values = {}
    for name, field in _AwsSettings.model_fields.items():
        key = field.alias or name
        raw = lookup(f"aws:{key}")
        if raw not in (None, ""):
            is_text = field.annotation == (str | None)
            values[key] = raw if key in SECRETS else _decode(raw, is_text=is_text)
    try:
        settings = _AwsSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError((*faults, *faults_of(error, prefix="aws:"))) from None
    faults += settings.faults("aws:")
    both_keys = settings.access_key and settings.secret_key
    if not both_keys and (settings.access_key or settings.secret_key or settings.token):
        faults.append(messages.keys_belong_together())
    if faults:
        raise SettingsError(tuple(faults))
    return settings


def _refuse_credentials_in_clear(
    session: boto3.Session, settings: _AwsSettings, region: str, is_secret: IsSecret
) -> None:
    given = [f"aws:{key}" for key, value in settings.model_dump(by_alias=True).items() if value]
    with _addresses():
        clients: list[BaseClient] = [_sts(session, settings, region)]
        for service in ("guardduty", "organizations"):
            options = _options(settings, service, region, attempts=1, seconds=10)
            clients.append(session.client(service, **options))
    faults = credentials_in_clear(given, is_secret, [c.meta.endpoint_url for c in clients])
    if faults:
        raise SettingsError(faults)


def _decode(raw: Any, *, is_text: bool) -> Any:  # noqa: ANN401 - a configuration value is anything
    if not isinstance(raw, str):
        return raw
    try:
        decoded = json.loads(raw)
    except ValueError:
        return raw
    # A number is text as it is written; a list is a fault.
    return raw if is_text and not isinstance(decoded, dict | list) else decoded


def _environment_region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _region_of(session: botocore.session.Session) -> str | None:
    region: str | None = session.get_config_variable("region")
    return region


def _sts(session: boto3.Session, settings: _AwsSettings, region: str) -> STSClient:
    # Few attempts: this is the first call of a run, so a wrong address is told within seconds.
    with _addresses():
        return session.client(
            "sts",
            **_options(settings, "sts", settings.sts_region or region, attempts=3, seconds=10),
        )


@contextmanager
def _addresses() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        # So botocore refuses a malformed region or endpoint, before it asks anybody.
        raise SettingsError((messages.address_malformed(harmless(str(error))),)) from error


class _Options(TypedDict):
    region_name: str
    endpoint_url: str | None
    verify: bool | str | None
    config: Config


def _options(  # noqa: PLR0913 - each is one of a client's
    settings: _AwsSettings,
    service: str,
    region: str,
    *,
    attempts: int,
    seconds: int,
    mode: Literal["standard", "adaptive"] = "standard",
) -> _Options:
    # botocore's default mode and number of attempts differ between its versions; 10 in the
    # standard mode outlast a short throttling (back-off with jitter, 20 s at most). Organizations,
    # which may be asked for hundreds of accounts, is asked at the rate that it bears (adaptive).
    config = Config(
        retries={"mode": mode, "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=seconds,
        use_dualstack_endpoint=settings.use_dualstack_endpoint,
        use_fips_endpoint=settings.use_fips_endpoint,
        user_agent_extra="guardduty-eks-audit-logs",
    )
    return {
        "region_name": region,
        "endpoint_url": settings.endpoint(service),
        "verify": False if settings.insecure else settings.custom_ca_bundle,
        "config": config,
    }


def _check_account(caller: AccountId, settings: _AwsSettings, prefix: str) -> None:
    if caller in settings.forbidden_account_ids:
        raise CredentialsError(
            messages.account_excluded(caller, f"{prefix}forbiddenAccountIds", ())
        )
    allowed = settings.allowed_account_ids
    if allowed and caller not in allowed:
        raise CredentialsError(
            messages.account_excluded(caller, f"{prefix}allowedAccountIds", allowed)
        )
