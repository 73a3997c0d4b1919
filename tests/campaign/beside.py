"""Stacks beside the history's own: regions in one program, and who is the administrator.

Each is made, changed and left to itself before the history begins.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi

from aws_sandbox.testing import ADMINISTRATOR
from guardduty_eks_audit_logs import (
    EksAuditLogs,
    Settings,
    fail_if_incomplete,
    log_summary,
    plan_regions,
    read_configuration,
    user_errors,
)
from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, value_of
from tests.campaign.engine import Stack
from tests.campaign.expected import MAX_DISABLED, NAMESPACE, configuration, limit, target
from tests.campaign.ledger import Ledger, ledger, releases
from tests.campaign.promises import ViolationError
from tests.campaign.state import COMPONENT
from tests.campaign.world import ELSEWHERE, OFF, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.campaign.engine import Told
    from tests.campaign.network import Network
    from tests.campaign.script import Wish
    from tests.campaign.world import Picture, World

_PRIOR = f"{COMPONENT}-{REGION}-prior"


def _program(regions: Sequence[str]) -> None:
    """As examples/every-region, with the stack's configuration."""
    asked = read_configuration()
    with user_errors():
        planned = plan_regions(Settings.from_configuration(asked), asked.get, regions)
        deployed = []
        for session, plan in planned:
            log_summary(plan, session)
            deployed.append(EksAuditLogs(f"{COMPONENT}-{session.region}", plan))
        pulumi.run(lambda: fail_if_incomplete(*deployed))


def leave_a_region(world: World, network: Network, wish: Wish) -> bool:
    """A program with two regions drops one: that is a release, named and within `maxDisabled`.

    Returns:
        whether it came to that; where the first run can't do all, or GuardDuty itself sets
        accounts, there is nothing to hold it against.

    Raises:
        ViolationError: a promise is broken.
    """
    if world.creates or "ALL" in {wish.auto_enable, wish.auto_enable_members}:
        return False
    stack = Stack(network, world.shape.seed)
    asked = configuration(wish, world)
    before = world.picture()
    stack.program = partial(_program, (REGION, ELSEWHERE))
    told = _up(stack, asked)
    recorded = _recorded(stack)
    if not told.succeeded or recorded is None or "ALL" in world.picture().organization.values():
        return False
    _leave(stack, network, world, wish, recorded)
    _check_settings(world, before, wish)
    _up(stack, asked)
    if network.writes:
        raise ViolationError(3, f"a region that has left is written: {network.writes}")
    if _recorded(stack) is not None:
        raise ViolationError(4, "a region that has left is in the state still")
    return True


def _leave(stack: Stack, network: Network, world: World, wish: Wish, recorded: Ledger) -> None:
    asked = configuration(wish, world)
    stack.program = partial(_program, (ELSEWHERE,))
    picture = world.picture()
    changing = _changing(picture, wish, recorded)
    off = sum(change.endswith(f"-> {OFF}") for change in changing.values())
    if off > limit(wish.max_disabled, picture):
        for each in (stack.preview(asked), _up(stack, asked)):
            if not each.errors:
                raise ViolationError(1, f"a region leaves, {off} are turned off, not refused")
        if network.writes:
            raise ViolationError(2, f"refused, and wrote {network.writes}")
        # As it says; the way out is the configuration.
        asked = {**asked, MAX_DISABLED: "100%"}
    network.begin(type(network.moments)())
    foretold = stack.preview(asked)
    named = releases(foretold.registered.get(_PRIOR, {}))
    named = {account: change for account, change in named.items() if change != "LEAVE"}
    if network.writes or foretold.errors or named != changing:
        raise ViolationError(7, f"foretold {named} {foretold.errors}, and it is {changing}")
    told = _up(stack, asked)
    if told.errors and not network.results:
        raise ViolationError(3, f"failed for no reason: {told.errors}")
    after = world.picture()
    for account, was in picture.accounts.items():
        given = changing.get(account, "").rpartition(" ")[2] or was.status
        now = after.accounts[account].status
        if account != world.caller and now != given and account not in network.results:
            raise ViolationError(4, f"{account} left with its region, and is {now}, not {given}")


def _changing(picture: Picture, wish: Wish, recorded: Ledger) -> dict[str, str]:
    changing = {}
    for name, before in recorded.before.items():
        account, given = picture.accounts.get(name), target(wish.on_release, before)
        if account is None or not account.monitored or account.managed or given is None:
            continue
        if account.status != given:
            changing[name] = f"{account.status} -> {given}"
    return changing


def _check_settings(world: World, before: Picture, wish: Wish) -> None:
    if wish.on_release != "RESTORE":
        return
    now, caller = world.picture(), world.caller
    for key in (OWN, ORGANIZATION, MEMBERS):
        if value_of(key, now, caller) != value_of(key, before, caller):
            raise ViolationError(4, f"{key} left with its region, and is not as before")


def _recorded(stack: Stack) -> Ledger | None:
    found = [r.outputs for r in stack.saved if r.name == _PRIOR]
    return ledger(found[0]) if found else None


def _up(stack: Stack, asked: Mapping[str, Any]) -> Told:
    told = stack.up(asked)
    if told.defects:
        raise ViolationError(6, f"the user would see a traceback: {told.defects}")
    return told


def designate(world: World, network: Network) -> bool:
    """A designation in another region is refused, and none is removed.

    Returns:
        whether there is an organization to do it in.

    Raises:
        ViolationError: a promise is broken.
    """
    if world.shape.mode != "organization":
        return False
    stack = Stack(network, world.shape.seed)
    mode = {f"{NAMESPACE}:mode": "delegation", f"{NAMESPACE}:administratorAccountId": ADMINISTRATOR}
    asked = {**world.credentials(world.other), **mode}
    elsewhere = {**world.credentials(world.other, ELSEWHERE), **mode}
    first = _up(stack, asked)
    if first.errors or network.writes:
        raise ViolationError(3, f"a designation is not taken over: {first.errors}")
    for each in (stack.preview(elsewhere), _up(stack, elsewhere)):
        # What the engine says of it helps nobody.
        if not each.errors or each.by_the_engine or network.writes:
            raise ViolationError(2, f"a designation elsewhere: {each.errors}, {network.writes}")
    again = _up(stack, asked)
    if again.errors or network.writes:
        raise ViolationError(3, f"a designation is not kept: {again.errors}, {network.writes}")
    return True
