"""A working copy of the Pulumi project: the demo and the tests never write into the project.

`pulumi stack init` writes into the folder of the stacks, and a rule is changed in a stack file.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STAND_IN_BIN = ROOT / "packages" / "aws_plugin_stand_in" / "bin"
"""The folder with the stand-in for the aws plugin, as the engine looks for it."""

_LINKED = ("__main__.py", "components", "requirements.txt", ".venv")


def copy_example(name: str, folder: Path) -> Path:
    """Makes a copy of an example: its own files, and a link to the environment with the library.

    Args:
        name: the example's folder below `examples/`.
        folder: where; made if it is not there.

    Returns:
        The copy's folder.
    """
    shutil.copytree(ROOT / "examples" / name, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def copy_project(folder: Path) -> Path:
    """Makes a copy of the project: links to its code, and `Pulumi.yaml` and `stacks/` of its own.

    Args:
        folder: where; made if it is not there.

    Returns:
        The copy's folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    return folder
