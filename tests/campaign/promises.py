"""What every run promises, held against what the sandbox really has after it.

The numbers are those of docs/reliability.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, Before, value_of
from tests.campaign.expected import (
    FORMER,
    OWNER_TAG,
    Expected,
    limit,
    released,
    target,
)
from tests.campaign.ledger import grouped
from tests.campaign.ledger import kept as kept_members
from tests.campaign.world import FEATURE, OFF, ON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_sandbox.control_models import Call
    from tests.campaign.engine import Told
    from tests.campaign.ledger import Ledger
    from tests.campaign.network import Network, Write
    from tests.campaign.script import Wish
    from tests.campaign.world import Picture, World

_WRITES = frozenset({"UpdateMemberDetectors", "UpdateDetector", "UpdateOrganizationConfiguration"})
_CREATE = "CreateDetector"
_BATCH = 50
_SILENCE_SECONDS = 300
_REFUSED_WHOLE = "BadRequestException"
_LOST = frozenset({"AnswerLost", "TimeOut", "ConnectionClosed"})
_OF_A_CALL = re.compile(
    r"[A-Z]\w+ (failed|got no)|no answer|(AWS did not return )?what it had before"
)
_SECRET = re.compile(r"@example\.com|AKIA[A-Z0-9]{12,}|Traceback \(most recent")

_OF_THE_AWS_PLUGIN = re.compile(
    r"(creating|deleting|importing|reading|updating) GuardDuty |validating the AWS credentials: "
)
"""pulumi-aws tells AWS's words as they are, and so does its stand-in."""


class ViolationError(AssertionError):
    """A promise is broken."""

    def __init__(self, promise: int, what: str) -> None:
        super().__init__(f"promise {promise}: {what}")
        self.promise = promise


@dataclass
class Run:
    """One run and all that is known of it.

    Attributes:
        world: where.
        wish: the configuration.
        told: how it ended.
        network: what it called.
        before: how everything was when it began.
        after: how everything is at its end.
        expected: what it had to do then; a second one if something happened in the middle of it.
        prior: what was recorded in the state before it, if there was anything.
        now_prior: the same after it.
        now_members: the outputs of `MemberFeatures` after it, if there is one.
        record: what was there before the stack.
        pictures: how everything was just before each of its writes.
        calm: whether nothing failed on purpose and nothing happened in the middle.
        waited: how many seconds passed in it.
        disturbed: accounts and settings to which something happened in the middle.
        untold: accounts of whom AWS has at some time not told what they have.
        partial: whether it was about some of the resources only.
        refreshed: whether the state was refreshed first.
        planned: None without a saved plan; else whether something happened after it was made.
        limit_on_destroy: `maxDisabled` of the last run that came to do something.
    """

    world: World
    wish: Wish
    told: Told
    network: Network
    before: Picture
    after: Picture
    expected: tuple[Expected, ...]
    prior: Ledger | None
    now_prior: Ledger | None
    now_members: Mapping[str, Any] | None
    record: Before
    pictures: list[Picture] = field(default_factory=list)
    calm: bool = True
    waited: float = 0
    disturbed: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()
    partial: bool = False
    refreshed: bool = True
    planned: bool | None = None
    limit_on_destroy: str = "10"

    @property
    def excused(self) -> bool:
        """Whether it may fail for another reason than AWS's, or leave things undone."""
        return self.partial or not self.refreshed or bool(self.planned)

    @property
    def member_writes(self) -> list[Write]:
        return [w for w in self.network.writes if w.operation == "UpdateMemberDetectors"]

    @property
    def done(self) -> dict[str, str]:
        """What the run's writes gave to which account."""
        given: dict[str, str] = {}
        for write in self.member_writes:
            given |= dict.fromkeys(write.done, write.body["features"][0]["status"])
        return given

    @property
    def decided(self) -> frozenset[str]:
        """The accounts that the rules set, whatever happened in the middle."""
        return frozenset.intersection(*(frozenset(e.statuses) for e in self.expected))

    def wrote_to(self, accounts: Iterable[str]) -> bool:
        """Whether one of the run's writes names one of these, though it may have been refused."""
        named = set(accounts)
        return any(named.intersection(write.accounts) for write in self.member_writes)


