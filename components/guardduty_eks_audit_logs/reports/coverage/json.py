"""The coverage as JSON, for other programs. docs/coverage.schema.json is its JSON schema."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - for pydantic
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.model import FeatureStatus  # noqa: TC001 - for pydantic
from guardduty_eks_audit_logs.reports.coverage.numbers import Finding, findings
from guardduty_eks_audit_logs.reports.coverage.rows import (  # noqa: TC001 - for pydantic
    CoverageStatus,
    DetectorState,
    Require,
)

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage


def _one_line(text: Any) -> Any:  # noqa: ANN401 - what is no text, pydantic refuses
    return printable(text) if isinstance(text, str) else text


_Text = Annotated[str, BeforeValidator(_one_line)]
_Account = Annotated[str, Field(pattern=r"^\d{12}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        from_attributes=True,
    )


class Row(_Closed):
    """One account in one region.

    Attributes:
        account: its id.
        name: its name in AWS Organizations; null if that is not known.
        unit: its unit's path, `Root/Prod/EU`; null if that is not known.
        region: the region's code.
        stack: the stack whose settings were read; empty without stacks.
        membership: AWS's relationship status (`Enabled`, `Disabled`, …), or `administrator`,
            `standalone`, `not a member`, `unknown`.
        detector: the account's detector.
        status: EKS_AUDIT_LOGS as AWS holds it; `UNKNOWN` is not off.
        wanted: what the rules promise; null if they promise nothing.
        decidedBy: what decides the status.
        pending: what is still to come; empty if nothing is.
        trialDays: days left of the trial, 0 once they are used up; null if AWS lists none.
        reason: why the status is unknown, or AWS's words; empty if it is known.
        unread: whether AWS was asked about this row, and could not be read.
        gap: why the row counts as a gap; empty if it does not.
        guardduty5: whether Security Hub's control GuardDuty.5 counts it as a failure.
        readAt: when the region was read, in UTC.
    """

    account: _Account
    name: _Text | None
    unit: _Text | None
    region: _Text
    stack: _Text
    membership: _Text
    detector: DetectorState
    status: CoverageStatus
    wanted: FeatureStatus | None
    decided_by: _Text
    pending: _Text
    trial_days: int | None
    reason: _Text
    unread: bool
    gap: _Text
    guardduty5: bool
    read_at: datetime


class Region(_Closed):
    """One region, as one stack or one identity sees it.

    Attributes:
        region: the region's code.
        stack: the stack; empty without stacks.
        caller: the account that read it; null if that is not known.
        offered: whether EKS_AUDIT_LOGS is offered there; null if that is not known.
        reason: why the region could not be read; empty if it could.
        readAt: when it was read, in UTC.
    """

    region: _Text
    stack: _Text
    caller: _Account | None
    offered: bool | None
    reason: _Text
    read_at: datetime


class Summary(_Closed):
    """How many rows there are of each kind. Each row counts once, but for guardduty5.

    Attributes:
        rows: all rows.
        gaps: those that count as a gap.
        unread: those that could not be read.
        unknown: those that are neither on nor off, though nothing failed: no member, for instance.
        on: those that are on.
        suspended: those that AWS holds as on where GuardDuty is suspended, and nothing is wanted.
        offAsWanted: those that are off, as the rules want.
        off: those that are off, and nothing wants them on or off.
        notOffered: those in a region where EKS_AUDIT_LOGS is not offered.
        guardduty5: those that Security Hub's control GuardDuty.5 counts as a failure.
    """

    rows: int
    gaps: int
    unread: int
    unknown: int
    on: int
    suspended: int
    off_as_wanted: int
    off: int
    not_offered: int
    guardduty5: int


class CoverageFile(_Closed):
    """Which account is on in which region, what decides it, and what is missing.

    Attributes:
        version: of the file's form; raised when a key changes or goes, not when one is added.
        readAt: when the reading began, in UTC.
        require: what counts as a gap: what the rules promise and AWS does not have, or, with `ALL`,
            each account that is not on.
        summary: how many rows there are of each kind.
        problems: a sentence for each thing that could not be read. If there is none, the coverage
            is whole.
        regions: in the order in which they were asked for.
        rows: sorted by unit, account, region and stack.
    """

    version: Literal[1] = 1
    read_at: datetime
    require: Require
    summary: Summary
    problems: tuple[_Text, ...]
    regions: tuple[Region, ...]
    rows: tuple[Row, ...]


def json(coverage: Coverage) -> str:
    """Writes all of a coverage as JSON."""
    return _file(coverage).model_dump_json(by_alias=True, indent=1) + "\n"


def schema() -> dict[str, Any]:
    """Gives the JSON schema of the file (draft 2020-12)."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | CoverageFile.model_json_schema(by_alias=True, mode="serialization")


def _file(coverage: Coverage) -> CoverageFile:
    counted = findings(coverage.rows)
    return CoverageFile(
        read_at=coverage.read_at,
        require=coverage.require,
        summary=Summary(
            rows=len(coverage.rows),
            gaps=counted[Finding.GAP],
            unread=counted[Finding.UNREAD],
            unknown=counted[Finding.UNKNOWN],
            on=counted[Finding.ON],
            suspended=counted[Finding.SUSPENDED],
            off_as_wanted=counted[Finding.OFF_AS_WANTED],
            off=counted[Finding.OFF],
            not_offered=counted[Finding.NOT_OFFERED],
            guardduty5=sum(row.guardduty5 for row in coverage.rows),
        ),
        problems=coverage.problems,
        regions=tuple(map(Region.model_validate, coverage.regions)),
        rows=tuple(map(Row.model_validate, coverage.rows)),
    )
