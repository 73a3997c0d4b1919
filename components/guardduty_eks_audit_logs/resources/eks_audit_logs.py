"""`EksAuditLogs`: one account's view of one region as a component."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import FEATURE, UNKNOWN, FeatureStatus, Setting
from guardduty_eks_audit_logs.planning.inputs import member_features_inputs, prior_settings_inputs
from guardduty_eks_audit_logs.planning.refusals import OWNER_TAG
from guardduty_eks_audit_logs.resources.aws_provider import check_aws_provider, import_id
from guardduty_eks_audit_logs.resources.member_features import MemberFeatures
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettings
from guardduty_eks_audit_logs.resources.process import RefusedError
from guardduty_eks_audit_logs.texts import read_grouped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from guardduty_eks_audit_logs.planning.plan import Plan

_HIDDEN_OF_PRIOR = [
    *("generation", "record", "onDestroy", "onDestroyRefused"),
    *("accounts", "waiting", "statuses"),
]
"""Inputs of `PriorSettings` that change with what others name: no news in a diff.

The last three are what earlier releases had for `record`.
"""

_HIDDEN_OF_MEMBERS = ["wanted", "statuses"]
"""The same of `MemberFeatures`; earlier releases had `statuses` for `wanted`."""


class EksAuditLogs(pulumi.ComponentResource):
    """EKS audit log monitoring as one account keeps it in one region, for itself and its members.

    Its children, in the order in which they act: the detector (made only if the stack asks for
    it, and kept on destroy), `PriorSettings`, the account's own feature, in mode `organization`
    the organization's auto-enable settings, and `MemberFeatures` if there are rules for members.
    Of a region that leaves the program, only `PriorSettings` is registered once more.

    Attributes:
        plan: what the run does.
        detector_id: the account's detector.
        accounts: how many monitored members have EKS audit logs on, off, or unknown after the run:
            `{"ENABLED": 9, "DISABLED": 3}`.
        reached_by_all: the same without members by invitation, which `autoEnable: ALL` is not for.
        unprocessed: {account: AWS's reason} for the members that could not be set.
        unreleased: the same for the members that could not be released as `onRelease` says.
    """

    detector_id: pulumi.Output[str]
    accounts: pulumi.Output[Mapping[str, int]]
    reached_by_all: pulumi.Output[Mapping[str, int]]
    unprocessed: pulumi.Output[Mapping[str, str]]
    unreleased: pulumi.Output[Mapping[str, str]]

    def __init__(
        self,
        name: str,
        plan: Plan,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resources of a plan.

        They act as the `Identity` that the plan's snapshot was read with; where there was none, as
        the stack's `aws:*` configuration says.

        Args:
            name: the component's name; its children's begin with it.
            plan: what `planning.plan.make_plan` decided, without refusals.
            opts: the usual resource options; the aws children inherit an aws provider from them.

        Raises:
            OtherAccountError: the aws provider is another account than the plan's.
        """
        super().__init__("guardduty-eks-audit-logs:index:EksAuditLogs", name, None, opts)
        check_aws_provider(self, plan.snapshot)
        self._name = name
        self.plan = plan
        self._region = plan.snapshot.region
        self.detector_id = self._detector()
        self._written: set[Setting] = set()
        self._settings: dict[Setting, pulumi.Output[str]] = {}
        self._setting_resources: list[pulumi.Resource] = []
        self._prior = self._prior_settings()
        self._members: MemberFeatures | None = None
        if not plan.leaving:
            self._own_feature()
            self._organization()
        if plan.settings.members and not plan.leaving:
            self._members = self._member_features()
        members = self._members
        self.unprocessed = (
            members.unprocessed.apply(_or_none_left) if members else pulumi.Output.from_input({})
        )
        self.unreleased = self._prior.unreleased.apply(_or_none_left)
        self.accounts = self._counts()
        self.reached_by_all = self._counts(leave_out=plan.snapshot.invited)
        self.register_outputs(
            {
                "detectorId": self.detector_id,
                "accounts": self.accounts,
                "unprocessed": self.unprocessed,
            }
        )

    async def left_out(self) -> tuple[str, ...]:
        """Says what the plan has and the engine leaves out of this run, one sentence each.

        It does with `--target` and `--exclude`, and with `--refresh=false` for settings that were
        changed outside the stack. To be asked once everything is registered.
        """
        plan, region = self.plan, self._region
        sentences = []
        not_written = await self.settings_left()
        if not_written:
            sentences.append(messages.not_written(region, not_written))
        if plan.changes and self._members and not await self._members_acted():
            sentences.append(messages.members_left_out(region, plan.changes))
        if (plan.release.by_account or plan.leaving) and not await self._prior_acted():
            sentences.append(messages.releases_left_out(region, plan.release.by_account))
        return tuple(sentences)

    async def settings_left(self) -> dict[str, str]:
        """The settings that this run leaves out, from what to what they were to go."""
        left = {}
        for key, change in self.plan.setting_changes.items():
            if key not in self._settings:
                continue
            # Of a resource that is not there and is not made either, nothing is known.
            known = await self._settings[key].future()
            if key not in self._written and known is not None:
                left[str(key)] = change
        return left

    async def done(self) -> frozenset[str]:
        """The accounts that this run came to set or to release, also where AWS refused it."""
        members = self.plan.changes if await self._members_acted() else {}
        released = self.plan.release.by_account if await self._prior_acted() else {}
        return frozenset({*members, *released})

    async def _members_acted(self) -> bool:
        if self._members is None or not await _is_made(self._members):
            return False
        return await self._members.revision.future() == self.plan.members_revision

    async def _prior_acted(self) -> bool:
        if not await _is_made(self._prior):
            return False
        return await self._prior.revision.future() == self.plan.revision

    def _detector(self) -> pulumi.Output[str]:
        found = self.plan.snapshot.detector
        if self.plan.leaving or (found is not None and not self.plan.settings.makes_detector):
            known = found.id if found else self.plan.record.detector_id
            return pulumi.Output.from_input(str(known))
        # A new detector turns EKS_AUDIT_LOGS on unless the request says otherwise. Afterwards the
        # feature resource keeps the setting: the detector ignores later differences.
        enable = self.plan.settings.status is FeatureStatus.ENABLED
        name, ids = f"{self._name}-detector", self.plan.state_ids
        detector = aws.guardduty.Detector(
            name,
            region=self._region,
            enable=True,
            datasources={"kubernetes": {"audit_logs": {"enable": enable}}},
            tags={OWNER_TAG: self.plan.owner},
            opts=pulumi.ResourceOptions(
                parent=self,
                retain_on_delete=True,
                # Others may tag it too; the stack's own tag is there from the beginning.
                ignore_changes=["datasources", "tags"],
                # One of this stack's making that its state knows no more, for instance after a
                # destroy, is taken back.
                import_=import_id(self, name, found.id, self._region, ids) if found else None,
            ),
        )
        return detector.id

    def _prior_settings(self) -> PriorSettings:
        options = pulumi.ResourceOptions(parent=self, hide_diffs=_HIDDEN_OF_PRIOR)
        inputs = prior_settings_inputs(self.plan)
        return PriorSettings(f"{self._name}-prior", inputs, self.detector_id, options)

    def _options(self, key: Setting) -> pulumi.ResourceOptions:
        """Of a resource that writes a setting: after the record, and noted once it is written."""

        async def note(_args: pulumi.ResourceHookArgs) -> None:
            await self._refuse_without_record(key)
            self._written.add(key)

        return self._after([self._prior, *self._setting_resources], f"{self._name}-{key}", note)

    def _after(
        self,
        resources: list[pulumi.Resource],
        name: str,
        before_write: Callable[[pulumi.ResourceHookArgs], Awaitable[None]],
        hidden: list[str] | None = None,
    ) -> pulumi.ResourceOptions:
        hook = pulumi.ResourceHook(name, before_write, pulumi.ResourceHookOptions(on_dry_run=True))
        hooks = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
        return pulumi.ResourceOptions(
            parent=self, depends_on=resources, hooks=hooks, hide_diffs=hidden
        )

    async def _refuse_without_record(self, key: Setting | None = None) -> None:
        """Refuses to write before it is recorded what was there before the stack.

        The engine gives no outputs of a resource that `--exclude` leaves out.
        """
        revision = await self._prior.revision.future()
        acts, recorded = revision == self.plan.revision, key in self.plan.record.settings
        if revision is None or not (acts or recorded or key is None):
            raise RefusedError(messages.record_left_out(self._region))

    def _own_feature(self) -> None:
        feature = aws.guardduty.DetectorFeature(
            f"{self._name}-own",
            region=self._region,
            detector_id=self.detector_id,
            name=FEATURE,
            status=self.plan.settings.status.value,
            opts=self._options(Setting.STATUS),
        )
        self._add(Setting.STATUS, feature, feature.status)

    def _organization(self) -> None:
        settings, written = self.plan.settings, self.plan.written_settings
        if settings.auto_enable_members is not None:
            key = Setting.AUTO_ENABLE_MEMBERS
            organization = aws.guardduty.OrganizationConfiguration(
                f"{self._name}-organization",
                region=self._region,
                detector_id=self.detector_id,
                auto_enable_organization_members=settings.auto_enable_members.value,
                opts=self._options(key),
            )
            self._add(key, organization, organization.auto_enable_organization_members)
        if Setting.AUTO_ENABLE in written:
            feature = aws.guardduty.OrganizationConfigurationFeature(
                f"{self._name}-auto-enable",
                region=self._region,
                detector_id=self.detector_id,
                name=FEATURE,
                auto_enable=settings.auto_enable.value,
                opts=self._options(Setting.AUTO_ENABLE),
            )
            self._add(Setting.AUTO_ENABLE, feature, feature.auto_enable)

    def _add(self, key: Setting, resource: pulumi.Resource, value: pulumi.Output[str]) -> None:
        self._settings[key] = value
        self._setting_resources.append(resource)

    def _member_features(self) -> MemberFeatures:
        inputs = member_features_inputs(self.plan)

        def unrecorded(before: str | None) -> list[str]:
            # Without a value, the resource would not depend on the record.
            return sorted(inputs.wanted.keys() - read_grouped(before).keys())

        async def before_write(_args: pulumi.ResourceHookArgs) -> None:
            await self._refuse_without_record()

        return MemberFeatures(
            f"{self._name}-members",
            inputs,
            self.detector_id,
            self._prior.before.apply(unrecorded),
            self._after(
                self._setting_resources,
                f"{self._name}-members",
                before_write,
                _HIDDEN_OF_MEMBERS,
            ),
        )

    def _counts(self, leave_out: Collection[str] = frozenset()) -> pulumi.Output[Mapping[str, int]]:
        plan = self.plan
        read = plan.snapshot.statuses
        known = {str(a): str(status) for a, status in read.statuses.items()}
        known |= dict.fromkeys(map(str, read.unprocessed), UNKNOWN)
        wanted = {str(a): str(status) for a, status in plan.wanted.items()}
        released = {str(a): str(status) for a, status in plan.release.changing.items()}

        def count(outputs: Sequence[Any]) -> Mapping[str, int]:
            revision, unreleased, members_revision, unprocessed = outputs
            now = dict(known)
            if revision == plan.revision:
                now |= {a: s for a, s in released.items() if a not in (unreleased or {})}
            if members_revision == plan.members_revision:
                now |= {a: s for a, s in wanted.items() if a not in (unprocessed or {})}
                left = (a for a in unprocessed or {} if a not in read.statuses)
                now |= dict.fromkeys(left, UNKNOWN)
            counted = Counter(status for a, status in now.items() if a not in leave_out)
            return dict(sorted(counted.items()))

        members = self._members
        return pulumi.Output.all(
            self._prior.revision,
            self._prior.unreleased,
            members.revision if members else None,
            members.unprocessed if members else None,
        ).apply(count)


async def _is_made(resource: pulumi.CustomResource) -> bool:
    """Whether a resource is there; in a preview, or will be.

    If a run leaves one out before it was ever made, the engine gives its inputs as outputs.
    """
    return pulumi.runtime.is_dry_run() or bool(await resource.id.future())


def _or_none_left(reasons: Mapping[str, str] | None) -> Mapping[str, str]:
    return reasons or {}
