"""One identity for boto3 and for pulumi-aws: the stack's `aws:*` settings, then the environment.

pulumi-aws takes its settings from the stack's `aws:` configuration and fills the gaps from the AWS
environment variables and files. The program and the dynamic providers do the same through
`open_session`, so that everything in a run acts as one account in one region.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.utils import validate_region_name

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.account import AccountApi
from guardduty_eks_audit_logs.aws.clients import (
    FIRST_LOOK,
    MEMBER_WRITES,
    Clients,
    addresses,
    boto3_session,
)
from guardduty_eks_audit_logs.aws.credentials.faults import is_denied, named_faults
from guardduty_eks_audit_logs.aws.credentials.fetched import Fetched, fetch, given
from guardduty_eks_audit_logs.aws.credentials.files import (
    configured_session,
    ignore_empty_variables,
    state_of_files,
)
from guardduty_eks_audit_logs.aws.credentials.roles import role_credentials, role_source
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.aws.once import Once
from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
from guardduty_eks_audit_logs.aws.watch import Watch, watched, watched_later
from guardduty_eks_audit_logs.errors import CredentialsError, SettingsError
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.settings.identity import Identity, ProviderSettings
from guardduty_eks_audit_logs.settings.secret_keys import credentials_in_clear
from guardduty_eks_audit_logs.settings.stack_identity import identity_notice, read_aws_settings

if TYPE_CHECKING:
    import botocore.session

    from guardduty_eks_audit_logs.aws.credentials.faults import Source
    from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce
    from guardduty_eks_audit_logs.aws.watch import End
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.settings.identity import AssumeRole
    from guardduty_eks_audit_logs.settings.secret_keys import IsSecret
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration


@dataclass(frozen=True)
class Session:
    """An open connection: which account acts, in which region, and the services there.

    Attributes:
        region: where.
        caller: which account.
        guardduty: GuardDuty there.
        organizations: AWS Organizations, as the same account.
        partition: of AWS, for ARNs: `aws`, `aws-cn`, `aws-us-gov`.
        identity: the program's own; None follows the stack's `aws:*` configuration.
        notices: what a user has to know about the credentials.
        caller_arn: who acts, as GetCallerIdentity names it.
        clients: makes further clients of the same identity.
        watch: waits for their calls.
        organization_once: AWS Organizations as several regions share it; None asks for each.
    """

    region: str
    caller: AccountId
    guardduty: GuardDutyApi
    organizations: OrganizationsApi
    partition: str = "aws"
    identity: Identity | None = None
    notices: tuple[str, ...] = ()
    caller_arn: str = ""
    clients: Clients | None = None
    watch: Watch | None = None
    organization_once: OrganizationOnce | None = None

    @property
    def organization(self) -> OrganizationsApi | OrganizationOnce:
        """What rules are looked up in."""
        return self.organization_once or self.organizations

    def account(self) -> AccountApi:
        """Account Management, as the same account, if `open_session` made this session."""
        if self.clients is None or self.watch is None:
            raise TypeError(self)
        return AccountApi(watched(self.clients.account(), self.watch))


def open_session(
    who: Configuration | Identity,
    region: str | None = None,
    is_secret: IsSecret | None = None,
    report: Report = lambda _: None,
    end: End | None = None,
) -> Session:
    """Opens the session that the stack's configuration, or an identity, and the environment name.

    Credentials come, as in pulumi-aws, from `aws:accessKey` and `aws:secretKey`, else from
    `aws:profile`, else from the environment's variables and files; `aws:assumeRoles` then builds
    on them one role after the other. Endpoints come from `aws:endpoints`, else from
    AWS_ENDPOINT_URL. STS GetCallerIdentity names their account. With an identity, its settings
    stand in place of the stack's `aws:*` configuration, which is not read.

    Args:
        who: gives a configuration value by its full key; or is the identity itself.
        region: acts in this region whatever the settings say.
        is_secret: whether the value of a key is a secret. If given, credentials that
            are none are refused before any call.
        report: gets a line when a call takes long, see `aws.watch`.
        end: of all that the session asks. Without it, only each call has an end.

    Raises:
        SettingsError: a setting is malformed, names credentials that boto3 can't use, or
            has credentials in clear.
        CredentialsError: no credentials, unknown ones, or of an account that is excluded.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused for another reason.
    """
    ignore_empty_variables()
    settings = who if isinstance(who, Identity) else read_aws_settings(who)
    notice = None if isinstance(who, Identity) else identity_notice(who, os.environ)
    configured = configured_session(settings)
    where = region or _region_of(settings, configured)
    if not where:
        raise SettingsError((messages.no_region(),))
    with addresses():
        validate_region_name(where)
    if is_secret and settings.keys:
        session = boto3_session(configured_session(settings), settings.keys)
        _refuse_credentials_in_clear(Clients(session, settings, where), is_secret)
    watch = Watch(where, report, end)
    acting = _who_acts(settings, configured, watch)
    acting.give_to(configured)
    clients = Clients(boto3_session(configured), settings, where)
    clients.check_endpoints()
    with named_faults(lambda _: acting.source, "GetCallerIdentity"):
        sts = watched(clients.sts(), watch)
        answer = sts.get_caller_identity()
        caller, caller_arn = (
            AccountId(printable(answer["Account"])),
            printable(answer.get("Arn", "")),
        )
    _check_account(caller, settings)
    guardduty = clients.guardduty()
    member_writes = watched_later(lambda: clients.guardduty(MEMBER_WRITES), watch)
    organizations = watched_later(clients.organizations, watch)
    first_look = watched_later(lambda: clients.organizations(FIRST_LOOK), watch)
    return Session(
        where,
        caller,
        GuardDutyApi(watched(guardduty, watch), member_writes),
        OrganizationsApi(organizations, first_look),
        partition=guardduty.meta.partition,
        identity=who if isinstance(who, Identity) else None,
        notices=(notice,) if notice else (),
        caller_arn=caller_arn,
        clients=clients,
        watch=watch,
    )


_FETCHING = threading.Lock()
_FETCHED = Once(keeps_failures=False)
"""The credentials that this process has: all regions and resources of a run act by the same ones.

