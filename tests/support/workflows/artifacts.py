"""The artifacts of a run, as the actions upload-artifact and download-artifact keep them."""

from __future__ import annotations

import re
import shutil
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.support.workflows.machine import ActionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workflows.actions import Use


class Artifacts:
    """The artifacts of one run, each in a folder of its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def names(self) -> list[str]:
        """The names of all artifacts."""
        return sorted(each.name for each in self._folder.iterdir())

    def of(self, name: str) -> Path:
        """The folder with an artifact's files."""
        return self._folder / name

    def upload(self, use: Use) -> None:
        """Does what actions/upload-artifact does."""
        inputs = use.inputs
        name, path = inputs.pop("name", "artifact"), inputs.pop("path")
        if_none = inputs.pop("if-no-files-found", "warn")
        overwrite = inputs.pop("overwrite", "false") == "true"
        hidden = inputs.pop("include-hidden-files", "false") == "true"
        inputs.pop("retention-days", "")
        if re.search(r'["<>|*?:\r\n\\/]', name):
            raise ActionError(f"The artifact name is not valid: {name}")
        source = use.workspace / path
        files = [source] if source.is_file() else [f for f in source.rglob("*") if f.is_file()]
        root = source.parent if source.is_file() else source
        kept = [file.relative_to(root) for file in files]
        if not hidden:
            kept = [f for f in kept if not any(part.startswith(".") for part in f.parts)]
        for file in kept:
            if re.search(r'["<>|*?:\r\n]', str(file)):
                raise ActionError(f"The path for one of the files in artifact is not valid: {file}")
        if not kept:
            if if_none == "error":
                raise ActionError(f"No files were found with the provided path: {path}.")
            use.log.append(f"No files were found with the provided path: {path}.")
            return
        if name in self.names:
            if not overwrite:
                raise ActionError(f"an artifact with this name already exists: {name}")
            shutil.rmtree(self.of(name))
        for file in kept:
            (self.of(name) / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, self.of(name) / file)  # permissions are not kept

    def download(self, use: Use) -> None:
        """Does what actions/download-artifact does."""
        inputs = use.inputs
        name, pattern = inputs.pop("name", ""), inputs.pop("pattern", "*")
        target = use.workspace / inputs.pop("path", ".")
        merge = inputs.pop("merge-multiple", "false") == "true"
        if name and name not in self.names:
            raise ActionError(
                f"Unable to download artifact(s): Artifact not found for name: {name}"
            )
        chosen = [name] if name else [n for n in self.names if fnmatchcase(n, pattern)]
        for each in chosen:
            to = target if name or merge else target / each
            shutil.copytree(self.of(each), to, dirs_exist_ok=True, copy_function=shutil.copyfile)
        use.log.append(f"Total of {len(chosen)} artifact(s) downloaded")
