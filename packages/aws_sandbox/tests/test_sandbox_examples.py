"""The examples of packages/aws_sandbox/README.md, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox

EXAMPLES = re.findall(
    r"^```python\n(.*?)^```",
    (Path(__file__).parents[1] / "README.md").read_text(),
    re.DOTALL | re.MULTILINE,
)


@pytest.mark.parametrize("word", ["fault_effects", "clear_faults", "set_feature"])
def test_there_are_examples(word: str) -> None:
    assert any(word in example for example in EXAMPLES)


def test_every_example_runs(sandbox: RunningSandbox) -> None:
    names = {"sandbox": sandbox.client}
    for example in EXAMPLES:
        exec(example, names)  # noqa: S102 -- the project's own documentation
