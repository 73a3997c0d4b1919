"""What a history is made of, and how hypothesis draws one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

from tests.campaign.world import OFF, ON, UNITS

Word = str
Mode = Literal["organization", "invitation", "standalone"]


@dataclass(frozen=True)
class Shape:
    """An organization: everything else about it is drawn from the seed.

    Attributes:
        mode: the stack's.
        members: how many there are.
        seed: decides over the rest.
        creates: whether there is no detector at first, and the stack is to make it
            (`detector: create`); not by invitation, which takes one.
    """

    mode: Mode
    members: int
    seed: int
    creates: bool = False


@dataclass(frozen=True)
class Event:
    """Something that happens behind the stack's back.

    Attributes:
        what: see `World.happens`.
        account: to which account, as a number; it is taken modulo how many there are.
        word: a status or setting.
        number: hours, or which unit or tag.
    """

    what: str
    account: int = 0
    word: Word = ON
    number: int = 0


@dataclass(frozen=True)
class Selector:
    """One rule; accounts are given as numbers."""

    status: str
    by: Literal["accounts", "unit", "tag", "all"]
    accounts: tuple[int, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Wish:
    """A stack's configuration."""

    rules: tuple[Selector, ...] = ()
    status: Word = ON
    auto_enable: Word = "NEW"
    auto_enable_members: Word | None = None
    on_release: Word = "LEAVE"
    max_disabled: int | str = 1000
    retry_minutes: int = 0


@dataclass(frozen=True)
class Fault:
    """A fault of `aws_sandbox.fault_effects`; of accounts that are given as numbers.

    Attributes:
        effect: its effect as the control interface takes it.
        service: of which service.
        operation: which; all of the service if None.
        accounts: only calls that name one of these.
        times: how often; until the end of the run if None.
        percent: how likely; always if None.
        seed: decides over chance.
    """

    effect: tuple[tuple[str, Any], ...]
    service: str = "guardduty"
    operation: str | None = None
    accounts: tuple[int, ...] = ()
    times: int | None = None
    percent: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Interruption:
    """Something that happens in the middle of a run.

    Attributes:
        what: the engine is killed, the network is gone, or an event.
        at: after so many moments (`network.Moments`).
        only_writes: whether only moments around writes count.
        event: the event.
    """

    what: Literal["kill", "gone", "event"]
    at: int
    only_writes: bool = False
    event: Event | None = None


@dataclass(frozen=True)
class Flags:
    """How `pulumi up` and its preview are called.

    Attributes:
        replace: what `--replace` names, of `Which`.
        delete_first: what the resource option `delete_before_replace` says; None if it is not used.
        target: what `--target` names, of `Which`; empty without it.
        exclude: the same of `--exclude`.
        refresh: False for `--refresh=false`.
    """

    replace: Which | None = None
    delete_first: bool | None = None
    target: Which | None = None
    exclude: Which | None = None
    refresh: bool = True

    def __str__(self) -> str:
        written = [f"--{k}={v}" for k, v in vars(self).items() if k in _NAMING and v]
        written += [] if self.refresh else ["--refresh=false"]
        return " ".join(written)


Which = Literal["prior", "members", "own", "both", "everything"]
_NAMING = ("replace", "target", "exclude")


@dataclass(frozen=True)
class Up:
    """`pulumi up`, after a preview or without."""

    preview: bool = False
    faults: tuple[Fault, ...] = ()
    interruption: Interruption | None = None
    flags: Flags = Flags()


@dataclass(frozen=True)
class Planned:
    """`pulumi preview --save-plan`, then perhaps an event, then `pulumi up --plan`."""

    event: Event | None = None


@dataclass(frozen=True)
class Taint:
    """`pulumi state taint`."""

    which: Which


@dataclass(frozen=True)
class Rename:
    """Another name: `pulumi stack rename`, or in the program."""

    what: Literal["project", "stack", "component"]


