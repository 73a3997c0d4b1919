"""The model of GuardDuty by itself, without a server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_sandbox.clock import VirtualClock
from aws_sandbox.guardduty import detectors, features, wire
from aws_sandbox.guardduty.detectors import DetectorChange
from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.guardduty.fanout import LONGEST, delay
from aws_sandbox.guardduty.operations import OPERATIONS, perform
from aws_sandbox.guardduty.state import Wave
from aws_sandbox.guardduty.world import World
from aws_sandbox.organization import OrganizationDescription, default_organization
from aws_sandbox.populate import build

_, _NOBODY = build(default_organization(accounts=0))


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("DetectorFeature", features.DETECTOR_FEATURES),
        ("DetectorFeatureResult", (*features.DETECTOR_FEATURES, *features.FOUNDATIONAL)),
        ("OrgFeature", features.ORGANIZATION_FEATURES),
        ("FeatureStatus", tuple(features.FeatureStatus)),
        ("OrgFeatureStatus", tuple(features.AutoEnable)),
        (
            "FeatureAdditionalConfiguration",
            tuple({key for keys in features.ADDITIONAL_CONFIGURATIONS.values() for key in keys}),
        ),
    ],
)
def test_names_are_those_of_the_service_model(shape: str, names: tuple[str, ...]) -> None:
    assert set(names) == set(wire.service_model().shape_for(shape).metadata["enum"])


def test_every_operation_is_one_of_the_service_model() -> None:
    assert set(OPERATIONS) <= set(wire.service_model().operation_names)


def test_every_path_of_the_model_leads_to_its_own_operation() -> None:
    model = wire.service_model()
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = http["requestUri"].partition("?")[0]
        for parameter in ("DetectorId", "FilterName", "IpSetId", "InvitationId"):
            path = path.replace(f"{{{parameter}}}", "x1")
        found, _ = wire.match(http["method"], path.replace("{", "").replace("}", ""))
        assert found.name == name


def test_a_path_that_no_operation_has_is_refused() -> None:
    with pytest.raises(ServiceError, match="Missing Authentication Token"):
        wire.match("GET", "/detectors")


@given(st.integers(), st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 9))
def test_all_reaches_an_account_within_a_day_as_the_seed_decides(
    seed: int, account: str, number: int
) -> None:
    clock = VirtualClock()
    wave = Wave(number, "EKS_AUDIT_LOGS", clock.now())
    delays = [
        delay(World(_NOBODY, clock, {}, seed, timedelta()), "us-east-1", account, wave)
        for _ in range(2)
    ]
    assert timedelta() <= delays[0] < LONGEST
    assert delays[0] == delays[1]


def test_the_clock_refuses_to_go_back() -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        VirtualClock().advance(timedelta(seconds=-1))


def _detector_ids(**described: object) -> dict[tuple[str, str], str]:
    world, _ = build(OrganizationDescription.model_validate(described))
    return {
        (place.account_id, name): place.detector.detector_id
        for name, region in world.regions.items()
        for place in region.accounts()
        if place.detector
    }


def test_detector_ids_are_the_same_at_every_start() -> None:
    accounts = [{"id": "300000000001", "name": "shop"}]
    ids = _detector_ids(accounts=accounts)

    assert len(set(ids.values())) == 2 * 2
    assert _detector_ids(accounts=accounts) == ids
    # What else is in the organization does not matter; another seed gives other ids.
    assert _detector_ids().items() <= ids.items()
    assert set(_detector_ids(accounts=accounts, seed=1).values()).isdisjoint(ids.values())


def test_a_detector_that_is_made_anew_has_another_id() -> None:
    world, _ = build(default_organization(accounts=0, regions=["us-east-1"]))
    place = world.place("us-east-1", "222222222222")
    assert place.detector is not None
    first = place.detector.detector_id
    place.detector = None

    assert detectors.create(world, place, DetectorChange(), {}).detector_id != first


def test_parallel_updates_of_members_and_their_own_reads_lose_nothing() -> None:
    world, _ = build(default_organization(accounts=50, regions=["us-east-1"]))
    administrator = world.place("us-east-1", "222222222222")
    assert administrator.detector is not None
    detector = administrator.detector.detector_id
    ids = [str(300000000001 + number) for number in range(50)]
    failures: list[BaseException] = []

    def write(account: str) -> None:
        parameters = {
            "DetectorId": detector,
            "AccountIds": [account],
            "Features": [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}],
        }
        place = world.place("us-east-1", account)
        assert place.detector is not None
        own = {"DetectorId": place.detector.detector_id}
        try:
            answer = perform("UpdateMemberDetectors", world, administrator, parameters, {})
            assert answer == {"UnprocessedAccounts": []}
            perform("GetDetector", world, place, own, {})
        except (AssertionError, ServiceError) as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(account,)) for account in ids * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    for account in ids:
        detector_of_member = world.place("us-east-1", account).detector
        assert detector_of_member is not None
        assert detector_of_member.features["EKS_AUDIT_LOGS"].status == "ENABLED"
