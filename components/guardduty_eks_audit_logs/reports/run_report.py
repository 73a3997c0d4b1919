"""What a run does, and what it has done, as one model.

The terminal's summary (`reports.summary`) is made from it, and so is the file that a preview or a
run writes for other programs. docs/run-report.schema.json is its JSON schema. A plan's is made by
`reports.region_report`.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - for pydantic
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.messages.catalogue import as_refusals
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.settings.modes import Mode  # noqa: TC001 - for pydantic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class _Reported(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class Progress(StrEnum):
    """How far an account has come.

    `planned`: the run is to set it. `set`: it has. `unprocessed`: it could not. `inactive`: a rule
    selects the member, and it can't be set before it is active again.
    """

    PLANNED = "planned"
    SET = "set"
    UNPROCESSED = "unprocessed"
    INACTIVE = "inactive"


class ReportedAccount(_Reported):
    """One member account that a run sets, releases, or would set if it were active.

    Attributes:
        account: its id.
        name: its name, where AWS Organizations returned it.
        unit: the organizational unit by which the rule selected it.
        from_: EKS_AUDIT_LOGS before the run.
        to: EKS_AUDIT_LOGS after it.
        rule: the rule that decided it, counted from 1, or that it is released.
        progress: how far it has come.
        reason: why it could not be set; in a preview, why the last run could not.
        trial_days: what is left of its trial; null if it is not known or not asked.
    """

    account: str
    name: str | None = None
    unit: str | None = None
    from_: Annotated[FeatureStatus | Literal["UNKNOWN"], Field(alias="from")]
    to: FeatureStatus
    rule: str
    progress: Progress = Progress.PLANNED
    reason: str | None = None
    trial_days: int | None = None


class ReportedSetting(_Reported):
    """One setting beside members that a run changes.

    Attributes:
        setting: its configuration key.
        from_: what it was; null if it was not there or not read.
        to: the wanted value.
        progress: how far it has come; never `inactive`.
    """

    setting: str
    from_: Annotated[str | None, Field(alias="from")]
    to: str
    progress: Progress = Progress.PLANNED


class Counts(_Reported):
    """How many monitored members a region has, and how many of them the run turns on or off."""

    members: int
    on: int
    off: int
    unknown: int
    turns_on: int
    turns_off: int


class RegionReport(_Reported):
    """What a run does in one region.

    Attributes:
        region: its code.
        administrator_account_id: the account that acts: with mode `delegation`, the management
            account.
        mode: the stack's.
        leaving: whether the program does not name the region any more.
        warnings: what goes off beside members, and what ends; the summary begins with it.
        accounts: what happens to member accounts; those that are turned off stand first.
        settings: what changes beside members.
        summary: counts; null where there are no members, or they are not known yet.
        unreached: accounts that rules select and that can't be set, and those that the last run
            could not set; with the reasons. With refusals, also the accounts that they only count.
        notices: everything else that a user has to know.
    """

    region: str
    administrator_account_id: str
    mode: Mode
    leaving: bool = False
    warnings: tuple[str, ...] = ()
    accounts: tuple[ReportedAccount, ...] = ()
    settings: tuple[ReportedSetting, ...] = ()
    summary: Counts | None = None
    unreached: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def changing(self, status: FeatureStatus) -> tuple[ReportedAccount, ...]:
        """The accounts that the run gives this status, or was to give."""
        inactive = Progress.INACTIVE
        return tuple(a for a in self.accounts if a.to is status and a.progress is not inactive)

    @property
    def off_by_rule(self) -> dict[str, str]:
        """The accounts that the run turns off, or was to turn off, each with its rule."""
        return {a.account: a.rule for a in self.changing(FeatureStatus.DISABLED)}

    def after(
        self,
        done: Collection[str],
        reasons: Mapping[str, str],
        settings_left: Collection[str] = (),
        notices: Sequence[str] = (),
    ) -> RegionReport:
        """The same once the run has ended.

        Args:
            done: the accounts that the run came to.
            reasons: AWS's reason for each of them that could not be set.
            settings_left: the settings that the run left out.
            notices: what else is reported at its end.
        """

        def ended(account: ReportedAccount) -> ReportedAccount:
            if account.progress is Progress.INACTIVE:
                return account
            reason = reasons.get(account.account)
            if account.account not in done:
                reason = reason or messages.left_out_of_this_run()
            progress = Progress.UNPROCESSED if reason else Progress.SET
            return account.model_copy(update={"progress": progress, "reason": reason})

        def written(setting: ReportedSetting) -> ReportedSetting:
            left = setting.setting in settings_left
            progress = Progress.UNPROCESSED if left else Progress.SET
            return setting.model_copy(update={"progress": progress})

        return self.model_copy(
            update={
                "accounts": tuple(map(ended, self.accounts)),
                "settings": tuple(map(written, self.settings)),
                "notices": (*self.notices, *notices),
            }
        )


class ReportedRefusal(_Reported):
    """One refusal, or one thing that a run left undone.

    Attributes:
        id: stable, for instance `members-not-written`; docs/guide.md lists them. Empty for an error
            that has none.
        key: the configuration key that it is about; empty if there is none.
        sentence: what is wrong.
        way_out: what to do about it; empty if the sentence says it.
    """

    id: str
    key: str
    sentence: str
    way_out: str


class Outcome(StrEnum):
    """How a preview or a run ended.

    `unfinished` stays in the file if it broke off. `refused`: nothing was changed. `previewed`: the
    preview came to its end. `succeeded`, `failed`: of a run.
    """

    UNFINISHED = "unfinished"
    REFUSED = "refused"
    PREVIEWED = "previewed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RunReport(_Reported):
    """What one preview or run does.

    Attributes:
        version: of the file's form; raised when a key changes or goes, not when one is added.
        project: the Pulumi project.
        stack: the Pulumi stack.
        started: when the program began, in UTC.
        preview: whether nothing is changed.
        outcome: how it ended.
        refusals: why nothing was changed, or what a run left undone.
        regions: what happens in each.
    """

    version: Literal[1] = 1
    project: str
    stack: str
    started: datetime
    preview: bool
    outcome: Outcome = Outcome.UNFINISHED
    refusals: tuple[ReportedRefusal, ...] = ()
    regions: tuple[RegionReport, ...] = ()


def reported_refusals(texts: Iterable[str]) -> tuple[ReportedRefusal, ...]:
    """Gives refusals in the report's form.

    Args:
        texts: values of `messages`; any other text becomes a refusal without an id.
    """
    return tuple(
        ReportedRefusal(id=one.id, key=one.key, sentence=one.sentence, way_out=one.way_out)
        for one in as_refusals(texts)
    )