def check_up(run: Run) -> None:
    """Holds a `pulumi up` against the promises."""
    _check_told(run)
    allowed: dict[str, set[str]] = {}
    for expected in run.expected:
        for account, status in expected.statuses.items():
            allowed.setdefault(account, set()).add(status)
        for account in released(run.prior, expected) if run.prior else ():
            given = target(run.wish.on_release, run.prior.before.get(account))  # type: ignore[union-attr] # there is one
            allowed.setdefault(account, set()).update({given} if given else ())
    members = {run.wish.auto_enable_members} if run.wish.auto_enable_members else set()
    _check_writes(run, allowed, {run.wish.status}, {run.wish.auto_enable}, members)
    _check_untouched(run)
    _check_limit(run, limit(run.wish.max_disabled, run.before))
    _check_record(run)
    _check_lost(run)
    if run.calm:
        _check_refusal(run)
    if run.told.succeeded:
        if not run.partial:
            _check_all_done(run)
    elif not run.told.killed:
        _check_named(run)
    if not run.told.killed:
        _check_kept(run)


def check_destroy(run: Run) -> None:
    """Holds a `pulumi destroy` against the promises."""
    _check_told(run)
    prior = run.prior
    if prior is None or run.world.detector_id() is None:
        # Without a detector, the run says that there is nothing to put back.
        if run.network.writes and (prior is None or run.calm):
            raise ViolationError(4, f"a destroy without a record wrote {run.network.writes}")
        return
    targets = {a: target(word, prior.before[a]) for a, word in prior.on_destroy.items()}
    restores = prior.on_release == "RESTORE"
    settings = prior.settings if restores else {}
    _check_writes(
        run,
        {a: {t} for a, t in targets.items() if t},
        *({settings[key]} if key in settings else set() for key in (OWN, ORGANIZATION, MEMBERS)),
    )
    _check_untouched(run)
    _check_limit(run, _limit_of_a_destroy(run))
    if run.told.killed:
        return
    left = {
        account: given
        for account, given in targets.items()
        if given and _can_be_set(run, account) and run.after.accounts[account].status != given
    }
    if run.told.succeeded:
        if left:
            raise ViolationError(4, f"destroy succeeded, but these are not as before: {left}")
        _check_put_back(run, targets, restores=restores)
        return
    _check_left(run, targets, left)


def check_as_foretold(run: Run, inputs: Mapping[str, Any]) -> None:
    """Holds a destroy against what the run before it has said of it in the state.

    Args:
        run: the destroy, with nothing in between and no faults.
        inputs: of `PriorSettings`.
    """
    if inputs.get("onDestroyRefused"):
        if run.told.succeeded:
            raise ViolationError(2, f"a destroy is done: {inputs['onDestroyRefused']}")
        return
    if not run.told.succeeded:
        return
    said = inputs.get("onDestroy")
    told = grouped(said) if isinstance(said, str) and " -> " in said else {}
    wanted = {account: change.rpartition(" ")[2] for account, change in told.items()}
    for account, was in run.before.accounts.items():
        now, key = run.after.accounts[account].status, account
        if account == run.world.caller:
            key = "status"
        right = wanted.get(key, was.status)
        if now != right and account not in run.disturbed:
            raise ViolationError(2, f"{key} is {now} after a destroy, and was told as {right}")


def _check_left(run: Run, targets: Mapping[str, str | None], left: Mapping[str, str]) -> None:
    """A destroy that failed names whom it could not let go, and has a reason."""
    text = "\n".join(run.told.errors)
    unnamed = [account for account in left if account not in text]
    if run.member_writes and unnamed:
        raise ViolationError(2, f"destroy failed and does not name {unnamed}: {text}")
    if run.member_writes:
        _check_could_not(run, left)
    if run.calm and not _destroy_is_refused(run, targets) and not _aws_refused(run, targets):
        raise ViolationError(3, f"destroy failed for no reason: {run.told.errors}")


def _aws_refused(run: Run, targets: Mapping[str, str | None]) -> bool:
    """Whether the run names accounts that AWS itself does not let anybody set now, and why."""
    text = "\n".join(run.told.errors)
    named = [account for account in targets if account in text]
    results = run.network.results
    return bool(named) and all(any(r in text for r in results.get(a, ())) for a in named)


