"""Histories in batches: what hypothesis draws from one seed, played one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import hypothesis
from hypothesis import HealthCheck, Phase

from tests.campaign.play import Figures, play
from tests.campaign.script import History, histories

HISTORIES_IN_A_BATCH = 20


@dataclass
class Batch:
    """What came of one seed.

    Attributes:
        seed: it.
        figures: of all its histories, up to a violation.
        violation: the promise that was broken, and the history.
    """

    seed: int
    figures: Figures = field(default_factory=Figures)
    violation: str | None = None


def play_batch(seed: int, size: int = HISTORIES_IN_A_BATCH, *, shorten: bool = False) -> Batch:
    """Plays the histories of a seed until one of them violates a promise.

    Args:
        seed: the same seed gives the same histories.
        size: how many.
        shorten: whether a violating history is made as short as it can be.
    """
    batch = Batch(seed)
    last: list[History] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=size,
        phases=[Phase.generate, Phase.shrink] if shorten else [Phase.generate],
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(history=histories)
    def each(history: History) -> None:
        last[:] = [history]
        play(history, batch.figures)

    try:
        each()
    except Exception as error:  # noqa: BLE001 - also a defect of the campaign itself is a finding
        batch.violation = f"{type(error).__name__}: {error}\n{last[0] if last else ''}"
    return batch
