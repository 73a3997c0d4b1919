"""What the campaign has found, each as the shortest history that shows it."""

from __future__ import annotations

import pytest

from tests.campaign.play import Figures, play
from tests.campaign.script import (
    Destroy,
    Event,
    Fault,
    History,
    Interruption,
    Move,
    Rename,
    Selector,
    Shape,
    Up,
    Wish,
)
from tests.campaign.world import OFF, ON


@pytest.mark.parametrize("mode", ["organization", "invitation"])
def test_members_whose_status_aws_does_not_tell_count_for_max_disabled(mode: str) -> None:
    effect = (("kind", "Unprocessed"), ("result", "Internal error"))
    untold = Fault(effect, operation="GetMemberDetectors", accounts=tuple(range(20)), times=1)
    figures = Figures()

    play(
        History(
            Shape(mode, 20, 3),  # type: ignore[arg-type] # one of them
            Wish((Selector(OFF, "all"),), max_disabled=3),
            (Up(faults=(untold,)),),
        ),
        figures,
    )

    assert figures.accounts_written == 0


@pytest.mark.parametrize("status", [ON, OFF])
def test_a_run_refused_without_a_reason_keeps_its_record(
    status: str,
) -> None:
    unknown = Fault((("kind", "BadRequest"),), service="organizations", times=2)

    play(
        History(
            Shape("organization", 3, 1),
            Wish((), status=status, on_release="RESTORE"),
            (Event("policy", 0, OFF), Up(faults=(unknown,))),
        )
    )


def test_a_renamed_stack_keeps_what_came_from_another_one_beside_its_own() -> None:
    # An account of this organization can't be set, so no run deletes what came from elsewhere.
    on = Wish((Selector(ON, "all"),), retry_minutes=0)

    play(
        History(
            Shape("organization", 30, 0),
            Wish(()),
            (Up(), Move(), on, Up(), Up(), Rename("project"), Up()),
        )
    )


def test_accounts_reached_by_all_without_a_network_are_named() -> None:
    everybody = Wish((Selector(ON, "all"),), auto_enable="ALL")
    gone = Up(interruption=Interruption("gone", 50))

    play(History(Shape("organization", 20, 272), everybody, (Event("many", 0, OFF, 0), gone)))


@pytest.mark.parametrize("on_release", ["RESTORE", "DISABLE"])
def test_a_new_detector_during_a_release_is_no_dead_end(
    on_release: str,
) -> None:
    everybody = Wish((Selector(ON, "all"),), on_release=on_release)
    nobody = Wish((), on_release=on_release)
    effect = (("kind", "Unprocessed"), ("result", "Internal error"))
    refused = Fault(effect, operation="UpdateMemberDetectors", accounts=tuple(range(20)))

    play(
        History(
            Shape("organization", 20, 3),
            everybody,
            (Up(), nobody, Up(faults=(refused,)), Event("detector"), Up(preview=True)),
        )
    )


def test_accounts_without_a_record_are_not_taken_for_off_before() -> None:
    effect = (("kind", "Unprocessed"), ("result", "Internal error"))
    untold = Fault(effect, operation="GetMemberDetectors", accounts=tuple(range(10)))
    refused = Fault(effect, operation="UpdateMemberDetectors", accounts=(15,))

    play(
        History(
            Shape("organization", 20, 3),
            Wish((Selector(ON, "all"),), on_release="DISABLE"),
            (Up(faults=(untold,)), Destroy(faults=(refused,)), Up()),
        )
    )


def test_a_detector_made_anew_during_a_run_is_no_fault_of_the_run() -> None:
    anew = Interruption("event", 20, event=Event("detector"))

    play(
        History(
            Shape("organization", 20, 3),
            Wish((Selector(ON, "all"),), on_release="RESTORE"),
            (Up(interruption=anew), Up()),
        )
    )


def test_a_status_that_aws_returns_after_the_preview_may_be_as_wanted() -> None:
    play(
        History(
            Shape("organization", 20, 19),
            Wish((Selector(ON, "all"),), retry_minutes=3),
            (Up(), Up(preview=True)),
        )
    )
