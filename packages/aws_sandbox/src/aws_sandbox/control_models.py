"""The control interface's requests and answers, as server and client know them.

On the wire the names are in camel case. Requests come first, answers after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime  # noqa: TC003 -- pydantic reads it
from functools import lru_cache
from typing import Any, Literal

from botocore.loaders import Loader
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from aws_sandbox.fault_effects import Effect, Unprocessed
from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus  # noqa: TC001 -- pydantic reads it
from aws_sandbox.guardduty.state import RelationshipStatus  # noqa: TC001 -- pydantic reads it
from aws_sandbox.organization import AccountId, UnitPath  # noqa: TC001 -- pydantic reads them
from aws_sandbox.sts.web_identity import GITHUB_ISSUER, STS_AUDIENCE


class Model(BaseModel):
    """A request or an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


TEN_YEARS_IN_HOURS = 87_600
"""Further than any test goes, and nowhere near the end of the calendar."""
TEN_YEARS_IN_SECONDS = TEN_YEARS_IN_HOURS * 3600

Service = Literal["guardduty", "organizations", "sts", "iam", "sso"]


class Fault(Model):
    """What a test asks for; whatever is None is any.

    Args:
        effect: what it does.
        service: of which service.
        operation: which operation; every one of the service if None.
        account_ids: calls that name one of these accounts; for an `Unprocessed` the accounts
            themselves, which it must have.
        regions: calls to these regions.
        callers: calls by these accounts.
        further_pages: only calls that ask for a further page of a list, by its token.
        times: how often, until it is lifted if None. Calls are counted, or for an `Unprocessed`
            each account by itself.
        probability: how likely it strikes a call that it concerns.
        seed: decides over chance.
    """

    effect: Effect
    service: Service = "guardduty"
    operation: str | None = None
    account_ids: frozenset[AccountId] | None = None
    regions: frozenset[str] | None = None
    callers: frozenset[AccountId] | None = None
    further_pages: bool = False
    times: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        # A misspelt operation would make a fault that never strikes: a test that proves nothing.
        if self.operation is not None and self.operation not in _operations(self.service):
            raise ValueError(f"{self.operation} is no operation of {self.service}")
        if isinstance(self.effect, Unprocessed) and self.account_ids is None:
            raise ValueError("name the accounts that are left unprocessed: accountIds")
        if isinstance(self.effect, Unprocessed) and self.operation not in _with_unprocessed():
            raise ValueError(
                f"{self.operation} never answers with UnprocessedAccounts; name one that does: "
                f"{', '.join(sorted(_with_unprocessed()))}"
            )
        for name in ("account_ids", "regions", "callers"):
            if getattr(self, name) == frozenset():
                raise ValueError(f"{to_camel(name)} is empty; leave it out for any")
        return self


class AdvanceClock(Model):
    """Move the clock forward by hours."""

    hours: float = Field(ge=0, le=TEN_YEARS_IN_HOURS)


class JoinAccount(Model):
    """Let an account join the organization."""

    id: AccountId
    name: str = "newcomer"
    ou: UnitPath = "Root"
    tags: dict[str, str] = {}
    joined_hours_ago: float = Field(default=0.0, ge=0)


class SetRelationship(Model):
    """Put a member into a relationship status, in one region or in all."""

    status: RelationshipStatus
    region: str | None = None


class SetFeature(Model):
    """Change a feature of an account from outside, in one region or in all."""

    name: str
    status: FeatureStatus
    region: str | None = None


class EnableRegion(Model):
    """Let an account opt in to a region, or out of it."""

    region: str
    enabled: bool


class AssignPolicy(Model):
    """Attach a GuardDuty policy to accounts, or to the root if none are named."""

    plans: dict[str, FeatureStatus]
    account_ids: tuple[AccountId, ...] = ()
    region: str | None = None


class SetDetector(Model):
    """Suspend an account's detector or let it go on, in one region or in all."""

    status: FeatureStatus
    region: str | None = None


class MoveAccount(Model):
    """Move an account into another organizational unit."""

    ou: UnitPath


class SetTags(Model):
    """Give an account these tags in place of those it has."""

    tags: dict[str, str]


class SetAutoEnable(Model):
    """Change the organization's auto-enable settings, in one region or in all."""

    members: AutoEnable | None = None
    features: dict[str, AutoEnable] = {}
    region: str | None = None


