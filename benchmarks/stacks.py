"""Stacks on the real engine, whose commands are measured."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from aws_sandbox.profiles import applied, profiles_of, write_profiles
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from benchmarks.process_tree import measure
from benchmarks.served import PROJECT, REGION, served
from demo.environment import PulumiParts, variables
from demo.project import STAND_IN_BIN, copy_example, copy_project
from tools.aws_plugin import find_or_install_aws_plugin
from tools.engine import find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.process_tree import Usage
    from benchmarks.served import ServedOrganization

PROGRAMS = Path(__file__).resolve().parent / "programs"
STACK = "bench"
_LAST_LINES = 30


@dataclass(frozen=True)
class Pulumi:
    """What all stacks of a measurement run on.

    Attributes:
        engine_bin: the engine's folder.
        version: the engine's.
        plugin: in words, which aws plugin it is.
        plugins: the folder of the real aws plugin; None for the stand-in.
    """

    engine_bin: Path
    version: str
    plugin: str
    plugins: Path | None

    def environment(self, organization: ServedOrganization, folder: Path) -> dict[str, str]:
        """The environment of stacks of an organization, with a PULUMI_HOME of their own.

        Args:
            organization: what the stacks act on, as its administrator.
            folder: for the state, the profiles and the PULUMI_HOME.
        """
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        if self.plugins is not None:
            (home / "plugins").symlink_to(self.plugins)
        parts = PulumiParts(self.engine_bin, home, None if self.plugins else STAND_IN_BIN)
        profiles = write_profiles(folder, profiles_of(MANAGEMENT, ADMINISTRATOR, ()), REGION)
        path = os.environ.get("PATH", os.defpath)
        return applied(os.environ, variables(organization.url, folder, profiles, parts, path))


@dataclass(frozen=True)
class Measurement:
    """What every measurement has.

    Attributes:
        pulumi: what the stacks run on.
        repetitions: how many runs each median is of.
        say: takes one line of progress.
    """

    pulumi: Pulumi
    repetitions: int
    say: Callable[[str], None]


def find_pulumi() -> Pulumi:
    """The engine and the aws plugin of this machine, installed if need be."""
    engine = find_or_install_engine(_say)
    plugin = find_or_install_aws_plugin(engine, _say).plugin
    if plugin is None:
        words = "the stand-in for the aws plugin"
        return Pulumi(engine.bin, engine.version, words, None)
    words = f"pulumi-aws {plugin.version}"
    return Pulumi(engine.bin, engine.version, words, plugin.home / "plugins")


class MeasuredStack:
    """A stack with a folder of its own.

    Args:
        project: the folder of its program.
        environment: of its commands.
        configuration: its configuration; keys without a namespace are the project's.
    """

    def __init__(
        self, project: Path, environment: Mapping[str, str], configuration: Mapping[str, Any]
    ) -> None:
        self._project = project
        self._environment = dict(environment)
        described = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))
        self._name: str = described["name"]
        self._file = project / described.get("stackConfigDir", ".") / f"Pulumi.{STACK}.yaml"
        self._output = project / "output"
        self.configure(configuration)
        self._run("stack", "init", STACK)

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Replace the configuration; keys without a namespace are the project's."""
        full = {k if ":" in k else f"{self._name}:{k}": v for k, v in configuration.items()}
        kept = {}
        if self._file.exists():
            kept = yaml.safe_load(self._file.read_text(encoding="utf-8"))
        self._file.write_text(yaml.safe_dump({**kept, "config": full}), encoding="utf-8")

    def up(self) -> Usage:
        """`pulumi up`, with its preview."""
        return self._run("up", "--yes", "--stack", STACK)

    def preview(self) -> Usage:
        """`pulumi preview`."""
        return self._run("preview", "--stack", STACK)

    def keep_debug_log(self, *, kept: bool) -> None:
        """Let the engine write its debug log, as it does by default, or not."""
        logs = Path(self._environment["PULUMI_HOME"]) / "logs"
        if logs.is_dir():
            shutil.rmtree(logs)
        logs.unlink(missing_ok=True)
        if not kept:
            # The engine has no option for it, and goes on where it can't make the folder.
            logs.touch()

    @property
    def state_bytes(self) -> int:
        """How large the stack's state is, as the backend keeps it."""
        state = Path(self._environment["PULUMI_BACKEND_URL"].partition("://")[2].partition("?")[0])
        return (state / ".pulumi" / "stacks" / self._name / f"{STACK}.json").stat().st_size

    def _run(self, *command: str) -> Usage:
        usage = measure(
            ["pulumi", *command, "--non-interactive", "--color=never"],
            folder=self._project,
            environment=self._environment,
            output=self._output,
        )
        if usage.code:
            lines = self._output.read_text(encoding="utf-8", errors="replace").splitlines()
            raise SystemExit("\n".join([f"pulumi {' '.join(command)}:", *lines[-_LAST_LINES:]]))
        return usage


def rule(status: str) -> dict[str, Any]:
    """The configuration of the product that gives every member this status."""
    members = [{"status": status, "all": True}]
    return {"aws:region": REGION, "members": members, "maxDisabled": "100%"}


@dataclass(frozen=True)
class Place:
    """A served organization, and a folder for stacks that act on it.

    Each stack has a state and a PULUMI_HOME of its own.
    """

    pulumi: Pulumi
    organization: ServedOrganization
    folder: Path

    def ours(self, **configuration: object) -> MeasuredStack:
        """The product, with one rule that turns every member on.

        Args:
            **configuration: what its stack has besides.
        """
        folder = self.folder / "ours"
        project = copy_project(folder / "project")
        return self._stack(folder, project, {**rule("ENABLED"), **configuration})

    def program(self, name: str) -> MeasuredStack:
        """One of the programs to compare with, `floor` or `one_each`, for all members."""
        folder = self.folder / name
        project = folder / "project"
        shutil.copytree(PROGRAMS / name, project)
        (project / ".venv").symlink_to(PROJECT / ".venv")
        configuration = {
            "aws:region": REGION,
            "detectorId": self.organization.detector_id(),
            "members": self.organization.members,
        }
        return self._stack(folder, project, configuration)

    def every_region(self, regions: Sequence[str]) -> MeasuredStack:
        """The example that keeps several regions in one stack."""
        folder = self.folder / f"{len(regions)}-regions"
        project = copy_example("every-region", folder / "project")
        configuration = {"regions": list(regions), "profile": "administrator"}
        return self._stack(folder, project, configuration)

    def _stack(
        self, folder: Path, project: Path, configuration: Mapping[str, Any]
    ) -> MeasuredStack:
        environment = self.pulumi.environment(self.organization, folder)
        return MeasuredStack(project, environment, configuration)


@contextmanager
def place(pulumi: Pulumi, members: int, regions: Sequence[str] = (REGION,)) -> Iterator[Place]:
    """Serve an organization for stacks, until the block ends.

    Args:
        pulumi: what the stacks run on.
        members: how many there are.
        regions: the regions that exist.
    """
    with served(members, regions) as organization, TemporaryDirectory() as temporary:
        yield Place(pulumi, organization, Path(temporary))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- progress
