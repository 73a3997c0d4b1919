"""AWS profiles: for the first members from the start, for any other one that is asked for."""

from __future__ import annotations

from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from aws_sandbox.__main__ import app
from aws_sandbox.credentials import account_of
from aws_sandbox.profiles import NoProfilesError, add_profile, profiles_of, write_profiles

if TYPE_CHECKING:
    from pathlib import Path

MANAGEMENT, ADMINISTRATOR = "111111111111", "222222222222"
MEMBERS = [str(300_000_000_000 + number) for number in range(1, 10_001)]
LATER = MEMBERS[100]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The profiles of an organization of 10,000 members."""
    profiles = profiles_of(MANAGEMENT, ADMINISTRATOR, MEMBERS, ["800000000001"])
    write_profiles(tmp_path, profiles, "eu-west-1")
    return tmp_path


def accounts(folder: Path) -> dict[str, str | None]:
    """The account of every profile that has keys, by its name."""
    read = ConfigParser()
    read.read(folder / "credentials")
    return {name: account_of(read[name]["aws_access_key_id"]) for name in read.sections()}


def test_the_first_100_members_have_a_profile_from_the_start(folder: Path) -> None:
    members = {f"member-{account}": account for account in MEMBERS[:100]}
    assert accounts(folder) == {
        "management": MANAGEMENT,
        "administrator": ADMINISTRATOR,
        **members,
        "standalone-800000000001": "800000000001",
    }


def test_a_later_member_gets_a_profile_when_it_is_asked_for(folder: Path) -> None:
    before = accounts(folder)
    done = CliRunner().invoke(app, ["profile", LATER, "--folder", str(folder)])
    assert (done.exit_code, done.stdout) == (0, f"member-{LATER}\n")
    assert accounts(folder) == {**before, f"member-{LATER}": LATER}
    config = ConfigParser()
    config.read(folder / "config")
    assert config[f"profile member-{LATER}"]["region"] == "eu-west-1"


def test_a_profile_that_is_there_is_left_as_it_is(folder: Path) -> None:
    add_profile(folder, LATER)
    before = [(folder / name).read_text() for name in ("config", "credentials")]
    assert add_profile(folder, LATER) == f"member-{LATER}"
    assert [(folder / name).read_text() for name in ("config", "credentials")] == before


def test_a_folder_without_a_sandboxs_profiles_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    with pytest.raises(NoProfilesError, match="no AWS profiles of a sandbox"):
        add_profile(tmp_path, LATER)
    assert [file.name for file in tmp_path.iterdir()] == ["config"]


@pytest.mark.parametrize("account", ["30000000001", "member-1", "3000000000001"])
def test_what_is_no_account_id_gets_no_profile(folder: Path, account: str) -> None:
    done = CliRunner().invoke(app, ["profile", account, "--folder", str(folder)])
    assert done.exit_code == 2
    assert done.stderr == f"error: {account!r} is no account id; it has 12 digits\n"
