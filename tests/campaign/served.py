"""Histories with the real pulumi command line, killed at random moments, on a served sandbox."""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aws_sandbox.fault_effects import (
    AnswerLost,
    ConnectionClosed,
    Fixed,
    InternalServerError,
    Throttling,
)
from aws_sandbox.testing import ADMINISTRATOR
from aws_sandbox.testing.plugin import start_sandbox
from demo.environment import PulumiParts
from demo.project import STAND_IN_BIN
from tests.campaign.before import ORGANIZATION, OWN, UNKNOWN, Before, value_of
from tests.campaign.expected import Expected, expect, released, target
from tests.campaign.ledger import Ledger, ledger
from tests.campaign.network import READING, Write
from tests.campaign.processes import KillableRun
from tests.campaign.promises import ViolationError
from tests.campaign.script import Selector, Shape, Wish
from tests.campaign.world import FEATURE, OFF, ON, REGION, UNITS, Account, Picture
from tests.support.engine.organization import Organization
from tests.support.running_sandbox import environment_with
from tools.aws_plugin import find_or_install_aws_plugin
from tools.engine import find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aws_sandbox.client import Call
    from tests.campaign.processes import Victim
    from tests.campaign.world import World
    from tests.support.engine.stack import Run

_WRITES = frozenset({"UpdateMemberDetectors", "UpdateDetector", "UpdateOrganizationConfiguration"})
_VICTIMS: tuple[Victim, ...] = (
    "everything",
    "everything",
    "engine",
    "provider",
    "program",
    "aws plugin",
)
_FLAGS = ("--replace", "--target", "--exclude", "--refresh")
_LOCKED = "currently locked by"


@dataclass
class EngineFigures:
    """What the engine histories have done so far."""

    histories: int = 0
    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    kills: int = 0
    cancels: int = 0
    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    drawn: Counter[str] = field(default_factory=Counter)

    def add(self, more: EngineFigures) -> None:
        """Adds those of another part."""
        for name, value in vars(more).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class EngineHistory:
    """What came of one seed."""

    seed: int
    figures: EngineFigures = field(default_factory=EngineFigures)
    violation: str | None = None


def play_on_the_engine(seed: int, tell: Callable[[str], object] = lambda _: None) -> EngineHistory:
    """Plays the one history of a seed.

    Args:
        seed: the same seed gives the same history; the moment of a kill may differ by a call.
        tell: told of each step.
    """
    played = EngineHistory(seed)
    steps: list[str] = []

    def note(step: str) -> None:
        steps.append(step)
        tell(step)

    chance = random.Random(seed)  # noqa: S311 - no secret
    try:
        with served(chance.choice([3, 12, 30, 55, 60])) as (organization, folder):
            _Player(organization, folder, chance, played.figures, note).play()
    except Exception as error:  # noqa: BLE001 - also a defect of the campaign itself is a finding
        played.violation = "\n".join([f"{type(error).__name__}: {error}", *steps])
    return played


@contextmanager
def served(accounts: int) -> Iterator[tuple[Organization, Path]]:
    """Serves the default organization of that size, with the engine in its environment.

    Yields:
        It, and a folder with the project in `project` and the stacks' state in `state`.
    """
    engine = find_or_install_engine(lambda _: None, site=None)
    plugin = find_or_install_aws_plugin(engine, lambda _: None, site=None).plugin
    stand_in = None if plugin else STAND_IN_BIN
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        running = start_sandbox(folder, accounts, REGION)
        try:
            home = plugin.home if plugin else folder / "pulumi-home"
            environment = environment_with(running, PulumiParts(engine.bin, home, stand_in))
            yield Organization(running, environment, folder / "project"), folder
        finally:
            running.stop()


