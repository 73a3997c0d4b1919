"""How policies of AWS Organizations are merged on the way down to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.organizations.inheritance import ALLOWED_FOR_CHILDREN, Merged, allowed_operators

if TYPE_CHECKING:
    from collections.abc import Mapping

    Policy = Mapping[str, Any]


def assign(value: str, *allowed: str) -> dict[str, Any]:
    """A setting with this value; what children may do with it is named if it is limited."""
    return {"@@assign": value, **({ALLOWED_FOR_CHILDREN: list(allowed)} if allowed else {})}


def effective(*targets: Policy | list[Policy]) -> Any:  # noqa: ANN401
    """What comes down through targets; several policies on one are a list."""
    merged = Merged()
    for target in targets:
        merged = merged.with_target(target if isinstance(target, list) else [target])
    return merged.plain()


def test_the_policy_nearer_to_the_account_wins_setting_by_setting() -> None:
    root = {"a": assign("root"), "b": assign("root")}
    assert effective(root, {"b": assign("unit")}, {"c": assign("account")}) == {
        "a": "root",
        "b": "unit",
        "c": "account",
    }


def test_of_policies_on_one_target_the_first_that_was_attached_wins() -> None:
    first, second = {"a": assign("first")}, {"a": assign("second"), "b": assign("second")}
    assert effective([first, second]) == {"a": "first", "b": "second"}


@pytest.mark.parametrize("allowed", ["@@none", "@@append", "@@remove"])
def test_a_setting_is_locked_unless_children_may_assign(allowed: str) -> None:
    locked = {"a": {"b": assign("root", allowed)}}
    assert effective(locked, {"a": {"b": assign("unit")}}) == {"a": {"b": "root"}}


@pytest.mark.parametrize("allowed", ["@@all", "@@assign"])
def test_children_may_assign_what_is_left_open(allowed: str) -> None:
    assert effective({"a": assign("root", allowed)}, {"a": assign("unit")}) == {"a": "unit"}


def test_no_child_undoes_a_lock_for_those_below_it() -> None:
    undoing = {"a": assign("unit", "@@all")}
    assert effective({"a": assign("root", "@@none")}, undoing, {"a": assign("own")}) == {
        "a": "root"
    }


def test_locks_on_one_target_are_intersected_and_bind_its_children_alone() -> None:
    target: list[Policy] = [
        {"a": {ALLOWED_FOR_CHILDREN: ["@@append", "@@assign"]}},
        {"a": assign("root", "@@append", "@@remove")},
    ]
    assert effective(target, {"a": assign("unit")}) == {"a": "root"}


def test_a_locked_place_takes_no_new_keys_and_leaves_the_others_open() -> None:
    root = {"a": {ALLOWED_FOR_CHILDREN: ["@@none"], "b": assign("root")}}
    assert effective(root, {"a": {"b": assign("unit"), "c": assign("unit")}}) == {
        "a": {"b": "unit"}
    }


def test_a_place_where_children_may_append_takes_new_keys() -> None:
    root = {"a": {ALLOWED_FOR_CHILDREN: ["@@append"], "b": assign("root", "@@none")}}
    assert effective(root, {"a": {"b": assign("unit"), "c": assign("unit")}}) == {
        "a": {"b": "root", "c": "unit"}
    }


def test_a_setting_that_is_only_locked_is_not_shown_and_cant_be_given() -> None:
    locked = {"a": {ALLOWED_FOR_CHILDREN: ["@@none"]}, "b": assign("root")}
    assert effective(locked, {"a": assign("unit")}) == {"b": "root"}


def test_an_unknown_operator_is_none() -> None:
    with pytest.raises(KeyError):
        allowed_operators(["@@assing"])
