"""Whatever a configuration holds: settings, or a sentence for each fault; never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import PROJECT, SELECTORS, Settings
from tests.support.vocabulary import account

_KEYS = [field.alias or name for name, field in Settings.model_fields.items()]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["ENABLED", "ALL", "NEW", "300000000001", "ou-ab12-abcdef12", "Root/Prod"])
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*SELECTORS, "status", "é", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


def _read(configuration: dict[str, Any]) -> Settings | tuple[str, ...]:
    try:
        return Settings.from_configuration(configuration)
    except SettingsError as error:
        return error.faults


@with_settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(_KEYS), _ANYTHING, max_size=5), st.booleans())
def test_any_values_are_read_or_refused(values: dict[str, Any], as_text: bool) -> None:  # noqa: FBT001
    configuration = {
        f"{PROJECT}:{key}": json.dumps(value) if as_text and not isinstance(value, str) else value
        for key, value in values.items()
    }

    read = _read(configuration)

    if isinstance(read, tuple):
        assert read
        assert [fault for fault in read if not 10 < len(fault) < 600] == []
        assert "pydantic" not in "".join(read)
    else:
        for rule in read.members:
            assert all(len(a) == 12 and a.isdigit() for a in rule.accounts or ())


@with_settings(max_examples=100)
@given(st.text(max_size=200))
def test_any_text_in_place_of_the_rules(text: str) -> None:
    _read({f"{PROJECT}:members": text})


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"status":' * 20_000, "1" * 10_000])
def test_deep_or_huge_text_is_refused_with_little_to_read(text: str) -> None:
    faults = _read({f"{PROJECT}:members": text})

    assert isinstance(faults, tuple)
    assert len("".join(faults)) < 500


def test_a_list_of_fifty_thousand_accounts_is_read() -> None:
    everyone = [account(n) for n in range(50_000)]

    read = _read({f"{PROJECT}:members": json.dumps([{"status": "ENABLED", "accounts": everyone}])})

    assert isinstance(read, Settings)
    assert len(read.members[0].accounts or ()) == 50_000


@pytest.mark.parametrize(("wrong", "named"), [(20, 20), (21, 21), (5_000, 21)])
def test_of_many_wrong_ids_twenty_are_named_and_all_counted(wrong: int, named: int) -> None:
    entries = [f"{n}" for n in range(wrong)]

    faults = _read({f"{PROJECT}:members": json.dumps([{"status": "ENABLED", "accounts": entries}])})

    assert isinstance(faults, tuple)
    assert len(faults) == named
    assert len("".join(faults)) < 3_000
    if wrong > 20:
        assert faults[-1] == (
            f"rule 1 (members[0].accounts): {wrong - 20} more of {wrong} wrong entries. Each is "
            "to be corrected."
        )


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("012345670123", "has 10 digits"),  # octal: another number altogether
        ("0o12345670123", "0o12345670123 is not an account id"),
        ("3_000_000_000_01", None),  # YAML 1.1 allows underscores: the very same number
        ("1:2", "62 has 2 digits"),  # base 60 in YAML 1.1
        ("'012345678901'", None),
        ("3e11", "3e11 is not an account id"),
        ("~", "null is not an account id"),
        ("yes", "true is not an account id"),
        ("2026-11-24", "2026-11-24 is not an account id"),
    ],
)
def test_ids_as_yaml_reads_them(written: str, fault: str | None) -> None:
    rules = yaml.safe_load(f"- {{status: ENABLED, accounts: [{written}]}}")
    rules = json.loads(json.dumps(rules, default=str))

    faults = _read({f"{PROJECT}:members": json.dumps(rules)})

    if fault is None:
        assert isinstance(faults, Settings), faults
    else:
        assert isinstance(faults, tuple)
        assert fault in faults[0]


def test_duplicate_and_overlapping_rules_are_no_fault() -> None:
    rule = {"status": "ENABLED", "accounts": [account(1), account(1)]}

    read = _read({f"{PROJECT}:members": json.dumps([rule, rule, {**rule, "status": "DISABLED"}])})

    assert isinstance(read, Settings)
    assert len(read.members) == 3


@pytest.mark.parametrize("name", ["é", "Produktion Süd", "日本", "a b", "Root/.."])
def test_units_and_tags_may_have_any_letters(name: str) -> None:
    read = _read(
        {
            f"{PROJECT}:members": json.dumps(
                [
                    {"status": "ENABLED", "organizationalUnits": [f"Root/{name}"]},
                    {"status": "DISABLED", "tags": {name: name}},
                ]
            )
        }
    )

    assert isinstance(read, Settings)
