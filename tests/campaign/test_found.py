"""What the campaign has found, each as the shortest history that shows it."""

from __future__ import annotations

import pytest

from tests.campaign.play import Figures, play
from tests.campaign.script import Fault, History, Selector, Shape, Up, Wish
from tests.campaign.world import OFF


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
