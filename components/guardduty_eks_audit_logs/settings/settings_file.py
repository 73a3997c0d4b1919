"""A file with the settings of all regions, and what single regions have in their place.

For a program that keeps several regions as one stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.faults import shown
from guardduty_eks_audit_logs.settings.file_values import read_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from guardduty_eks_audit_logs.messages.catalogue import Message

_OVERRIDES = "overrides"


def read_settings_file(file: Path) -> tuple[Settings, dict[str, Settings]]:
    """Reads the settings of all regions from a YAML file, and those of regions that differ.

    Args:
        file: has the keys of a stack's configuration, without a namespace, and `overrides`: by
            region, the keys that have another value there. A value is replaced as a whole. An
            `accountsFile` is relative to the file's folder.

    Returns:
        the settings of all regions, and {region: its own settings} of those with overrides.

    Raises:
        SettingsError: with a sentence for every fault.
    """
    values = read_mapping(file)
    overrides = values.pop(_OVERRIDES, None) or {}
    if not _is_by_region(overrides):
        raise SettingsError((messages.overrides_malformed(shown(overrides)),))
    settings = Settings.from_values(values, file.parent)
    own: dict[str, Settings] = {}
    faults: list[Message] = []
    for region, keys in overrides.items():
        try:
            own[region] = Settings.from_values({**values, **keys}, file.parent)
        except SettingsError as error:
            faults += (messages.in_region(region, fault) for fault in error.faults)
    if faults:
        raise SettingsError(faults)
    return settings, own


def _is_by_region(overrides: object) -> bool:
    return isinstance(overrides, dict) and all(isinstance(own, dict) for own in overrides.values())
