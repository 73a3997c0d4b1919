"""`PriorSettings`: what AWS held before the stack first touched it, kept in the state.

It is created before every other write and deleted after them, so that no crash can lose it.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from components.properties import (
    PriorSettingsOutputs,
    PriorSettingsProperties,
    refuse_malformed,
)
from components.provider import GuardDutyProvider, patience, tell, told_plainly
from guardduty import messages
from guardduty.errors import UnreleasedError
from guardduty.max_disabled import MaxDisabled
from guardduty.messages import UNKNOWN
from guardduty.model import AccountId, AutoEnable, DetectorId
from guardduty.prior import (
    PriorOrganization,
    Scope,
    is_recorded,
    read_prior_organization,
    read_prior_statuses,
)
from guardduty.release import (
    Release,
    find_release,
    foretell,
    let_go,
    refuse_too_many,
    tell_of,
)
from guardduty.restore import restore_organization, restore_own_detector
from guardduty.settings import OnRelease

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from guardduty.api import GuardDutyApi
    from guardduty.identity import Identity

Properties = dict[str, Any]
"""Inputs: `region`, `account`, `detectorId`, `accounts` {account: onRelease}, `waiting` [account]
for those of them that can't be set now, `unmanaged` [account] that a rule leaves alone, `undecided`
where the program could not decide the rules in this run, `onRelease` for accounts that drop out
now, `maxDisabled`, `turningOff` (how many members the rules turn off in this run), `scope` [what
the stack writes beside members], `retryMinutes`, `seenAt`, `identity`.
Outputs: the same, `scope` with what it ever wrote, what was before the stack (`statuses` {account:
status}, `organization`, `detector`), `unreleased` {account: reason}, which are in `accounts` still,
`heldBack` {account: onRelease} that dropped out and could not be set then, for instance since they
were suspended, and `released`: {`at`: the `seenAt` of the run that let accounts go last, `statuses`
{account: what it gave them}}."""

_OWNER = ("region", "account")
"""The record is of an account in a region: it outlives a detector that is made anew."""

_RECORD = ("statuses", "organization", "detector")
"""What was before the stack. A refresh makes inputs of it, to be shown; outputs alone are read."""

_ASKS = (
    "detectorId",
    "accounts",
    "waiting",
    "onRelease",
    "maxDisabled",
    "retryMinutes",
    "identity",
)
"""The inputs of which another value asks for an update."""


class PriorSettingsProvider(GuardDutyProvider):
    """Records what is there before every other write, and puts it back when accounts are let go.

    Nothing that the stack itself wrote is ever recorded: an account's record is in the state before
    its first write, and stays there until the account has been let go.
    """

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Called before each preview and update, with the old inputs: keeps what a refresh added.

        That is the record, for a preview to show it account by account.
        """
        record = {key: olds[key] for key in _RECORD if key in olds}
        news = _decided(olds, news)
        accounts, statuses = news.get("accounts"), record.get("statuses")
        if isinstance(statuses, dict) and isinstance(accounts, dict):
            record["statuses"] = {a: s for a, s in statuses.items() if a in accounts}
        return CheckResult({**news, **record}, [])

    @told_plainly
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Called with the old outputs and the new inputs, in previews too.

        Raises:
            RefusedError: accounts drop out, and letting them go turns off too many members.
        """
        refuse_malformed(PriorSettingsOutputs, olds)
        refuse_malformed(PriorSettingsProperties, news)
        replaces = [key for key in _OWNER if olds.get(key) != news.get(key)]
        news = _decided(olds, news)
        differs = any(olds.get(key) != news.get(key) for key in _ASKS) or _grows(olds, news)
        left = bool(olds.get("unreleased") or _not_recorded(olds["statuses"], news))
        if not replaces and isinstance(news["detectorId"], str) and not _is_a_refresh(olds, news):
            left |= self._foretell(olds, news)
            _tell_of_settings_left(olds, news)
        return DiffResult(changes=bool(replaces or differs or left), replaces=replaces)

    @told_plainly
    def create(self, props: Properties) -> CreateResult:
        """Called before anything is written: records the accounts, organization and detector."""
        refuse_malformed(PriorSettingsProperties, props)
        api, detector_id = self.owned_session(props).guardduty, DetectorId(props["detectorId"])
        organization = read_prior_organization(api, detector_id, _scope(props))
        own = api.detector(detector_id).status
        statuses = read_prior_statuses(
            api, detector_id, _about_to_be_set(props), patience(props), tell
        )
        outs = {
            **_outputs(props, statuses, organization, {}),
            "detector": {"status": own and own.value},
            "released": {"at": "", "statuses": {}},
        }
        return CreateResult(f"{props['region']}/{props['detectorId']}", outs)

    @told_plainly
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Called on refresh, with the old outputs: what was there before does not change.

        It does not even if the detector is gone: the members have what the stack gave them still.
        """
        refuse_malformed(PriorSettingsOutputs, props)
        self.owned_session(props)
        # Of a resource that is to be deleted, a preview shows the inputs alone.
        record = {key: props[key] for key in _RECORD if key in props}
        return ReadResult(id_, props, {**_inputs(props), **record})

    @told_plainly
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Called when accounts come or go: records those that come, lets go those that go.

        An account that waits, for instance since it is suspended, keeps the record that it has;
        if it has none, it gets one just before it is set for the first time. One that could not be
        let go stays in the state, with AWS's reason, for the next run to try again. One that nobody
        can set now is held back, which is no failure: the first run that finds it active lets it
        go.

        Raises:
            RefusedError: it turns off too many members, or something could not be read; nothing is
                written then.
        """
        refuse_malformed(PriorSettingsOutputs, olds)
        refuse_malformed(PriorSettingsProperties, news)
        news = _decided(olds, news)
        api = cache(lambda: self.owned_session(news).guardduty)
        detector_id, word = DetectorId(news["detectorId"]), _word(news)
        dropped = _dropped(olds, news, word)
        release = Release(staying=frozenset(dropped))
        if word is not OnRelease.LEAVE and dropped:
            release = find_release(api(), detector_id, dropped, olds["statuses"])
            _refuse_too_many(api(), news, release)
        statuses = {a: s for a, s in olds["statuses"].items() if a in news["accounts"]}
        new = _not_recorded(statuses, news)
        if new:
            statuses |= read_prior_statuses(api(), detector_id, new, patience(news), tell)
        scope = _scope(olds) | _scope(news)
        organization = _prior_organization(olds)
        if not is_recorded(organization, scope):
            organization = read_prior_organization(api(), detector_id, scope, organization)
        unreleased: Mapping[AccountId, str] = {}
        if news.get("undecided"):
            unreleased = olds.get("unreleased", {})
        let_go_as: Mapping[AccountId, str] = {}
        if release.changing:
            released = let_go(api(), detector_id, release, patience(news), tell)
            release, unreleased = released.release, released.unreleased
            let_go_as = {a: status.value for a, status in release.changing.items()}
            tell(tell_of(released, [word]))
        held_back = dict.fromkeys(sorted(release.held_back), word.value)
        if news.get("undecided"):
            held_back = olds.get("heldBack", {})
        kept = {a: s for a, s in olds["statuses"].items() if a in {**unreleased, **held_back}}
        outs = {
            **_outputs(news, {**kept, **statuses}, organization, unreleased),
            "accounts": {**news["accounts"], **dict.fromkeys(unreleased, word.value)},
            **({"heldBack": held_back} if held_back else {}),
            # What the stack once wrote is put back on destroy, though it writes it no more.
            "scope": [what.value for what in Scope if what in scope],
            "detector": olds["detector"],
            "released": {"at": news.get("seenAt", ""), "statuses": dict(let_go_as)},
        }
        return UpdateResult(outs)

    @told_plainly
    def delete(self, _id: str, props: Properties) -> None:
        """Called last on destroy, with the outputs: lets go all accounts, each by its own word.

        The organization comes first, so that it turns nothing on again. Only what differs is
        written: a repeated delete goes on where the last one ended.

        Raises:
            RefusedError: it would turn off too many members, and nothing is written; or accounts
                are left that could not be set.
        """
        refuse_malformed(PriorSettingsOutputs, props)
        of_all = {**props["accounts"], **props.get("heldBack", {})}
        words = {AccountId(a): OnRelease(word) for a, word in sorted(of_all.items())}
        if {_word(props), *words.values()} == {OnRelease.LEAVE}:
            return
        api = self.owned_session(props).guardduty
        # The record outlives its detector: with one made anew, members have what the stack gave.
        detector_id = api.detector_id()
        if detector_id is None:
            tell(messages.detector_gone(props["region"], props["detectorId"]))
            return
        release = find_release(api, detector_id, words, props["statuses"])
        off = release.turning_off
        told = partial(messages.too_many_disabled_on_destroy, off)
        refuse_too_many(api, detector_id, len(off), _max_disabled(props), told)
        if _word(props) is OnRelease.RESTORE:
            prior, scope = _prior_organization(props), _scope(props)
            restore_organization(api, detector_id, prior, scope, tell)
            restore_own_detector(api, detector_id, props["detector"].get("status"), tell)
        released = let_go(api, detector_id, release, patience(props), tell)
        if words:
            tell(tell_of(released, words.values()))
        if released.unreleased:
            reasons = {str(a): why for a, why in released.unreleased.items()}
            raise UnreleasedError(messages.not_let_go(props["region"], reasons))

    def _foretell(self, olds: Properties, news: Properties) -> bool:
        """Tells what happens to accounts that drop out, those left from earlier runs included.

        Returns:
            whether one that was held back by earlier runs is let go in this one.
        """
        word = _word(news)
        dropped = _dropped(olds, news, word)
        if not dropped:
            return False
        release = Release(staying=frozenset(dropped))
        if word is not OnRelease.LEAVE:
            api, detector_id = self.owned_session(news).guardduty, DetectorId(news["detectorId"])
            release = find_release(api, detector_id, dropped, olds["statuses"])
            _refuse_too_many(api, news, release)
        before = {a for a in dropped if a not in olds["accounts"]}
        to_tell = dropped.keys() - (before & release.held_back)
        if to_tell:
            tell(foretell(word, release.of(to_tell), len(to_tell)))
        return bool(before - release.held_back)


def _decided(olds: Properties, news: Properties) -> Properties:
    """The new inputs; where the program could not decide the rules, the last run's stay decided.

    So it is in the run that makes the detector: nobody knows then who its members are.
    """
    if not news.get("undecided"):
        return news
    of_rules = ("accounts", "waiting")
    kept: Properties = {key: olds[key] for key in of_rules if key in olds}
    others = {key: value for key, value in news.items() if key not in of_rules}
    return {**others, "accounts": {}, **kept}


def _is_a_refresh(olds: Properties, news: Properties) -> bool:
    """Whether the engine only compares what it has: each run of the program looks at AWS anew."""
    return "seenAt" in news and olds.get("seenAt") == news["seenAt"]


def _inputs(props: Properties) -> Properties:
    outputs = (*_RECORD, "unreleased", "released", "heldBack")
    return {k: v for k, v in props.items() if not k.startswith("__") and k not in outputs}


def _outputs(
    props: Properties,
    statuses: Mapping[AccountId, str],
    organization: PriorOrganization | None,
    unreleased: Mapping[AccountId, str],
) -> Properties:
    outs = {**_inputs(props), "statuses": dict(statuses), "unreleased": dict(unreleased)}
    if organization:
        recorded = {"autoEnable": organization.feature and organization.feature.value}
        if organization.members:
            recorded["autoEnableMembers"] = organization.members.value
        outs["organization"] = recorded
    return outs


def _prior_organization(outs: Properties) -> PriorOrganization | None:
    recorded = outs.get("organization")
    if not recorded:
        return None
    members, feature = recorded.get("autoEnableMembers"), recorded.get("autoEnable")
    return PriorOrganization(members and AutoEnable(members), feature and AutoEnable(feature))


def _tell_of_settings_left(olds: Properties, news: Properties) -> None:
    """Tells which of the organization's settings it writes no more, and puts back on destroy."""
    if _word(news) is not OnRelease.RESTORE:
        return
    left, recorded = _scope(olds) - _scope(news), olds.get("organization") or {}
    for what, key in (
        (Scope.ORGANIZATION, "autoEnable"),
        (Scope.AUTO_ENABLE_MEMBERS, "autoEnableMembers"),
    ):
        prior = recorded.get(key)
        if what in left and prior:
            tell(messages.setting_left(key, prior, of_others=Scope.ORGANIZATION in left))


