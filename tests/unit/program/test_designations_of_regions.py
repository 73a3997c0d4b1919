"""One stack designates the administrator in several regions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

import guardduty_eks_audit_logs.program.delegation
from guardduty_eks_audit_logs import Settings, SettingsError, plan_delegations, plan_regions
from guardduty_eks_audit_logs.model import AccountId, Delegation, Designation
from tests.support.aws_double import Aws
from tests.support.contract_properties import prior_outputs
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.registrations import DESIGNATION, PRIOR, Engine, last_state
from tests.support.vocabulary import ADMINISTRATOR, account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from guardduty_eks_audit_logs.aws.session import Session

_REGIONS = ("us-east-1", "eu-west-1")
_WHO = {"aws:accessKey": "x", "aws:secretKey": "y"}.get


@pytest.fixture(autouse=True)
def designated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, AccountId]:
    """Who is the administrator in which region, as the management account sees it; nobody yet."""
    bare_environment(monkeypatch, tmp_path)
    in_place_of_sockets(monkeypatch, Aws(account="111111111111"))
    found: dict[str, AccountId] = {}

    def read(session: Session, wanted: AccountId) -> Delegation:
        known = found.get(session.region)
        there = Designation(known, ending=False) if known else None
        return Delegation(session.region, session.caller, wanted, there, status="ACTIVE")

    monkeypatch.setattr(guardduty_eks_audit_logs.program.delegation, "read_delegation", read)
    return found


def _start(*state: tuple[str, dict[str, Any]]) -> None:
    Engine(preview=True, state=last_state(*state)).start()


def _planned(regions: Sequence[str] = _REGIONS) -> dict[str, bool]:
    """{region: whether the administrator is there already}."""
    plans = plan_delegations(ADMINISTRATOR, _WHO, regions)
    return {plan.delegation.region: plan.delegation.kept for plan in plans}


def _refused(caplog: pytest.LogCaptureFixture, regions: Sequence[str] = _REGIONS) -> list[str]:
    with pytest.raises(SystemExit):
        _planned(regions)
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def _designation(region: str, administrator: str = ADMINISTRATOR) -> tuple[str, dict[str, Any]]:
    return DESIGNATION, {"region": region, "adminAccountId": administrator}


def test_every_region_is_designated_by_one_stack(
    designated: dict[str, AccountId], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    designated["eu-west-1"] = ADMINISTRATOR
    _start(_designation("eu-west-1"), _designation("us-east-1"))

    assert _planned() == {"us-east-1": False, "eu-west-1": True}
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("Delegated GuardDuty administrator in us-east-1")
    assert second.startswith("Delegated GuardDuty administrator in eu-west-1")


def test_what_is_refused_in_several_regions_is_told_at_once(
    designated: dict[str, AccountId], caplog: pytest.LogCaptureFixture
) -> None:
    designated |= dict.fromkeys(_REGIONS, account(1))
    _start()

    told = _refused(caplog)

    assert len(told) == 2
    for region, sentence in zip(_REGIONS, told, strict=True):
        assert region in sentence
        assert f"administratorAccountId: {ADMINISTRATOR}, but {account(1)} is" in sentence


@pytest.mark.parametrize("state", [("eu-west-1", ADMINISTRATOR), ("us-east-1", account(1))])
def test_a_designation_that_would_be_left_is_refused(
    caplog: pytest.LogCaptureFixture, state: tuple[str, str]
) -> None:
    region, administrator = state
    _start(_designation(region, administrator))

    (told,) = _refused(caplog, ["us-east-1"])

    assert told.startswith(
        f"this stack designates account {administrator} as GuardDuty administrator in {region}, "
        f"but this run designates account {ADMINISTRATOR} in us-east-1. No run removes"
    )


def test_a_stack_that_monitors_does_not_designate(caplog: pytest.LogCaptureFixture) -> None:
    _start((PRIOR, prior_outputs({account(1): "DISABLED"})))

    (told,) = _refused(caplog)

    assert told.startswith(f"this stack keeps account {ADMINISTRATOR} in us-east-1 (1 member ")


def test_a_stack_that_designates_does_not_monitor(caplog: pytest.LogCaptureFixture) -> None:
    _start(_designation("us-east-1"))

    with pytest.raises(SystemExit):
        plan_regions(Settings.from_values({"members": []}), _WHO, ["us-east-1"])

    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert any("but this run has another mode than delegation" in sentence for sentence in told)


def test_a_malformed_administrator_is_refused_before_aws_is_asked() -> None:
    with pytest.raises(SettingsError, match="22222222222 "):
        plan_delegations("22222222222", _WHO, _REGIONS)


def test_without_a_region_nothing_is_designated(caplog: pytest.LogCaptureFixture) -> None:
    _start()
    (told,) = _refused(caplog, [])
    assert "names no region" in told