@dataclass(frozen=True)
class Move:
    """`pulumi stack export` of the stack, `pulumi stack import --force` into another one."""


@dataclass(frozen=True)
class Former:
    """The state becomes what an earlier release would have left."""

    release: Literal["0.1.0", "0.2.0", "development"]


@dataclass(frozen=True)
class Elsewhere:
    """A preview and a run with another region, or as another account; then it is put back."""

    what: Literal["region", "account"]


@dataclass(frozen=True)
class Destroy:
    """`pulumi destroy`; again without faults if it does not succeed."""

    faults: tuple[Fault, ...] = ()
    interruption: Interruption | None = None


@dataclass(frozen=True)
class Beside:
    """Before all else, a stack beside the history's own: see `tests.campaign.beside`."""

    what: Literal["a region that leaves", "a designation"]


Step = Beside | Up | Destroy | Planned | Taint | Rename | Move | Former | Elsewhere | Event | Wish


@dataclass(frozen=True)
class History:
    """An organization, a stack's first configuration, and what happens then.

    At the end of every history the faults stop, and two more runs and a destroy follow.
    """

    shape: Shape
    wish: Wish
    steps: tuple[Step, ...] = field(default=())


# Each as likely: by itself hypothesis would prefer what is small.
_SIZES = st.sampled_from([0, 1, 2, 3, 5, 8, 12, 20, 30, 49, 50, 51, 75, 100, 101, 130])
_STATUS = st.sampled_from([ON, OFF])
_AUTO_ENABLE = st.sampled_from(["NEW", "NEW", "NONE", "ALL"])
_NUMBERS = st.sampled_from(range(150))
_SEEDS = st.sampled_from(range(2**16))
_ACCOUNTS = st.lists(_NUMBERS, min_size=1, max_size=8, unique=True).map(tuple)

shapes = st.builds(
    Shape,
    st.sampled_from(["organization"] * 8 + ["invitation", "standalone"]),
    _SIZES,
    _SEEDS,
    st.sampled_from([False] * 5 + [True]),
)

selectors = st.one_of(
    st.builds(Selector, st.sampled_from([ON, OFF, "UNMANAGED"]), st.just("all")),
    st.builds(
        Selector, st.sampled_from([ON, OFF, "UNMANAGED"]), st.just("accounts"), accounts=_ACCOUNTS
    ),
    st.builds(
        Selector,
        st.sampled_from([ON, OFF, "UNMANAGED"]),
        st.sampled_from(["unit", "tag"]),
        number=st.sampled_from(range(len(UNITS))),
    ),
)

_RULES = st.one_of(
    st.just(()),
    st.lists(selectors, min_size=1, max_size=4).map(tuple),
    st.lists(selectors, min_size=1, max_size=3).map(lambda rules: (*rules, Selector(ON, "all"))),
    st.lists(selectors, min_size=1, max_size=3).map(lambda rules: (*rules, Selector(ON, "all"))),
)

wishes = st.builds(
    Wish,
    rules=_RULES,
    status=_STATUS,
    auto_enable=_AUTO_ENABLE,
    auto_enable_members=st.sampled_from([None, None, None, "ALL", "NEW"]),
    on_release=st.sampled_from(["LEAVE", "RESTORE", "RESTORE", "DISABLE"]),
    max_disabled=st.sampled_from([1000, 1000, 1000, "100%", 0, 3, "25%"]),
    retry_minutes=st.sampled_from([0, 0, 0, 1, 5]),
)

_OF_AN_ACCOUNT = ("suspend", "resume", "remove", "leave", "join")
events = st.one_of(
    st.builds(Event, st.sampled_from(_OF_AN_ACCOUNT), _NUMBERS),
    st.builds(Event, st.sampled_from(["status", "own", "policy"]), _NUMBERS, _STATUS),
    st.builds(Event, st.sampled_from(["move", "tag"]), _NUMBERS, number=st.sampled_from(range(10))),
    st.builds(Event, st.sampled_from(["autoEnable", "autoEnableMembers"]), word=_AUTO_ENABLE),
    st.builds(Event, st.just("clock"), number=st.sampled_from([1, 6, 30])),
    st.builds(Event, st.sampled_from(["noPolicies", "noPolicies", "detector", "noDetector"])),
)