def _scope(props: Properties) -> frozenset[Scope]:
    # A state of the first release has none, and was of an organization.
    return frozenset(map(Scope, props.get("scope", (Scope.DETECTOR, Scope.ORGANIZATION))))


def _grows(olds: Properties, news: Properties) -> bool:
    return not _scope(news) <= _scope(olds)


def _word(props: Properties) -> OnRelease:
    return OnRelease(props.get("onRelease", OnRelease.LEAVE))


def _max_disabled(props: Properties) -> MaxDisabled:
    return MaxDisabled.parse(props.get("maxDisabled", 10))


def _refuse_too_many(api: GuardDutyApi, news: Properties, release: Release) -> None:
    off, by_rules = release.turning_off, int(news.get("turningOff", 0))
    if off:
        told = partial(messages.too_many_disabled, off, by_rules=by_rules)
        detector_id = DetectorId(news["detectorId"])
        refuse_too_many(api, detector_id, len(off) + by_rules, _max_disabled(news), told)


def _dropped(olds: Properties, news: Properties, word: OnRelease) -> dict[AccountId, OnRelease]:
    if news.get("undecided"):
        return {}
    # Maps arrive from the engine in no order. An UNMANAGED account is left alone in any case.
    unmanaged = frozenset(news.get("unmanaged", ()))
    return {
        AccountId(a): OnRelease.LEAVE if a in unmanaged else word
        for a in sorted({**olds["accounts"], **olds.get("heldBack", {})})
        if a not in news["accounts"]
    }