class MakeRole(Model):
    """Make a role, or change whom it trusts: accounts and roles, or a CI's tokens.

    Args:
        policies: its inline policies in place of those that it has; None leaves these.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9+=,.@_-]{1,64}$")
    trusted: tuple[str, ...] = ()
    external_id: str | None = None
    subject: str | None = None
    audience: str = STS_AUDIENCE
    issuer: str = Field(default=GITHUB_ISSUER, pattern=r"^https://[^/]")
    max_session_seconds: int = Field(default=3600, ge=3600, le=43_200)
    policies: tuple[dict[str, Any], ...] | None = None

    @model_validator(mode="after")
    def _trusts_one_kind(self) -> MakeRole:
        if bool(self.trusted) == (self.subject is not None):
            raise ValueError("give either trusted or subject: whom the role trusts")
        return self


class MakeToken(Model):
    """A web identity token, as a CI gives it to a job."""

    subject: str
    audience: str = STS_AUDIENCE
    issuer: str = Field(default=GITHUB_ISSUER, pattern=r"^https://[^/]")
    seconds: float = Field(default=600, ge=-TEN_YEARS_IN_SECONDS, le=TEN_YEARS_IN_SECONDS)


class SetLifetime(Model):
    """How long temporary keys live from now on; None leaves that to who asks for them."""

    lives_seconds: float | None = Field(gt=0, le=TEN_YEARS_IN_SECONDS)


class SignIn(Model):
    """Sign in to IAM Identity Center."""

    seconds: float = Field(default=28_800, gt=0, le=TEN_YEARS_IN_SECONDS)


class Health(Model):
    """That the sandbox answers.

    Args:
        status: always `ok`.
        regions: the regions that exist.
    """

    status: Literal["ok"] = "ok"
    regions: tuple[str, ...]


class Account(Model):
    """One account of the organization."""

    account_id: str = Field(alias="id")
    name: str
    ou: str
    tags: dict[str, str]


class Organization(Model):
    """The organization as the sandbox holds it.

    Args:
        management_account: its id.
        administrators: the delegated administrator of every region, or None.
        regions: the regions that exist.
        accounts: all accounts, administrator and management account included.
        standalone_accounts: the ids of the accounts in no organization.
    """

    management_account: str
    administrators: dict[str, str | None]
    regions: tuple[str, ...]
    accounts: tuple[Account, ...]
    standalone_accounts: tuple[str, ...] = ()


class ActualState(Model):
    """What one account really has in one region; None is what it does not have.

    Args:
        eks_audit_logs: status of the feature, ENABLED or DISABLED.
        detector: status of the detector.
        relationship: how it stands to the delegated administrator, as `Enabled`.
        features: status of every feature by name, of additional configurations by
            feature/configuration; empty without a detector.
    """

    eks_audit_logs: str | None
    detector: str | None
    relationship: str | None
    features: dict[str, str]


class Settings(Model):
    """What the delegated administrator of a region has set for the organization.

    Args:
        administrator: its account; None without one, then there are no settings either.
        auto_enable_members: for which accounts GuardDuty itself is enabled: NEW, ALL or NONE.
        features: the same by feature; one that was never set is left out.
    """

    administrator: str | None
    auto_enable_members: str | None = Field(alias="autoEnableOrganizationMembers")
    features: dict[str, str]


class Call(Model):
    """One AWS call that the sandbox answered.

    Args:
        number: counts all calls from 1.
        time: when, on the virtual clock.
        service: `guardduty`, `organizations`, `sts` and so on.
        operation: the API's name of the operation, such as `UpdateMemberDetectors`.
        account: the caller's account id.
        region: the region that the call was signed for.
        account_ids: the accounts that the call named, if it named any.
        unprocessed: those of them that were not processed.
        outcome: what came of it: `ok`, the error's code, or `unanswered`. A lost answer's outcome
            is what the caller did not learn.
        fault: the kind of the fault that struck it, such as `Throttling`, if one did.
    """

    number: int
    time: datetime
    service: str
    operation: str
    account: str
    region: str
    account_ids: tuple[str, ...] = ()
    unprocessed: tuple[str, ...] = ()
    outcome: str = "ok"
    fault: str | None = None

    @property
    def size(self) -> int:
        """How many accounts the call named."""
        return len(self.account_ids)


class Now(Model):
    """The time of the virtual clock."""

    now: datetime


class FaultAdded(Model):
    """The number of a fault that was put into force."""

    number: int


class FaultInForce(Fault):
    """A fault that was asked for and not lifted: its number, and how often it struck."""

    number: int
    struck: int

    @property
    def kind(self) -> str:
        """The kind of its effect, such as `Throttling`."""
        return self.effect.kind


class RoleMade(Model):
    """The ARN of a role."""

    role_arn: str


class Token(Model):
    """A web identity token."""

    token: str


class KeysExpired(Model):
    """How many temporary keys were good until now."""

    expired: int


class SignedIn(Model):
    """What the token's file in `~/.aws/sso/cache` contains."""

    access_token: str
    expires_at: str


class ContainerCredentials(Model):
    """What a container's credentials endpoint answers, under AWS's own names."""

    role_arn: str = Field(alias="RoleArn")
    access_key_id: str = Field(alias="AccessKeyId")
    secret_access_key: str = Field(alias="SecretAccessKey")
    token: str = Field(alias="Token")
    expiration: str = Field(alias="Expiration")


class Done(Model):
    """The answer of a request that has nothing to report."""


class Refused(Model):
    """Why a request was refused; every error has this form."""

    error: str


Answer = (
    Model
    | Sequence[Call]
    | Sequence[FaultInForce]
    | Mapping[str, Settings]
    | Mapping[str, Mapping[str, ActualState]]
)
"""Everything that a request to the control interface can be answered with."""


@lru_cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(Loader().load_service_model(service, "service-2")["operations"])


@lru_cache
def _with_unprocessed() -> frozenset[str]:
    """The operations of GuardDuty that answer with UnprocessedAccounts."""
    model = Loader().load_service_model("guardduty", "service-2")
    return frozenset(
        name
        for name, operation in model["operations"].items()
        if "output" in operation
        and "UnprocessedAccounts" in model["shapes"][operation["output"]["shape"]]["members"]
    )
