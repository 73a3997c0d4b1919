"""`PriorSettings`: what AWS held before the stack first touched it, kept in the state.

It is created before every other write and deleted after them, so that no crash can lose it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components.provider import IDENTITY, GuardDutyProvider, told_plainly
from guardduty.model import AccountId, DetectorId
from guardduty.prior import read_prior, read_prior_statuses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from guardduty.identity import Identity

Properties = dict[str, Any]
"""Inputs: `region`, `account`, `detectorId`, `accounts` {account: onRelease}, and `waiting`
[account] for those of them that can't be set now. Outputs: the same, `statuses` {account: status
before the stack}, `organization` and `detector` before the stack."""


class PriorSettingsProvider(GuardDutyProvider):
    """Records; it never writes to AWS, since `LEAVE` lets accounts go as they are."""

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Called with the old outputs and the new inputs."""
        replaces = [key for key in IDENTITY if olds.get(key) != news.get(key)]
        differs = any(olds.get(key) != news.get(key) for key in ("accounts", "waiting", "identity"))
        return DiffResult(changes=bool(replaces or differs), replaces=replaces)

    @told_plainly
    def create(self, props: Properties) -> CreateResult:
        """Called before anything is written: records the accounts, organization and detector."""
        prior = read_prior(
            self.owned_session(props).guardduty,
            DetectorId(props["detectorId"]),
            _about_to_be_set(props),
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
        """Called on refresh, with the old outputs: what was there before does not change."""
        return ReadResult(id_, props) if self.session_of_owner(props) else ReadResult("", {})

    @told_plainly
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Called when accounts come or go: records those that come; those that go are let go.

        An account that waits, for instance since it is suspended, keeps the record that it has;
        if it has none, it gets one just before it is set for the first time.
        """
        recorded = {a: s for a, s in olds["statuses"].items() if a in news["accounts"]}
        new = [account for account in _about_to_be_set(news) if account not in recorded]
        if new:
            api = self.owned_session(news).guardduty
            recorded |= read_prior_statuses(api, DetectorId(news["detectorId"]), new)
        outs = {
            **_inputs(news),
            "statuses": recorded,
            "organization": olds["organization"],
            "detector": olds["detector"],
        }
        return UpdateResult(outs)


def _inputs(props: Properties) -> Properties:
    return {key: value for key, value in props.items() if not key.startswith("__")}


def _about_to_be_set(props: Properties) -> list[AccountId]:
    waiting = frozenset(props.get("waiting", ()))
    # Maps arrive from the engine in no order.
    return [AccountId(account) for account in sorted(props["accounts"]) if account not in waiting]


class PriorSettings(Resource, module="guardduty", name="PriorSettings"):
    """The settings before the stack, in one region.

    Attributes:
        statuses: {account: status before the stack}, `UNKNOWN` where AWS did not tell.
    """

    statuses: pulumi.Output[Mapping[str, str]]

    def __init__(  # noqa: PLR0913 - each is one property of the resource
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        account: pulumi.Input[str],
        detector_id: pulumi.Input[str],
        accounts: pulumi.Input[Mapping[str, str]],
        waiting: pulumi.Input[Sequence[str]] | None = None,
        identity: Identity | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            region: where the settings are.
            account: the delegated administrator.
            detector_id: the delegated administrator's detector there.
            accounts: {account id: what happens when the stack lets it go}, today `LEAVE`.
            waiting: those of the accounts that can't be set now, None if there are none.
            identity: who acts, kept in the state; None follows the stack's `aws:*` configuration.
            opts: the usual resource options.
        """
        super().__init__(
            PriorSettingsProvider(),
            name,
            {
                "region": region,
                "account": account,
                "detectorId": detector_id,
                "accounts": accounts,
                "waiting": waiting,
                "identity": None if identity is None else identity.properties(),
                "statuses": None,
                "organization": None,
                "detector": None,
            },
            opts,
        )
