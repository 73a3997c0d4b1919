"""Plays one history and holds each of its runs against the promises."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import guardduty_eks_audit_logs.aws.batches
from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, UNKNOWN, Before, value_of
from tests.campaign.beside import designate, leave_a_region
from tests.campaign.clients import made_once
from tests.campaign.clock import Time, kept_by
from tests.campaign.engine import Stack, Told
from tests.campaign.expected import MAX_DISABLED, Expected, configuration, expect, released
from tests.campaign.former import former, possible
from tests.campaign.ledger import Ledger, changes, ledger
from tests.campaign.network import Moments, Network, in_place_of_sockets
from tests.campaign.promises import (
    Run,
    ViolationError,
    check_as_foretold,
    check_destroy,
    check_up,
)
from tests.campaign.script import (
    Beside,
    Destroy,
    Elsewhere,
    Event,
    Fault,
    Flags,
    Former,
    History,
    Interruption,
    Move,
    Planned,
    Rename,
    Taint,
    Up,
    Which,
    Wish,
)
from tests.campaign.state import COMPONENT, Options
from tests.campaign.state import MEMBERS as MEMBERS_NAME
from tests.campaign.state import OWN as OWN_NAME
from tests.campaign.state import PRIOR as PRIOR_NAME
from tests.campaign.world import ELSEWHERE, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.campaign.world import Picture

_FORMER = (PRIOR_NAME, MEMBERS_NAME)
_NAMES: Mapping[str, str] = {"prior": PRIOR_NAME, "members": MEMBERS_NAME, "own": OWN_NAME}


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
    drawn: Counter[str] = field(default_factory=Counter)

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
        world.enter_context(patch.object(guardduty_eks_audit_logs.aws.batches, "CALLS_AT_ONCE", 1))
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
        self._settled: tuple[Picture, Wish] | None = None
        self._renamed = 0
        self._foretold: tuple[Picture, Mapping[str, Any]] | None = None

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
                case Planned():
                    self._planned(step)
                case Elsewhere():
                    self._elsewhere(step)
                case Beside():
                    self._beside(step)
                case _:
                    self._state_changes(step)
        self._end()

    def _end(self) -> None:
        """The faults have stopped: one more run, one that has nothing to do, and a destroy."""
        # Who has just joined can be set a few minutes later.
        self._time.advance(timedelta(hours=2))
        prior, detector = self._prior(), self.world.detector_id()
        first = self._up(Up())
        if self.world.detector_id() != (prior.detector if prior else detector):
            # Whom a run with another detector does not set or release, the next one does.
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
        options = self._options(step.flags)
        self._time.advance(timedelta(seconds=2))
        asked = configuration(self._wish, self.world)
        foretold = self._preview(asked, options) if step.preview else None
        return self._carry_out(step, options, foretold)

    def _planned(self, step: Planned) -> None:
        """A plan that is saved and used: what happens in between, it does not have."""
        self._time.advance(timedelta(seconds=2))
        foretold = self._preview(configuration(self._wish, self.world), Options())
        if foretold.errors or foretold.defects:
            return
        self._figures.drawn["plan with an event" if step.event else "plan"] += 1
        if step.event:
            self._happens(step.event)
        self._carry_out(Up(), Options(plan=foretold.plan), foretold, planned=step)

    def _carry_out(
        self, step: Up, options: Options, foretold: Told | None, planned: Planned | None = None
    ) -> _Checked:
        wish, world = self._wish, self.world
        asked = configuration(wish, world)
        calm = not step.faults and step.interruption is None
        before, prior = world.picture(), self._prior()
        former_state = self._is_former()
        world.made = {r.id for r in self._stack.saved if r.type.endswith(":Detector")}
        expected = expect(wish, world, before, prior)
        # Also of a run that is to be refused: one that Organizations does not answer can't know it.
        self._record.taken(self._taken(expected), before, world.caller)
        self._expected = [expected]
        told, waited = self._carried_out("up", asked, step.faults, step.interruption, options)
        run = self._run(told, before, prior, calm=calm, waited=waited)
        run.partial = bool(options.targets or options.excludes)
        run.refreshed = options.refresh
        run.planned = None if planned is None else bool(planned.event)
        check_up(run)
        if foretold and planned:
            _check_planned(foretold, run)
        if foretold and calm and not (planned and planned.event):
            _check_foretold(foretold, run)
        self._check_settled(run)
        self._check_rewritten(run, former=former_state)
        known = {*self._record.values} - {OWN, ORGANIZATION, MEMBERS}
        let_go = {a for e in run.expected if not e.undecided for a in known - e.kept}
        self._record.ended(self._recorded(), let_go)
        return _Checked(told, before, run.after, bool(self.network.writes))

    def _check_settled(self, run: Run) -> None:
        """A run after one that did all, with nothing in between, leaves AWS as it is."""
        reaches_all = "ALL" in run.before.organization.values()
        if self._settled == (run.before, run.wish) and not run.disturbed and not reaches_all:
            _check_same(run.before, run.after)
        # A run with another detector leaves releases to the next one.
        whole = run.told.succeeded and not run.partial and not run.expected[0].undecided
        self._settled = (run.after, run.wish) if whole else None
        prior = self._stack.find("PriorSettings")
        self._foretold = (run.after, prior.inputs) if whole and prior else None

    def _check_rewritten(self, run: Run, *, former: bool) -> None:
        """A run that finds a state of an earlier release says that it is written anew, once."""
        if not run.told.succeeded or run.partial:
            return
        if former != any("rewritten" in line for line in run.told.lines):
            raise ViolationError(7, f"a former state: {former}, the run says {run.told.lines}")
        if self._is_former():
            raise ViolationError(4, "the state of an earlier release is not written anew")

    def _is_former(self) -> bool:
        """Whether an earlier release has written something of the state, as the program sees it."""
        return any(
            "account" in r.outputs and r.name in _FORMER and not r.delete for r in self._stack.saved
        )

    def _options(self, flags: Flags) -> Options:
        """The flags as the engine takes them; what is not in the state can't be replaced."""
        replace = self._urns(flags.replace) & {r.urn for r in self._stack.saved if not r.delete}
        place = self._stack.place
        targets = frozenset({place.child(_NAMES[flags.target])} if flags.target else ())
        excludes = self._urns(flags.exclude)
        drawn = self._figures.drawn
        if replace:
            drawn[f"--replace {flags.replace}"] += 1
            drawn["delete before create" if flags.delete_first else "create before delete"] += 1
        for name, which in (("target", flags.target), ("exclude", flags.exclude)):
            if which:
                drawn[f"--{name} {which}"] += 1
        if not flags.refresh:
            drawn["--refresh=false"] += 1
        first = flags.delete_first if replace else None
        return Options(replace, targets, excludes, flags.refresh, delete_first=first)

    def _urns(self, which: Which | None) -> frozenset[str]:
        """The resources of a flag: those of the state, or as the next run will name them."""
        if which is None:
            return frozenset()
        live = [r for r in self._stack.saved if not r.delete]
        if which == "everything":
            # One that is imported can't be replaced.
            return frozenset(r.urn for r in live if r.custom and not r.type.endswith(":Detector"))
        names = {"both": (PRIOR_NAME, MEMBERS_NAME)}.get(which) or (_NAMES[which],)
        found = {r.name: r.urn for r in live}
        return frozenset(found.get(name) or self._stack.place.child(name) for name in names)

    def _state_changes(self, step: Taint | Rename | Move | Former) -> None:
        """Something is done to the state alone, or to names; AWS is none of it."""
        stack, drawn = self._stack, self._figures.drawn
        if not stack.saved:
            return
        self._renamed += 1
        match step:
            case Taint():
                urns = self._urns(step.which) & {r.urn for r in stack.saved}
                if not urns:
                    return
                stack.taint(urns)
                drawn[f"taint {step.which}"] += 1
            case Rename(what="component"):
                place = stack.place
                other = "guardduty" if place.component == COMPONENT else COMPONENT
                stack.place = replace(place, component=other)
            case Rename(what="project"):
                stack.rename(project=f"project-{self._renamed}")
            case Rename():
                stack.rename(stack=f"stack-{self._renamed}")
            case Move():
                stack.move(f"stack-{self._renamed}")
                drawn["import into another stack"] += 1
            case Former():
                self._comes_from(step.release)
        if isinstance(step, Rename):
            drawn[f"rename {step.what}"] += 1
        self.world.owner = stack.place.owner

    def _comes_from(self, release: str) -> None:
        priors = [r.outputs for r in self._stack.saved if r.type.endswith(":PriorSettings")]
        releases = {possible(outputs, release) for outputs in priors}
        if not releases:
            return
        release = max(releases)
        setting = self.world.picture().organization.get("members", "NONE")
        self._stack.saved = former(self._stack.saved, release, setting)
        self._figures.drawn[f"state of {release}"] += 1

    def _beside(self, step: Beside) -> None:
        if step.what == "a designation":
            came = designate(self.world, self.network)
        else:
            came = leave_a_region(self.world, self.network, self._wish)
        if came:
            self._figures.drawn[step.what] += 1

    def _elsewhere(self, step: Elsewhere) -> None:
        """Another region or account is refused in preview and run; nothing is written."""
        recorded, world = self._recorded(), self.world
        if not recorded:
            return
        self._figures.drawn[f"another {step.what}"] += 1
        asked = configuration(self._wish, world)
        if step.what == "region":
            asked |= world.credentials(region=ELSEWHERE)
        else:
            asked |= world.credentials(world.other)
        foretold = self._preview(asked, Options())
        told, _ = self._carried_out("up", asked, (), None, Options())
        for each in (foretold, told):
            if each.defects:
                raise ViolationError(6, f"the user would see a traceback: {each.defects}")
            if not each.errors:
                raise ViolationError(2, f"another {step.what}, and it is not refused")
        if self.network.writes:
            raise ViolationError(2, f"refused, and wrote {self.network.writes}")
        if self._recorded() != recorded:
            raise ViolationError(4, f"refused, and the record is {self._recorded()}")

    def _destroy(self, step: Destroy) -> _Checked:
        self._time.advance(timedelta(seconds=2))
        before, prior = self.world.picture(), self._prior()
        self._expected = []
        asked = configuration(self._wish, self.world)
        # The provider knows the first name of the project; the state has the limit besides.
        last = asked[MAX_DISABLED] if prior is None else str(prior.max_disabled).removesuffix(".0")
        limit_on_destroy = self._stack.configuration.get(MAX_DISABLED, last)
        told, waited = self._carried_out("destroy", asked, step.faults, step.interruption)
        calm = not step.faults and step.interruption is None
        run = self._run(told, before, prior, calm=calm, waited=waited)
        run.limit_on_destroy = limit_on_destroy
        check_destroy(run)
        if calm and self._foretold and self._foretold[0] == before:
            check_as_foretold(run, self._foretold[1])
            self._figures.drawn["a destroy as it was foretold"] += 1
        if self._prior() is None:
            self._record.ended((), [*self._record.values])
        return _Checked(told, before, run.after, bool(self.network.writes))

    def _preview(self, asked: Mapping[str, Any], options: Options) -> Told:
        self.network.begin(Moments())
        told = self._stack.preview(asked, options)
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
        options: Options | None = None,
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
            if command == "up":
                told = self._stack.up(asked, moments, options)
            else:
                told = self._stack.destroy(asked, moments)
        finally:
            self.world.clear_faults()
        self._count(told)
        return told, self._time.slept - slept

    def _run(
        self,
        told: Told,
        before: Picture,
        prior: Ledger | None,
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
            now_members=self._members(),
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

    def _prior(self) -> Ledger | None:
        """What the state has recorded, in all that it has of it: of one name, and of another."""
        found = [
            known
            for r in self._stack.saved
            if r.type.endswith(":PriorSettings") and not r.delete and (known := ledger(r.outputs))
        ]
        if not found:
            return None
        merged = found[0]
        for more in found[1:]:
            merged = replace(
                merged,
                before={**more.before, **merged.before},
                settings={**more.settings, **merged.settings},
            )
        return merged

    def _recorded(self) -> set[str]:
        prior = self._prior()
        return prior.recorded if prior else set()

    def _members(self) -> Mapping[str, Any] | None:
        found = self._stack.find("MemberFeatures")
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
    # What a run leaves out, its preview says, and does not fail for it.
    said = "\n".join(foretold.lines)
    if run.excused and all(error in said for error in run.told.errors):
        return
    left = run.told.exported.get("unprocessed") or (run.now_prior and run.now_prior.unreleased)
    if bool(foretold.errors) != bool(run.told.errors) and not left:
        raise ViolationError(7, f"foretold {foretold.errors}, and then {run.told.errors}")
    if foretold.errors:
        return
    steps = [
        [step for step in told.steps if not step.startswith("delete")]
        for told in (foretold, run.told)
    ]
    if steps[0] != steps[1]:
        raise ViolationError(7, f"foretold {steps[0]}, and then {steps[1]}")
    if run.partial:
        return
    named_changes = changes(foretold.registered.get(MEMBERS_NAME, {}))
    decided = set(run.expected[0].statuses)
    named = {a for write in run.member_writes for a in write.accounts if a in decided}
    recorded = run.now_prior.before if run.now_prior else {}
    unread, before = run.network.unread & set(named_changes), run.before.accounts
    # Whose status AWS still did not tell is not set before it is recorded, but named.
    named |= {a for a in unread if a not in recorded}
    # Whose status it tells a moment later may turn out to be as wanted.
    named |= {a for a in unread if before[a].status == run.expected[0].statuses[a]}
    if named != set(named_changes):
        raise ViolationError(7, f"foretold {sorted(named_changes)}, and then wrote {sorted(named)}")
    for account, change in named_changes.items():
        was, wanted = before[account].status, run.expected[0].statuses[account]
        if account in run.network.unread:
            was = UNKNOWN
        if change != f"{was} -> {wanted}":
            raise ViolationError(7, f"foretold {account} {change}, and it was {was}, is {wanted}")


def _check_planned(foretold: Told, run: Run) -> None:
    """What a run with a plan writes, the plan has; or it is refused, and writes nothing."""
    # A detector that the plan makes comes first; nothing is known before it is there.
    others = [write for write in run.network.writes if write.operation != "CreateDetector"]
    if run.told.by_the_engine and others:
        raise ViolationError(2, f"refused by its plan, and wrote {run.network.writes}")
    seen = changes(foretold.registered.get(MEMBERS_NAME, {}))
    dropped = {*released(run.prior, run.expected[0])} if run.prior else set()
    strangers = set(run.done) - {*seen} - dropped
    if strangers:
        raise ViolationError(7, f"the plan has nothing of {sorted(strangers)}")


def _check_same(before: Picture, after: Picture) -> None:
    """Nothing is another than it was."""
    was = {name: account.status for name, account in before.accounts.items()}
    now = {name: account.status for name, account in after.accounts.items()}
    if was != now or before.organization != after.organization:
        changed = {name: now.get(name) for name in was if was[name] != now.get(name)}
        raise ViolationError(3, f"nothing happened, and the run changed {changed}")
