"""A stack on the real engine, driven by the pulumi CLI as a user drives it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "guardduty-eks-audit-logs"


@dataclass(frozen=True)
class Run:
    """How one command of the CLI ended, and everything it printed."""

    code: int
    text: str

    @property
    def errors(self) -> list[str]:
        """The errors of its last Diagnostics, each once, without `error: `."""
        lines = self.text[self.text.rfind("Diagnostics:") :].splitlines()
        found = [line.strip().removeprefix("error: ") for line in lines if "error: " in line]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Record:
    """What a state says of the time before the stack: of accounts, and of other settings by key."""

    accounts: Mapping[str, str]
    settings: Mapping[str, str]


class Stack:
    """One stack of a copy of the project, or of an example."""

    def __init__(self, project: Path, environment: Mapping[str, str], name: str) -> None:
        described = yaml.safe_load((project / "Pulumi.yaml").read_text())
        self._namespace = described["name"]
        self._files = project / described.get("stackConfigDir", ".")
        self._project = project
        self._environment = dict(environment)
        self.name = name

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Writes the stack's file; keys without a namespace are the project's."""
        full = {k if ":" in k else f"{self._namespace}:{k}": v for k, v in configuration.items()}
        file = self.file
        salt = {}
        if file.exists():
            salt = {k: v for k, v in yaml.safe_load(file.read_text()).items() if k != "config"}
        file.write_text(yaml.safe_dump({**salt, "config": full}))

    @property
    def file(self) -> Path:
        """Where the engine reads the stack's configuration."""
        return Path(self._files / f"Pulumi.{self.name}.yaml")

    def config(self, *command: str) -> Run:
        """Runs a command of `pulumi config`."""
        return self._run("config", *command)

    def init(self) -> None:
        """Creates the stack in the state folder."""
        self._done("stack", "init")

    def preview(self, *options: str, **environment: str) -> Run:
        return self._run("preview", *options, **environment)

    def up(self, *options: str, **environment: str) -> Run:
        return self._run("up", "--yes", *options, **environment)

    def refresh(self, *options: str, **environment: str) -> Run:
        return self._run("refresh", "--yes", *options, **environment)

    def refresh_preview(self, *options: str, **environment: str) -> Run:
        return self._run("refresh", "--preview-only", *options, **environment)

    def destroy_preview(self, *options: str) -> Run:
        return self._run("destroy", "--preview-only", *options)

    def destroy(self, *options: str, **environment: str) -> Run:
        return self._run("destroy", "--yes", *options, **environment)

    def outputs(self) -> dict[str, Any]:
        run = self._run("stack", "output", "--json")
        assert run.code == 0, run.text
        return dict(json.loads(run.text))

    def resources(self) -> list[dict[str, Any]]:
        """All resources in the state, without the engine's own."""
        resources = json.loads(self.exported())["deployment"].get("resources", [])
        return [dict(r) for r in resources if not r["type"].startswith("pulumi:")]

    def resource(self, kind: str, region: str | None = None) -> dict[str, Any]:
        """The one resource in the state whose type ends so, for instance `:MemberFeatures`."""
        (found,) = [
            r
            for r in self.resources()
            if r["type"].endswith(kind) and region in {None, r["outputs"].get("region")}
        ]
        return found

    def urn(self, kind: str, region: str | None = None) -> str:
        """The name by which commands take the one resource whose type ends so."""
        return str(self.resource(kind, region)["urn"])

    def record(self, region: str | None = None) -> Record:
        """What the stack has recorded of the time before it."""
        outputs = self.resource(":PriorSettings", region)["outputs"]
        return Record(_grouped(outputs.get("before")), outputs.get("settingsBefore") or {})

    def wanted(self, region: str | None = None) -> dict[str, str]:
        """What the rules say, account by account, as the state has it."""
        return _grouped(self.resource(":MemberFeatures", region)["outputs"].get("wanted"))

    def state_file(self) -> Path:
        """Where the engine keeps the state."""
        backend = self._environment["PULUMI_BACKEND_URL"]
        folder = Path(backend.removeprefix("file://").partition("?")[0])
        (found,) = folder.rglob(f"stacks/**/{self.name}.json")
        return found

    def exported(self) -> str:
        """The whole state as text."""
        run = self._run("stack", "export")
        assert run.code == 0, run.text
        return run.text

    def take_over(self, state: Path) -> None:
        """Puts a state in the place of the stack's own."""
        self.import_text(state.read_text())

    def import_text(self, state: str, *options: str) -> None:
        """Puts an exported state in the place of the stack's own; `--force` takes another's."""
        file = self._project / f"{self.name}.state.json"
        file.write_text(state)
        self._done("stack", "import", "--file", str(file), *options)
        file.unlink()

    def set_configuration(self, key: str, value: str, *options: str) -> None:
        """Sets a value by `pulumi config set`."""
        self._done("config", "set", *options, key, value)

    def taint(self, *urns: str) -> None:
        """Lets the next run replace resources."""
        self._done("state", "taint", "--yes", *urns)

    def forget_everything(self) -> None:
        """Takes all resources out of the state, and does nothing else to them."""
        self._done("state", "delete", "--all", "--yes")

    def rename(self, name: str) -> Stack:
        """Renames the stack; its configuration comes along."""
        self._done("stack", "rename", name)
        self.name = name
        return self

    def rename_project(self, name: str) -> None:
        """Renames the project, as the documentation of Pulumi says; the stack's file stays."""
        self._done("stack", "rename", f"organization/{name}/{self.name}")
        file = self._project / "Pulumi.yaml"
        file.write_text(file.read_text().replace(f"name: {PROJECT}\n", f"name: {name}\n", 1))
        self._namespace = name

    def lose_program(self) -> None:
        """Takes the program away, as if the folder were another's."""
        (self._project / "__main__.py").unlink()

    def save_plan(self, *options: str) -> tuple[Run, str]:
        """Previews, and saves the update plan; gives the option that makes `up` follow it."""
        file = self._project / "plan.json"
        return self.preview("--save-plan", str(file), *options), f"--plan={file}"

    def kinds(self) -> list[str]:
        """The types of the resources in the state, without the engine's own."""
        return [resource["type"] for resource in self.resources()]

    def _done(self, *command: str) -> None:
        run = self._run(*command)
        assert run.code == 0, run.text

    def _run(self, *command: str, **environment: str) -> Run:
        given = {**self._environment, **environment}
        if environment.get("AWS_PROFILE"):
            # A job's token would come before the profile.
            given.pop("AWS_WEB_IDENTITY_TOKEN_FILE", None)
        ended = subprocess.run(
            ["pulumi", *command, "--stack", self.name, "--non-interactive", "--color=never"],
            cwd=self._project,
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Run(ended.returncode, ended.stdout)


def _grouped(text: str | None) -> dict[str, str]:
    """Reads `ENABLED:`, and under it lines of accounts."""
    groups = yaml.safe_load(text or "") or {}
    return {name: word for word, lines in groups.items() for one in lines for name in one.split()}