_NOT_ASSOCIATED = (
    "The request is rejected because the given account ID is not an associated member of account "
    "the current account."
)
_OUT_OF_RANGE = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)
_REASONS = ("Internal error", "Rate exceeded", _NOT_ASSOCIATED, _OUT_OF_RANGE)
_WHOLE = st.sampled_from(
    [
        (("kind", "Throttling"), ("retryAfter", None)),
        (("kind", "Throttling"), ("code", "TooManyRequestsException"), ("retryAfter", 1)),
        (("kind", "InternalServerError"),),
        (("kind", "AccessDenied"),),
        (("kind", "BadRequest"),),
        (("kind", "ConnectionClosed"),),
        (("kind", "AnswerLost"),),
        (("kind", "TimeOut"), ("seconds", 0.001)),
    ]
)
_GUARDDUTY = (
    "ListDetectors",
    "GetDetector",
    "DescribeOrganizationConfiguration",
    "ListMembers",
    "GetMembers",
    "GetMemberDetectors",
    "GetMemberDetectors",
    "UpdateMemberDetectors",
    "UpdateMemberDetectors",
    "UpdateMemberDetectors",
    "UpdateDetector",
    "UpdateOrganizationConfiguration",
)
_TIMES = st.sampled_from([None, 1, 2, 3, 11, 20])
_PERCENT = st.sampled_from([None, None, 10, 50])

_unprocessed = st.builds(
    Fault,
    st.sampled_from(_REASONS).map(lambda r: (("kind", "Unprocessed"), ("result", r))),
    operation=st.sampled_from(["UpdateMemberDetectors", "GetMemberDetectors"]),
    accounts=_ACCOUNTS | st.just(tuple(range(150))),
    times=_TIMES,
    percent=_PERCENT,
    seed=_SEEDS,
)
_of_accounts = st.builds(
    Fault,
    _WHOLE,
    operation=st.sampled_from(["UpdateMemberDetectors", "GetMemberDetectors"]),
    accounts=_ACCOUNTS,
    times=_TIMES,
)
_whole = st.builds(
    Fault,
    _WHOLE,
    operation=st.sampled_from([None, *_GUARDDUTY]),
    times=_TIMES,
    percent=_PERCENT,
    seed=_SEEDS,
)
_batches = st.builds(
    Fault,
    st.sampled_from([0, 1, 10, 25]).map(lambda n: (("kind", "BatchLimit"), ("size", n))),
    operation=st.sampled_from(["UpdateMemberDetectors", "GetMemberDetectors"]),
    times=_TIMES,
)
_SERVICES = st.sampled_from(["guardduty", "guardduty", "organizations", "sts"])
_limits = st.builds(
    Fault,
    st.tuples(st.sampled_from([0.5, 2, 10]), st.sampled_from([1, 5])).map(
        lambda limit: (("kind", "RateLimit"), ("perSecond", limit[0]), ("burst", limit[1]))
    ),
    service=_SERVICES,
)
_delays = st.builds(
    Fault,
    st.sampled_from(
        [
            (("kind", "Fixed"), ("seconds", 3)),
            (("kind", "Uniform"), ("shortest", 0), ("longest", 9)),
            (("kind", "Exponential"), ("mean", 0.5)),
        ]
    ),
    service=_SERVICES,
    times=_TIMES,
    percent=_PERCENT,
    seed=_SEEDS,
)
_elsewhere = st.builds(
    Fault, _WHOLE, service=st.sampled_from(["sts", "organizations"]), times=_TIMES, seed=_SEEDS
)
faults = st.one_of(
    _unprocessed,
    _unprocessed,
    _unprocessed,
    _of_accounts,
    _of_accounts,
    _whole,
    _batches,
    _limits,
    _delays,
    _elsewhere,
)

