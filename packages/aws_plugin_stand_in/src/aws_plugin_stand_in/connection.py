"""AWS as one configured provider reaches it: one identity, a client for each region."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from aws_plugin_stand_in.credentials import find_credentials
from aws_plugin_stand_in.failures import RejectedSettingError, doing, telling
from aws_plugin_stand_in.local_session import LocalSession

if TYPE_CHECKING:
    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

    from aws_plugin_stand_in.settings import Settings


class Connection:
    """The clients and the identity of one configured provider.

    Args:
        settings: the provider's configuration.

    Raises:
        NotLoopbackError: GuardDuty or STS would be called on another machine. Nothing has been sent
            then.
        RejectedSettingError: no region is set, or the account is one that the configuration does
            not allow.
        CredentialsError: there are no credentials.
        AwsRefusedError: the credentials are not accepted, or the AWS files can't be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._guardduty: dict[str, GuardDutyClient] = {}
        self._caller: GetCallerIdentityResponseTypeDef | None = None
        self._detector_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.tags = settings.tags
        with telling("configuring the aws stand-in"):
            session = LocalSession(settings)
            self.region = session.region()
            # Before anybody is asked for credentials: all addresses are of this machine.
            for service in ("sts", "guardduty"):
                session.create_client(
                    service, self.region, config=Config(signature_version=UNSIGNED)
                )
            session.use(find_credentials(settings, self.region))
            self._session = boto3.Session(botocore_session=session)
            self._sts = self._session.client("sts", region_name=self.region)
        self._check_account()

    def guardduty(self, region: str) -> GuardDutyClient:
        """The GuardDuty client of a region.

        Clients are made once, under a lock, since boto3's sessions are not thread-safe.
        """
        with self._lock:
            if region not in self._guardduty:
                self._guardduty[region] = self._session.client("guardduty", region_name=region)
            return self._guardduty[region]

    def caller(self) -> GetCallerIdentityResponseTypeDef:
        """Who the credentials belong to: STS GetCallerIdentity, asked once.

        Raises:
            AwsRefusedError: STS does not accept the credentials, or can't be reached.
        """
        with self._lock:
            if self._caller is None:
                with doing("validating the AWS credentials"):
                    self._caller = self._sts.get_caller_identity()
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
