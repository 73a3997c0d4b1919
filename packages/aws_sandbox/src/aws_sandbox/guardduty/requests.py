"""From the wire's parameters to what the rules take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.guardduty.administration import SettingChange
from aws_sandbox.guardduty.detectors import DetectorChange, FeatureChange
from aws_sandbox.guardduty.errors import BOTH_FORMS, INVALID_VALUE, invalid_input
from aws_sandbox.guardduty.features import (
    EBS_MALWARE_PROTECTION,
    EKS_AUDIT_LOGS,
    S3_DATA_EVENTS,
    AutoEnable,
    FeatureStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Parameters = Mapping[str, Any]

_EMAIL: Final = re.compile(
    r"""(?!\.)[^\s"'()<>\[\]:,\\|%&@]+@(?=[^.]+\.)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])"""
)
_SHORTEST_EMAIL: Final = 6


def detector_change(parameters: Parameters) -> DetectorChange:
    """The parameters of CreateDetector and UpdateDetector."""
    return DetectorChange(
        enable=parameters.get("Enable"),
        publishing_frequency=parameters.get("FindingPublishingFrequency"),
        features=feature_changes(parameters),
    )


def feature_changes(parameters: Parameters) -> list[FeatureChange]:
    """Features with a status, in the new form or in that of the deprecated data sources.

    Raises:
        ServiceError: both forms in one request, or a feature without name or status.
    """
    _refuse_both_forms(parameters)
    sources = parameters.get("DataSources", {})
    changes = [
        FeatureChange(name, FeatureStatus.ENABLED if on else FeatureStatus.DISABLED)
        for name, on in _data_sources(sources, "Enable", "EbsVolumes").items()
    ]
    for feature in parameters.get("Features", ()):
        status = feature.get("Status")
        additional = {
            _named(item): FeatureStatus(_stated(item, "Status"))
            for item in feature.get("AdditionalConfiguration", ())
        }
        if status is None and not additional:
            raise invalid_input(INVALID_VALUE)
        changes.append(
            FeatureChange(_named(feature), FeatureStatus(status) if status else None, additional)
        )
    return changes


def setting_changes(parameters: Parameters) -> list[SettingChange]:
    """Features with their auto-enable setting; a data source's "on" means NEW.

    Raises:
        ServiceError: both forms in one request, or a feature without name or setting.
    """
    _refuse_both_forms(parameters)
    sources = parameters.get("DataSources", {})
    changes = [
        SettingChange(name, AutoEnable.NEW if on else AutoEnable.NONE)
        for name, on in _data_sources(sources, "AutoEnable", "EbsVolumes").items()
    ]
    for feature in parameters.get("Features", ()):
        setting = feature.get("AutoEnable")
        additional = {
            _named(item): AutoEnable(_stated(item, "AutoEnable"))
            for item in feature.get("AdditionalConfiguration", ())
        }
        if setting is None and not additional:
            raise invalid_input(INVALID_VALUE)
        changes.append(
            SettingChange(_named(feature), AutoEnable(setting) if setting else None, additional)
        )
    return changes


def auto_enable_members(parameters: Parameters) -> AutoEnable:
    """For whom GuardDuty itself is enabled: exactly one of the two parameters must say so.

    Raises:
        ServiceError: both or none are given.
    """
    deprecated = parameters.get("AutoEnable")
    current = parameters.get("AutoEnableOrganizationMembers")
    if (deprecated is None) == (current is None):
        raise invalid_input(INVALID_VALUE)
    if current is not None:
        return AutoEnable(current)
    return AutoEnable.NEW if deprecated else AutoEnable.NONE


def emails(parameters: Parameters) -> dict[str, str]:
    """The accounts of CreateMembers with their e-mail addresses.

    Raises:
        ServiceError: an address breaks a rule of the API reference (AccountDetail). That the whole
            call is refused for it follows the user guide of 2018, which lists no such reason for
            single accounts.
    """
    found = {detail["AccountId"]: detail["Email"] for detail in parameters["AccountDetails"]}
    for email in found.values():
        if len(email) < _SHORTEST_EMAIL or not email.isascii() or not _EMAIL.fullmatch(email):
            raise invalid_input(INVALID_VALUE)
    return found


def only_associated(parameters: Parameters) -> bool:
    """ListMembers' filter, a string on the wire; true unless it says false.

    Raises:
        ServiceError: neither "true" nor "false".
    """
    text = str(parameters.get("OnlyAssociated", "true")).lower()
    if text not in {"true", "false"}:
        raise invalid_input(INVALID_VALUE)
    return text == "true"


def _refuse_both_forms(parameters: Parameters) -> None:
    if "DataSources" in parameters and "Features" in parameters:
        raise invalid_input(BOTH_FORMS)


def _data_sources(sources: Parameters, key: str, volumes: str) -> dict[str, bool]:
    """The three data sources that can be written, under the names of their features."""
    found: dict[str, bool] = {}
    if "S3Logs" in sources:
        found[S3_DATA_EVENTS] = sources["S3Logs"][key]
    if "Kubernetes" in sources:
        found[EKS_AUDIT_LOGS] = sources["Kubernetes"]["AuditLogs"][key]
    scan = sources.get("MalwareProtection", {}).get("ScanEc2InstanceWithFindings", {})
    if volumes in scan:
        on = scan[volumes]
        found[EBS_MALWARE_PROTECTION] = on[key] if isinstance(on, dict) else on
    return found


def _named(item: Parameters) -> str:
    return str(_stated(item, "Name"))


def _stated(item: Parameters, key: str) -> str:
    if key not in item:
        raise invalid_input(INVALID_VALUE)
    return str(item[key])
