"""Several regions, read at once by one identity."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from threading import Condition, Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import REGIONS_AT_ONCE
from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce
from guardduty_eks_audit_logs.aws.watch import Stop
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.program.end import refuse
from guardduty_eks_audit_logs.program.session import connect, sentence_with_region
from guardduty_eks_audit_logs.settings.faults import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.settings.identity import Identity
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration

Planned = TypeVar("Planned")


@dataclass(frozen=True)
class RegionRead(Generic[Planned]):
    """What came of one region.

    Attributes:
        region: where.
        caller: the account that acts there; None if that is not known.
        session: by which it was read; None if there is no plan.
        plan: what was made of it; None if that is nothing.
        faults: why there is no plan.
        in_common: the same, if it is likely to be so in other regions too.
    """

    region: str
    caller: AccountId | None = None
    session: Session | None = None
    plan: Planned | None = None
    faults: tuple[str, ...] = ()
    in_common: Message | None = None


def named_regions(regions: Sequence[str]) -> tuple[str, ...]:
    """Gives each region of a list once.

    Raises:
        SystemExit: it is none, or has none; that is logged.
    """
    if isinstance(regions, str) or not regions:
        refuse((messages.regions_malformed(shown(regions)),))
    return tuple(dict.fromkeys(regions))


def read_regions(
    who: Configuration | Identity,
    regions: Sequence[str],
    plan: Callable[[Session], Planned | None],
) -> list[RegionRead[Planned]]:
    """Reads regions, some at once; what they share of AWS Organizations is asked once.

    An interrupt ends all of it at once.

    Args:
        who: the configuration or the identity, see `aws.session.open_session`.
        regions: where.
        plan: reads a region and makes a plan of it; called in several threads.

    Returns:
        what came of each, in the order of the regions.
    """
    reader = _Reader(who, plan, _Network(min(REGIONS_AT_ONCE, len(regions))))
    with ThreadPoolExecutor(REGIONS_AT_ONCE) as pool, ExitStack() as unless_all_is_read:
        unless_all_is_read.callback(pool.shutdown, wait=False, cancel_futures=True)
        unless_all_is_read.callback(reader.stop.set)
        # Each thread has the SDK's context variables.
        submitted = [
            pool.submit(copy_context().run, reader.read, region, first=number < REGIONS_AT_ONCE)
            for number, region in enumerate(regions)
        ]
        reads = [read.result() for read in submitted]
        unless_all_is_read.pop_all()
        return reads


def faults_of(reads: Sequence[RegionRead[Planned]]) -> Iterator[str]:
    """Says why regions have no plan; what is the same in several, once, with them in front."""
    found: dict[Message, list[str]] = {}
    for read in reads:
        yield from read.faults
        if read.in_common:
            found.setdefault(read.in_common, []).append(read.region)
    for sentence, where in found.items():
        everywhere = len(where) == len(reads) > 1
        named = messages.all_regions(len(where)) if everywhere else ", ".join(where)
        yield messages.in_region(named, sentence)


class _Network:
    """Whether regions wait in vain: known once one has not, or once the first ones are over.

    Safe to use from several threads.

    Args:
        first: how many regions are begun at once.
    """

    def __init__(self, first: int) -> None:
        self._changed = Condition()
        self._under_way = first
        self._answered = False

    def note_answer(self) -> None:
        """A region has an answer, or a fault that nobody had to wait for."""
        with self._changed:
            self._answered = True
            self._changed.notify_all()

    def note_end(self) -> None:
        """One of the first regions is over."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def answers(self) -> bool:
        """Waits until that is known."""
        with self._changed:
            self._changed.wait_for(lambda: self._answered or not self._under_way)
            return self._answered


@dataclass(frozen=True)
class _Reader(Generic[Planned]):
    """Reads one region after the other. Safe to use from several threads.

    Attributes:
        who: the configuration or the identity.
        plan: makes a plan of a region.
        network: whether there is one.
        stop: ends all that is asked.
    """

    who: Configuration | Identity
    plan: Callable[[Session], Planned | None]
    network: _Network
    stop: Stop = field(default_factory=Stop)
    _organizations: dict[AccountId, OrganizationOnce] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def read(self, region: str, *, first: bool) -> RegionRead[Planned]:
        """Reads one region.

        Args:
            region: where.
            first: of those that are begun at once. Any other is only begun once AWS has answered
                one of these: each would wait as long for a network that is not there.
        """
        if not (first or self.network.answers()):
            return RegionRead(region, in_common=messages.region_not_read())
        try:
            return self._read(region)
        finally:
            if first:
                self.network.note_end()

    def _read(self, region: str) -> RegionRead[Planned]:
        read: RegionRead[Planned] = RegionRead(region)
        try:
            session = self._connect(region)
            read = replace(read, caller=session.caller)
            return replace(read, session=session, plan=self.plan(session))
        except SettingsError as error:
            return replace(read, faults=error.faults)
        except (CredentialsError, ConnectionFailedError) as error:
            return replace(read, in_common=sentence_with_region(error, region))
        except UserError as error:
            return replace(read, faults=(messages.in_region(region, error.refusals[0]),))

    def _connect(self, region: str) -> Session:
        try:
            session = connect(self.who, region, self.stop)
        except UserError as error:
            if not isinstance(error, ConnectionFailedError):
                self.network.note_answer()
            raise
        self.network.note_answer()
        with self._lock:
            shared = self._organizations.setdefault(
                session.caller, OrganizationOnce(session.organizations)
            )
        return replace(session, organization_once=shared)
