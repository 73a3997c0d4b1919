"""boto3's clients: where a service is asked, how long, and how often if it fails."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict

import boto3
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from guardduty_eks_audit_logs.aws.light_answers import make_lighter
from guardduty_eks_audit_logs.aws.pace import Pace
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    import botocore.session
    from botocore.loaders import Loader
    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_sts import STSClient

    from guardduty_eks_audit_logs.settings.identity import ProviderSettings


@dataclass(frozen=True)
class Attempts:
    """How a client tries a call.

    botocore's default mode and number of attempts differ between its versions. 10 in the standard
    mode outlast a short outage (back-off with jitter, 20 s at most); `aws.pace` follows a limit on
    calls a second.

    Attributes:
        most: so many in all.
        seconds: so long each of them waits for an answer.
    """

    most: int
    seconds: int


STS = Attempts(3, 10)
"""Few: this is the first call of a run, so a wrong address is reported within seconds."""

GUARDDUTY = Attempts(10, 60)

MEMBER_WRITES = Attempts(3, 60)
"""Few: what fails to be set is tried again by `writing.members`, for `retryMinutes`."""

ORGANIZATIONS = Attempts(10, 10)

FIRST_LOOK = Attempts(2, 10)
"""Without a connection, a run does not wait for the root."""


PROBE = Attempts(3, 10)
"""Few: it is asked whether something answers at all."""

_MAKING = threading.Lock()
"""A session makes one client at a time: it is not safe to use from several threads."""


def boto3_session(
    session: botocore.session.Session, keys: tuple[str, str, str | None] | None = None
) -> boto3.Session:
    """Makes boto3's session of botocore's; all of a process read each service model once.

    Args:
        session: of this product alone, see `light_answers.make_lighter`.
        keys: access key, secret key and token, if it is to act by these.
    """
    access, secret, token = keys or (None, None, None)
    made = boto3.Session(access, secret, token, botocore_session=session)
    # Not before: boto3 adds a folder of its own to the loader that it finds.
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    make_lighter(session)
    return made


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)


@dataclass(frozen=True)
class Clients:
    """Makes the clients of one region, as the settings say.

    Each raises SettingsError for a malformed region or endpoint, before any call.

    Attributes:
        session: acts by the credentials.
        settings: have the endpoints.
        region: where.
        paces: how fast each service is asked: its clients share AWS's limit.
    """

    session: boto3.Session
    settings: ProviderSettings
    region: str
    paces: dict[str, Pace] = field(default_factory=dict, compare=False)

    def check_endpoints(self) -> None:
        """Looks at the settings' endpoints, also those of clients that nothing may need.

        Raises:
            SettingsError: one is malformed.
        """
        for service in ("guardduty", "organizations"):
            url = self.settings.endpoint(service)
            if url and not is_valid_endpoint_url(url) and not is_valid_ipv6_endpoint_url(url):
                raise _malformed(f"Invalid endpoint: {url}")  # botocore's words

    def sts(self) -> STSClient:
        """STS, in the region that the settings name for it."""
        region = self.settings.sts_region or self.region
        with _making():
            return self.session.client("sts", **self._options("sts", STS, region))

    def guardduty(self, attempts: Attempts = GUARDDUTY) -> GuardDutyClient:
        """GuardDuty."""
        with _making():
            client = self.session.client("guardduty", **self._options("guardduty", attempts))
            return self.paces.setdefault("guardduty", Pace()).give_to(client)

    def organizations(self, attempts: Attempts = ORGANIZATIONS) -> OrganizationsClient:
        """AWS Organizations."""
        with _making():
            options = self._options("organizations", attempts)
            client = self.session.client("organizations", **options)
            return self.paces.setdefault("organizations", Pace()).give_to(client)

    def iam(self) -> IAMClient:
        """IAM, which is global."""
        with _making():
            return self.session.client("iam", **self._options("iam", PROBE))

    def account(self) -> Any:  # noqa: ANN401 - its stubs are no dependency
        """AWS Account Management, which is global."""
        with _making():
            return self.session.client("account", **self._options("account", PROBE))

    def _options(self, service: str, attempts: Attempts, region: str | None = None) -> _Options:
        settings = self.settings
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts.most},
            connect_timeout=10,
            read_timeout=attempts.seconds,
            max_pool_connections=CALLS_AT_ONCE,
            use_dualstack_endpoint=settings.use_dualstack_endpoint,
            use_fips_endpoint=settings.use_fips_endpoint,
            user_agent_extra="guardduty-eks-audit-logs",
        )
        return {
            "region_name": region or self.region,
            "endpoint_url": settings.endpoint(service),
            "verify": False if settings.insecure else settings.custom_ca_bundle,
            "config": config,
        }


class _Options(TypedDict):
    region_name: str
    endpoint_url: str | None
    verify: bool | str | None
    config: Config


@contextmanager
def _making() -> Iterator[None]:
    with _MAKING, addresses():
        yield


@contextmanager
def addresses() -> Iterator[None]:
    """Turns botocore's refusal of a malformed region or endpoint into a sentence.

    Raises:
        SettingsError: one of them is malformed; no call was made.
    """
    try:
        yield
    except ValueError as error:
        raise _malformed(str(error)) from error


def _malformed(fault: str) -> SettingsError:
    return SettingsError((messages.address_malformed(harmless(fault)),))
