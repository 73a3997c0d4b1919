"""A throttled run is measured while it has calls to make, not while the engine does other work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from benchmarks import bench_large

_BEGUN = datetime(2026, 11, 28, tzinfo=UTC)


def test_calls_are_parted_where_none_was_made_for_over_a_second() -> None:
    at = [0.0, 0.1, 1.1, 2.2, 9.0]
    calls = [SimpleNamespace(time=_BEGUN + timedelta(seconds=seconds)) for seconds in at]

    stretches = bench_large._stretches(calls)  # type: ignore[arg-type] # all that it looks at

    assert [len(stretch) for stretch in stretches] == [3, 1, 1]
    assert [call for stretch in stretches for call in stretch] == calls
