"""A throttled run is measured while it has calls to make, not while the engine does other work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from benchmarks import bench_large

_BEGUN = datetime(2026, 11, 28, tzinfo=UTC)


def test_calls_are_parted_where_nobody_asked_for_half_a_second() -> None:
    calls = [_call(seconds) for seconds in (0.0, 0.1, 0.6, 1.2, 9.0)]

    stretches = bench_large._stretches(calls)  # type: ignore[arg-type] # all that it looks at

    assert [len(stretch) for stretch in stretches] == [3, 1, 1]
    assert [call for stretch in stretches for call in stretch] == calls


def test_a_throttled_call_is_waited_for() -> None:
    calls = [_call(0.0), _call(0.1, "ThrottlingException"), _call(5.0)]

    assert bench_large._stretches(calls) == [calls]  # type: ignore[arg-type]


def _call(seconds: float, outcome: str = "ok") -> SimpleNamespace:
    return SimpleNamespace(time=_BEGUN + timedelta(seconds=seconds), outcome=outcome)
