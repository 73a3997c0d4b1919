"""A Pulumi program of somebody's own that uses the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from demo.project import ROOT, copy_example
from tests.support.engine.stack import Stack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.engine.organization import Organization

REGIONS = ("us-east-1", "eu-west-1")


class Program:
    """A user's copy of `examples/every-region`."""

    def __init__(self, folder: Path, aws: Organization) -> None:
        self._folder = copy_example("every-region", folder)
        self._environment = aws.environment

    def rewrite(self, before: str, after: str) -> None:
        file = self._folder / "__main__.py"
        text = file.read_text()
        assert text.count(before) == 1
        file.write_text(text.replace(before, after))

    def with_a_provider_a_region(self) -> None:
        """Rewrites it as this example was: each region has an aws provider of its own."""
        registered = "        monitoring = EksAuditLogs("
        self.rewrite(
            registered,
            "        provider = aws_provider(session.region, identity, session.region)\n"
            "        options = pulumi.ResourceOptions(provider=provider)\n" + registered,
        )
        planned = "    planned = plan_regions(settings, identity, regions, overrides)\n"
        one = "    options = with_one_provider(identity, regions)\n"
        self.rewrite(planned + one, planned)

    def restore(self) -> None:
        """Takes the program back as the example has it."""
        example = ROOT / "examples" / "every-region" / "__main__.py"
        (self._folder / "__main__.py").write_text(example.read_text())

    def set(self, **settings: object) -> None:
        """Changes what every region has, or its `overrides`."""
        file = self._folder / "settings.yaml"
        file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **settings}))

    def stack(self, **configuration: object) -> Stack:
        stack = Stack(self._folder, self._environment, "test")
        stack.configure({"regions": list(REGIONS), "profile": "administrator", **configuration})
        stack.init()
        return stack
