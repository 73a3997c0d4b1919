"""The files of new stacks: what they say, and that none is ever changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.errors import SettingsError, UserError
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.settings.new_stack_files import (
    Actor,
    Answers,
    NewStack,
    add_files,
    new_stacks,
)
from guardduty_eks_audit_logs.settings.stack_files import find_project, read_configuration

if TYPE_CHECKING:
    from pathlib import Path

_ADMINISTRATOR, _MANAGEMENT = AccountId("022222222222"), AccountId("111111111111")
_ROLE = f"arn:aws:iam::{_ADMINISTRATOR}:role/eks"
_ANSWERS = Answers(
    "prod", Actor(_ADMINISTRATOR, "1e3", _ROLE), Actor(_MANAGEMENT, profile="management")
)
_PROJECT = "name: acme\nruntime: python\nstackConfigDir: stacks\n"
_REGIONS = ("eu-west-1", "us-east-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(_PROJECT)
    return tmp_path


def _add(folder: Path, answers: Answers = _ANSWERS, *regions: str) -> list[str]:
    project = find_project(folder)
    stacks = new_stacks(project, answers, regions or _REGIONS)
    return [stack.name for stack in add_files(project, stacks)]


def _refused(folder: Path, answers: Answers = _ANSWERS) -> list[str]:
    before = _contents(folder)
    with pytest.raises(UserError) as caught:
        _add(folder, answers)
    assert _contents(folder) == before
    return [str(refusal) for refusal in caught.value.refusals]


def _contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def test_a_file_has_what_is_of_its_region_and_nothing_else(folder: Path) -> None:
    assert _add(folder) == [
        "prod-eu-west-1",
        "prod-us-east-1",
        "prod-delegation-eu-west-1",
        "prod-delegation-us-east-1",
    ]

    assert read_configuration(folder, "prod-eu-west-1") == {
        "aws:region": "eu-west-1",
        "aws:profile": "1e3",
        "aws:assumeRoles": f'[{{"roleArn":"{_ROLE}"}}]',
        "aws:allowedAccountIds": f'["{_ADMINISTRATOR}"]',
    }
    assert read_configuration(folder, "prod-delegation-us-east-1") == {
        "aws:region": "us-east-1",
        "aws:profile": "management",
        "aws:allowedAccountIds": f'["{_MANAGEMENT}"]',
        "acme:mode": "delegation",
        "acme:administratorAccountId": _ADMINISTRATOR,
    }


def test_the_environments_credentials_need_no_key(folder: Path) -> None:
    _add(folder, Answers("prod", Actor(_ADMINISTRATOR), None), "eu-west-1")

    assert (folder / "stacks" / "Pulumi.prod-eu-west-1.yaml").read_text() == (
        "# EKS audit logs in eu-west-1, as the delegated GuardDuty administrator.\n"
        "# What is for all regions stands in Pulumi.yaml; a key here overrides it.\n"
        "config:\n"
        "  aws:region: eu-west-1\n"
        f'  aws:allowedAccountIds: ["{_ADMINISTRATOR}"]\n'
    )


@pytest.mark.parametrize("ending", ["json", "yml"])
def test_a_file_ends_as_the_projects_does(tmp_path: Path, ending: str) -> None:
    text = json.dumps({"name": "acme", "runtime": "python"})  # JSON is YAML
    (tmp_path / f"Pulumi.{ending}").write_text(text)

    _add(tmp_path)

    assert (tmp_path / f"Pulumi.prod-eu-west-1.{ending}").exists()
    assert read_configuration(tmp_path, "prod-delegation-eu-west-1")["acme:mode"] == "delegation"


def test_again_nothing_is_written_and_a_new_region_is_added(folder: Path) -> None:
    _add(folder)
    before = _contents(folder)

    assert _add(folder) == []
    assert _contents(folder) == before
    assert _add(folder, _ANSWERS, *_REGIONS, "ap-east-1") == [
        "prod-ap-east-1",
        "prod-delegation-ap-east-1",
    ]
    assert before.items() <= _contents(folder).items()


def test_what_people_have_added_to_a_file_is_no_difference(folder: Path) -> None:
    _add(folder)
    file = folder / "stacks" / "Pulumi.prod-eu-west-1.yaml"
    file.write_text(
        f"# ours\nencryptionsalt: v1:abc\nconfig:\n  aws:region: eu-west-1\n"
        "  aws:profile: {secure: v1:abc}\n"
        f"  aws:assumeRoles:\n    - {{roleArn: '{_ROLE}', externalId: x}}\n"
        f'  aws:allowedAccountIds: ["333333333333", "{_ADMINISTRATOR}"]\n'
        "  acme:members: []\n"
    )
    before = _contents(folder)

    assert _add(folder) == []
    assert _contents(folder) == before


def test_other_answers_are_told_file_by_file_and_nothing_is_written(folder: Path) -> None:
    _add(folder, _ANSWERS, "eu-west-1")
    others = replace(_ANSWERS, administrator=Actor(_MANAGEMENT, "other", f"{_ROLE}s"))

    faults = _refused(folder, others)

    stacks = ["prod-eu-west-1"] * 3 + ["prod-delegation-eu-west-1"]
    keys = ["aws:profile", "aws:assumeRoles", "aws:allowedAccountIds"]
    keys.append("acme:administratorAccountId")
    for fault, stack, key in zip(faults, stacks, keys, strict=True):
        assert fault.startswith(f"stacks/Pulumi.{stack}.yaml: {key} is ")
        assert fault.endswith(". Change the file yourself, or leave its region out of --regions.")


def test_what_the_project_says_for_all_stacks_is_no_difference(folder: Path) -> None:
    alone = Answers("prod", Actor(_ADMINISTRATOR), None)
    with (folder / "Pulumi.yaml").open("a") as file:
        file.write("config: {aws:profile: {value: security}, mode: {default: organization}}\n")

    _add(folder, alone)

    assert _add(folder, alone) == []


def test_a_delegation_stack_does_not_take_an_administrators_file(folder: Path) -> None:
    _add(folder, Answers("prod-delegation", Actor(_MANAGEMENT, "management"), None))

    faults = _refused(folder)

    assert [fault.split(" is ")[0].split(": ")[1] for fault in faults] == [
        "acme:mode",
        "acme:administratorAccountId",
    ] * len(_REGIONS)


def test_a_file_of_another_ending_or_folder_is_not_doubled(folder: Path) -> None:
    (folder / "stacks").mkdir()
    text = "config: {aws:region: eu-west-3}\n"
    (folder / "stacks" / "Pulumi.PROD-eu-west-1.yml").write_text(text)
    (folder / "Pulumi.prod-delegation-us-east-1.yaml").write_text(text)

    faults = _refused(folder)

    assert [fault.split(" is not read")[0] for fault in faults] == [
        "stacks/Pulumi.PROD-eu-west-1.yml",
        "Pulumi.prod-delegation-us-east-1.yaml",
    ]


def test_malformed_files_are_named_beside_all_other_faults(folder: Path) -> None:
    _add(folder)
    for region in ("us-east-1", "eu-west-1"):
        (folder / "stacks" / f"Pulumi.prod-{region}.yaml").write_text("config: [")

    faults = _refused(folder, replace(_ANSWERS, management=Actor(_MANAGEMENT, "other")))

    assert [fault.partition(" can't be read (")[0] for fault in faults[:2]] == [
        "Pulumi.prod-eu-west-1.yaml",
        "Pulumi.prod-us-east-1.yaml",
    ]
    assert [fault.partition(" is ")[0].split(": ")[1] for fault in faults[2:]] == [
        "aws:profile"
    ] * 2


def test_a_folder_in_a_files_place_is_named(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.prod-us-east-1.yaml").mkdir(parents=True)

    assert _refused(folder) == [
        "stacks/Pulumi.prod-us-east-1.yaml is there and is no file. Remove it."
    ]


@pytest.mark.parametrize("place", ["stacks", "stacks/.Pulumi.prod-us-east-1.yaml.new"])
def test_if_one_file_cannot_be_written_none_is(folder: Path, place: str) -> None:
    in_the_way = folder / place
    in_the_way.parent.mkdir(exist_ok=True)
    if place == "stacks":
        in_the_way.write_text("a file")
    else:
        in_the_way.mkdir()

    (fault,) = _refused(folder)

    assert "can't be written (" in fault
    assert fault.endswith("). No file was written.")


def test_if_the_last_file_cannot_be_moved_none_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = find_project(folder)
    stacks = new_stacks(project, _ANSWERS, _REGIONS)
    rename = type(folder).rename

    def full(self: Path, target: Path) -> Path:
        if target == stacks[-1].file:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", full)

    (fault,) = _refused(folder)

    assert fault == (
        "stacks/Pulumi.prod-delegation-us-east-1.yaml can't be written (No space left on device). "
        "No file was written."
    )


def test_rules_for_all_regions_reach_no_delegation_stack(folder: Path) -> None:
    with (folder / "Pulumi.yaml").open("a") as described:
        described.write(
            "config:\n  members: {default: [{status: ENABLED, all: true}]}\n"
            "  onRelease: {default: RESTORE}\n  autoEnable: {default: NONE}\n"
        )
    _add(folder)

    def settings(stack: str) -> Settings:
        return Settings.from_configuration(read_configuration(folder, stack), "acme", folder)

    assert [rule.all for rule in settings("prod-eu-west-1").members] == [True]
    delegation = settings("prod-delegation-eu-west-1")
    assert (delegation.mode, delegation.members) == (Mode.DELEGATION, ())
    file = folder / "stacks" / "Pulumi.prod-delegation-eu-west-1.yaml"
    file.write_text(f"{file.read_text()}  acme:onRelease: DISABLE\n")
    with pytest.raises(SettingsError, match="onRelease: DISABLE has no effect"):
        settings("prod-delegation-eu-west-1")


@given(text=st.text(max_size=20).filter(lambda text: text.isprintable() and text == text.strip()))
def test_a_profile_of_any_name_is_read_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text(_PROJECT)

    _add(folder, Answers("prod", Actor(_ADMINISTRATOR, text), None), "eu-west-1")

    assert read_configuration(folder, "prod-eu-west-1").get("aws:profile", "") == text


def test_a_text_is_one_for_every_reader_of_yaml(tmp_path: Path) -> None:
    odd = {"a": "yes", "b": "1e3", "c": "0o7", "d": "é: #", "e": "eu-west-1", "f": "~"}
    stack = NewStack("s", tmp_path / "s.yaml", Actor(_MANAGEMENT), "about", odd)

    assert stack.text() == (
        '# about\nconfig:\n  a: "yes"\n  b: "1e3"\n  c: "0o7"\n  d: "é: #"\n  e: eu-west-1\n'
        '  f: "~"\n'
    )
