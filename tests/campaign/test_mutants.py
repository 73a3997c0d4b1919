"""What once went wrong by ordinary commands, put back: the campaign finds each of it."""

# ruff: noqa: ANN401 (what stands in for functions of the product takes whatever they take)

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import guardduty_eks_audit_logs.planning.delegation
import guardduty_eks_audit_logs.planning.inputs
import guardduty_eks_audit_logs.planning.plan
import guardduty_eks_audit_logs.program.one_region
import guardduty_eks_audit_logs.resources.designation
import guardduty_eks_audit_logs.resources.prior_settings
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from guardduty_eks_audit_logs.state.properties import PriorSettingsOutputs
from tests.campaign.play import Figures, play
from tests.campaign.promises import ViolationError
from tests.campaign.script import (
    Beside,
    Destroy,
    Elsewhere,
    Event,
    Flags,
    Former,
    History,
    Interruption,
    Move,
    Planned,
    Rename,
    Selector,
    Shape,
    Step,
    Taint,
    Up,
    Wish,
)
from tests.campaign.world import OFF, ON

ORGANIZATION = Shape("organization", 20, 7)
INVITATION = Shape("invitation", 20, 7)
RESTORE = Wish((Selector(ON, "all"),), on_release="RESTORE", max_disabled="100%")
DISABLE = replace(RESTORE, on_release="DISABLE")
KILLED = [Interruption("kill", at, only_writes=True) for at in range(12)]


def violated(*steps: Step, shape: Shape = ORGANIZATION, wish: Wish = RESTORE) -> int:
    """The number of the promise that a history finds broken."""
    with pytest.raises(ViolationError) as caught:
        play(History(shape, wish, steps))
    return caught.value.promise


@pytest.fixture
def no_refusal_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardduty_eks_audit_logs.program.one_region, "other_records", lambda *_: ())


@pytest.fixture
def each_delete_is_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        guardduty_eks_audit_logs.resources.prior_settings, "is_record_kept", lambda *_: False
    )


@pytest.fixture
def no_record_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(_last: LastState, administrator: Any, region: str) -> Record:
        return Record(region, administrator)

    monkeypatch.setattr(LastState, "record", forgetful)


@pytest.mark.usefixtures("no_refusal_of_others")
@pytest.mark.parametrize("wish", [RESTORE, DISABLE])
def test_a1_another_region_that_is_not_refused_is_found(wish: Wish) -> None:
    assert violated(Up(), Elsewhere("region"), wish=wish) == 2


@pytest.mark.usefixtures("no_refusal_of_others")
def test_a2_a_limit_that_is_not_looked_at_before_another_region_is_found() -> None:
    few = replace(DISABLE, max_disabled=3)

    assert violated(Up(), Elsewhere("region"), wish=few) == 2


def test_a2_a_limit_that_the_configuration_can_not_change_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_the_record(_self: Any, last: PriorSettingsOutputs) -> Any:
        return last.max_disabled

    provider = guardduty_eks_audit_logs.resources.prior_settings.PriorSettingsProvider
    monkeypatch.setattr(provider, "_limit", of_the_record)
    none = replace(DISABLE, max_disabled=0)
    found = set()
    for killed in KILLED:
        try:
            play(History(ORGANIZATION, none, (Up(), DISABLE, Up(interruption=killed), Destroy())))
        except ViolationError as error:
            found.add(error.promise)

    assert found == {3}


@pytest.mark.usefixtures("each_delete_is_a_release")
@pytest.mark.parametrize("which", ["prior", "both", "everything"])
@pytest.mark.parametrize("first", [None, True])
def test_a3_a_replacement_that_releases_is_found(which: Any, first: bool | None) -> None:  # noqa: FBT001 - a case
    assert violated(Up(), Up(flags=Flags(replace=which, delete_first=first))) in {3, 5}


@pytest.mark.usefixtures("each_delete_is_a_release")
def test_a3_a_taint_that_releases_is_found() -> None:
    assert violated(Up(), Taint("prior"), Up()) in {3, 5}


@pytest.mark.usefixtures("no_record_travels")
@pytest.mark.parametrize("step", [Up(flags=Flags(replace="prior")), Taint("prior")])
def test_a3_a_record_that_a_replacement_loses_is_found(step: Step) -> None:
    assert violated(Up(), step, Up()) == 4


@pytest.mark.usefixtures("each_delete_is_a_release")
def test_a4_another_name_of_the_component_that_releases_is_found() -> None:
    assert violated(Up(), Rename("component"), Up()) in {3, 5}


