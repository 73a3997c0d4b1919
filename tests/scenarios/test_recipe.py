"""CONTRIBUTING's recipe "Add a rule selector", done as it says: a selector `percent`.

Each place of the recipe is a patch in `recipe/`. With all of them the tests of the product pass;
without any one of them, a test of the product fails.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.vocabulary import PROJECT_FOLDER

pytestmark = pytest.mark.slow

PLACES = sorted((Path(__file__).parent / "recipe").glob("*.patch"))
_TESTS = ("tests/unit/planning/test_every_selector.py", "tests/unit/settings/test_settings.py")
_COPIED = ("README.md", "Pulumi.yaml", "pyproject.toml")
_FOLDERS = ("components", "demo", "docs", "packages", "stacks", "tests", "tools")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project as it is."""
    for name in _COPIED:
        shutil.copy(PROJECT_FOLDER / name, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in _FOLDERS:
        shutil.copytree(PROJECT_FOLDER / name, tmp_path / name, ignore=ignored)
    return tmp_path


def _apply(tree: Path, places: list[Path]) -> None:
    for place in places:
        command = ["git", "apply", "--unidiff-zero", str(place)]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{place.name}: {done.stderr}"


def _test(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_TESTS],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_recipe_has_six_places_at_most() -> None:
    assert 1 <= len(PLACES) <= 6
    assert all(len(re.findall("^@@", p.read_text(), re.MULTILINE)) == 1 for p in PLACES)


def test_with_all_places_the_selector_works(tree: Path) -> None:
    _apply(tree, PLACES)

    done = _test(tree)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("left_out", PLACES, ids=[place.stem for place in PLACES])
def test_a_place_that_is_left_out_fails_a_test(tree: Path, left_out: Path) -> None:
    _apply(tree, [place for place in PLACES if place != left_out])

    done = _test(tree)

    assert done.returncode == 1, done.stdout
    assert re.search(r"^FAILED tests/unit/", done.stdout, re.MULTILINE)


def test_contributing_names_every_place() -> None:
    recipe = (PROJECT_FOLDER / "CONTRIBUTING.md").read_text()

    for place in PLACES:
        (file,) = re.findall(r"^\+\+\+ b/(.+)$", place.read_text(), re.MULTILINE)
        assert f"`{file.removeprefix('components/guardduty_eks_audit_logs/')}`" in recipe
