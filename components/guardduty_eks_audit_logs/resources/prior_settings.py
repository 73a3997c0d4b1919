"""`PriorSettings`: what AWS held before the stack first touched it, kept in the state as a ledger.

It is created before every other write and deleted after them, so that no crash can lose it.
docs/decisions/2026-11-26-state-contract.md has its inputs and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UnreleasedError, UserError
from guardduty_eks_audit_logs.messages.catalogue import as_refusals
from guardduty_eks_audit_logs.model import UNKNOWN, AccountId, DetectorId, FeatureStatus, Setting
from guardduty_eks_audit_logs.reading.prior_settings import read_prior_settings, read_prior_statuses
from guardduty_eks_audit_logs.resources.provider import (
    GuardDutyProvider,
    acting_as_the_state_says,
    has_failed,
    is_outdated,
    is_record_kept,
    keep_record,
    note_failure,
    note_generation,
    note_live,
    note_recorded,
    patience,
    plain_errors,
    replaced,
    tell,
)
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.settings.faults import LISTED
from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled
from guardduty_eks_audit_logs.state.properties import (
    LEAVE,
    PriorSettingsInputs,
    PriorSettingsOutputs,
)
from guardduty_eks_audit_logs.writing.release import (
    Release,
    Released,
    do_release,
    find_release,
    refuse_too_many,
    release_summary,
)
from guardduty_eks_audit_logs.writing.restore import restore_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi

_OWNER = ("region", "administrator_account_id")
"""The record is of an account in a region: it outlives a detector that is made anew."""

_ASKS = (
    "revision",
    "detector_id",
    "on_release",
    "max_disabled",
    "retry_minutes",
    "identity",
)
"""The inputs of which another value asks for an update."""


class PriorSettingsProvider(GuardDutyProvider):
    """Records what is there before every other write, and releases what the plan says.

    Nothing that the stack itself wrote is ever recorded: an account's record is in the state before
    its first write, and stays there until the account has been released.
    """

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Called in a preview and in a run, for each that the program registers."""
        keep_record("prior", news)
        return CheckResult(news, [])

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs; on refresh with the old inputs."""
        last, wanted = PriorSettingsOutputs.parse(olds), PriorSettingsInputs.parse(news)
        replaces = replaced(last, wanted, _OWNER)
        # A refresh compares what an earlier release left with itself.
        asks = () if wanted.revision is None else _ASKS
        differs = any(getattr(last, key) != getattr(wanted, key) for key in asks)
        return DiffResult(changes=bool(replaces or differs), replaces=replaces)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called before anything is written, and when another resource takes its place.

        The input `record` brings the ledger of an earlier one.
        """
        try:
            wanted = PriorSettingsInputs.parse(props)
            outputs = self._outputs(wanted, wanted.generation + 1)
        except Exception:
            note_failure("prior", props)
            raise
        return CreateResult(f"{wanted.region}/{wanted.detector_id}", outputs)

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh, with the old outputs; what was there before does not change.

        It does not even if the detector is gone: the members have what the stack gave them still.
        """
        last = PriorSettingsOutputs.parse(props)
        with acting_as_the_state_says():
            self.owned_session(last)
        note_live(last)
        return ReadResult(id_, props)

    @plain_errors
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when `diff` asks for it: records accounts that are new, releases others.

        One that AWS did not set stays in the ledger, with AWS's reason; the next run tries again.

        Raises:
            RefusedError: something could not be read, or the program has not read its own state
                and would lose what is recorded; nothing is written then.
        """
        last, wanted = PriorSettingsOutputs.parse(olds), PriorSettingsInputs.parse(news)
        missing = last.before.keys() - wanted.record.keys()
        if missing:
            raise UnreleasedError(messages.record_incomplete(wanted.region, missing))
        return UpdateResult(self._outputs(wanted, last.generation))

    @plain_errors
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Called last on destroy, with the outputs: releases all accounts.

        In a run that keeps the record, another resource has it by now: nothing is released. Nor is
        it by a record that a later one has replaced, and that a failed run has left behind. Only
        what differs is written: a repeated delete goes on where the last one ended.

        Raises:
            RefusedError: it would turn off too many members, and nothing is written; or accounts
                are left that could not be set.
        """
        last = PriorSettingsOutputs.parse(props)
        if has_failed("prior", last):
            raise UnreleasedError(messages.record_not_taken_over(last.region))
        if is_record_kept("prior", last):
            return
        outdated = is_outdated(last)
        note_generation(last)
        if outdated or last.on_release is OnRelease.LEAVE:
            return
        with acting_as_the_state_says():
            api = self.owned_session(last).guardduty
        # The record outlives its detector: with one made anew, members have what the stack gave.
        detector_id = api.detector_id()
        if detector_id is None:
            tell(messages.detector_gone(last.region, str(last.detector_id)))
            return
        before = {AccountId(account): status for account, status in sorted(last.before.items())}
        release = find_release(api, detector_id, last.on_release, before)
        refuse_too_many(api, detector_id, release, last.on_release, self._limit(last))
        if last.on_release is OnRelease.RESTORE:
            restore_settings(api, detector_id, last.settings_before, tell)
        released = do_release(api, detector_id, release, patience(last.retry_minutes), tell)
        if before:
            off = released.release.turning_off
            named = f" {messages.turned_off(off, LISTED)}" if off else ""
            tell(f"{release_summary(released, last.on_release)}{named}")
        if released.unreleased:
            reasons = {str(a): why for a, why in released.unreleased.items()}
            raise UnreleasedError(messages.not_let_go(last.region, reasons))

    def _limit(self, last: PriorSettingsOutputs) -> MaxDisabled:
        """The limit of the configuration that the engine gives, else that of the last run.

        In `pulumi up` that is the configuration of now; on destroy it is the last run's.
        """
        configured = self.configured("maxDisabled")
        if configured in {None, ""}:
            return last.max_disabled
        try:
            return MaxDisabled.parse(configured)
        except ValueError as error:
            (malformed,) = as_refusals(error.args)
            raise UserError(malformed.after("maxDisabled: ", "maxDisabled")) from None

    def _outputs(self, wanted: PriorSettingsInputs, generation: int) -> dict[str, Any]:
        api = self.owned_session(wanted).guardduty
        detector_id = DetectorId(wanted.detector_id)
        before = self._recorded(api, detector_id, wanted)
        note_recorded(wanted)
        settings = read_prior_settings(api, detector_id, wanted.settings, wanted.settings_before)
        if wanted.release_all:
            self._restore(api, wanted, settings)
            settings = {}
        done = self._release(api, detector_id, wanted)
        # Who could not be set now stays in the ledger: with a reason, or since it is inactive.
        released = wanted.release.keys() - done.unreleased.keys() - done.release.inactive.keys()
        return PriorSettingsOutputs(
            region=wanted.region,
            administrator_account_id=wanted.administrator_account_id,
            detector_id=wanted.detector_id,
            retry_minutes=wanted.retry_minutes,
            identity=wanted.identity,
            revision=wanted.revision,
            generation=generation,
            before={a: status for a, status in before.items() if a not in released},
            settings_before=settings,
            unreleased={str(a): why for a, why in done.unreleased.items()},
            on_release=wanted.on_release,
            max_disabled=wanted.max_disabled,
        ).properties()

    def _restore(
        self, api: GuardDutyApi, wanted: PriorSettingsInputs, settings: Mapping[Setting, str]
    ) -> None:
        if wanted.on_release is not OnRelease.RESTORE:
            return
        detector_id = api.detector_id()
        if detector_id is None:
            tell(messages.detector_gone(wanted.region, str(wanted.detector_id)))
            return
        restore_settings(api, detector_id, settings, tell)

    def _recorded(
        self, api: GuardDutyApi, detector_id: DetectorId, wanted: PriorSettingsInputs
    ) -> dict[str, FeatureStatus]:
        known = {a: FeatureStatus(s) for a, s in wanted.record.items() if s != UNKNOWN}
        untold = [AccountId(a) for a in sorted(wanted.record) if a not in known]
        if not untold:
            return known
        time = patience(wanted.retry_minutes)
        return known | dict(read_prior_statuses(api, detector_id, untold, time, tell))

    def _release(
        self, api: GuardDutyApi, detector_id: DetectorId, wanted: PriorSettingsInputs
    ) -> Released:
        changing = {
            AccountId(account): FeatureStatus(word.rpartition(" ")[2])
            for account, word in sorted(wanted.release.items())
            if word != LEAVE
        }
        if not changing:
            return Released(Release(), {})
        time = patience(wanted.retry_minutes)
        released = do_release(api, detector_id, Release(changing=changing), time, tell)
        tell(release_summary(released, wanted.on_release))
        return released


class PriorSettings(Resource, module="guardduty", name="PriorSettings"):
    """The settings before the stack, of one administrator in one region.

    Attributes:
        before: the ledger: a text of what each account had before the stack (`texts`).
        revision: of the run that acted last.
        unreleased: {account: AWS's reason} for the accounts that could not be released.
    """

    before: pulumi.Output[str | None]
    revision: pulumi.Output[float | None]
    unreleased: pulumi.Output[Mapping[str, str] | None]

    def __init__(
        self,
        name: str,
        inputs: PriorSettingsInputs,
        detector_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            inputs: what the plan says.
            detector_id: the administrator's detector, which may still be unknown.
            opts: the usual resource options.
        """
        super().__init__(
            PriorSettingsProvider(),
            name,
            {
                "unreleased": None,
                "before": None,
                **inputs.properties(),
                "detectorId": detector_id,
            },
            opts,
        )
