"""Each thing is asked once, however many threads need the answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Semaphore
from time import sleep

import pytest

from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from guardduty_eks_audit_logs.aws.once import Once
from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce
from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError
from tests.support.organizations_client import ROOT, FakeOrganizations, access_denied, unit_id
from tests.support.vocabulary import account

_THREADS = 16


def test_threads_that_ask_the_same_wait_for_one_answer() -> None:
    once, calls, together = Once(), [], Barrier(_THREADS)

    def answer() -> object:
        calls.append(1)
        return object()

    def ask(_: int) -> object:
        together.wait()
        return once.ask("same", answer)

    with ThreadPoolExecutor(_THREADS) as pool:
        answers = set(pool.map(ask, range(_THREADS)))
    assert (len(answers), len(calls)) == (1, 1)


def test_other_questions_have_answers_of_their_own() -> None:
    organizations = FakeOrganizations(accounts={account(1): ROOT, account(2): unit_id(1)})
    organization = OrganizationOnce(organizations.api)
    for _ in range(2):
        assert organization.accounts_in(ROOT) != organization.accounts_in(unit_id(1))
        assert organization.units_in(ROOT) == ()
        assert organization.tags(account(1)) == {}
        assert organization.roots()[0].id == ROOT
    assert len(organizations.questions) == 5


def test_a_failed_call_fails_the_same_for_all_and_is_not_repeated() -> None:
    organizations = FakeOrganizations(failures={"ListRoots": access_denied("ListRoots")})
    organization = OrganizationOnce(organizations.api)
    for _ in range(3):
        with pytest.raises(ServiceError, match="ListRoots failed: AccessDenied"):
            organization.roots()
    assert organizations.asked("ListRoots").total() == 1


def test_only_a_few_calls_are_made_at_once() -> None:
    under_way: list[int] = []
    most: list[int] = []

    class Slow(FakeOrganizations):
        def list_tags_for_resource(self, ResourceId: str, **page: str) -> dict[str, object]:  # noqa: N803 - boto3's name
            under_way.append(1)
            most.append(len(under_way))
            sleep(0.002)  # long enough for all threads to come here, if they may
            try:
                return super().list_tags_for_resource(ResourceId, **page)
            finally:
                under_way.pop()

    accounts = [account(number) for number in range(40)]
    organization = OrganizationOnce(Slow(accounts=dict.fromkeys(accounts, ROOT)).api)
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(organization.tags, accounts))
    assert max(most) <= CALLS_AT_ONCE


def test_a_failure_that_is_not_kept_fails_those_who_waited_and_nobody_later() -> None:
    once, calls = Once(keeps_failures=False), []
    asked = Semaphore(0)

    def answer() -> int:
        calls.append(1)
        if len(calls) == 1:
            for _ in range(_THREADS):
                asked.acquire()
            sleep(0.05)  # from their word to their waiting
            raise ConnectionFailedError("no")
        return len(calls)

    def ask(_: int) -> str:
        asked.release()
        with pytest.raises(ConnectionFailedError) as error:
            once.ask("same", answer)
        return str(error.value)

    with ThreadPoolExecutor(_THREADS) as pool:
        assert set(pool.map(ask, range(_THREADS))) == {"no"}

    assert once.ask("same", answer) == 2
    assert once.ask("same", answer) == 2
