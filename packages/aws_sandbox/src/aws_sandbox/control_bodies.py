"""What the requests to the control interface carry."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus  # noqa: TC001 -- pydantic reads it
from aws_sandbox.guardduty.state import RelationshipStatus  # noqa: TC001 -- pydantic reads it
from aws_sandbox.organization import AccountId, UnitPath  # noqa: TC001 -- pydantic reads them
from aws_sandbox.sts.web_identity import GITHUB_ISSUER, STS_AUDIENCE


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


TEN_YEARS_IN_HOURS = 87_600
"""Further than any test goes, and nowhere near the end of the calendar."""
TEN_YEARS_IN_SECONDS = TEN_YEARS_IN_HOURS * 3600


class AdvanceClock(_Body):
    """Move the clock forward by hours."""

    hours: float = Field(ge=0, le=TEN_YEARS_IN_HOURS)


class JoinAccount(_Body):
    """Let an account join the organization."""

    id: AccountId
    name: str = "newcomer"
    ou: UnitPath = "Root"
    tags: dict[str, str] = {}
    joined_hours_ago: float = Field(default=0.0, ge=0)


class SetRelationship(_Body):
    """Put a member into a relationship status, in one region or in all."""

    status: RelationshipStatus
    region: str | None = None


class SetFeature(_Body):
    """Change a feature of an account behind everybody's back, in one region or in all."""

    name: str
    status: FeatureStatus
    region: str | None = None


class EnableRegion(_Body):
    """Let an account opt in to a region, or out of it."""

    region: str
    enabled: bool


class AssignPolicy(_Body):
    """Attach a GuardDuty policy to accounts, or to the root if none are named."""

    plans: dict[str, FeatureStatus]
    account_ids: tuple[AccountId, ...] = ()
    region: str | None = None


class SetDetector(_Body):
    """Suspend an account's detector or let it go on, in one region or in all."""

    status: FeatureStatus
    region: str | None = None


class MoveAccount(_Body):
    """Move an account into another organizational unit."""

    ou: UnitPath


class SetTags(_Body):
    """Give an account these tags in place of those it has."""

    tags: dict[str, str]


class SetAutoEnable(_Body):
    """Change the organization's auto-enable settings, in one region or in all."""

    members: AutoEnable | None = None
    features: dict[str, AutoEnable] = {}
    region: str | None = None


class MakeRole(_Body):
    """Make a role, or change whom it trusts: accounts and roles, or a CI's tokens."""

    name: str = Field(pattern=r"^[A-Za-z0-9+=,.@_-]{1,64}$")
    trusted: tuple[str, ...] = ()
    external_id: str | None = None
    subject: str | None = None
    audience: str = STS_AUDIENCE
    issuer: str = Field(default=GITHUB_ISSUER, pattern=r"^https://[^/]")
    max_session_seconds: int = Field(default=3600, ge=3600, le=43_200)

    @model_validator(mode="after")
    def _trusts_one_kind(self) -> MakeRole:
        if bool(self.trusted) == (self.subject is not None):
            raise ValueError("give either trusted or subject: whom the role trusts")
        return self


class MakeToken(_Body):
    """A web identity token, as a CI gives it to a job."""

    subject: str
    audience: str = STS_AUDIENCE
    issuer: str = Field(default=GITHUB_ISSUER, pattern=r"^https://[^/]")
    seconds: float = Field(default=600, ge=-TEN_YEARS_IN_SECONDS, le=TEN_YEARS_IN_SECONDS)


class SetLifetime(_Body):
    """How long temporary keys live from now on; None leaves that to who asks for them."""

    lives_seconds: float | None = Field(gt=0, le=TEN_YEARS_IN_SECONDS)


class SignIn(_Body):
    """Sign in to IAM Identity Center."""

    seconds: float = Field(default=28_800, gt=0, le=TEN_YEARS_IN_SECONDS)
