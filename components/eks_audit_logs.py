"""`EksAuditLogs`: one account's view of one region as a component."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from components.identity import check_aws_provider
from components.member_features import MemberFeatures
from components.prior_settings import PriorSettings
from guardduty import messages
from guardduty.model import FEATURE, FeatureStatus
from guardduty.modes import Mode
from guardduty.refusals import OWNER_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty.plan import Plan


class EksAuditLogs(pulumi.ComponentResource):
    """EKS audit log monitoring as one account keeps it in one region, for itself and its members.

    Its children, in the order in which they act: the detector (made only if the stack asks for
    it, and kept on destroy), `PriorSettings`, the account's own feature, in mode `organization`
    the organization's auto-enable settings, and `MemberFeatures` if there are rules for members.

    Attributes:
        plan: what the run does.
        detector_id: the account's detector.
        accounts: how many monitored members have EKS audit logs on, off, or unknown after the run:
            `{"ENABLED": 9, "DISABLED": 3}`.
        unprocessed: {account: AWS's reason} for the members that could not be set.
        unreleased: the same for the members that could not be let go as `onRelease` says.
    """

    detector_id: pulumi.Output[str]
    accounts: pulumi.Output[Mapping[str, int]]
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
            plan: what `guardduty.plan.make_plan` decided, without refusals.
            opts: the usual resource options; the aws children inherit an aws provider from them.

        Raises:
            OtherAccountError: the aws provider is another account than the plan's.
        """
        super().__init__("guardduty-eks-audit-logs:index:EksAuditLogs", name, None, opts)
        check_aws_provider(self, plan.snapshot)
        self._name = name
        self.plan = plan
        self._identity = plan.snapshot.identity
        self._region = plan.snapshot.region
        self.detector_id = self._detector()
        prior = self._prior()
        before_members = [self._own_feature(prior), *self._organization(prior)]
        members = self._members(prior, before_members) if plan.settings.members else None
        self.unprocessed = members.unprocessed if members else pulumi.Output.from_input({})
        self.unreleased = prior.unreleased
        self.accounts = self._counts(prior, members)
        self.register_outputs(
            {
                "detectorId": self.detector_id,
                "accounts": self.accounts,
                "unprocessed": self.unprocessed,
            }
        )

    def _detector(self) -> pulumi.Output[str]:
        found = self.plan.snapshot.detector
        if found is not None and not self.plan.settings.makes_detector:
            return pulumi.Output.from_input(str(found.id))
        # A new detector turns EKS_AUDIT_LOGS on unless told otherwise; once it is there, the
        # feature resource keeps it, so that later differences are none of the detector's.
        enable = self.plan.settings.status is FeatureStatus.ENABLED
        detector = aws.guardduty.Detector(
            f"{self._name}-detector",
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
                # destroy, is taken back; for one that the state knows this changes nothing.
                import_=found.id if found else None,
            ),
        )
        return detector.id

    def _prior(self) -> PriorSettings:
        plan = self.plan
        on_release = plan.settings.on_release.value
        return PriorSettings(
            f"{self._name}-prior",
            region=self._region,
            account=plan.snapshot.caller,
            detector_id=self.detector_id,
            accounts=dict.fromkeys([*plan.statuses, *plan.waiting], on_release),
            waiting=sorted(plan.waiting) or None,
            unmanaged=sorted(plan.unmanaged) or None,
            undecided=True if plan.snapshot.detector is None else None,
            on_release=on_release,
            max_disabled=plan.settings.max_disabled.written,
            turning_off=plan.turning_off,
            scope=self._scope(),
            retry_minutes=plan.settings.retry_minutes,
            seen_at=self._seen_at(),
            identity=self._identity,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _scope(self) -> list[str]:
        scope = ["detector"]
        if self.plan.settings.mode is Mode.ORGANIZATION:
            scope.append("organization")
        if self.plan.settings.auto_enable_members is not None:
            scope.append("autoEnableMembers")
        return scope

    def _own_feature(self, prior: PriorSettings) -> pulumi.Resource:
        return aws.guardduty.DetectorFeature(
            f"{self._name}-own",
            region=self._region,
            detector_id=self.detector_id,
            name=FEATURE,
            status=self.plan.settings.status.value,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[prior]),
        )

    def _organization(self, prior: PriorSettings) -> list[pulumi.Resource]:
        settings = self.plan.settings
        made: list[pulumi.Resource] = []
        if settings.mode is not Mode.ORGANIZATION:
            return made
        if settings.auto_enable_members is not None:
            made.append(
                aws.guardduty.OrganizationConfiguration(
                    f"{self._name}-organization",
                    region=self._region,
                    detector_id=self.detector_id,
                    auto_enable_organization_members=settings.auto_enable_members.value,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[prior]),
                )
            )
        made.append(
            aws.guardduty.OrganizationConfigurationFeature(
                f"{self._name}-auto-enable",
                region=self._region,
                detector_id=self.detector_id,
                name=FEATURE,
                auto_enable=settings.auto_enable.value,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[prior, *made]),
            )
        )
        return made

    def _members(self, prior: PriorSettings, after: list[pulumi.Resource]) -> MemberFeatures:
        changes, wanted = self.plan.changes, self.plan.statuses

        def unrecorded(recorded: Mapping[str, str] | None) -> Any:  # noqa: ANN401 - None is no property
            known = {a for a, s in (recorded or {}).items() if s != messages.UNKNOWN}
            return None if recorded is None else sorted(wanted.keys() - known) or None

        return MemberFeatures(
            f"{self._name}-members",
            region=self._region,
            account=self.plan.snapshot.caller,
            detector_id=self.detector_id,
            statuses={account: status.value for account, status in wanted.items()},
            changes={str(account): change for account, change in changes.items()},
            seen_at=self._seen_at() if changes else None,
            # A preview records nothing, so that it would name every account.
            unrecorded=None if pulumi.runtime.is_dry_run() else prior.statuses.apply(unrecorded),
            retry_minutes=self.plan.settings.retry_minutes,
            identity=self._identity,
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def _counts(
        self, prior: PriorSettings, members: MemberFeatures | None
    ) -> pulumi.Output[Mapping[str, int]]:
        before, now = self.plan.snapshot.statuses, self._seen_at()
        known: dict[str, str] = {a: status.value for a, status in before.statuses.items()}
        known |= dict.fromkeys(before.unprocessed, messages.UNKNOWN)

        def count(outputs: Sequence[Any]) -> Mapping[str, int]:
            released, applied = outputs
            let_go = {}
            if released and released["at"] == now:  # this run's, and not an earlier one's
                let_go = released["statuses"]
            return dict(sorted(Counter({**known, **let_go, **applied}.values()).items()))

        applied = members.statuses if members else pulumi.Output.from_input({})
        return pulumi.Output.all(prior.released, applied).apply(count)

    def _seen_at(self) -> str:
        return self.plan.snapshot.taken.isoformat(timespec="seconds")
