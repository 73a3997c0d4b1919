"""What `make sandbox` says at its start: the stacks that it has kept, and what to type next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.actual_state import detector_ids
from aws_sandbox.organization import default_organization
from aws_sandbox.populate import build
from demo.kept_stacks import KeptStack, kept_stacks
from demo.next_steps import demo_stack, next_steps
from tests.support.earlier_states import EARLIER_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE, ELSEWHERE = "12ab", "34cd"
DETECTOR_FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"


def _resource(kind: str, detector: str, region: str = "us-east-1") -> dict[str, object]:
    return {"type": kind, "id": "x", "outputs": {"detectorId": detector, "region": region}}


def _keep(folder: Path, name: str, *resources: Mapping[str, object]) -> None:
    file = folder / ".pulumi" / "stacks" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def _kept(folder: Path) -> KeptStack:
    (stack,) = kept_stacks(folder)
    return stack


def test_a_stack_fits_whose_detectors_are_there(tmp_path: Path) -> None:
    _keep(tmp_path, "guardduty-eks-audit-logs/demo", _resource(DETECTOR_FEATURE, HERE))

    (told,) = _kept(tmp_path).told({HERE})
    assert told.startswith("The kept stack demo has its detectors here. AWS has begun anew: ")


def test_a_stack_does_not_fit_whose_detector_is_not_there(tmp_path: Path) -> None:
    made = {"type": "aws:guardduty/detector:Detector", "id": HERE, "outputs": {"region": "r"}}
    other = _resource(DETECTOR_FEATURE, ELSEWHERE, "eu-west-1")
    _keep(
        tmp_path, "guardduty-eks-audit-logs/my stack", made, other, {"type": "pulumi:pulumi:Stack"}
    )

    told, command = _kept(tmp_path).told({HERE})
    lacks = "this organization lacks detector 34cd in eu-west-1, which its state names."
    assert told.startswith(f"The kept stack my stack does not fit: {lacks} ")
    assert command == "    pulumi stack rm --force --yes --preserve-config 'my stack'"
    assert "lacks detector 12ab in r," in _kept(tmp_path).told({ELSEWHERE})[0]


def test_a_stack_of_another_project_has_its_full_name(tmp_path: Path) -> None:
    _keep(tmp_path, "every-region/prod", _resource(DETECTOR_FEATURE, HERE))

    assert _kept(tmp_path).name == "organization/every-region/prod"


def test_a_state_that_is_cut_is_named_with_its_file(tmp_path: Path) -> None:
    _keep(tmp_path, "guardduty-eks-audit-logs/demo", _resource(DETECTOR_FEATURE, HERE))
    file = tmp_path / ".pulumi" / "stacks" / "guardduty-eks-audit-logs" / "demo.json"
    file.write_text(file.read_text()[:-5])

    assert _kept(tmp_path).told({HERE}) == [
        f"The kept stack demo does not fit: {file} can't be read. To begin anew, delete it."
    ]
    file.unlink()
    assert kept_stacks(tmp_path) == []


def test_a_stack_without_resources_is_not_worth_a_word(tmp_path: Path) -> None:
    _keep(tmp_path, "guardduty-eks-audit-logs/demo")
    (tmp_path / ".pulumi" / "stacks" / "new.json").write_text('{"checkpoint": {"stack": "new"}}')

    assert kept_stacks(tmp_path) == []
    assert kept_stacks(tmp_path / "nowhere") == []


def test_the_detectors_of_real_states_are_found(tmp_path: Path) -> None:
    for file in EARLIER_STATES:
        checkpoint = {"latest": json.loads(file.read_text())["deployment"]}
        state = tmp_path / ".pulumi" / "stacks" / file.name
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps({"checkpoint": checkpoint}))

    kept = kept_stacks(tmp_path)

    assert len(kept) == len(EARLIER_STATES)
    assert all(stack.detectors for stack in kept)


def test_the_organization_tells_the_ids_of_all_its_detectors() -> None:
    world, _ = build(default_organization(accounts=3, regions=["us-east-1", "eu-west-1"]))

    assert len(detector_ids(world)) == (1 + 3) * 2


@pytest.mark.parametrize(
    ("accounts", "regions", "stack"),
    [
        (12, ["us-east-1", "eu-west-1"], "demo-us-east-1"),
        (40, ["ap-south-1", "eu-west-1"], "demo-eu-west-1"),
        (12, ["ap-south-1"], None),
        (3, ["us-east-1"], None),
    ],
)
def test_the_stack_of_the_demo_is_named_where_it_fits(
    accounts: int, regions: list[str], stack: str | None
) -> None:
    assert demo_stack(default_organization(accounts, regions)) == stack


def test_the_next_steps_name_file_and_stack() -> None:
    steps = next_steps(Path(".sandbox/env.sh"), "demo-us-east-1")

    assert steps[:4] == [
        "Next, in another terminal in this folder:",
        "    . .sandbox/env.sh",
        "    pulumi stack select --create demo-us-east-1",
        "    pulumi preview --diff",
    ]
    assert "Change stacks/Pulumi.demo-us-east-1.yaml, and preview again." in steps


def test_a_shell_file_in_this_folder_can_be_sourced_as_told() -> None:
    assert "    . './my env.sh'" in next_steps(Path("my env.sh"), None)
