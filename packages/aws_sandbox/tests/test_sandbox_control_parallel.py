"""Many calls at once: nothing is lost, and one account or region holds up no other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.guardduty.operations import perform
from aws_sandbox.guardduty.world import held
from aws_sandbox.organization import default_organization
from aws_sandbox.populate import build
from aws_sandbox.testing import ADMINISTRATOR

if TYPE_CHECKING:
    from aws_sandbox.guardduty.state import AccountRegion
    from aws_sandbox.guardduty.world import World
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

REGIONS = ("us-east-1", "eu-west-1")
PATIENCE_SECONDS = 30
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
OFF = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
TARGETS = (
    "EKS_AUDIT_LOGS",
    "S3_DATA_EVENTS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "RDS_LOGIN_EVENTS/RDS_DATA_RISK",
    "LAMBDA_NETWORK_LOGS",
    "AI_PROTECTION",
    "RUNTIME_MONITORING/EKS_ADDON_MANAGEMENT",
    "RUNTIME_MONITORING/ECS_FARGATE_AGENT_MANAGEMENT",
    "RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT",
)


def ids(count: int) -> list[str]:
    return [str(300000000001 + number) for number in range(count)]


def all_at_once(sandbox: RunningSandbox, updates: list[tuple[str, list[str], Any]]) -> None:
    """Sends UpdateMemberDetectors for each of (region, accounts, features) in parallel."""
    clients = {region: sandbox.boto3("guardduty", region=region) for region in REGIONS}
    detectors = {region: sandbox.detector(region=region) for region in REGIONS}
    together = threading.Barrier(20)

    def update(wanted: tuple[str, list[str], Any]) -> list[dict[str, str]]:
        region, accounts, features = wanted
        together.wait(PATIENCE_SECONDS)
        answer = clients[region].update_member_detectors(
            DetectorId=detectors[region], AccountIds=accounts, Features=features
        )
        return list(answer["UnprocessedAccounts"])

    assert len(updates) % 20 == 0
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(update, updates)) == [[]] * len(updates)


def test_two_hundred_updates_of_different_accounts_at_once_lose_nothing(
    serve_sandbox: ServeSandbox,
) -> None:
    accounts = ids(300)
    sandbox = serve_sandbox(accounts=300, regions=REGIONS)
    batches = [accounts[start : start + 3] for start in range(0, 300, 3)]
    # Every other batch on, and the other way round in the other region.
    wanted = {
        region: [ON if (number + shift) % 2 else OFF for number in range(100)]
        for shift, region in enumerate(REGIONS)
    }
    updates = [
        (region, batch, wanted[region][number])
        for number, batch in enumerate(batches)
        for region in REGIONS
    ]
    assert len(updates) == 200
    all_at_once(sandbox, updates)
    actual = sandbox.client.actual_state()
    for region in REGIONS:
        found = [actual[region][account].eks_audit_logs for account in accounts]
        assert found == [features[0]["Status"] for features in wanted[region] for _ in range(3)]
    calls = sandbox.client.calls("UpdateMemberDetectors")
    assert sorted((call.region, call.account_ids) for call in calls) == sorted(
        (region, tuple(batch)) for region, batch, _ in updates
    )


def turned_on(target: str) -> list[dict[str, Any]]:
    name, _, additional = target.partition("/")
    if not additional:
        return [{"Name": name, "Status": "ENABLED"}]
    configuration = {"Name": additional, "Status": "ENABLED"}
    return [{"Name": name, "AdditionalConfiguration": [configuration]}]


def test_two_hundred_updates_of_the_same_accounts_at_once_lose_nothing(
    serve_sandbox: ServeSandbox,
) -> None:
    accounts = ids(100)
    sandbox = serve_sandbox(accounts=100, regions=REGIONS)
    # Each target is set once in each account, in ten batches that overlap with the other targets'
    # by all but one account: a write that undid another one would not be made good by a third.
    updates = [
        (region, (accounts + accounts)[start + shift : start + shift + 10], turned_on(target))
        for start in range(0, 100, 10)
        for shift, target in enumerate(TARGETS)
        for region in REGIONS
    ]
    assert len(updates) == 200
    all_at_once(sandbox, updates)
    actual = sandbox.client.actual_state()
    for region in REGIONS:
        for account in accounts:
            features = actual[region][account].features
            assert {target: features[target] for target in TARGETS} == dict.fromkeys(
                TARGETS, "ENABLED"
            )


def update_in(world: World, administrator: AccountRegion, account_ids: list[str]) -> object:
    assert administrator.detector is not None
    parameters = {
        "DetectorId": administrator.detector.detector_id,
        "AccountIds": account_ids,
        "Features": ON,
    }
    return perform("UpdateMemberDetectors", world, administrator, parameters, {})


@pytest.mark.parametrize("busy", [ADMINISTRATOR, "300000000001"])
def test_a_busy_account_holds_up_the_calls_on_it_and_no_other(busy: str) -> None:
    world, _ = build(default_organization(accounts=3, regions=REGIONS))
    here = world.place("us-east-1", ADMINISTRATOR)
    elsewhere = world.place("eu-west-1", ADMINISTRATOR)
    place = world.place("us-east-1", busy)
    stranger = world.place("us-east-1", "999999999999")
    with ThreadPoolExecutor() as pool:
        with place.lock:
            waiting = pool.submit(update_in, world, here, ["300000000001"])
            other_region = pool.submit(update_in, world, elsewhere, ["300000000001"])
            assert other_region.result(PATIENCE_SECONDS) == {"UnprocessedAccounts": []}
            other_account = pool.submit(perform, "ListDetectors", world, stranger, {}, {})
            assert other_account.result(PATIENCE_SECONDS) == {"DetectorIds": []}
            assert not waiting.done()
        assert waiting.result(PATIENCE_SECONDS) == {"UnprocessedAccounts": []}


def test_an_account_is_held_together_with_its_administrator() -> None:
    world, _ = build(default_organization(accounts=1, regions=["us-east-1"]))
    member = world.place("us-east-1", "300000000001")
    administrator = world.place("us-east-1", ADMINISTRATOR)

    def is_free(place: AccountRegion) -> bool:
        taken = place.lock.acquire(blocking=False)
        if taken:
            place.lock.release()
        return taken

    with ThreadPoolExecutor() as pool, held(world, member):
        assert [pool.submit(is_free, p).result() for p in (member, administrator)] == [False, False]
    assert is_free(member)
    assert is_free(administrator)