def _limit_of_a_destroy(run: Run) -> int:
    """That of the last run: a destroy asks neither the program nor its configuration."""
    return limit(run.limit_on_destroy, run.before)


def _destroy_is_refused(run: Run, targets: Mapping[str, str | None]) -> bool:
    most = _limit_of_a_destroy(run)
    turning = sum(
        1
        for account, given in targets.items()
        if given == OFF and _can_be_set(run, account) and run.before.accounts[account].status == ON
    )
    return turning > most


def _check_put_back(run: Run, targets: Mapping[str, str | None], *, restores: bool) -> None:
    """After a destroy that succeeded, what is restored is what was there before the stack."""
    for account, word in (run.prior.on_destroy if run.prior else {}).items():
        if word != "RESTORE" or not targets[account] or not _can_be_set(run, account):
            continue
        right = run.record.values.get(account, set())
        if run.after.accounts[account].status not in right:
            raise ViolationError(4, f"{account} is put back to what it was not: {right}")
    if not restores:
        return
    # Without that key in the configuration, autoEnableMembers is none of the stack's any more.
    for key in run.prior.settings if run.prior else ():
        if key == OWN and run.after.accounts[run.world.caller].managed:
            continue
        now, right = value_of(key, run.after, run.world.caller), run.record.values.get(key, set())
        if key not in run.disturbed and now not in right:
            raise ViolationError(4, f"{key} is {now} after destroy, and was {right}")


def _can_be_set(run: Run, account: str) -> bool:
    found = run.after.accounts.get(account)
    return bool(found and found.monitored and not found.managed and account not in run.disturbed)


def _check_told(run: Run) -> None:
    if run.told.defects:
        raise ViolationError(6, f"the user would see a traceback: {run.told.defects}")
    for line in (*run.told.errors, "\n".join(run.told.lines)):
        if _SECRET.search(line) and not _OF_THE_AWS_PLUGIN.match(line):
            raise ViolationError(6, f"told a secret, an address or a traceback: {line}")
    if run.now_prior and _SECRET.search(str(run.now_prior)):
        raise ViolationError(6, "a secret or an address is in the state")


def _check_writes(
    run: Run,
    allowed: Mapping[str, set[str]],
    own: set[Any],
    auto_enable: set[Any],
    members: set[Any],
) -> None:
    for write, picture in zip(run.network.writes, run.pictures, strict=True):
        if write.operation == _CREATE and run.expected:
            _check_creation(run, write, picture)
            continue
        if write.operation not in _WRITES:
            raise ViolationError(5, f"{write.operation} is none of the stack's business")
        features = write.body.get("features", [])
        if (
            any(feature.get("name") != FEATURE for feature in features)
            or "dataSources" in write.body
        ):
            raise ViolationError(5, f"another feature is named: {write.body}")
        if write.operation == "UpdateMemberDetectors":
            _check_member_write(write, allowed)
        elif write.operation == "UpdateDetector":
            if [f["status"] for f in features] not in [[status] for status in own]:
                raise ViolationError(5, f"the own detector gets {features}, not one of {own}")
        else:
            given = write.body["autoEnableOrganizationMembers"]
            if given not in {*members, picture.organization.get("members")}:
                raise ViolationError(5, f"autoEnableOrganizationMembers becomes {given}")
            if any(feature["autoEnable"] not in auto_enable for feature in features):
                raise ViolationError(5, f"the organization gets {features}, not {auto_enable}")


def _check_creation(run: Run, write: Write, picture: Picture) -> None:
    """Only where there is none, and with nothing said of another feature."""
    # Where somebody made one meanwhile, AWS refuses another.
    if not run.world.creates or (picture.detector is not None and write.done):
        raise ViolationError(5, "a detector is not for the stack to make")
    wanted = {"kubernetes": {"auditLogs": {"enable": run.wish.status == ON}}}
    if write.body.get("features") or write.body["dataSources"] != wanted:
        raise ViolationError(5, f"the detector is made with {write.body}")
    if not write.body["enable"] or write.body["tags"] != {OWNER_TAG: run.world.owner}:
        raise ViolationError(5, f"the detector is made with {write.body}")