def _not_recorded(statuses: Mapping[str, str], news: Properties) -> list[AccountId]:
    """The accounts of which nothing is recorded yet, or that AWS did not tell what they had.

    `MemberFeatures` sets none of them before it is.
    """
    return [a for a in _about_to_be_set(news) if statuses.get(a, UNKNOWN) == UNKNOWN]


def _about_to_be_set(props: Properties) -> list[AccountId]:
    waiting = frozenset(props.get("waiting", ()))
    return [AccountId(account) for account in sorted(props["accounts"]) if account not in waiting]


class PriorSettings(Resource, module="guardduty", name="PriorSettings"):
    """The settings before the stack, in one region.

    Attributes:
        statuses: {account: status before the stack}, `UNKNOWN` where AWS did not tell.
        unreleased: {account: AWS's reason} for the accounts that could not be let go.
        released: {`at`: `seen_at` of the run, `statuses`: {account: status}} of the accounts that
            were let go last.
    """

    statuses: pulumi.Output[Mapping[str, str]]
    unreleased: pulumi.Output[Mapping[str, str]]
    released: pulumi.Output[Mapping[str, Any]]

    def __init__(  # noqa: PLR0913 - each is one property of the resource
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        account: pulumi.Input[str],
        detector_id: pulumi.Input[str],
        accounts: pulumi.Input[Mapping[str, str]],
        waiting: pulumi.Input[Sequence[str]] | None = None,
        unmanaged: pulumi.Input[Sequence[str]] | None = None,
        undecided: pulumi.Input[bool] | None = None,
        on_release: pulumi.Input[str] = "LEAVE",
        max_disabled: pulumi.Input[int | str] = 10,
        turning_off: pulumi.Input[int] = 0,
        scope: pulumi.Input[Sequence[str]] = ("detector", "organization"),
        retry_minutes: pulumi.Input[float] | None = None,
        seen_at: pulumi.Input[str] | None = None,
        identity: Identity | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            region: where the settings are.
            account: the delegated administrator.
            detector_id: the delegated administrator's detector there.
            accounts: {account id: what happens when the stack lets it go}, `LEAVE`, `RESTORE` or
                `DISABLE`.
            waiting: those of the accounts that can't be set now, None if there are none.
            unmanaged: accounts that a rule leaves alone: what the stack did to them before stays.
            undecided: whether the rules could not be decided in this run, since the detector is
                only being made: nobody drops out then. None if they are.
            on_release: what happens to accounts that drop out in this run and, on destroy, with
                `RESTORE` to the organization's setting and the own detector.
            max_disabled: a number of members, or a share of all like `25%`, that one run may turn
                off at most.
            turning_off: how many members the rules turn off in this run, which count too.
            scope: what the stack writes beside members, of `detector`, `organization` and
                `autoEnableMembers`.
            retry_minutes: how long accounts are tried again that time may cure; None is 5.
            seen_at: when the program looked at AWS, ISO 8601: tells runs apart.
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
                "unmanaged": unmanaged,
                "undecided": undecided,
                "onRelease": on_release,
                "maxDisabled": max_disabled,
                "turningOff": turning_off,
                "scope": scope,
                "retryMinutes": retry_minutes,
                "seenAt": seen_at,
                "identity": None if identity is None else identity.properties(),
                "statuses": None,
                "organization": None,
                "detector": None,
                "unreleased": None,
                "released": None,
            },
            opts,
        )
