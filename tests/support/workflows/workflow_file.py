"""What a workflow file says; a key that the runner does not know is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path


def _as_written(value: object) -> object:
    """A scalar as the text that GitHub makes of it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_written)]
Texts = dict[str, Text]
Permissions = dict[str, Literal["read", "write", "none"]]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
    )


class RunDefaults(_Part):
    """`defaults.run`."""

    shell: str | None = None
    working_directory: str | None = None


class Defaults(_Part):
    """`defaults`."""

    run: RunDefaults = RunDefaults()


class Environment(_Part):
    """`environment` of a job."""

    name: str
    url: str | None = None


class Concurrency(_Part):
    """`concurrency`; the runner knows its group, and makes nothing wait."""

    group: str
    cancel_in_progress: Text = "false"
    queue: Literal["single", "max"] = "single"


class Strategy(_Part):
    """`strategy`: the runner has no other than one whose entries do not end each other."""

    fail_fast: Literal[False]
    max_parallel: int | None = None
    matrix: str | dict[str, str | list[object]]


class Step(_Part):
    """A step: a script or an action."""

    id: str | None = None
    name: str | None = None
    if_: Text | None = None
    uses: str | None = None
    with_: Texts = {}
    run: str | None = None
    shell: str | None = None
    working_directory: str | None = None
    env: Texts = {}
    continue_on_error: Text = "false"
    timeout_minutes: float | None = None

    @property
    def title(self) -> str:
        """What names the step: its name, its id, its action, or the first line of its script."""
        first_line = (self.run or "").partition("\n")[0]
        return self.name or self.id or self.uses or f"Run {first_line}"


class Job(_Part):
    """A job."""

    name: str | None = None
    needs: Annotated[list[str], BeforeValidator(_as_list)] = []
    if_: Text | None = None
    runs_on: str
    permissions: Permissions | None = None
    environment: Annotated[Environment | None, BeforeValidator(_named)] = None
    concurrency: Concurrency | None = None
    strategy: Strategy | None = None
    timeout_minutes: float | None = None
    env: Texts = {}
    defaults: Defaults = Defaults()
    outputs: Texts = {}
    steps: list[Step] = Field(min_length=1)


class Workflow(_Part):
    """A workflow file."""

    name: str
    on: str | list[str] | dict[str, object]
    permissions: Permissions
    env: Texts = {}
    defaults: Defaults = Defaults()
    concurrency: Concurrency | None = None
    jobs: dict[str, Job]

    @property
    def events(self) -> list[str]:
        """The names of the events that start it."""
        return [self.on] if isinstance(self.on, str) else list(self.on)


def read_workflow(file: Path) -> Workflow:
    """Reads a workflow file.

    Raises:
        ValidationError: it has a key that the runner does not know, or a value of another type.
    """
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if True in content:  # YAML 1.1 takes `on` for a boolean
        content["on"] = content.pop(True)
    return Workflow.model_validate(content)
