"""The requirements files: they name the same packages, and the lock has every one by its hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

_ROOT = Path(__file__).resolve().parents[2]
_FILES = ("requirements.txt", "requirements-dev.txt", "requirements.lock")
_PROJECTS = ("", "packages/aws_sandbox", "packages/aws_plugin_stand_in")


def _lines(file: str) -> list[str]:
    """The lines of a requirements file, without comments."""
    found = (line.partition("#")[0].strip() for line in (_ROOT / file).read_text().splitlines())
    return [line for line in found if line]


def _listed(file: str) -> set[str]:
    """The requirements that a file has itself: no options such as `-e .`."""
    return {str(Requirement(line)) for line in _lines(file) if not line.startswith("-")}


def _dependencies(project: str) -> set[str]:
    described = tomllib.loads((_ROOT / project / "pyproject.toml").read_text())["project"]
    return {str(Requirement(line)) for line in described["dependencies"]}


def _pins() -> dict[str, list[Version]]:
    """The locked versions; a package has several where Python versions need different ones."""
    pins: dict[str, list[Version]] = {}
    for line in _lines("requirements.lock"):
        if "==" in line:
            name, version = re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", line)[0]
            pins.setdefault(name, []).append(Version(version))
    return pins


def _name(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def test_requirements_txt_has_the_dependencies_of_the_package() -> None:
    assert _listed("requirements.txt") == _dependencies("")


@pytest.mark.parametrize("project", _PROJECTS)
def test_an_environment_of_requirements_dev_has_each_package(project: str) -> None:
    lines = _lines("requirements.txt") + _lines("requirements-dev.txt")

    assert f"-e {project or '.'}" in lines


def test_the_lock_has_a_version_for_every_requirement() -> None:
    wanted = {line for file in _FILES[:2] for line in _listed(file)}
    for project in _PROJECTS:
        wanted |= _dependencies(project)
    pins = _pins()

    missing = [
        f"{requirement}: run `make lock`"
        for requirement in map(Requirement, sorted(wanted))
        if not any(requirement.specifier.contains(v) for v in pins.get(_name(requirement), []))
    ]
    assert missing == []


def test_every_locked_version_has_hashes() -> None:
    text = (_ROOT / "requirements.lock").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(blocks) == sum(map(len, _pins().values()))
    assert [b.splitlines()[0] for b in blocks if "--hash=sha256:" not in b] == []


@pytest.mark.parametrize("file", _FILES)
def test_no_requirements_file_names_an_index(file: str) -> None:
    text = (_ROOT / file).read_text()

    assert "://" not in text
    assert "index" not in text.replace("no-index", "")
