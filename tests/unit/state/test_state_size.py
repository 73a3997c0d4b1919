"""The state stays small: the engine saves, compares and logs it whole at every run."""

from __future__ import annotations

import pytest

from tests.support.state_size import size, state


@pytest.mark.parametrize("on_release", ["LEAVE", "RESTORE", "DISABLE"])
@pytest.mark.parametrize("members", [1_000, 10_000])
def test_the_state_takes_at_most_100_bytes_an_account(on_release: str, members: int) -> None:
    assert size(state(members, on_release)) <= 100 * members


def test_the_engine_converts_as_many_values_for_ten_times_the_members() -> None:
    few, many = (sum(map(len, state(members, "RESTORE"))) for members in (1_000, 10_000))

    assert few == many


def test_no_line_of_a_text_is_long() -> None:
    longest = max(
        len(line)
        for part in state(1_000, "RESTORE")
        for value in part.values()
        if isinstance(value, str)
        for line in value.splitlines()
    )
    assert longest <= 80
