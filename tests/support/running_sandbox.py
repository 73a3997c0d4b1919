"""What the tests on the real engine add to a served sandbox: the environment of Pulumi."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_sandbox.profiles import applied
from demo.environment import variables

if TYPE_CHECKING:
    import pytest

    from aws_sandbox.testing.plugin import RunningSandbox
    from demo.environment import PulumiParts


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--as-ci`: the tests on the real engine act as a job of a CI does, without a profile."""
    parser.addoption("--as-ci", action="store_true", help="run stacks as a job of a CI does")


def environment_with(sandbox: RunningSandbox, pulumi: PulumiParts) -> dict[str, str]:
    """A sandbox's environment with an engine and, where it is needed, the stand-in on PATH."""
    path = os.environ["PATH"]
    found = variables(sandbox.url, sandbox.folder, sandbox.profiles, pulumi, path)
    return applied(os.environ, found)
