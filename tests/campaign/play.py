"""Plays one history and holds each of its runs against the promises."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import guardduty.batches
from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, UNKNOWN, Before, value_of
from tests.campaign.clients import made_once
from tests.campaign.clock import Time, kept_by
from tests.campaign.engine import Stack, Told
from tests.campaign.expected import Expected, configuration, expect
from tests.campaign.network import Moments, Network, in_place_of_sockets
from tests.campaign.promises import Run, ViolationError, check_destroy, check_up
from tests.campaign.script import Destroy, Event, Fault, History, Interruption, Up, Wish
from tests.campaign.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.campaign.world import Picture

PRIOR, MEMBER_FEATURES = "eks-audit-logs-prior", "eks-audit-logs-members"


@dataclass
class Figures:
    """What a campaign has done so far."""

    histories: int = 0
    runs: int = 0
    succeeded: int = 0
    refused: int = 0
    failed: int = 0
    kills: int = 0
    cuts: int = 0
    events: int = 0
    calls: int = 0
    writes: int = 0
    accounts_written: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, more: Figures) -> None:
        """Adds those of another part."""
        for name, value in vars(more).items():
            setattr(self, name, getattr(self, name) + value)


def play(history: History, figures: Figures | None = None) -> None:
    """Plays a history.

    Raises:
        ViolationError: a promise is broken.
    """
    time = Time()
    with ExitStack() as world:
        world.enter_context(kept_by(time))
        world.enter_context(made_once())
        # One call at a time: their order, and so the whole history, can be played again.
        world.enter_context(patch.object(guardduty.batches, "CALLS_AT_ONCE", 1))
        player = _Player(history, time, figures or Figures())
        world.enter_context(in_place_of_sockets(player.network))
        player.play()


class _Player:
    def __init__(self, history: History, time: Time, figures: Figures) -> None:
        self._history = history
        self._time = time
        self._figures = figures
        self._wish = history.wish
        self.world = World(history.shape)
        self.network = Network(self.world.sandbox)
        self.network.before_write = lambda *_: self._pictures.append(self.world.picture())
        self._stack = Stack(self.network, history.shape.seed)
        self._record = Before()
        self._pictures: list[Picture] = []
        self._disturbed: set[str] = set()
        self._expected: list[Expected] = []
        self._untold: set[str] = set()

    def play(self) -> None:
        self._figures.histories += 1
        for step in self._history.steps:
            match step:
                case Up():
                    self._up(step)
                case Destroy():
                    self._destroy(step)
                case Event():
                    self._happens(step)
                case Wish():
                    self._wish = step
        self._end()

    def _end(self) -> None:
        """The faults have stopped: one more run, one that has nothing to do, and a destroy."""
        # Who has just joined can be set a few minutes later.
        self._time.advance(timedelta(hours=2))
        first = self._up(Up())
        if first.told.succeeded:
            again = self._up(Up())
            if again.network_writes and again.before == first.after:
                raise ViolationError(3, "a second run with nothing to do writes")
        destroyed = self._destroy(Destroy())
        if destroyed.told.errors:
            # As it says: more are to be turned off than maxDisabled lets it.
            self._wish = Wish(**{**vars(self._wish), "max_disabled": "100%"})
            if self._up(Up()).told.succeeded:
                destroyed = self._destroy(Destroy())
        if destroyed.told.succeeded and self._stack.saved:
            raise ViolationError(4, f"destroy leaves {list(self._stack.saved)} in the state")

    def _happens(self, event: Event) -> None:
        self._figures.events += 1
        self.world.happens(event)
        self._record.changed(self.world.picture(), self.world.caller)

    def _up(self, step: Up) -> _Checked:
        self._time.advance(timedelta(seconds=2))
        wish, world = self._wish, self.world
        calm = not step.faults and step.interruption is None
        asked = configuration(wish, world)
        foretold = self._preview(asked) if step.preview else None
        before, prior = world.picture(), self._prior()
        expected = expect(wish, world, before, prior)
        # Also of a run that is to be refused: one that Organizations does not answer can't know it.
        self._record.taken(self._taken(expected), before, world.caller)
        self._expected = [expected]
        told, waited = self._carried_out("up", asked, step.faults, step.interruption)
        run = self._run(told, before, prior, calm=calm, waited=waited)
        check_up(run)
        if foretold and calm:
            _check_foretold(foretold, run)
        known = {*self._record.values} - {OWN, ORGANIZATION, MEMBERS}
        let_go = {a for e in run.expected if not e.undecided for a in known - e.kept}
        self._record.ended(self._prior(), let_go)
        return _Checked(told, before, run.after, bool(self.network.writes))

    def _destroy(self, step: Destroy) -> _Checked:
        self._time.advance(timedelta(seconds=2))
        before, prior = self.world.picture(), self._prior()
        self._expected = []
        asked = configuration(self._wish, self.world)
        told, waited = self._carried_out("destroy", asked, step.faults, step.interruption)
        calm = not step.faults and step.interruption is None
        run = self._run(told, before, prior, calm=calm, waited=waited)
        check_destroy(run)
        if self._prior() is None:
            self._record.ended(None, [*self._record.values])
        return _Checked(told, before, run.after, bool(self.network.writes))

    def _preview(self, asked: Mapping[str, Any]) -> Told:
        self.network.begin(Moments())
        told = self._stack.preview(asked)
        self._figures.calls += len(self.network.calls)
        if self.network.writes:
            raise ViolationError(1, f"a preview wrote {self.network.writes}")
        return told

    def _carried_out(
        self,
        command: str,
        asked: Mapping[str, Any],
        faults: tuple[Fault, ...],
        interruption: Interruption | None,
    ) -> tuple[Told, float]:
        self._pictures, self._disturbed = [], set()
        slept = self._time.slept
        for fault in faults:
            self._add(fault)
        moments = Moments()
        if interruption:
            moments = Moments(
                interruption.at, lambda: self._interrupt(interruption), interruption.only_writes
            )
        try:
            told = getattr(self._stack, command)(asked, moments)
        finally:
            self.world.clear_faults()
        self._count(told)
        return told, self._time.slept - slept

    def _run(
        self,
        told: Told,
        before: Picture,
        prior: Mapping[str, Any] | None,
        *,
        calm: bool,
        waited: float,
    ) -> Run:
        self._note_writes()
        self._untold |= self.network.unread
        return Run(
            world=self.world,
            wish=self._wish,
            told=told,
            network=self.network,
            before=before,
            after=self.world.picture(),
            expected=tuple(self._expected),
            prior=prior,
            now_prior=self._prior(),
            now_members=self._outputs(MEMBER_FEATURES),
            record=self._record,
            pictures=self._pictures,
            calm=calm,
            waited=waited,
            disturbed=frozenset(self._disturbed),
            untold=frozenset(self._untold),
        )

    def _interrupt(self, interruption: Interruption) -> None:
        if interruption.what == "kill":
            self._figures.kills += 1
            self.network.kill()
        elif interruption.what == "gone":
            self._figures.cuts += 1
            self.network.gone = True
        elif interruption.event:
            self._in_the_middle(interruption.event)

    def _in_the_middle(self, event: Event) -> None:
        self._note_writes()
        before = self.world.picture()
        self._happens(event)
        after = self.world.picture()
        for name in {*before.accounts, *after.accounts}:
            if before.accounts.get(name) != after.accounts.get(name):
                self._disturbed.add(OWN if name == self.world.caller else name)
        for key in (ORGANIZATION, MEMBERS):
            caller = self.world.caller
            if value_of(key, before, caller) != value_of(key, after, caller):
                self._disturbed.add(key)
        if event.what == "clock":
            self._disturbed |= {*after.accounts}
        if self._expected:
            again = expect(self._wish, self.world, after, self._prior())
            self._expected.append(again)
            self._record.taken(self._taken(again), after, self.world.caller)

    def _note_writes(self) -> None:
        for write, picture in zip(self.network.writes, self._pictures, strict=True):
            self._record.wrote([write], picture.organization)

    def _taken(self, expected: Expected) -> list[str]:
        keys = [*expected.statuses, OWN]
        if self.world.shape.mode == "organization":
            keys.append(ORGANIZATION)
            if self._wish.auto_enable_members:
                keys.append(MEMBERS)
        return keys

    def _prior(self) -> Mapping[str, Any] | None:
        return self._outputs(PRIOR)

    def _outputs(self, name: str) -> Mapping[str, Any] | None:
        found = self._stack.saved.get(name)
        return found.outputs if found else None

    def _add(self, fault: Fault) -> None:
        body: dict[str, Any] = {
            "effect": dict(fault.effect),
            "service": fault.service,
            "operation": fault.operation,
            "times": fault.times,
            "seed": fault.seed,
        }
        if fault.percent is not None:
            body["probability"] = fault.percent / 100
        if fault.accounts:
            if not self.world.members:
                return
            body["accountIds"] = sorted({self.world.account(n) for n in fault.accounts})
        self.world.add_fault(body)

    def _count(self, told: Told) -> None:
        figures, network = self._figures, self.network
        figures.runs += 1
        figures.calls += len(network.calls)
        figures.writes += len(network.writes)
        figures.accounts_written += sum(len(write.accounts) for write in network.writes)
        figures.faults += network.faults()
        if told.succeeded:
            figures.succeeded += 1
        elif told.killed:
            pass
        elif not network.writes:
            figures.refused += 1
        else:
            figures.failed += 1


@dataclass(frozen=True)
class _Checked:
    """One run that has been held against the promises."""

    told: Told
    before: Picture
    after: Picture
    network_writes: bool


def _check_foretold(foretold: Told, run: Run) -> None:
    """Nothing happened in between: the run does what the preview said."""
    # That AWS does not set an account is nothing that a preview could know.
    left = run.told.exported.get("unprocessed") or (run.now_prior or {}).get("unreleased")
    if bool(foretold.errors) != bool(run.told.errors) and not left:
        raise ViolationError(7, f"foretold {foretold.errors}, and then {run.told.errors}")
    if foretold.errors:
        return
    if foretold.steps != [step for step in run.told.steps if not step.startswith("delete")]:
        raise ViolationError(7, f"foretold {foretold.steps}, and then {run.told.steps}")
    changes = foretold.registered.get(MEMBER_FEATURES, {}).get("changes", {})
    decided = set(run.expected[0].statuses)
    named = {a for write in run.member_writes for a in write.accounts if a in decided}
    recorded = (run.now_prior or {}).get("statuses", {})
    unread, before = run.network.unread & set(changes), run.before.accounts
    # Whose status AWS still did not tell is not set before it is recorded, but named.
    named |= {a for a in unread if recorded.get(a) == UNKNOWN}
    # Whose status it tells a moment later may turn out to be as wanted.
    named |= {a for a in unread if before[a].status == run.expected[0].statuses[a]}
    if named != set(changes):
        raise ViolationError(7, f"foretold {sorted(changes)}, and then wrote {sorted(named)}")
    for account, change in changes.items():
        was, wanted = before[account].status, run.expected[0].statuses[account]
        if account in run.network.unread:
            was = UNKNOWN
        if change != f"{was} -> {wanted}":
            raise ViolationError(7, f"foretold {account} {change}, and it was {was}, is {wanted}")
