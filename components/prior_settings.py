"""`PriorSettings`: what AWS held before the stack first touched it, kept in the state.

It is created before every other write and deleted after them, so that no crash can lose it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components.provider import GuardDutyProvider, told_plainly
from guardduty.model import AccountId, DetectorId
from guardduty.prior import read_prior, read_prior_statuses

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

Properties = dict[str, Any]
"""Inputs: `region`, `detectorId`, `accounts` {account: onRelease}. Outputs: the same, `statuses`
{account: status before the stack}, `organization` and `detector` before the stack."""


class PriorSettingsProvider(GuardDutyProvider):
    """Records; it never writes to AWS, since `LEAVE` lets accounts go as they are."""

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Called with the old outputs and the new inputs."""
        replaces = [key for key in ("region", "detectorId") if olds.get(key) != news.get(key)]
        differs = olds.get("accounts") != news.get("accounts")
        return DiffResult(changes=bool(replaces or differs), replaces=replaces)

    @told_plainly
    def create(self, props: Properties) -> CreateResult:
        """Called before anything is written: records the accounts, organization and detector."""
        prior = read_prior(
            self.session(props["region"]).guardduty,
            DetectorId(props["detectorId"]),
            [AccountId(account) for account in props["accounts"]],
        )
        outs = {
            **_inputs(props),
            "statuses": dict(prior.statuses),
            "organization": {
                "autoEnableMembers": prior.organization.members.value,
                "autoEnable": prior.organization.feature and prior.organization.feature.value,
            },
            "detector": {"status": prior.own and prior.own.value},
        }
        return CreateResult(f"{props['region']}/{props['detectorId']}", outs)

    @told_plainly
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Called on refresh: what was there before does not change; whose it is must be right."""
        self.session_of_owner(props["region"], props["detectorId"])
        return ReadResult(id_, props)

    @told_plainly
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Called when accounts come or go: records those that come; those that go are let go."""
        recorded = {a: s for a, s in olds["statuses"].items() if a in news["accounts"]}
        new = [AccountId(account) for account in news["accounts"] if account not in recorded]
        if new:
            api = self.session(news["region"]).guardduty
            recorded |= read_prior_statuses(api, DetectorId(news["detectorId"]), new)
        outs = {
            **_inputs(news),
            "statuses": recorded,
            "organization": olds["organization"],
            "detector": olds["detector"],
        }
        return UpdateResult(outs)


def _inputs(props: Properties) -> Properties:
    return {key: props[key] for key in ("region", "detectorId", "accounts")}


class PriorSettings(Resource, module="guardduty", name="PriorSettings"):
    """The settings before the stack, in one region.

    Attributes:
        statuses: {account: status before the stack}, `UNKNOWN` where AWS did not tell.
    """

    statuses: pulumi.Output[Mapping[str, str]]

    def __init__(
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        detector_id: pulumi.Input[str],
        accounts: pulumi.Input[Mapping[str, str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            region: where the settings are.
            detector_id: the delegated administrator's detector there.
            accounts: {account id: what happens when the stack lets it go}, today `LEAVE`.
            opts: the usual resource options.
        """
        super().__init__(
            PriorSettingsProvider(),
            name,
            {
                "region": region,
                "detectorId": detector_id,
                "accounts": accounts,
                "statuses": None,
                "organization": None,
                "detector": None,
            },
            opts,
        )
