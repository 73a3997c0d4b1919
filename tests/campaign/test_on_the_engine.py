"""A few histories of the campaign with the real pulumi command line."""

from __future__ import annotations

import pytest

from tests.campaign.served import play_on_the_engine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2])
def test_histories_on_the_real_engine_keep_all_promises(seed: int) -> None:
    played = play_on_the_engine(seed)

    assert played.violation is None, played.violation
    assert played.figures.runs >= 4
