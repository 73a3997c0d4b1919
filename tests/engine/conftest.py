"""Fixtures of scenarios on the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.environment import PulumiParts
from sandbox.project import ROOT
from tests.engine.organization import Organization
from tools.aws_plugin import find_or_install_aws_plugin
from tools.engine import find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conftest import ServeSandbox


@pytest.fixture(scope="session")
def pulumi() -> PulumiParts:
    """The engine, and the real aws plugin if it is installed; tests download nothing."""
    engine = find_or_install_engine(print, site=None)
    plugin = find_or_install_aws_plugin(engine, print, site=None).plugin
    if plugin:
        return PulumiParts(engine.bin, plugin.home)
    stand_in = ROOT / "sandbox" / "aws_plugin" / "bin"
    return PulumiParts(engine.bin, Path.home() / ".cache" / "unused", stand_in)


@pytest.fixture
def organization(
    serve_sandbox: ServeSandbox, pulumi: PulumiParts, tmp_path: Path
) -> Callable[..., Organization]:
    """Serves an organization, in one region unless told: `organization(accounts=120)`."""

    def serve(
        accounts: int = 12,
        description: str | None = None,
        regions: Sequence[str] = ("us-east-1",),
    ) -> Organization:
        served = serve_sandbox(accounts, regions, description)
        home = tmp_path / "pulumi-home"
        parts = PulumiParts(pulumi.engine_bin, home, pulumi.stand_in_bin)
        if not pulumi.stand_in_bin:
            parts = pulumi
        return Organization(served, served.environment_with(parts), tmp_path / "project")

    return serve
