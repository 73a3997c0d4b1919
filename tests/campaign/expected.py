"""What a run has to do, by the words of the configuration alone, written without the product."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.campaign.world import FEATURE, OFF, ON, TAGS, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.campaign.ledger import Ledger
    from tests.campaign.script import Selector, Wish
    from tests.campaign.world import Account, Picture, World

FORMER = ("Removed", "Resigned", "Deleted")
NAMESPACE = "guardduty-eks-audit-logs"
OWNER_TAG = f"{NAMESPACE}:stack"
MAX_DISABLED = f"{NAMESPACE}:maxDisabled"


def configuration(wish: Wish, world: World) -> dict[str, str]:
    """A wish as the stack's configuration; what its mode does not have is left out."""
    mode = world.shape.mode
    written: dict[str, Any] = {
        "mode": mode,
        "detector": "create" if world.creates else "existing",
        "status": wish.status,
        "onRelease": wish.on_release,
        "maxDisabled": str(wish.max_disabled),
        "retryMinutes": str(wish.retry_minutes),
        "showCosts": "false",
    }
    if mode == "organization":
        written["autoEnable"] = wish.auto_enable
        written["autoEnableMembers"] = wish.auto_enable_members or ""
    if mode != "standalone":
        rules = [_rule(rule, world) for rule in rules_of(wish, world)]
        written["members"] = json.dumps(rules)
    return {**world.credentials(), **{f"{NAMESPACE}:{k}": v for k, v in written.items()}}


def rules_of(wish: Wish, world: World) -> list[Selector]:
    """The rules that the mode has, of those that there are accounts for."""
    if world.shape.mode == "standalone":
        return []
    possible = ("accounts", "all") if world.shape.mode == "invitation" else None
    return [
        rule
        for rule in wish.rules
        if (possible is None or rule.by in possible) and (rule.by != "accounts" or world.members)
    ]


def _rule(rule: Selector, world: World) -> dict[str, Any]:
    match rule.by:
        case "accounts":
            return {"status": rule.status, "accounts": named(rule, world)}
        case "unit":
            return {"status": rule.status, "organizationalUnits": [_unit(rule)]}
        case "tag":
            return {"status": rule.status, "tags": {"env": _tag(rule)}}
        case _:
            return {"status": rule.status, "all": True}


def named(rule: Selector, world: World) -> list[str]:
    """The accounts that a rule names."""
    return sorted({world.account(number) for number in rule.accounts})


def _unit(rule: Selector) -> str:
    return UNITS[rule.number % len(UNITS)]


def _tag(rule: Selector) -> str:
    return TAGS[rule.number % len(TAGS)]


def _selects(rule: Selector, name: str, account: Account, world: World) -> bool:
    match rule.by:
        case "accounts":
            return name in named(rule, world)
        case "unit":
            return f"{account.unit}/".startswith(f"{_unit(rule)}/")
        case "tag":
            return account.tags.get("env") == _tag(rule)
        case _:
            return True


@dataclass(frozen=True)
class Expected:
    """What a run does if nothing fails.

    Attributes:
        statuses: what each member gets that a rule decides and that can be set.
        inactive: what members would get that a rule decides, but that can't be set now.
        unmanaged: members that a rule leaves alone, also when they drop out by it.
        refused: why the run changes nothing; empty if it does.
        undecided: whether nobody knows yet who the members are, since the detector is only being
            made, or is another one than in the last run: nobody drops out then.
    """

    statuses: Mapping[str, str]
    inactive: Mapping[str, str]
    unmanaged: frozenset[str]
    refused: frozenset[str] = frozenset()
    undecided: bool = False

    @property
    def kept(self) -> frozenset[str]:
        """All accounts that the stack has a record of after the run, or is to have."""
        return frozenset({**self.statuses, **self.inactive})


def expect(wish: Wish, world: World, picture: Picture, prior: Ledger | None = None) -> Expected:
    """Finds what a run of a configuration has to do now.

    Args:
        wish: the configuration.
        world: whose members.
        picture: how everything is.
        prior: what the stack's state had recorded before the run.
    """
    if picture.detector is None:
        refused = frozenset(_refusals_without_detector(wish, world, picture))
        return Expected({}, {}, frozenset(), refused, undecided=True)
    rules = rules_of(wish, world)
    decided: dict[str, Selector] = {}
    inactive: dict[str, str] = {}
    for name, account in picture.accounts.items():
        if account.standing is None or account.standing in FORMER:
            continue
        rule = next((r for r in rules if _selects(r, name, account, world)), None)
        if rule is not None and account.monitored:
            decided[name] = rule
        elif rule is not None and rule.status != "UNMANAGED":
            inactive[name] = rule.status
    statuses = {name: r.status for name, r in decided.items() if r.status != "UNMANAGED"}
    unmanaged = frozenset(name for name, r in decided.items() if r.status == "UNMANAGED")
    # Of a detector that was made anew, members may come back later: nobody drops out yet.
    anew = prior is not None and prior.detector != world.detector_id()
    expected = Expected(statuses, inactive, unmanaged, undecided=anew)
    refused = frozenset(_refusals(wish, world, picture, expected))
    if not refused and prior is not None:
        refused = frozenset(_too_many_released(wish, picture, expected, prior))
    return replace(expected, refused=refused)


