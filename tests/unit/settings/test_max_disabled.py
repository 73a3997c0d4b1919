"""How many members one run may turn off: a number, or a share of all."""

from __future__ import annotations

import json

import pytest

from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled


@pytest.mark.parametrize(
    ("written", "members", "limit"),
    [
        (10, 120, 10),
        ("10", 120, 10),
        (10.0, 120, 10),
        (0, 120, 0),
        ("25%", 120, 30),
        ("25%", 119, 29),
        ("0%", 120, 0),
        ("100%", 120, 120),
    ],
)
def test_what_is_taken(written: object, members: int, limit: int) -> None:
    assert MaxDisabled.parse(written).of(members) == limit


@pytest.mark.parametrize("written", [-1, "-1", "101%", "25 %", "%", "", "ten", 1.5, True, None, []])
def test_what_is_not(written: object) -> None:
    with pytest.raises(ValueError, match="a number of accounts, or a share of all") as caught:
        MaxDisabled.parse(written)

    as_yaml_has_it = written if isinstance(written, str) and written else json.dumps(written)
    assert str(caught.value).startswith(f"{as_yaml_has_it} is malformed. ")