class _ServedWorld:
    """The organization as `expect` asks it."""

    caller = ADMINISTRATOR
    creates = False
    owner = ""
    made: frozenset[str] = frozenset()

    def __init__(self, organization: Organization) -> None:
        self._control = organization.control
        self._detector_id = organization.detector_id()
        self.members = organization.members()
        self.shape = Shape("organization", len(self.members), 0)

    def account(self, index: int) -> str:
        return self.members[index % len(self.members)]

    def detector_id(self) -> str:
        """Nobody makes it anew."""
        return self._detector_id

    def units(self) -> set[str]:
        return {account.ou for account in self._control.organization().accounts}

    def picture(self) -> Picture:
        known = {a.account_id: a for a in self._control.organization().accounts}
        accounts = {
            name: Account(
                status=actual.eks_audit_logs,
                standing=actual.relationship,
                managed=False,
                others={k: v for k, v in actual.features.items() if k != FEATURE},
                unit=known[name].ou if name in known else "",
                tags=known[name].tags if name in known else {},
            )
            for name, actual in self._control.actual_state()[REGION].items()
        }
        settings = self._control.settings()[REGION]
        organization = dict(settings.features)
        organization["members"] = settings.auto_enable_members or ""
        return Picture(accounts, organization, policy_type=False, detector={})


