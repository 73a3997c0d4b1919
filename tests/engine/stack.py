"""A stack on the real engine, driven by the pulumi CLI as a user drives it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
        file = self._files / f"Pulumi.{self.name}.yaml"
        salt = {}
        if file.exists():
            salt = {k: v for k, v in yaml.safe_load(file.read_text()).items() if k != "config"}
        file.write_text(yaml.safe_dump({**salt, "config": full}))

    def init(self) -> None:
        """Creates the stack in the state folder."""
        run = self._run("stack", "init")
        assert run.code == 0, run.text

    def preview(self, *options: str, **environment: str) -> Run:
        return self._run("preview", *options, **environment)

    def up(self, *options: str, **environment: str) -> Run:
        return self._run("up", "--yes", *options, **environment)

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

    def resource(self, kind: str) -> dict[str, Any]:
        """The one resource in the state whose type ends so, for instance `:MemberFeatures`."""
        resources = json.loads(self.exported())["deployment"].get("resources", [])
        (found,) = [r for r in resources if r["type"].endswith(kind)]
        return dict(found)

    def exported(self) -> str:
        """The whole state as text."""
        run = self._run("stack", "export")
        assert run.code == 0, run.text
        return run.text

    def take_over(self, state: Path) -> None:
        """Puts a state in the place of the stack's own."""
        run = self._run("stack", "import", "--file", str(state))
        assert run.code == 0, run.text

    def kinds(self) -> list[str]:
        """The types of the resources in the state, without the engine's own."""
        resources = json.loads(self.exported())["deployment"].get("resources", [])
        return [r["type"] for r in resources if not r["type"].startswith("pulumi:")]

    def _run(self, *command: str, **environment: str) -> Run:
        ended = subprocess.run(
            ["pulumi", *command, "--stack", self.name, "--non-interactive", "--color=never"],
            cwd=self._project,
            env={**self._environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Run(ended.returncode, ended.stdout)
