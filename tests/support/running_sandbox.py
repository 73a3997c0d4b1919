"""What the tests on the real engine add to a served sandbox: the environment of Pulumi."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from aws_sandbox.profiles import applied
from aws_sandbox.testing import ADMINISTRATOR
from demo.environment import PulumiParts, variables
from demo.project import STAND_IN_BIN
from tests.support.engine.organization import Organization
from tools.aws_plugin import find_or_install_aws_plugin
from tools.engine import find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox


settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What changes tests on the real engine.

    `--as-ci`: they act as a job of a CI does, without a profile. `--many-regions`: the walk through
    many regions has 300 accounts in 17 regions, not 120 in 4.
    """
    parser.addoption("--as-ci", action="store_true", help="run stacks as a job of a CI does")
    parser.addoption("--many-regions", action="store_true", help="walk through 17 regions, not 4")


def environment_with(sandbox: RunningSandbox, pulumi: PulumiParts) -> dict[str, str]:
    """A sandbox's environment with an engine and, where it is needed, the stand-in on PATH."""
    path = os.environ["PATH"]
    found = variables(sandbox.url, sandbox.folder, sandbox.profiles, pulumi, path)
    return applied(os.environ, found)


@pytest.fixture(scope="session")
def pulumi() -> PulumiParts:
    """The engine, and the real aws plugin if it is installed; tests download nothing."""
    engine = find_or_install_engine(print, site=None)
    plugin = find_or_install_aws_plugin(engine, print, site=None).plugin
    if plugin:
        return PulumiParts(engine.bin, plugin.home)
    stand_in = STAND_IN_BIN
    return PulumiParts(engine.bin, Path.home() / ".cache" / "unused", stand_in)


@pytest.fixture
def organization(
    serve_sandbox: ServeSandbox,
    pulumi: PulumiParts,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Callable[..., Organization]:
    """Serves an organization, in one region unless told: `organization(accounts=120)`.

    Its stacks act by the profile of the administrator or, with `--as-ci`, as a job of a CI.
    """

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
        environment = environment_with(served, parts)
        if request.config.getoption("--as-ci"):
            environment = _of_a_job(served, environment, tmp_path / "token")
        return Organization(served, environment, tmp_path / "project")

    return serve


def _of_a_job(
    served: RunningSandbox, environment: Mapping[str, str], token: Path
) -> dict[str, str]:
    """The environment of a CI's job: no profile and no key, but a web identity token."""
    role = served.client.make_ci_role(ADMINISTRATOR, subject="repo:acme/security:*")
    # For longer than tests move the clock.
    content = served.client.web_identity_token("repo:acme/security:main", seconds=100 * 86400)
    token.write_text(content)
    job = {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
    without = {name: value for name, value in environment.items() if name != "AWS_PROFILE"}
    return {**without, **job}
