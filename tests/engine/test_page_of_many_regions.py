"""docs/many-regions.md, command by command, as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR
from tests.support.pages import Change, fits, run, steps_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_EXAMPLE = PROJECT_FOLDER / "packages" / "aws_sandbox" / "examples" / "many-regions.yaml"


def test_the_page_of_many_regions_does_what_it_says(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=_EXAMPLE.read_text("utf-8"))
    aws.control.disable_region(ADMINISTRATOR, "ap-east-1")
    page = (PROJECT_FOLDER / "docs" / "many-regions.md").read_text("utf-8")

    for step in steps_of(page):
        if isinstance(step, Change):
            step.apply(aws.project)
            continue
        _, printed = run(step, aws.project, aws.environment)
        text = "\n".join(printed)
        assert fits(step.printed, printed), f"line {step.line} of the page: {step.words}\n{text}"
