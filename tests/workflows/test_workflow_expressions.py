"""Expressions of workflow files are evaluated as on GitHub; an unknown name is an error."""

from __future__ import annotations

from functools import partial
from operator import eq
from typing import TYPE_CHECKING

import pytest

from tests.support.workflows.expressions import (
    ExpressionError,
    Scope,
    Unset,
    evaluated,
    filled,
    holds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTEXTS = {
    "github": {"event_name": "pull_request", "event": {"number": 7, "nothing": None}},
    "needs": {"a": {"result": "success", "outputs": {}}, "b": {"result": "failure"}},
    "steps": {"broken": {"outputs": Unset(found="x")}},
    "list": ["One", "two"],
    "env": {"Some-Name": "value"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.event_name == 'PULL_REQUEST'", True),
        ("GitHub.Event['number']", 7),
        ("github.event.number == '7' && 'yes' || 'no'", "yes"),
        ("github.event.number != 7 && 'yes' || 'no'", "no"),
        ("!(true && false) || unknown.name", True),
        ("false && unknown.name", False),
        ("'it''s'", "it's"),
        ("null == 0", True),
        ("'' == false", True),
        ("'x' == 0", False),
        ("true == 'true'", False),
        ("github.event.nothing.deeper", None),
        ("list[1]", "two"),
        ("contains(list, 'one')", True),
        ("contains(needs.*.result, 'failure')", True),
        ("contains('a text', 'TEX')", True),
        ("startsWith('dependabot[bot]', 'dependabot') && endsWith('x-Y', '-y')", True),
        ("format('{{{0}}} {1} {0}', 'a', 2)", "{a} 2 a"),
        ("join(list, ', ')", "One, two"),
        ("fromJSON('[1, {\"a\": true}]')[1].a", True),
        ("toJSON(list)", '[\n  "One",\n  "two"\n]'),
        ("env.some-name", "value"),
        ("steps.broken.outputs.found", "x"),
        ("steps.broken.outputs.missing", ""),
    ],
)
def test_an_expression_has_this_value(text: str, value: object) -> None:
    assert evaluated(text, Scope(_CONTEXTS)) == value
    assert evaluated(f"${{{{ {text} }}}}", Scope(_CONTEXTS)) == value


@pytest.mark.parametrize(
    "text",
    [
        "unknown.name",
        "github.evnet",
        "needs.a.outputs.x",
        "list[2]",
        "hashFiles('x')",
        "success()",
        "1 +",
        "a b",
        "(true",
        "${{ true }} && false",
        "",
    ],
)
def test_what_github_does_not_know_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluated(text, Scope(_CONTEXTS))


def test_texts_are_filled_and_take_only_simple_values() -> None:
    text = "${{ github.event.number }}: ${{ '}}' }} ${{ true }}${{ null }}"

    assert filled(text, Scope(_CONTEXTS)) == "7: }} true"
    with pytest.raises(ExpressionError, match="use toJSON or join"):
        filled("${{ list }}", Scope(_CONTEXTS))


@pytest.mark.parametrize(
    ("condition", "after_success", "after_failure"),
    [
        (None, True, False),
        ("true", True, False),
        ("'always()'", True, False),
        ("always()", True, True),
        ("failure()", False, True),
        ("${{ !cancelled() && github.event.number == 7 }}", True, True),
    ],
)
def test_a_condition_without_status_function_implies_success(
    condition: str | None, *, after_success: bool, after_failure: bool
) -> None:
    for status, expected in (("success", after_success), ("failure", after_failure)):
        functions: dict[str, Callable[[], bool]] = {
            "always": lambda: True,
            "cancelled": lambda: False,
            "failure": partial(eq, status, "failure"),
            "success": partial(eq, status, "success"),
        }
        assert holds(condition, Scope(_CONTEXTS, functions)) is expected