def _check_member_write(write: Write, allowed: Mapping[str, set[str]]) -> None:
    named = write.accounts
    if not 1 <= len(named) <= _BATCH or len(set(named)) != len(named):
        raise ViolationError(5, f"a batch of {len(named)} accounts")
    (feature,) = write.body["features"]
    for account in named:
        if feature["status"] not in allowed.get(account, set()):
            raise ViolationError(5, f"{account} is not for the stack to set {feature['status']}")


def _check_untouched(run: Run) -> None:
    """What the run's writes do not explain has not changed."""
    all_reaches = run.waited and "ALL" in {
        *run.before.organization.values(),
        *run.after.organization.values(),
    }
    for name, account in run.before.accounts.items():
        now = run.after.accounts.get(name)
        key = OWN if name == run.world.caller else name
        if key in run.disturbed or now is None or all_reaches:
            continue
        made = name == run.world.caller and any(w.operation == _CREATE for w in run.network.writes)
        if now.others != account.others and not made:
            raise ViolationError(1, f"other features of {name} changed")
        wanted = run.done.get(name, account.status)
        if name != run.world.caller and now.status != wanted:
            raise ViolationError(1, f"{name} has {now.status}, not {wanted}")
    mine = {FEATURE, "members"}
    others = [
        {k: v for k, v in p.organization.items() if k not in mine} for p in (run.before, run.after)
    ]
    if others[0] != others[1]:
        raise ViolationError(1, "other settings of the organization changed")


def _check_limit(run: Run, most: int) -> None:
    turned = [
        account
        for account, status in run.done.items()
        if status == OFF and (a := run.before.accounts.get(account)) and a.status == ON
    ]
    if len(set(turned) - run.disturbed) > most:
        raise ViolationError(
            1, f"maxDisabled is {most}, and {len(turned)} were turned off: {turned}"
        )


def _check_record(run: Run) -> None:
    """What is recorded is what was there before the stack; nothing is written without a record."""
    prior, right = run.now_prior, run.record.values
    recorded: Mapping[str, str] = prior.before if prior else {}
    for account, status in recorded.items():
        if status not in right.get(account, {status}):
            raise ViolationError(4, f"{account} is recorded as {status}, and was {right[account]}")
    decided = {account for expected in run.expected for account in expected.statuses}
    without = set(run.done) & decided - set(recorded)
    if without:
        raise ViolationError(4, f"written without a record: {sorted(without)}")
    settings = prior.settings if prior else {}
    for key in (OWN, ORGANIZATION, MEMBERS):
        value = settings.get(key)
        if value is None and key in run.record.written:
            raise ViolationError(4, f"{key} is written without a record")
        if value is not None and value not in right.get(key, {value}):
            raise ViolationError(4, f"{key} is recorded as {value}, and was {right[key]}")


def _held_back(run: Run) -> frozenset[str]:
    """Who has dropped out in a run that succeeded, and can't be put back before it is active."""
    if run.prior is None or not run.told.succeeded or run.wish.on_release != "RESTORE":
        return frozenset()
    dropped = frozenset.intersection(*(frozenset(released(run.prior, e)) for e in run.expected))
    found = {a: run.after.accounts[a] for a in dropped if a in run.after.accounts}
    return frozenset(
        name
        for name, account in found.items()
        if account.standing and account.standing not in FORMER and not account.monitored
    )


def _check_lost(run: Run) -> None:
    """Whom the stack goes on to decide, also one that waits, keeps the record that it has."""
    before = run.prior.before if run.prior else {}
    now = run.now_prior.before if run.now_prior else {}
    kept = frozenset.intersection(*(expected.kept for expected in run.expected))
    for account in (kept | _held_back(run)).intersection(before) - run.disturbed:
        if now.get(account) != before[account]:
            raise ViolationError(4, f"{account} was recorded as {before[account]}, and is no more")