class _Player:
    def __init__(
        self,
        organization: Organization,
        folder: Path,
        chance: random.Random,
        figures: EngineFigures,
        note: Callable[[str], object],
    ) -> None:
        self._organization = organization
        self._folder = folder
        self._chance = chance
        self._figures = figures
        self._note = note
        self._world = _ServedWorld(organization)
        self._wish = self._drawn()
        self._stack = organization.stack("soak", **self._configuration())
        self._record = Before()
        self._seen = 0
        self._names = 0
        self._project_renamed = False

    def play(self) -> None:
        self._figures.histories += 1
        self._note(f"{len(self._world.members)} members, {self._wish}")
        for _ in range(self._chance.choice([1, 2, 2])):
            for _ in range(self._chance.randint(0, 2)):
                self._something_happens()
            if self._chance.random() < 0.5:
                self._wish = self._drawn()
                self._note(f"{self._wish}")
                self._stack.configure({"aws:region": REGION, **self._configuration()})
            self._up_with_trouble(self._drawn_flags())
        self._organization.control.clear_faults()
        last = self._up()
        if last.code != 0:
            raise ViolationError(3, f"after the faults stopped, up failed:\n{last.text}")
        self._organization.control.clear_calls()
        again = self._up()
        if again.code != 0 or any(c.operation in _WRITES for c in self._calls()):
            raise ViolationError(3, f"a second run with nothing to do writes:\n{again.text}")
        self._destroy()

    def _drawn(self) -> Wish:
        chance, choice = self._chance, self._chance.choice
        rules = tuple(
            Selector(
                choice([ON, OFF, "UNMANAGED"]),
                choice(["accounts", "unit", "tag"]),
                tuple(chance.sample(range(60), chance.randint(1, 6))),
                choice([1, 3, 4]),
            )
            for _ in range(chance.randint(0, 2))
        )
        # With it all members stay decided; without it some drop out when the rules change.
        everybody = (Selector(choice([ON, ON, OFF]), "all"),) if chance.random() < 0.5 else ()
        return Wish(
            rules=(*rules, *everybody),
            status=choice([ON, OFF]),
            auto_enable=choice(["NEW", "NONE"]),
            on_release=choice(["RESTORE", "RESTORE", "LEAVE", "DISABLE"]),
            max_disabled="100%",
        )

    def _configuration(self) -> dict[str, Any]:
        wish, world = self._wish, self._world
        rules: list[dict[str, Any]] = []
        for rule in wish.rules:
            selectors: dict[str, dict[str, Any]] = {
                "accounts": {"accounts": sorted({world.account(n) for n in rule.accounts})},
                "unit": {"organizationalUnits": [UNITS[rule.number]]},
                "tag": {"tags": {"env": ("prod", "test", "sandbox")[rule.number % 3]}},
                "all": {"all": True},
            }
            rules.append({"status": rule.status, **selectors[rule.by]})
        return {
            "status": wish.status,
            "autoEnable": wish.auto_enable,
            "onRelease": wish.on_release,
            "maxDisabled": str(wish.max_disabled),
            "retryMinutes": 0,
            "showCosts": False,
            "members": rules,
        }

    def _something_happens(self) -> None:
        control, account = self._organization.control, self._chance.choice(self._world.members)
        what = self._chance.choice(["status", "own", "suspend", "resume", "tag", "autoEnable"])
        status = self._chance.choice([ON, OFF])
        self._note(f"{what} {account} {status}")
        match what:
            case "status":
                control.set_feature(account, status)
            case "own":
                control.set_feature(ADMINISTRATOR, status)
            case "suspend":
                control.suspend(account)
            case "resume":
                control.set_relationship(account, "Enabled")
            case "tag":
                control.set_tags(account, {"env": self._chance.choice(["prod", "test"])})
            case _:
                control.set_auto_enable(self._chance.choice(["NEW", "NONE"]))
        self._record.changed(self._world.picture(), ADMINISTRATOR)

    def _trouble(self) -> None:
        control, chance = self._organization.control, self._chance
        if chance.random() < 0.5:
            return
        operation = chance.choice(
            ["UpdateMemberDetectors", "GetMemberDetectors", "UpdateDetector", "ListMembers"]
        )
        effect = chance.choice(
            [
                Throttling(retry_after=None),
                InternalServerError(),
                ConnectionClosed(),
                AnswerLost(),
                "unprocessed",
            ]
        )
        times = chance.choice([1, 2])
        self._note(f"{operation}: {effect}, {times} times")
        if effect == "unprocessed":
            accounts = chance.sample(self._world.members, min(4, len(self._world.members)))
            control.leave_unprocessed(
                "UpdateMemberDetectors", accounts, "Internal error", times=times
            )
        else:
            control.fails(operation, with_=cast("Throttling", effect), times=times)

    def _drawn_flags(self) -> list[str]:
        """Does something to the state alone, or draws how the next run is called."""
        if self._prior() is None or self._chance.random() < 0.3:
            return []
        what = self._chance.choice([*_FLAGS, "taint", "stack", "project", "import", "plan"])
        kind = self._chance.choice(["PriorSettings", "MemberFeatures"])
        urn = self._urn(kind)
        if urn is None:
            return []
        self._figures.drawn[what] += 1
        self._note(f"{what} {kind}")
        if what == "--refresh":
            return ["--refresh=false"]
        if what in _FLAGS:
            return [what, urn]
        if what == "plan":
            return self._planned()
        # Of a run that was killed, the lock is there still.
        self._run(["cancel", "--yes"])
        if what == "taint":
            self._run(["state", "taint", "--yes", urn])
        else:
            self._moved(what)
        return []

    def _moved(self, what: str) -> None:
        self._names += 1
        name = f"soak-{self._names}"
        if what == "stack":
            self._stack.rename(name)
        elif what == "import":
            other = self._organization.stack(name, **self._configuration())
            other.import_text(self._stack.exported(), "--force")
            self._stack = other
        elif not self._project_renamed:
            self._project_renamed = True
            self._stack.rename_project("security")
            self._stack.configure({"aws:region": REGION, **self._configuration()})

    def _planned(self) -> list[str]:
        plan = str(self._folder / "plan.json")
        run = self._command(["preview", "--save-plan", plan])
        return ["--plan", plan] if run.code == 0 else []

    def _up_with_trouble(self, flags: list[str]) -> None:
        chance, control = self._chance, self._organization.control
        self._trouble()
        if chance.random() < 0.25 or "--plan" in flags:
            self._up(flags=flags)
            control.clear_faults()
            return
        victim, calls = chance.choice(_VICTIMS), chance.randint(0, 45)
        # So that there is time to strike between two calls.
        control.slows(by=Fixed(seconds=0.02))
        self._up(lambda run: self._killed(run, victim, calls), flags)
        control.clear_faults()

    def _killed(self, run: KillableRun, victim: Victim, calls: int) -> None:
        first = len(self._calls())
        if run.kill_when(lambda: len(self._calls()) - first >= calls, victim):
            self._figures.kills += 1
            self._note(f"killed {victim} after {calls} calls")

    def _up(
        self,
        trouble: Callable[[KillableRun], None] = lambda _: None,
        flags: Sequence[str] = (),
    ) -> Run:
        before, prior = self._world.picture(), self._prior()
        expected = expect(self._wish, cast("World", self._world), before, prior)
        if expected.refused:
            raise ViolationError(2, f"the campaign drew what is refused: {expected.refused}")
        self._record.taken([*expected.statuses, OWN, ORGANIZATION], before, ADMINISTRATOR)
        # Without the preview of its own, more of a run's moments are such at which it writes.
        run = self._command(["up", "--yes", "--skip-preview", *flags], trouble)
        if "--plan" in flags and ("violates plan" in run.text or "by the plan" in run.text):
            raise ViolationError(3, f"nothing happened, and its plan is violated:\n{run.text}")
        partial = bool({"--target", "--exclude"} & {*flags})
        self._check(run, expected, before, prior, partial=partial)
        return run

    def _command(
        self, command: list[str], trouble: Callable[[KillableRun], None] = lambda _: None
    ) -> Run:
        self._seen = len(self._calls())
        run = self._run(command, trouble)
        if _LOCKED in run.text:
            self._figures.cancels += 1
            self._note("pulumi cancel")
            self._run(["cancel", "--yes"])
            run = self._run(command, trouble)
        self._note(f"{command[0]}: exit code {run.code}")
        return run

    def _run(
        self, command: list[str], trouble: Callable[[KillableRun], None] = lambda _: None
    ) -> Run:
        self._figures.runs += 1
        started = KillableRun(
            [*command, "--stack", self._stack.name],
            self._folder / "project",
            self._organization.environment,
            self._folder / "run.log",
        )
        trouble(started)
        return started.wait()

    def _calls(self) -> list[Call]:
        return self._organization.control.calls()

    def _check(
        self,
        run: Run,
        expected: Expected,
        before: Picture,
        prior: Ledger | None,
        *,
        partial: bool,
    ) -> None:
        calls = self._calls()[self._seen :]
        self._figures.calls += len(calls)
        self._figures.faults += Counter(c.fault for c in calls if c.fault and c.fault != "Fixed")
        self._figures.succeeded += run.code == 0
        self._figures.failed += run.code > 0
        allowed = set(expected.statuses) | set(released(prior, expected) if prior else ())
        done = self._done(calls, allowed)
        after, now_prior = self._world.picture(), self._prior()
        if "Traceback (most recent call last)" in run.text and run.code > 0:
            raise ViolationError(6, f"a traceback:\n{run.text}")
        _check_untouched(before, after, done)
        self._check_record(done & set(expected.statuses), now_prior)
        if not partial:
            self._check_word(run, expected, after)
        if run.code == 0 and prior and not partial:
            self._check_released(expected, prior, after)
        dropped = {*self._record.values} - expected.kept - {OWN, ORGANIZATION}
        self._record.ended(now_prior.recorded if now_prior else (), dropped)

    def _check_record(self, done: set[str], prior: Ledger | None) -> None:
        recorded = prior.before if prior else {}
        for name, status in recorded.items():
            right = self._record.values.get(name, {status})
            if status not in {UNKNOWN, *right}:
                raise ViolationError(4, f"{name} is recorded as {status}, and was {right}")
        if without := done - set(recorded):
            raise ViolationError(4, f"written without a record: {without}")

    def _check_word(self, run: Run, expected: Expected, after: Picture) -> None:
        wrong = {
            name: after.accounts[name].status
            for name, status in expected.statuses.items()
            if after.accounts[name].status != status
        }
        own = value_of(OWN, after, ADMINISTRATOR)
        if run.code == 0 and (wrong or own != self._wish.status):
            raise ViolationError(1, f"success, but these are not as wanted: {wrong}, own {own}")
        silent = [name for name in wrong if name not in run.text]
        if run.code > 0 and "could not be set" in run.text and silent:
            raise ViolationError(2, f"failed, and does not name {silent}:\n{run.text}")

    def _check_released(self, expected: Expected, prior: Ledger, after: Picture) -> None:
        for name in released(prior, expected):
            given = target(self._wish.on_release, prior.before.get(name))
            found = after.accounts[name]
            if given and found.monitored and found.status != given:
                raise ViolationError(4, f"{name} dropped out, and is {found.status}, not {given}")

    def _done(self, calls: list[Call], allowed: set[str]) -> set[str]:
        done: set[str] = set()
        for call in calls:
            if call.service != "guardduty" or call.operation.startswith(READING):
                continue
            if call.operation not in _WRITES or call.size > 50:
                raise ViolationError(5, f"{call.operation} of {call.size} accounts")
            if strangers := set(call.account_ids) - allowed:
                raise ViolationError(5, f"{strangers} are not for the stack to set")
            if call.outcome == "ok":
                arrived = set(call.account_ids or [call.account]) - set(call.unprocessed)
                body = {"features": ["something"], "autoEnableOrganizationMembers": None}
                self._record.wrote([Write(call.operation, body, tuple(arrived))], {"members": None})
                done |= arrived
        return done

    def _resources(self) -> list[dict[str, Any]]:
        """All in the state that is not only there to be deleted."""
        (file,) = (self._folder / "state" / ".pulumi" / "stacks").rglob(f"{self._stack.name}.json")
        latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return [r for r in latest.get("resources", ()) if not r.get("delete")]

    def _prior(self) -> Ledger | None:
        known = [
            found
            for r in self._resources()
            if r["type"].endswith(":PriorSettings") and (found := ledger(r.get("outputs")))
        ]
        if not known:
            return None
        before = {
            account: status for one in reversed(known) for account, status in one.before.items()
        }
        return replace(known[0], before=before)

    def _urn(self, kind: str) -> str | None:
        found = [r["urn"] for r in self._resources() if r["type"].endswith(f":{kind}")]
        return found[0] if found else None

    def _destroy(self) -> None:
        before, prior = self._world.picture(), self._prior()
        assert prior
        destroy = ["destroy", "--yes", "--skip-preview"]
        run = self._command(destroy, self._destroyed_with_trouble)
        self._organization.control.clear_faults()
        if run.code != 0:
            run = self._command(destroy)
        if run.code != 0:
            raise ViolationError(4, f"destroy failed:\n{run.text}")
        after = self._world.picture()
        words = prior.on_destroy
        targets = {a: target(w, prior.before[a]) for a, w in words.items()}
        for name, account in after.accounts.items():
            if name == ADMINISTRATOR:
                continue
            wanted = targets.get(name) if account.monitored else None
            if account.status != (wanted or before.accounts[name].status):
                raise ViolationError(4, f"{name} is {account.status} after destroy")
            if wanted and words[name] == "RESTORE":
                right = self._record.values[name]
                if account.status not in right:
                    raise ViolationError(4, f"{name} is {account.status}, and was {right}")
        for key in (OWN, ORGANIZATION):
            now = value_of(key, after, ADMINISTRATOR)
            right = (
                self._record.values[key]
                if prior.on_release == "RESTORE"
                else {value_of(key, before, ADMINISTRATOR)}
            )
            if now not in right:
                raise ViolationError(4, f"{key} is {now} after destroy, and was {right}")

    def _destroyed_with_trouble(self, run: KillableRun) -> None:
        if self._chance.random() < 0.5:
            self._organization.control.slows(by=Fixed(seconds=0.02))
            self._killed(run, self._chance.choice(_VICTIMS), self._chance.randint(0, 20))


def _check_untouched(before: Picture, after: Picture, done: set[str]) -> None:
    for name, account in before.accounts.items():
        now = after.accounts[name]
        if now.others != account.others:
            raise ViolationError(1, f"other features of {name} changed")
        if name not in {*done, ADMINISTRATOR} and now.status != account.status:
            raise ViolationError(1, f"{name} was not written, and went to {now.status}")
