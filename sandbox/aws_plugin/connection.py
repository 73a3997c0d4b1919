"""AWS as one configured provider reaches it: one identity, a client for each region.

The identity is found as the real provider finds it: keys of the configuration, else its profile,
else the environment and the shared AWS files; then each of `aws:assumeRoles` in turn. The
credential sources that would ask a machine's or a container's metadata service are left out, and no
proxy is used: neither belongs to a local run.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws_plugin.failures import AwsRefusedError, RejectedSettingError
from sandbox.aws_plugin.loopback import guard_request, require_loopback

if TYPE_CHECKING:
    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

    from sandbox.aws_plugin.settings import Settings

_METADATA_SOURCES = ("container-role", "iam-role")


class Connection:
    """The clients and the identity of one configured provider.

    Args:
        settings: the provider's configuration.

    Raises:
        NotLoopbackError: GuardDuty or STS would be called on another machine. Nothing has been sent
            then.
        RejectedSettingError: no region is set, or the account is one that the configuration does
            not allow.
        AwsRefusedError: the credentials are missing or not accepted.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._guardduty: dict[str, GuardDutyClient] = {}
        self._caller: GetCallerIdentityResponseTypeDef | None = None
        self._detector_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        try:
            self._session = _session(settings)
            self.region = _region(settings, self._session)
            self._sts = self._make_sts(self._session)
            self.guardduty(self.region)
            self._assume_roles()
        except (BotoCoreError, ClientError) as cause:
            raise AwsRefusedError("configuring the aws stand-in", cause) from None
        self._check_account()

    def guardduty(self, region: str) -> GuardDutyClient:
        """The GuardDuty client of a region.

        Clients are made once, under a lock, since boto3's sessions are not thread-safe.
        """
        with self._lock:
            if region not in self._guardduty:
                client = self._session.client(
                    "guardduty",
                    region_name=region,
                    endpoint_url=self._settings.endpoints.get("guardduty"),
                    config=self._config(),
                )
                require_loopback("guardduty", client.meta.endpoint_url)
                self._guardduty[region] = client
            return self._guardduty[region]

    def caller(self) -> GetCallerIdentityResponseTypeDef:
        """Who the credentials belong to: STS GetCallerIdentity, asked once.

        Raises:
            AwsRefusedError: STS does not accept the credentials, or can't be reached.
        """
        with self._lock:
            if self._caller is None:
                try:
                    self._caller = self._sts.get_caller_identity()
                except (BotoCoreError, ClientError) as cause:
                    raise AwsRefusedError("validating the AWS credentials", cause) from None
            return self._caller

    def account_id(self) -> str:
        """The caller's account; empty with `aws:skipRequestingAccountId`, as upstream."""
        return "" if self._settings.skip_requesting_account_id else self.caller()["Account"]

    def detector_lock(self, detector_id: str) -> threading.Lock:
        """The lock that keeps apart the organization and member writes on one detector.

        Writing several features at once has been seen to lose some of them; the real provider keeps
        one such lock a detector id within its process (terraform-provider-aws, organization
        configuration resources).
        """
        with self._lock:
            return self._detector_locks[detector_id]

    def _config(self) -> Config:
        return Config(
            # An empty mapping, not None: with None botocore would follow HTTP_PROXY.
            proxies={},
            retries={"mode": "standard", "total_max_attempts": self._settings.max_retries + 1},
        )

    def _make_sts(self, session: boto3.Session) -> STSClient:
        client = session.client(
            "sts",
            region_name=self.region,
            endpoint_url=self._settings.endpoints.get("sts"),
            config=self._config(),
        )
        require_loopback("sts", client.meta.endpoint_url)
        return client

    def _assume_roles(self) -> None:
        for role in self._settings.assume_roles:
            credentials = self._sts.assume_role(
                RoleArn=role.role_arn, RoleSessionName=role.session_name, **role.parameters
            )["Credentials"]
            self._session = _session(
                self._settings,
                credentials["AccessKeyId"],
                credentials["SecretAccessKey"],
                credentials["SessionToken"],
            )
            self._sts = self._make_sts(self._session)
        # The first client only showed where GuardDuty is; it has the credentials from before the
        # roles.
        self._guardduty.clear()

    def _check_account(self) -> None:
        if not self._settings.skip_credentials_validation:
            self.caller()
        account = self.account_id() if self._names_accounts() else ""
        allowed = self._settings.allowed_account_ids
        if account in self._settings.forbidden_account_ids or (allowed and account not in allowed):
            raise RejectedSettingError(
                f"AWS account ID not allowed: {account} "
                f"(aws:allowedAccountIds and aws:forbiddenAccountIds decide it)"
            )

    def _names_accounts(self) -> bool:
        return bool(self._settings.allowed_account_ids or self._settings.forbidden_account_ids)


def _session(
    settings: Settings,
    access_key: str | None = None,
    secret_key: str | None = None,
    token: str | None = None,
) -> boto3.Session:
    inner = botocore.session.Session(profile=settings.profile)
    if settings.shared_config_file:
        inner.set_config_variable("config_file", settings.shared_config_file)
    if settings.shared_credentials_file:
        inner.set_config_variable("credentials_file", settings.shared_credentials_file)
    inner.register("before-send", guard_request)
    if access_key is None and settings.access_key is not None:
        access_key, secret_key, token = settings.access_key, settings.secret_key, settings.token
    if access_key is not None:
        inner.set_credentials(access_key, secret_key or "", token)
    else:
        sources = inner.get_component("credential_provider")
        for source in _METADATA_SOURCES:
            sources.remove(source)
    return boto3.Session(botocore_session=inner)


def _region(settings: Settings, session: boto3.Session) -> str:
    # botocore itself does not read AWS_REGION, which the real provider puts first.
    region = settings.region or os.environ.get("AWS_REGION") or session.region_name
    if not region:
        raise RejectedSettingError("no region: set aws:region, or AWS_REGION")
    return region