def _check_refusal(run: Run) -> None:
    (expected,) = run.expected
    # Of accounts that some resources do not set now, there are not too many.
    refused = expected.refused - ({"maxDisabled"} if run.partial else set())
    if refused and run.told.succeeded:
        raise ViolationError(2, f"not refused, though {sorted(expected.refused)}")
    # A policy is not known while AWS does not tell the status of any account that it decides.
    unknown = {"policy"} if _against_policies(run) <= run.network.unread else set()
    if expected.refused - unknown and run.network.writes:
        raise ViolationError(2, f"refused, and wrote {run.network.writes}")
    # One whose status AWS does not tell, since it has just joined, counts as on.
    untold = (
        bool(run.network.unread)
        and run.told.errors[:1] != []
        and "maxDisabled" in run.told.errors[0]
    )
    known = expected.refused or untold or run.excused
    if run.told.errors and not known and not _says_why(run):
        raise ViolationError(3, f"failed for no reason: {run.told.errors}")


def _against_policies(run: Run) -> set[str]:
    """The accounts that the rules set otherwise than a policy does."""
    accounts = run.before.accounts
    wanted = run.expected[0].statuses.items()
    return {a for a, status in wanted if accounts[a].managed and accounts[a].status != status}


def _unprocessed(run: Run) -> dict[str, str]:
    """The stack's output, {reason: accounts}, as {account: reason}."""
    told = run.told.exported.get("unprocessed") or {}
    return {account: reason for reason, text in told.items() for account in text.split(", ")}


def _says_why(run: Run) -> bool:
    """Whether the run names accounts that AWS itself does not let anybody set now."""
    unprocessed = _unprocessed(run)
    unreleased = run.now_prior.unreleased if run.now_prior else {}
    named = {**unprocessed, **unreleased}
    return bool(named) and all(
        reason in run.network.results.get(account, set()) for account, reason in named.items()
    )


def _check_all_done(run: Run) -> None:
    expected, wish = run.expected[0], run.wish
    for account, status in expected.statuses.items():
        if account not in run.disturbed and run.after.accounts[account].status != status:
            found = run.after.accounts[account].status
            raise ViolationError(1, f"success, but {account} is {found}, not {status}")
    caller = run.world.caller
    if OWN not in run.disturbed and run.after.accounts[caller].status != wish.status:
        raise ViolationError(1, "success, but the own detector is not as wanted")
    if run.world.shape.mode == "organization":
        wanted = {FEATURE: wish.auto_enable}
        if wish.auto_enable_members:
            wanted["members"] = wish.auto_enable_members
        for key, value in wanted.items():
            names = {FEATURE: ORGANIZATION, "members": MEMBERS}
            if names[key] not in run.disturbed and run.after.organization.get(key) != value:
                raise ViolationError(1, f"success, but {names[key]} is not {value}")
    _check_released(run, {})


def _check_released(run: Run, unreleased: Mapping[str, str]) -> None:
    """Who has dropped out is as `onRelease` says, or is named."""
    if run.prior is None or len(run.expected) > 1:
        return
    for account in released(run.prior, run.expected[0]):
        given = target(run.wish.on_release, run.prior.before.get(account))
        if given is None or not _can_be_set(run, account):
            continue
        right = run.after.accounts[account].status == given
        if not right and account not in unreleased:
            raise ViolationError(4, f"{account} dropped out and is not {given}, nor named")


def _check_named(run: Run) -> None:
    """A run that failed names what is not as it should be, and gives AWS's reason."""
    if not run.told.errors:
        raise ViolationError(2, "failed without a word")
    if run.excused:
        return
    unprocessed = _unprocessed(run)
    unreleased = run.now_prior.unreleased if run.now_prior else {}
    dropped = released(run.prior, run.expected[0]) if run.prior else ()
    if unreleased or run.wrote_to(dropped):
        _check_released(run, unreleased)
    statuses = {a: s for expected in run.expected for a, s in expected.statuses.items()}
    if run.wrote_to(dropped):
        _check_could_not(run, {*unreleased}.intersection(dropped))
    for account, reason in unprocessed.items():
        if account not in statuses:
            raise ViolationError(2, f"{account} is named, and is none of the stack's")
        given = run.network.results.get(account, set())
        if reason not in given and not _OF_A_CALL.search(reason):
            raise ViolationError(2, f"{account} failed for {reason!r}, which AWS did not say")
    if unprocessed or run.wrote_to(run.decided):
        # Once it sets members nothing breaks a run off: it does what it can, and names the others.
        _check_exactly(run, unprocessed)