@pytest.mark.usefixtures("no_record_travels")
def test_a4_a_record_that_another_name_loses_is_found() -> None:
    assert violated(Up(), Rename("component"), Up()) == 4


def test_a5_a_region_that_leaves_beyond_the_limit_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guardduty_eks_audit_logs.planning.plan, "too_many_disabled", lambda *_: ())
    few = replace(DISABLE, max_disabled=3)

    assert violated(Beside("a region that leaves"), wish=few) == 1


def test_a5_a_region_that_leaves_without_a_word_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    others = LastState.others

    def none(self: LastState, kept: Any) -> Any:
        return () if kept == () else others(self, kept)

    monkeypatch.setattr(LastState, "others", none)

    assert violated(Beside("a region that leaves"), wish=DISABLE) in {4, 7}


@pytest.mark.usefixtures("no_refusal_of_others")
def test_a6_another_administrator_that_is_not_refused_is_found() -> None:
    assert violated(Up(), Elsewhere("account"), shape=INVITATION) == 2


def test_a7_a_designation_that_another_region_removes_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        guardduty_eks_audit_logs.planning.delegation, "designations_of_others", lambda *_: ()
    )
    monkeypatch.setattr(
        guardduty_eks_audit_logs.resources.designation, "is_any_record_kept", lambda: False
    )

    assert violated(Beside("a designation")) == 2


@pytest.mark.usefixtures("each_delete_is_a_release")
def test_a8_an_import_into_another_stack_that_releases_is_found() -> None:
    assert violated(Up(), Move(), Up()) in {3, 5}


@pytest.mark.usefixtures("no_record_travels")
def test_a8_a_record_that_an_import_loses_is_found() -> None:
    assert violated(Up(), Move(), Up()) == 4


def test_c5_an_input_that_differs_from_run_to_run_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = iter(range(1, 10_000))
    monkeypatch.setattr(
        guardduty_eks_audit_logs.planning.plan.Plan,
        "revision",
        property(lambda _self: next(numbers)),
    )

    assert violated(Up(), Planned()) == 3


@pytest.mark.parametrize("release", ["0.1.0", "0.2.0", "development"])
def test_a_state_of_an_earlier_release_that_loses_its_record_is_found(
    monkeypatch: pytest.MonkeyPatch, release: Any
) -> None:
    parse = PriorSettingsOutputs.parse

    def forgetful(properties: Any) -> Any:
        found = parse(properties)
        return found.model_copy(update={"before": {}}) if found.revision is None else found

    monkeypatch.setattr(PriorSettingsOutputs, "parse", forgetful)
    wish = replace(RESTORE, on_release="LEAVE")

    assert violated(Up(), Former(release), Up(), wish=wish) == 4


def test_a_destroy_that_does_other_than_the_state_says_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        guardduty_eks_audit_logs.planning.inputs, "on_destroy", lambda _plan: "nothing"
    )

    assert violated(Up()) == 2


_SWAPS: list[tuple[Step, ...]] = [
    (Up(flags=Flags(replace="prior")),),
    (Up(flags=Flags(replace="members")),),
    (Up(flags=Flags(replace="everything")),),
    (Up(flags=Flags(replace="both", delete_first=True)),),
    (Taint("both"), Up()),
    (Rename("component"), Up()),
    (Rename("project"), Up()),
    (Rename("stack"), Up()),
    (Move(), Up()),
    (Former("0.2.0"), Up()),
    (Former("development"), Up()),
]


@pytest.mark.parametrize("swap", _SWAPS, ids=str)
def test_what_only_swaps_resources_changes_nothing_in_aws(swap: tuple[Step, ...]) -> None:
    play(History(ORGANIZATION, RESTORE, (Up(), *swap)))


@pytest.mark.parametrize("killed", KILLED)
@pytest.mark.parametrize("first", [None, True])
def test_killed_between_create_and_delete_the_record_survives(
    first: bool | None,  # noqa: FBT001 - a case
    killed: Interruption,
) -> None:
    flags = Flags(replace="prior", delete_first=first)
    play(History(ORGANIZATION, RESTORE, (Up(), Up(interruption=killed, flags=flags), Up())))


@pytest.mark.parametrize("event", [None, Event("many", word=OFF), Event("own", word=OFF)])
def test_a_plan_is_kept_or_refused(event: Event | None) -> None:
    figures = Figures()
    play(
        History(ORGANIZATION, RESTORE, (Up(), Event("many", word=OFF, number=1), Planned(event))),
        figures,
    )

    assert figures.refused == (event is not None)
