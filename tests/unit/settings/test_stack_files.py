"""The files of a project and a stack, read without the engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.stack_files import (
    ask_pulumi,
    faults_of_stack_file,
    find_project,
    read_configuration,
)

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
name: acme
runtime: python
stackConfigDir: stacks
config:
  status: {type: string, default: ENABLED}
  retryMinutes: 5
  acme:members: {description: rules, default: ""}
  needed: {type: string}
  aws:region: us-east-1
"""
STACK = """
# A comment
encryptionsalt: v1:abc
config:
  aws:profile: security # another
  status: DISABLED
  acme:maxDisabled: 25%
  acme:config:mode: organization
  acme:members:
    - {status: ENABLED, accounts: ["012345678901", 300000000001], all: null}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    return tmp_path


def _faults(folder: Path, **configuration: str) -> tuple[str, ...]:
    given = {key.replace("__", ":"): value for key, value in configuration.items()}
    return faults_of_stack_file(folder, "t", given, Settings.keys())


def _refused(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_configuration(folder, "t")
    return caught.value.faults


# Reading


def test_a_stacks_file_stands_before_the_projects_defaults(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(STACK)
    below = folder / "src" / "deep"
    below.mkdir(parents=True)

    assert read_configuration(below, "t") == {
        "aws:profile": "security",
        "aws:region": "us-east-1",
        "acme:status": "DISABLED",
        "acme:maxDisabled": "25%",
        "acme:mode": "organization",
        "acme:members": (
            '[{"accounts":["012345678901",300000000001],"all":null,"status":"ENABLED"}]'
        ),
        "acme:retryMinutes": "5",
    }


def test_without_a_stacks_file_the_defaults_are_the_configuration(folder: Path) -> None:
    for text in (None, "", "encryptionsalt: v1:abc\n", "config:\n"):
        if text is not None:
            (folder / "stacks" / "Pulumi.t.yaml").write_text(text)
        assert read_configuration(folder, "t") == {
            "acme:status": "ENABLED",
            "acme:retryMinutes": "5",
            "acme:members": "",
            "aws:region": "us-east-1",
        }


@pytest.mark.parametrize("extension", ["json", "yaml", "yml"])
def test_a_stacks_file_has_the_extension_of_the_projects(tmp_path: Path, extension: str) -> None:
    (tmp_path / f"Pulumi.{extension}").write_text(json.dumps({"name": "acme", "config": "conf"}))
    project = find_project(tmp_path)
    assert project.stack_file("t") == tmp_path / "conf" / f"Pulumi.t.{extension}"
    (tmp_path / "conf").mkdir()
    project.stack_file("t").write_text(json.dumps({"config": {"status": "DISABLED", "n": 3}}))

    assert read_configuration(tmp_path, "t") == {"acme:status": "DISABLED", "acme:n": "3"}


def test_a_default_is_read_whatever_the_projects_name(tmp_path: Path) -> None:
    described = {"name": "Acme.Security_1", "config": {"status": {"default": "DISABLED"}}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(described))

    assert read_configuration(tmp_path, "t") == {"Acme.Security_1:status": "DISABLED"}


def test_of_two_projects_files_json_comes_first(tmp_path: Path) -> None:
    for extension in ("yml", "yaml", "json"):
        (tmp_path / f"Pulumi.{extension}").write_text(json.dumps({"name": extension}))
        assert find_project(tmp_path).name == extension


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("status: {secure: v1:abc}", "it is a secret; ask `pulumi config`"),
        ("members: [{accounts: [{secure: v1:abc}]}]", "it is a secret; ask `pulumi config`"),
        ("members: [{accounts: [012345678901]}]", "012345678901 without quotes is read in more"),
        ("status: 2026-11-26", "2026-11-26 without quotes is read in more than one way"),
        ("retryMinutes: 1.50", "1.50 without quotes is read in more than one way"),
        ("status: !yes x", "!yes is not read here"),
        ("acme:status: a\n  status: b", "it is written twice; keep one of them"),
    ],
)
def test_what_the_files_leave_open_is_refused_by_key(folder: Path, line: str, why: str) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(f"config:\n  {line}\n")

    (fault,) = _refused(folder)

    key = line.removeprefix("acme:").partition(":")[0]
    assert fault.startswith(f"acme:{key} can't be read from the files alone: {why}")


def test_an_environment_is_refused_unless_somebody_is_asked(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text("environment: [prod]\n")

    assert _refused(folder) == (
        (
            "environment can't be read from the files alone: it may set any key; ask `pulumi "
            "config`."
        ),
    )
    asked = read_configuration(folder, "t", lambda _folder, stack: {"acme:status": stack})
    assert asked["acme:status"] == "t"
    assert asked["aws:region"] == "us-east-1"


def test_without_the_cli_nobody_can_be_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))

    with pytest.raises(SettingsError, match="does not print the configuration of stack t"):
        ask_pulumi(folder, "t")


def test_a_secret_of_another_provider_is_left_out(folder: Path) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text("config:\n  github:token: {secure: v1:abc}\n")
    assert "github:token" not in read_configuration(folder, "t")
    file.write_text("config:\n  aws:token: {secure: v1:abc}\n")
    assert _refused(folder)[0].startswith("aws:token can't be read")


@pytest.mark.parametrize(
    "text",
    [
        "config: [a]",
        "- a",
        "config: {a: 1, a: 2}",
        "config: {1: a}",
        "config: {a:b:c: d}",
        "config: {a: &x [*x]}",
        "config: [",
        "config: " + "[" * 5_000,
        "\x00",
    ],
)
def test_a_file_that_the_cli_does_not_read_is_refused(folder: Path, text: str) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(text)

    (fault,) = _refused(folder)

    assert "can't be read (" in fault
    assert _faults(folder) == ()  # the engine has its configuration from elsewhere


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no Pulumi\.yaml in"):
        find_project(tmp_path)


# What nobody reads


def test_a_key_outside_of_config_is_refused(folder: Path) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text(f"{STACK}\nonRelease: RESTORE\nacme:status: x\naws:region: y\nx:y: z\n")

    assert _faults(folder) == tuple(
        f"stacks/Pulumi.t.yaml: {key} is outside of `config:`, where Pulumi does not read it. "
        "Move it to "
        "the keys below `config:`, with two spaces in front, or remove it. Edit the file before "
        "anything else: `pulumi config set` drops such a key."
        for key in ("onRelease", "acme:status", "aws:region", "x:y")
    )
    file.write_text(f"{STACK}  onRelease: RESTORE\n  x:y: z\n")
    assert _faults(folder) == ()


def test_a_key_at_the_top_of_the_projects_file_is_refused(folder: Path) -> None:
    file = folder / "Pulumi.yaml"
    file.write_text(f"{file.read_text()}\nonRelease: RESTORE\n")

    (fault,) = _faults(folder)

    assert fault == (
        "Pulumi.yaml: onRelease is outside of `config:`, and Pulumi does not read it. Write its "
        "value "
        "there as `default:` of `config: onRelease:`, or remove it."
    )
    text = file.read_text().replace("onRelease: RESTORE", "acme:status: x\naws:profile: y")
    file.write_text(text)
    ours, of_aws = _faults(folder)
    assert ours.endswith(
        ". Write its value there as `default:` of `config: status:`, or remove it."
    )
    assert of_aws.endswith(
        "Move it to the keys below `config:`, with two spaces in front, or remove it."
    )


def test_a_file_without_config_is_told_to_begin_it(folder: Path) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text("acme:status: DISABLED\n")

    (fault,) = _faults(folder)

    assert "Write the line `config:` above it, and two spaces in front of it, or remove" in fault
    file.write_text("config:\n  acme:status: DISABLED\n")
    assert _faults(folder) == ()


def test_config_in_capitals_is_told_to_be_in_small_letters(folder: Path) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text("Config:\n  acme:status: DISABLED\n  aws:region: x\n")

    assert _faults(folder) == (
        (
            "stacks/Pulumi.t.yaml: Pulumi does not read what is below `Config:`. Write `config:` "
            "in small "
            "letters."
        ),
    )


def test_a_file_in_the_folder_that_stackconfigdir_named_is_refused(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(STACK)
    file = folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("stackConfigDir: stacks\n", ""))

    (fault,) = _faults(folder, acme__status="ENABLED")

    assert fault.startswith("stacks/Pulumi.t.yaml is not read: the file of stack t is Pulumi")
    (folder / "stacks" / "Pulumi.yaml").write_text("name: another\n")
    assert _faults(folder, acme__status="ENABLED") == ()


def test_a_key_with_and_without_its_namespace_is_refused(folder: Path) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text("config:\n  acme:autoEnable: ALL\n  autoEnable: NONE\n")

    (fault,) = _faults(folder)

    assert "acme:autoEnable is written twice below `config:`" in fault


@pytest.mark.parametrize("other", ["configs", "environments", "spare"])
def test_a_key_of_ours_deeper_in_another_part_is_refused(folder: Path, other: str) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text(f"{STACK}\n{other}:\n  acme:status: DISABLED\n")

    (fault,) = _faults(folder, acme__status="ENABLED")

    assert fault.startswith(f"stacks/Pulumi.t.yaml: {other}.acme:status is outside of `config:`")


def test_an_anchor_that_config_refers_to_is_left_alone(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(
        "shared: &shared\n  acme:status: DISABLED\nconfig:\n  <<: *shared\n"
    )

    assert _faults(folder, acme__status="DISABLED") == ()


@pytest.mark.parametrize("second", ["config:\n  acme:status: DISABLED\n", "a: [\n"])
def test_a_second_document_is_refused(folder: Path, second: str) -> None:
    file = folder / "stacks" / "Pulumi.t.yaml"
    file.write_text(f"---\n{STACK}\n---\n{second}")

    (fault,) = _faults(folder)

    assert fault.startswith(
        "stacks/Pulumi.t.yaml: Pulumi does not read what comes after the line ---"
    )


def test_other_keys_beside_config_are_left_alone(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yaml").write_text(
        "encryptionsalt: v1:abc\nsecretsprovider: awskms://x\nencryptedkey: x\n"
        "environment: [prod]\nanchors: &a {x: 1}\nmine: y\nconfig: {acme:status: *a}\n"
    )

    assert _faults(folder) == ()


@pytest.mark.parametrize(
    "wrong",
    ["stacks/Pulumi.t.yml", "stacks/Pulumi.t.json", "Pulumi.t.yaml", "stacks/pulumi.T.yaml"],
)
def test_a_file_that_is_not_the_stacks_is_refused(folder: Path, wrong: str) -> None:
    (folder / wrong).write_text('{"config": {"acme:status": "DISABLED"}}')
    right = folder / "stacks" / "Pulumi.t.yaml"

    assert _faults(folder, acme__status="ENABLED") == (
        (
            f"{wrong} is not read: the file of stack t is stacks/Pulumi.t.yaml. Rename it to "
            "stacks/Pulumi.t.yaml."
        ),
    )
    right.write_text("encryptionsalt: v1:abc\n")  # as `pulumi stack init` makes it
    (fault,) = _faults(folder, acme__status="ENABLED")
    assert fault.endswith(". Move what it has to stacks/Pulumi.t.yaml, and remove it.")
    right.write_text(STACK)
    assert _faults(folder, acme__status="ENABLED") == (fault,)
    assert _faults(folder, acme__status="DISABLED") == ()


def test_a_file_of_another_name_that_is_in_force_is_none(folder: Path) -> None:
    (folder / "stacks" / "Pulumi.t.yml").write_text("config: {acme:status: DISABLED}\n")

    # --config-file
    assert _faults(folder, acme__status="DISABLED") == ()


def test_no_file_is_no_fault(folder: Path, tmp_path: Path) -> None:
    assert _faults(folder) == ()
    (tmp_path / "Pulumi.yaml").unlink()
    assert _faults(tmp_path) == ()
