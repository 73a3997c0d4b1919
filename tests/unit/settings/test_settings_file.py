"""A file with the settings of all regions, and what single regions have in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.settings_file import read_settings_file

if TYPE_CHECKING:
    from pathlib import Path

_ALL = "maxDisabled: 5\nmembers: [{status: ENABLED, all: true}]\n"


def _file(folder: Path, text: str) -> Path:
    (folder / "settings.yaml").write_text(text)
    return folder / "settings.yaml"


def _refused(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings_file(_file(folder, text))
    return tuple(map(str, caught.value.faults))


def test_a_region_has_its_own_value_and_the_others_of_all(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("300000000001\n")
    own = "overrides:\n  us-east-1:\n    members: [{status: DISABLED, accountsFile: ids.txt}]\n"

    settings, overrides = read_settings_file(_file(tmp_path, _ALL + own))

    (rule,) = overrides["us-east-1"].members
    assert rule.named == {"300000000001"}
    assert overrides["us-east-1"].max_disabled == settings.max_disabled
    assert settings.members[0].all is True


def test_a_file_without_overrides_is_for_all_regions(tmp_path: Path) -> None:
    assert read_settings_file(_file(tmp_path, _ALL))[1] == {}
    assert read_settings_file(_file(tmp_path, f"{_ALL}overrides:\n"))[1] == {}


@pytest.mark.parametrize("overrides", ["[us-east-1]", "{us-east-1: null}", "x"])
def test_overrides_of_another_form_are_refused(tmp_path: Path, overrides: str) -> None:
    (told,) = _refused(tmp_path, f"{_ALL}overrides: {overrides}\n")

    assert "does not give regions their keys. Write each region with keys below it" in told


def test_the_faults_of_all_regions_are_told_with_the_region(tmp_path: Path) -> None:
    first, second = _refused(
        tmp_path, f"{_ALL}overrides: {{a-1: {{member: []}}, b-1: {{status: ON}}}}\n"
    )

    assert first.startswith("a-1: member ")
    assert second.startswith("b-1: status: ")


def test_a_file_that_is_not_there_or_no_yaml_is_refused(tmp_path: Path) -> None:
    assert "settings.yaml can't be read" in _refused(tmp_path, "a: [")[0]
    with pytest.raises(SettingsError, match=r"none\.yaml can't be read"):
        read_settings_file(tmp_path / "none.yaml")
