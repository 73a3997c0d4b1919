"""`MemberFeatures`: EKS_AUDIT_LOGS of all member accounts that the rules decide, in one resource.

One resource a region, never one an account: AWS reads and sets 50 members in a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from components.properties import MemberFeaturesProperties, refuse_malformed
from components.provider import IDENTITY, GuardDutyProvider, patience, tell, told_plainly
from guardduty import messages
from guardduty.members import (
    Outcome,
    read_member_statuses,
    set_member_statuses,
    without_a_record,
)
from guardduty.model import AccountId, DetectorId, FeatureStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty.identity import Identity

Properties = dict[str, Any]
"""Inputs: `region`, `account`, `detectorId`, `statuses` {account: status}, `changes` {account: from
-> to}, `seenAt`, `unrecorded` [account of which `PriorSettings` has no record], `retryMinutes`,
`identity`. Outputs: the same, `statuses` as AWS has them, and `unprocessed` {account: reason}."""


class MemberFeaturesProvider(GuardDutyProvider):
    """Sets members in batches; what could not be set is an output, so that the rest is kept."""

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Called before each preview and update, with values that may still be unknown."""
        statuses = news.get("statuses")
        wrong = []
        if isinstance(statuses, dict):
            wrong = [
                account
                for account, status in statuses.items()
                if isinstance(status, str) and status not in set(FeatureStatus)
            ]
        # Of a failure the engine prints the property whole: a small one, not the map.
        failures = [CheckFailure("region", messages.status_unknown(wrong))] if wrong else []
        return CheckResult(news, failures)

    @told_plainly
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Called with the old outputs and the new inputs.

        On refresh these are the refreshed outputs and the old inputs: the drift that the last run
        saw is dealt with, which its `seenAt` in the outputs tells.
        """
        refuse_malformed(MemberFeaturesProperties, olds)
        refuse_malformed(MemberFeaturesProperties, news)
        replaces = [key for key in IDENTITY if olds.get(key) != news.get(key)]
        drifted = news.get("seenAt") not in (None, olds.get("seenAt"))
        differs = any(olds.get(key) != news.get(key) for key in ("statuses", "identity"))
        return DiffResult(
            changes=bool(replaces or differs or drifted or olds.get("unprocessed")),
            replaces=replaces,
            delete_before_replace=True,
        )

    @told_plainly
    def create(self, props: Properties) -> CreateResult:
        """Called when the state has no such resource: also takes over members as they are."""
        refuse_malformed(MemberFeaturesProperties, props)
        return CreateResult(f"{props['region']}/{props['detectorId']}", self._apply(props))

    @told_plainly
    def update(self, _id: str, _olds: Properties, news: Properties) -> UpdateResult:
        """Called when `diff` asks for it; writes only to accounts that are not as wanted."""
        refuse_malformed(MemberFeaturesProperties, news)
        return UpdateResult(self._apply(news))

    @told_plainly
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Called on refresh, with the old outputs.

        An account that AWS does not tell about stays in the state as it was, and is listed as
        unprocessed with AWS's reason; those that were unprocessed stay so until a run has set them.
        """
        refuse_malformed(MemberFeaturesProperties, props)
        before: dict[AccountId, str] = {**props["statuses"]}
        left: dict[AccountId, str] = {**props.get("unprocessed", {})}
        accounts = [AccountId(account) for account in {**before, **left}]
        session = self.session_of_owner(props)
        if session is None:
            return ReadResult("", {})
        detector_id = DetectorId(props["detectorId"])
        now = read_member_statuses(session.guardduty, detector_id, accounts)
        statuses = {a: now.statuses.get(a, before.get(a)) for a in accounts}
        drift = {
            str(a): messages.change(before[a], status)
            for a, status in now.statuses.items()
            if before.get(a, status) != status
        }
        if drift:
            tell(messages.drifted(props["region"], drift))
        inputs = {
            **{key: props[key] for key in IDENTITY},
            "statuses": {a: status for a, status in statuses.items() if status},
            "changes": {},
        }
        more = ("seenAt", "retryMinutes", "identity")
        inputs |= {key: props[key] for key in more if props.get(key) is not None}
        outs = {**inputs, "unprocessed": {**left, **now.unprocessed}}
        return ReadResult(id_, outs, inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Writes nothing: letting accounts go is `PriorSettings`' part."""

    def _apply(self, props: Properties) -> Properties:
        api, detector_id = self.owned_session(props).guardduty, DetectorId(props["detectorId"])
        unrecorded = frozenset(props.get("unrecorded", ()))
        wanted: dict[AccountId, FeatureStatus] = {}
        not_yet: dict[AccountId, FeatureStatus] = {}
        for account, status in sorted(props["statuses"].items()):
            where = not_yet if account in unrecorded else wanted
            where[AccountId(account)] = FeatureStatus(status)
        outcome = set_member_statuses(api, detector_id, wanted, patience(props), tell)
        if not_yet:
            outcome = outcome.and_(without_a_record(api, detector_id, not_yet))
        as_wanted = len(outcome.statuses) - outcome.written
        left = len(outcome.unprocessed)
        tell(
            messages.members_set(
                props["region"], outcome.written, as_wanted, left, outcome.attempts
            )
        )
        return _outputs(props, outcome)


def _outputs(props: Properties, outcome: Outcome) -> Properties:
    return {
        **{k: v for k, v in props.items() if not k.startswith("__")},
        "statuses": {account: status.value for account, status in outcome.statuses.items()},
        "unprocessed": dict(outcome.unprocessed),
    }


class MemberFeatures(Resource, module="guardduty", name="MemberFeatures"):
    """EKS_AUDIT_LOGS of the members of one delegated administrator in one region.

    Attributes:
        statuses: {account: status} as AWS has them after the run.
        unprocessed: {account: AWS's reason} for the accounts that could not be set.
    """

    statuses: pulumi.Output[Mapping[str, str]]
    unprocessed: pulumi.Output[Mapping[str, str]]

    def __init__(  # noqa: PLR0913 - each is one property of the resource
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        account: pulumi.Input[str],
        detector_id: pulumi.Input[str],
        statuses: pulumi.Input[Mapping[str, str]],
        changes: pulumi.Input[Mapping[str, str]],
        seen_at: pulumi.Input[str] | None = None,
        unrecorded: pulumi.Input[Sequence[str]] | None = None,
        retry_minutes: pulumi.Input[float] | None = None,
        identity: Identity | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            region: where the members are set.
            account: the delegated administrator.
            detector_id: the delegated administrator's detector there.
            statuses: {account id: ENABLED or DISABLED}; other members are left alone.
            changes: {account id: "DISABLED -> ENABLED"} where AWS differs from it now, so that a
                preview names each account that will change. The run itself leaves them out: what
                it has made is no change to come, and would show as one in the next diff.
            seen_at: when that was seen, ISO 8601; given only with changes, and asks for an update.
            unrecorded: accounts of which nobody knows yet what they had before the stack: they are
                not set, but named, until that is recorded. None if there are none.
            retry_minutes: how long accounts are tried again that time may cure; None is 5.
            identity: who acts, kept in the state; None follows the stack's `aws:*` configuration.
            opts: the usual resource options.
        """
        super().__init__(
            MemberFeaturesProvider(),
            name,
            {
                "region": region,
                "account": account,
                "detectorId": detector_id,
                "statuses": statuses,
                "changes": changes if pulumi.runtime.is_dry_run() else {},
                "seenAt": seen_at,
                "unrecorded": unrecorded,
                "retryMinutes": retry_minutes,
                "identity": None if identity is None else identity.properties(),
                "unprocessed": None,
            },
            opts,
        )
