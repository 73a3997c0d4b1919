"""Statuses of members are read while further pages of their list come, in full batches."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardduty_eks_audit_logs.errors import ServiceError
from guardduty_eks_audit_logs.model import Membership, MemberStatuses
from guardduty_eks_audit_logs.reading.member_statuses import read_members
from tests.support.vocabulary import DETECTOR, ON, account, accounts, member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.model import AccountId, DetectorId

_LONG = 10


@dataclass
class _Pages:
    """GuardDuty's list in pages, and on for every member that is asked for.

    Attributes:
        pages: the members of each.
        asked: the batches of GetMemberDetectors.
        wait: the last page comes only after a status was asked for.
    """

    pages: Sequence[Sequence[Membership]]
    wait: bool = False
    asked: list[list[AccountId]] = field(default_factory=list)
    _first: threading.Event = field(default_factory=threading.Event)

    def member_pages(self, detector_id: DetectorId) -> Iterator[tuple[Membership, ...]]:
        assert detector_id == DETECTOR
        for number, page in enumerate(self.pages, start=1):
            if self.wait and number == len(self.pages):
                assert self._first.wait(_LONG), "no status is asked for before the list is read"
            yield tuple(page)

    def member_statuses(
        self, detector_id: DetectorId, batch: Sequence[AccountId]
    ) -> MemberStatuses:
        assert detector_id == DETECTOR
        self.asked.append(list(batch))
        self._first.set()
        return MemberStatuses(dict.fromkeys(batch, ON), {}, frozenset(batch))


def _read(aws: _Pages) -> tuple[tuple[Membership, ...], MemberStatuses]:
    return read_members(cast("GuardDutyApi", aws), DETECTOR)


def _members(numbers: Iterable[int]) -> list[Membership]:
    return [member(number) for number in numbers]


def test_statuses_are_asked_for_while_pages_come() -> None:
    aws = _Pages([_members(range(1, 51)), _members(range(51, 61))], wait=True)

    members, read = _read(aws)

    assert [m.account for m in members] == list(read.statuses) == accounts(60)


def test_members_of_several_pages_share_a_call() -> None:
    pages = [
        [member(n, "Enabled" if n % 5 else "Invited") for n in range(first, first + 50)]
        for first in (1, 51, 101)
    ]
    aws = _Pages(pages)

    members, read = _read(aws)

    assert sorted(map(len, aws.asked)) == [20, 50, 50]
    assert len(members) == 150
    assert list(read.statuses) == [m.account for m in members if m.monitored]


@pytest.mark.parametrize("pages", [[], [[]], [[member(1, "Removed")]]], ids=len)
def test_without_a_monitored_member_no_status_is_asked_for(
    pages: Sequence[Sequence[Membership]],
) -> None:
    aws = _Pages(pages)

    assert _read(aws)[1] == MemberStatuses({}, {})
    assert aws.asked == []


def test_an_account_in_two_pages_is_asked_for_once() -> None:
    aws = _Pages([_members(range(1, 51)), _members([50, 51])])

    members, read = _read(aws)

    assert sorted(a for batch in aws.asked for a in batch) == accounts(51)
    assert [m.account for m in members] == list(read.statuses) == accounts(51)


@pytest.mark.parametrize(("before", "after"), [("Enabled", "Removed"), ("Removed", "Enabled")])
def test_what_a_later_page_says_of_an_account_holds(before: str, after: str) -> None:
    first = [member(1, before), *_members(range(2, 52))]
    aws = _Pages([first, [member(1, after)]])

    members, read = _read(aws)

    assert members[0] == member(1, after)
    assert (account(1) in read.statuses) is (account(1) in read.managed) is (after == "Enabled")
    assert set(accounts(51)) - {account(1)} <= set(read.statuses)


def test_a_list_that_breaks_off_is_no_list() -> None:
    class _Broken(_Pages):
        def member_pages(self, detector_id: DetectorId) -> Iterator[tuple[Membership, ...]]:
            yield from super().member_pages(detector_id)
            raise ServiceError("ListMembers", "InternalServerErrorException", "Internal error")

    with pytest.raises(ServiceError, match="ListMembers"):
        _read(_Broken([_members(range(1, 101))]))


def test_statuses_that_are_refused_end_the_list() -> None:
    class _Refused(_Pages):
        def member_statuses(self, *asked: Any) -> MemberStatuses:  # noqa: ANN401
            super().member_statuses(*asked)
            raise ServiceError("GetMemberDetectors", "AccessDeniedException", "Not allowed.")

    with pytest.raises(ServiceError, match="GetMemberDetectors"):
        _read(_Refused([_members(range(1, 101)), _members(range(101, 111))], wait=True))
