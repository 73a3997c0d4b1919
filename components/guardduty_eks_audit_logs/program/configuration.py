"""What the stack's configuration asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.secret_keys import secrets_to_show
from guardduty_eks_audit_logs.settings.stack_files import faults_of_stack_file
from guardduty_eks_audit_logs.settings.stack_identity import aws_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Message


def read_configuration() -> Mapping[str, Any]:
    """Reads all of the stack's configuration by full key, with the project's defaults.

    The engine hands it over in the environment, with keys that nothing reads: so a misspelt one
    is found.
    """
    return get_config_env()


def read_settings(configuration: Mapping[str, Any]) -> Settings:
    """Reads the stack's settings, and finds what its files have that nothing reads.

    For a program whose settings are its stack's configuration and nothing else.

    Args:
        configuration: all of the stack's configuration (`read_configuration`).

    Raises:
        SettingsError: with a sentence for every fault.
    """
    if secrets := secrets_to_show(configuration, pulumi.get_project(), is_secret):
        raise SettingsError(secrets)  # Nothing is said of their values.
    # Without an engine, in a test for instance, there is none.
    folder = Path(pulumi.get_root_directory() or ".")
    faults: tuple[Message, ...] = faults_of_stack_file(
        folder, pulumi.get_stack(), configuration, Settings.keys()
    )
    faults += aws_faults(configuration.get)
    try:
        settings = Settings.from_configuration(configuration, pulumi.get_project(), folder)
    except SettingsError as error:
        raise SettingsError((*faults, *error.faults)) from None
    if faults:
        raise SettingsError(faults)
    return settings


def is_secret(key: str) -> bool:
    """Whether the stack's configuration does not have a value in clear, by the key's full name."""
    return key in get_config_secret_keys_env() or key not in read_configuration()
