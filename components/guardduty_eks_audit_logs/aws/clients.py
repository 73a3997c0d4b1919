"""boto3's clients: where a service is asked, how long, and how often if it fails."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from botocore.config import Config

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3
    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_sts import STSClient

    from guardduty_eks_audit_logs.settings.identity import ProviderSettings


@dataclass(frozen=True)
class Attempts:
    """How a client tries a call.

    botocore's default mode and number of attempts differ between its versions. 10 in the standard
    mode outlast a short throttling (back-off with jitter, 20 s at most).

    Attributes:
        most: so many in all.
        seconds: so long each of them waits for an answer.
        mode: of botocore's retries; `adaptive` asks at the rate that the service bears.
    """

    most: int
    seconds: int
    mode: Literal["standard", "adaptive"] = "standard"


STS = Attempts(3, 10)
"""Few: this is the first call of a run, so a wrong address is reported within seconds."""

GUARDDUTY = Attempts(10, 60)

MEMBER_WRITES = Attempts(3, 60)
"""Few: what fails to be set is tried again by `writing.members`, for `retryMinutes`."""

ORGANIZATIONS = Attempts(10, 10, "adaptive")
"""It may be asked for hundreds of accounts."""

FIRST_LOOK = Attempts(2, 10, "adaptive")
"""Without a connection, a run does not wait for the root."""


PROBE = Attempts(3, 10)
"""Few: it is asked whether something answers at all."""


@dataclass(frozen=True)
class Clients:
    """Makes the clients of one region, as the settings say.

    Each raises SettingsError for a malformed region or endpoint, before any call.

    Attributes:
        session: acts by the credentials.
        settings: have the endpoints.
        region: where.
    """

    session: boto3.Session
    settings: ProviderSettings
    region: str

    def sts(self) -> STSClient:
        """STS, in the region that the settings name for it."""
        region = self.settings.sts_region or self.region
        with addresses():
            return self.session.client("sts", **self._options("sts", STS, region))

    def guardduty(self, attempts: Attempts = GUARDDUTY) -> GuardDutyClient:
        """GuardDuty."""
        with addresses():
            return self.session.client("guardduty", **self._options("guardduty", attempts))

    def organizations(self, attempts: Attempts = ORGANIZATIONS) -> OrganizationsClient:
        """AWS Organizations."""
        with addresses():
            return self.session.client("organizations", **self._options("organizations", attempts))

    def iam(self) -> IAMClient:
        """IAM, which is global."""
        with addresses():
            return self.session.client("iam", **self._options("iam", PROBE))

    def account(self) -> Any:  # noqa: ANN401 - its stubs are no dependency
        """AWS Account Management, which is global."""
        with addresses():
            return self.session.client("account", **self._options("account", PROBE))

    def _options(self, service: str, attempts: Attempts, region: str | None = None) -> _Options:
        settings = self.settings
        config = Config(
            retries={"mode": attempts.mode, "total_max_attempts": attempts.most},
            connect_timeout=10,
            read_timeout=attempts.seconds,
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
def addresses() -> Iterator[None]:
    """Turns botocore's refusal of a malformed region or endpoint into a sentence.

    Raises:
        SettingsError: one of them is malformed; no call was made.
    """
    try:
        yield
    except ValueError as error:
        raise SettingsError((messages.address_malformed(harmless(str(error))),)) from error
