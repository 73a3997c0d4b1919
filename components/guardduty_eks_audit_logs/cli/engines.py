"""Runs `pulumi` for many stacks, some at once, and keeps the result of each in its folder."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from rich.text import Text

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.chosen_stacks import faults_of_new_stack

if TYPE_CHECKING:
    from collections.abc import Collection

    from guardduty_eks_audit_logs.cli.rows import Rows
    from guardduty_eks_audit_logs.settings.stack_files import Project

_BY_A_SIGNAL = 128
_FALLBACK = {"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}
"""A stack whose file does not say how its secrets are encrypted keeps the key of its state."""


@dataclass(frozen=True)
class Command:
    """What is run for each stack.

    Attributes:
        project: the stacks' own.
        words: `preview` or `up`, and its options.
        folders: those of the results, each named like its stack.
        new: the stacks that the backend does not have.
    """

    project: Project
    words: tuple[str, ...]
    folders: list[Path]
    new: Collection[str]


class Engines:
    """The engines of many stacks, each in a session of its own and without a terminal.

    SIGINT, SIGTERM and SIGHUP to this process reach each engine once, as SIGINT: it ends what is
    under way, and removes its lock. By a second SIGINT it ends at once.
    """

    def __init__(self, command: Command, rows: Rows) -> None:
        self.interrupted = False
        self._command = command
        self._rows = rows
        self._processes: set[Process] = set()

    async def run(self, jobs: int) -> None:
        """Runs the command for each stack, `jobs` at once. A failed one leaves the others alone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, self._interrupt, number)
        turns = asyncio.Semaphore(jobs)
        await asyncio.gather(*(self._in_turn(folder, turns) for folder in self._command.folders))

    def _interrupt(self, number: signal.Signals) -> None:
        if self.interrupted and number != signal.SIGINT:
            return  # a CI sends SIGTERM after SIGINT
        said = messages.interrupt_passed_on(len(self._processes), again=self.interrupted)
        self.interrupted = True
        for process in self._processes:
            _send_interrupt(process)
        self._rows.say(Text(said))

    async def _in_turn(self, folder: Path, turns: asyncio.Semaphore) -> None:
        async with turns:
            if self.interrupted:
                return
            self._rows.begins(folder.name)
            code, fault = 1, ""
            try:
                with (folder / "log.txt").open("wb") as log:
                    code = await self._of_stack(folder, log)
                (folder / "exit-code").write_text(f"{code}\n", encoding="utf-8")
            except OSError as error:  # for instance a full disk
                fault = error.strerror or str(error)
            self._rows.ends(folder.name, fault, interrupted=self.interrupted and code != 0)

    async def _of_stack(self, folder: Path, log: BinaryIO) -> int:
        stack, project, code = folder.name, self._command.project, 0
        words = [*self._command.words, "--stack", stack]
        environment = {"GUARDDUTY_EKS_AUDIT_LOGS_REPORT": str(folder / "report.json")}
        if words[0] == "up":
            if stack in self._command.new:
                faults = faults_of_new_stack(project, stack)
                log.writelines(f"error: {fault}\n".encode(errors="replace") for fault in faults)
                provider = os.environ.get("PULUMI_SECRETS_PROVIDER") or "default"
                code = 1 if faults else await self._pulumi(_init(stack, provider), {}, log)
            return code or await self._pulumi(words, environment, log)
        with (
            TemporaryDirectory(ignore_cleanup_errors=True) as empty,
            (folder / "engine.json").open("wb") as output,
        ):
            if stack in self._command.new:
                # In an empty backend. `pulumi stack init` writes into a copy of the stack's file.
                (folder / "new-stack").touch()
                environment |= _backend(empty)
                described = json.dumps({"name": project.name, "runtime": "python"})
                (Path(empty) / project.file.name).write_text(described, encoding="utf-8")
                words += ["--config-file", shutil.copy(project.stack_file(stack), empty)]
                code = await self._pulumi([*_init(stack), "--cwd", empty], environment, log)
            return code or await self._pulumi(words, environment, log, output)

    async def _pulumi(
        self,
        words: list[str],
        environment: dict[str, str],
        log: BinaryIO,
        output: BinaryIO | None = None,
    ) -> int:
        """Runs one command of `pulumi`, and gives its exit code as a shell does."""
        if self.interrupted:
            return _BY_A_SIGNAL + signal.SIGINT
        process = await asyncio.create_subprocess_exec(
            *("pulumi", *words, "--non-interactive", "--color", "never"),
            env={**_FALLBACK, **os.environ, **environment},
            stdin=DEVNULL,
            stdout=output or log,
            stderr=log,
            start_new_session=True,
        )
        self._processes.add(process)
        if self.interrupted:  # while it was starting
            _send_interrupt(process)
        code = await process.wait()
        self._processes.remove(process)
        return code if code >= 0 else _BY_A_SIGNAL - code


def _send_interrupt(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)


def _init(stack: str, provider: str = "default") -> list[str]:
    return ["stack", "init", "--stack", stack, "--no-select", "--secrets-provider", provider]


def _backend(folder: str) -> dict[str, str]:
    """The environment of a backend in a folder; the passphrase is empty if there is none."""
    url = {"PULUMI_BACKEND_URL": Path(folder).as_uri()}
    if file := os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        return {**url, "PULUMI_CONFIG_PASSPHRASE_FILE": str(Path(file).absolute())}
    return {**url, "PULUMI_CONFIG_PASSPHRASE": os.environ.get("PULUMI_CONFIG_PASSPHRASE", "")}