def _check_exactly(run: Run, unprocessed: Mapping[str, str]) -> None:
    """Who is named is not as wanted, and the other way round."""
    for account, status in run.expected[0].statuses.items():
        if account in run.disturbed:
            continue
        right = run.after.accounts[account].status == status
        if not right and account not in unprocessed:
            raise ViolationError(2, f"{account} is not {status}, and is not named")
        if right and account in unprocessed and not _could_not_know(run, account):
            raise ViolationError(2, f"{account} is {status}, and is named as not set")
    left = {a for a in run.decided if run.after.accounts[a].status != run.expected[0].statuses[a]}
    _check_could_not(run, left)


def _check_could_not(run: Run, left: Iterable[str]) -> None:
    """Who is left not as wanted, by a run that set members, could not have been set by it."""
    # With a detector that somebody made anew in the middle, nobody can be set by its old id.
    if run.network.cut or any("detectorId is not owned" in line for line in run.told.errors):
        return
    failed = _failed_for_themselves(run)
    writes = [c for c in run.network.calls if c.operation == "UpdateMemberDetectors"]
    asked = {account for call in writes for account in call.account_ids}
    # After a long silence of AWS the calls that are left are not made.
    silent = run.waited >= _SILENCE_SECONDS and any(_unanswered(call) for call in run.network.calls)
    recorded = run.now_prior.before if run.now_prior else {}
    # Whose status AWS did not tell in time is not set before it is recorded.
    untold = {a for a in run.network.unread if a not in recorded}
    for account in set(left) - run.disturbed - failed - untold:
        if account in asked or not silent:
            raise ViolationError(2, f"{account} could have been set, and is not")


def _failed_for_themselves(run: Run) -> set[str]:
    """The accounts that no other calls than the run's could have set.

    A call that is refused whole may have been so for one of its accounts: the others of it are to
    be set without that one, if not one whole batch before it has failed account by account, after
    which it is not to be tried any more.
    """
    failed: set[str] = set()
    alone: set[str] = set()
    whole: list[frozenset[str]] = []
    for call in run.network.calls:
        named = frozenset(call.account_ids)
        if call.operation != "UpdateMemberDetectors":
            continue
        if call.outcome != _REFUSED_WHOLE:
            failed |= named if _unanswered(call) else set(call.unprocessed)
        elif len(named) == 1 or any(batch <= alone for batch in whole):
            failed |= named
            alone |= named if len(named) == 1 else set()
        elif not any(named < batch for batch in whole):
            whole.append(named)
    return failed


def _unanswered(call: Call) -> bool:
    """Whether the run did not get the answer that it asked for."""
    return call.outcome != "ok" or call.fault in _LOST


def _check_kept(run: Run) -> None:
    """Whom the run has set is in the state with that, whatever it came to with the others."""
    members = run.now_members or {}
    for account in run.decided & set(run.done) - run.disturbed:
        given, kept = run.done[account], kept_members(members).get(account)
        if run.after.accounts[account].status != given or account in members.get("unprocessed", {}):
            continue
        if kept != given:
            raise ViolationError(2, f"{account} was set {given}, and is kept as {kept}")


def _could_not_know(run: Run, account: str) -> bool:
    """Whether the run had no answer about the account's last write, nor to a look after it.

    One that was not written, since it is not recorded yet, was at least looked at.

    Without a network, and after a long silence of AWS, nobody looks.
    """
    if run.network.cut:
        return True
    about = [call for call in run.network.calls if account in call.account_ids]
    writes = [n for n, call in enumerate(about) if call.operation == "UpdateMemberDetectors"]
    looks = [
        call
        for call in (about[writes[-1] :] if writes else about[-1:])
        if call.operation == "GetMemberDetectors"
    ]
    if any(not _unanswered(call) and account not in call.unprocessed for call in looks):
        return False
    members = [c for c in run.network.calls if c.operation in {*_WRITES, "GetMemberDetectors"}]
    silent = run.waited >= _SILENCE_SECONDS and bool(members) and _unanswered(members[-1])
    return bool(looks or silent)