So a program of seventeen regions assumes its role once, and starts a `credential_process` once. If
it gives nothing, all regions that wait for it end with that.
"""


def _who_acts(
    settings: ProviderSettings, configured: botocore.session.Session, watch: Watch
) -> Fetched:
    """Gives the credentials of a session, and fetches them unless this process has them."""
    environment = sorted((k, v) for k, v in os.environ.items() if k.startswith("AWS_"))
    parts = (
        settings.prefix,
        settings.model_dump_json(exclude={"region"}),
        settings.keys,
        environment,
        state_of_files(configured),
    )
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    return _FETCHED.ask(key, lambda: _fetched(settings, configured, watch))


def _fetched(
    settings: ProviderSettings, configured: botocore.session.Session, watch: Watch
) -> Fetched:
    # One at a time: a token of SSO or of a credential_process may be good for one use only.
    with _FETCHING:
        found = given(*settings.keys) if settings.keys else fetch(configured, watch.region, watch)
        for role in settings.assume_roles:
            found = _as_role(found, role, settings, watch)
        return found


def _as_role(
    before: Fetched, role: AssumeRole, settings: ProviderSettings, watch: Watch
) -> Fetched:
    assumed = role_source(role, settings.prefix)
    session = configured_session(settings)
    before.give_to(session)

    def source(error: BaseException) -> Source:
        return assumed if is_denied(error) else before.source

    with named_faults(source, f"AssumeRole {role.role_arn}"):
        sts = Clients(boto3_session(session), settings, watch.region).sts()
        # The role is assumed anew as long as the process lasts: only each call has an end.
        credentials = role_credentials(watched(sts, watch.without_end()), role)
    return Fetched(credentials, assumed, source)


def _refuse_credentials_in_clear(clients: Clients, is_secret: IsSecret) -> None:
    settings = clients.settings.model_dump(by_alias=True)
    given = [f"aws:{key}" for key, value in settings.items() if value]
    asked = clients.sts(), clients.guardduty(), clients.organizations()
    faults = credentials_in_clear(given, is_secret, [c.meta.endpoint_url for c in asked])
    if faults:
        raise SettingsError(faults)


def configured_region(who: Configuration) -> str | None:
    """Finds the region that the stack's configuration, the environment or AWS's files name.

    Raises:
        SettingsError: a setting is malformed, or boto3 can't use it.
    """
    ignore_empty_variables()
    settings = read_aws_settings(who)
    return _region_of(settings, configured_session(settings))


def _region_of(settings: ProviderSettings, session: botocore.session.Session) -> str | None:
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    in_files: str | None = session.get_config_variable("region")
    return settings.default_region or named or in_files


def _check_account(caller: AccountId, settings: ProviderSettings) -> None:
    if caller in settings.forbidden_account_ids:
        raise CredentialsError(
            messages.account_excluded(caller, f"{settings.prefix}forbiddenAccountIds", ())
        )
    allowed = settings.allowed_account_ids
    if allowed and caller not in allowed:
        raise CredentialsError(
            messages.account_excluded(caller, f"{settings.prefix}allowedAccountIds", allowed)
        )
