"""Fixtures of the tests that run workflow files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.workflows.github import served_github

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.workflows.github import GitHub


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub with the repository acme/security."""
    with served_github() as served:
        yield served