def limit(max_disabled: float | str, picture: Picture) -> int:
    """How many members a run may turn off, by a `maxDisabled` as it is written or in the state."""
    if isinstance(max_disabled, str) and max_disabled.endswith("%"):
        monitored = sum(account.monitored for account in picture.accounts.values())
        return monitored * int(max_disabled.removesuffix("%")) // 100
    return int(max_disabled)


def turned_off(picture: Picture, expected: Expected) -> int:
    """How many members the rules turn off."""
    return sum(
        1
        for name, status in expected.statuses.items()
        if status == OFF and picture.accounts[name].status == ON
    )


def _refusals(wish: Wish, world: World, picture: Picture, expected: Expected) -> Iterator[str]:
    accounts, statuses = picture.accounts, expected.statuses
    tag = (picture.detector or {}).get(OWNER_TAG)
    known = tag in owned_by(world.owner) or world.detector_id() in world.made
    if world.creates and not known:
        yield "there is a detector already"
    yield from _unknown(wish, world, accounts)
    if (
        wish.auto_enable == "ALL"
        and world.shape.mode == "organization"
        # ALL reaches suspended members too, once they are resumed.
        and OFF in {*statuses.values(), *expected.inactive.values()}
    ):
        yield "ALL with exceptions"
    if turned_off(picture, expected) > limit(wish.max_disabled, picture):
        yield "maxDisabled"
    if any(accounts[n].managed and accounts[n].status != s for n, s in statuses.items()):
        yield "policy"
    own = accounts[world.caller]
    if own.managed and own.status != wish.status:
        yield "policy for the own detector"
    if world.shape.mode == "organization" and picture.policy_type:
        if wish.auto_enable not in {"NONE", picture.organization.get(FEATURE, "NONE")}:
            yield "idle by policy"
        if wish.auto_enable_members not in {None, "NONE", picture.organization.get("members")}:
            yield "idle by policy"


def _refusals_without_detector(wish: Wish, world: World, picture: Picture) -> Iterator[str]:
    """What can be known before there is a detector, which alone tells who is a member."""
    if not world.creates:
        yield "no detector"
    if world.shape.mode != "organization":
        return
    if picture.policy_type and {wish.auto_enable, wish.auto_enable_members} - {"NONE", None}:
        yield "idle by policy"
    decided: set[str] = set()
    for rule in rules_of(wish, world):
        if rule.by == "unit" and _unit(rule) not in world.units():
            yield "no such unit"
        accounts = set(named(rule, world)) if rule.by == "accounts" else set()
        excepted = rule.by != "accounts" or accounts - decided
        if wish.auto_enable == "ALL" and rule.status == OFF and excepted:
            yield "ALL with exceptions"
        if rule.by == "all":
            return
        decided |= accounts


def _unknown(wish: Wish, world: World, accounts: Mapping[str, Account]) -> Iterator[str]:
    """Accounts that are no members, and units that do not exist, where a rule comes to them."""
    undecided = {name for name, a in accounts.items() if a.standing and a.standing not in FORMER}
    for rule in rules_of(wish, world):
        if rule.by == "accounts":
            standings = [
                accounts[n].standing if n in accounts else None for n in named(rule, world)
            ]
            if any(s is None or s in FORMER for s in standings):
                yield "is no member"
        if rule.by == "unit" and undecided and _unit(rule) not in world.units():
            yield "no such unit"
        undecided -= {n for n in undecided if _selects(rule, n, accounts[n], world)}


def owned_by(owner: str) -> tuple[str, str]:
    """The tags by which a stack knows a detector for its own; up to 0.2.0 without the project."""
    return owner, owner.rpartition("/")[2]


def released(prior: Ledger, expected: Expected) -> list[str]:
    """The accounts that drop out and become what `onRelease` says."""
    if expected.undecided:
        return []
    return [name for name in prior.before if name not in expected.kept | expected.unmanaged]


def target(word: str, recorded: str | None) -> str | None:
    """What an account gets that is let go; None if it is left as it is."""
    # Whoever is not recorded, the stack has never set.
    if word == "LEAVE" or recorded not in {ON, OFF}:
        return None
    return OFF if word == "DISABLE" else recorded


def _too_many_released(
    wish: Wish, picture: Picture, expected: Expected, prior: Ledger
) -> Iterator[str]:
    turning = 0
    for name in released(prior, expected):
        account = picture.accounts.get(name)
        if account is None or not account.monitored or account.managed:
            continue
        wanted = target(wish.on_release, prior.before.get(name))
        turning += wanted == OFF and account.status == ON
    if turning and turning + turned_off(picture, expected) > limit(wish.max_disabled, picture):
        yield "maxDisabled"
