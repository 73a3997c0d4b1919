"""The wheel in a repository that has `components/` and `guardduty/` of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from demo.project import ROOT
from tests.support.engine.example_program import REGIONS
from tests.support.engine.organization import ON
from tests.support.engine.stack import Stack
from tests.support.release import NAME, build_release, make_environment_with, serve_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_STATES = Path(__file__).parent / "states"
_PROVIDERS = {
    "member_features": "MemberFeaturesProvider",
    "prior_settings": "PriorSettingsProvider",
}
_OTHER_THINGS = """\
from components.naming import stack_name
from guardduty import THINGS

pulumi.export("own", [stack_name("x"), *THINGS])
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example beside packages of the same names as this repository's.

    Its environment has the wheel from a package index, and no editable installation.
    """
    made = tmp_path_factory.mktemp("consumer")
    folder = made / "repository"
    folder.mkdir()
    example = ROOT / "examples" / "every-region"
    for name in ("Pulumi.yaml", "settings.yaml"):
        (folder / name).write_text((example / name).read_text())
    program = (example / "__main__.py").read_text()
    imports = "import pulumi\n"
    assert program.count(imports) == 1
    (folder / "__main__.py").write_text(program.replace(imports, imports + _OTHER_THINGS))
    for package in ("components", "guardduty"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text('THINGS = ["theirs"]\n')
    (folder / "components" / "naming.py").write_text("def stack_name(n):\n    return n * 2\n")
    release = build_release(made / "release")
    with serve_index(release, made / "index") as url:
        make_environment_with(NAME, url, folder / ".venv")
    return folder


def _stack(name: str, aws: Organization, repository: Path) -> Stack:
    path = os.pathsep.join((str(repository / ".venv" / "bin"), aws.environment["PATH"]))
    stack = Stack(repository, {**aws.environment, "PATH": path, "PYTHONPATH": ""}, name)
    stack.configure({"regions": list(REGIONS), "profile": "administrator"})
    stack.init()
    return stack


def test_a_repository_with_components_of_its_own_uses_the_wheel(
    organization: Callable[..., Organization], repository: Path
) -> None:
    aws = organization(regions=REGIONS)
    for member in aws.members():
        aws.control.set_feature(member, "DISABLED")
    aws.control.clear_calls()
    stack = _stack("test", aws, repository)

    preview = stack.preview("--diff")
    assert preview.code == 0, preview.text
    assert aws.writes() == []

    run = stack.up("--skip-preview")
    assert run.code == 0, run.text
    held = aws.control.actual_state()
    assert {held[r][m].eks_audit_logs for r in REGIONS for m in aws.members()} == {ON}
    outputs = stack.outputs()
    assert outputs.pop("own") == ["xx", "theirs"]
    assert set(outputs) == set(REGIONS)

    aws.control.clear_calls()
    refresh = stack.refresh()
    again = stack.up("--expect-no-changes", "--skip-preview")
    destroyed = stack.destroy("--skip-preview")
    for done in (refresh, again, destroyed):
        assert done.code == 0, done.text
    assert aws.writes() == []
    assert stack.kinds() == []


def test_two_files_carry_a_state_with_old_providers_to_the_wheel(
    organization: Callable[..., Organization], repository: Path
) -> None:
    aws = organization(regions=REGIONS)
    stack = _stack("upgraded", aws, repository)
    assert stack.up("--skip-preview").code == 0
    state = json.loads(stack.exported())
    _name_the_providers_of_0_2_0(state)
    stack.import_text(json.dumps(state))
    aws.control.clear_calls()
    for module, provider in _PROVIDERS.items():
        imported = f"guardduty_eks_audit_logs.resources.{module} import {provider}"
        (repository / "components" / f"{module}.py").write_text(f"from {imported}  # noqa: F401\n")

    upgraded = stack.up("--skip-preview")

    assert upgraded.code == 0, upgraded.text
    for module in _PROVIDERS:
        (repository / "components" / f"{module}.py").unlink()
    again = stack.up("--expect-no-changes", "--skip-preview")
    assert again.code == 0, again.text
    assert aws.writes() == []


def _name_the_providers_of_0_2_0(state: dict[str, Any]) -> None:
    """Let each dynamic resource name its provider as a state of 0.2.0 does, by `components`.

    Such a state has no `revision`, either.
    """
    former = json.loads((_STATES / "0.2.0.json").read_text())["deployment"]["resources"]
    names = {r["type"]: r["inputs"]["__provider"] for r in former if "dynamic" in r["type"]}
    for resource in state["deployment"]["resources"]:
        if resource["type"] in names:
            for properties in (resource["inputs"], resource["outputs"]):
                properties.pop("revision")
                properties["__provider"] = names[resource["type"]]
