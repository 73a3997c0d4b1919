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
def test_a_run_that_does_not_learn_why_it_is_to_be_refused_records_what_was_before(
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


def test_accounts_that_all_reaches_while_the_network_is_gone_are_named_nevertheless() -> None:
    everybody = Wish((Selector(ON, "all"),), auto_enable="ALL")
    gone = Up(interruption=Interruption("gone", 50))

    play(History(Shape("organization", 20, 272), everybody, (Event("many", 0, OFF, 0), gone)))


@pytest.mark.parametrize("on_release", ["RESTORE", "DISABLE"])
def test_a_detector_made_anew_while_accounts_are_still_to_be_let_go_is_no_dead_end(
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


def test_accounts_without_a_record_are_not_turned_off_and_then_taken_for_off_before() -> None:
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


def test_a_detector_that_is_made_anew_in_the_middle_of_a_run_is_no_reason_to_blame_it() -> None:
    anew = Interruption("event", 20, event=Event("detector"))

    play(
        History(
            Shape("organization", 20, 3),
            Wish((Selector(ON, "all"),), on_release="RESTORE"),
            (Up(interruption=anew), Up()),
        )
    )


def test_accounts_whose_status_aws_tells_a_moment_after_the_preview_may_be_as_wanted() -> None:
    play(
        History(
            Shape("organization", 20, 19),
            Wish((Selector(ON, "all"),), retry_minutes=3),
            (Up(), Up(preview=True)),
        )
    )