_ENDS: st.SearchStrategy[Any] = st.sampled_from(["kill", "kill", "gone"])
interruptions = st.one_of(
    st.builds(Interruption, _ENDS, st.sampled_from(range(70))),
    st.builds(Interruption, _ENDS, st.sampled_from(range(24)), st.just(value=True)),
    st.builds(Interruption, _ENDS, st.sampled_from(range(24)), st.just(value=True)),
    st.builds(Interruption, st.just("event"), st.sampled_from(range(10, 60)), event=events),
)

_WITH_FAULTS = st.lists(faults, min_size=1, max_size=3).map(tuple)
ups = st.one_of(
    st.builds(Up, preview=st.booleans()),
    st.builds(Up, faults=_WITH_FAULTS),
    st.builds(Up, interruption=interruptions),
    st.builds(Up, faults=_WITH_FAULTS, interruption=interruptions),
)
destroys = st.one_of(
    st.builds(Destroy),
    st.builds(Destroy, faults=_WITH_FAULTS),
    st.builds(Destroy, interruption=interruptions),
)
_many = st.builds(Event, st.just("many"), word=_STATUS, number=st.sampled_from(range(3)))
_changes = st.one_of(
    st.just(()),
    st.tuples(events),
    st.tuples(wishes),
    st.tuples(_many),
    st.tuples(_many, wishes),
    st.tuples(events, events, _many),
)
_flags = st.sampled_from(
    [
        *(
            Flags(replace=which, delete_first=first)
            for which in ("prior", "members", "both", "everything")
            for first in (None, None, True)
        ),
        *(Flags(target=which) for which in ("prior", "members", "own") for _ in range(2)),
        *(Flags(exclude=which) for which in ("prior", "members") for _ in range(2)),
        *(Flags(refresh=False) for _ in range(3)),
    ]
)
_flagged: st.SearchStrategy[Any] = st.one_of(
    st.builds(Up, preview=st.booleans(), flags=_flags),
    st.builds(Up, preview=st.booleans(), flags=_flags),
    st.builds(Up, interruption=interruptions, flags=_flags),
    st.builds(Up, faults=_WITH_FAULTS, flags=_flags),
)
_planned = st.one_of(st.builds(Planned), st.builds(Planned, events), st.builds(Planned, _many))
_runs = st.sampled_from([ups] * 5 + [_flagged] * 6 + [_planned] * 2 + [destroys] * 2).flatmap(
    lambda runs: runs
)
_around: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(Taint(which) for which in ("prior", "members", "both", "prior", "members", "both")),
        *(
            Rename(what)
            for what in ("project", "project", "stack", "stack", "component", "component")
        ),
        Move(),
        Move(),
        *[Former("0.1.0")] * 5,
        Former("0.2.0"),
        Former("development"),
        *(Elsewhere(what) for what in ("region", "account", "region", "account")),
    ]
)
# Most of it is about a state that is there.
_interludes = st.sampled_from([st.just(())] + [st.tuples(_around)] * 3).flatmap(lambda some: some)
# A fault that nothing meets tells nothing: most runs have something to do.
_first = st.tuples(_changes, _runs).map(lambda group: (*group[0], group[1]))
_groups = st.tuples(_interludes, _changes, _runs).map(
    lambda group: (*group[0], *group[1], group[2])
)
_besides: st.SearchStrategy[Any] = st.sampled_from(
    [()] * 6 + [(Beside("a region that leaves"),)] * 2 + [(Beside("a designation"),)]
)
_steps = st.tuples(_besides, _first, st.lists(_groups, max_size=4)).map(
    lambda drawn: (*drawn[0], *drawn[1], *(step for group in drawn[2] for step in group))
)

histories = st.builds(History, shapes, wishes, _steps)
