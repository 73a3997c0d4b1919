"""The identity in a stack's `aws:*` configuration, beside the environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.faults import faults_of
from guardduty_eks_audit_logs.settings.identity import SECRETS, AwsSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Message

Configuration = Callable[[str], Any]
"""Gives a configuration value by its full key, `aws:region`, None if absent; lists as JSON."""

_NOT_FOLLOWED = {
    "assumeRole": "Use aws:assumeRoles, the list that pulumi-aws 7 knows",
    "assumeRoleWithWebIdentity": (
        "Set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment"
    ),
    "ec2MetadataServiceEndpoint": "Set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
    "httpProxy": "Set HTTP_PROXY in the environment",
    "httpsProxy": "Set HTTPS_PROXY in the environment",
    "noProxy": "Set NO_PROXY in the environment",
}
"""Settings that would make pulumi-aws act in another way than boto3, with what to use instead."""


def read_aws_settings(configuration: Configuration) -> AwsSettings:
    """Reads the stack's `aws:*` configuration.

    Raises:
        SettingsError: with a sentence for every fault.
    """
    faults = [
        messages.aws_setting_not_followed(key, instead)
        for key, instead in _NOT_FOLLOWED.items()
        if configuration(f"aws:{key}") not in (None, "")
    ]
    values = {}
    for name, field in AwsSettings.model_fields.items():
        key = field.alias or name
        raw = configuration(f"aws:{key}")
        if raw not in (None, ""):
            is_text = field.annotation == (str | None)
            values[key] = raw if key in SECRETS else _decode(raw, is_text=is_text)
    try:
        settings = AwsSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError((*faults, *faults_of(error, prefix=AwsSettings.prefix))) from None
    faults += settings.faults()
    if not settings.keys and (settings.access_key or settings.secret_key or settings.token):
        faults.append(messages.keys_belong_together())
    if faults:
        raise SettingsError(tuple(faults))
    return settings


def aws_faults(configuration: Configuration) -> tuple[Message, ...]:
    """Says what is wrong with the stack's `aws:*` configuration, one sentence for each fault."""
    try:
        read_aws_settings(configuration)
    except SettingsError as error:
        return error.faults
    return ()


def _decode(raw: Any, *, is_text: bool) -> Any:  # noqa: ANN401 - a configuration value is anything
    if not isinstance(raw, str):
        return raw
    try:
        decoded = json.loads(raw)
    except ValueError:
        return raw
    # A number is text as it is written; a list is a fault.
    return raw if is_text and not isinstance(decoded, dict | list) else decoded


def identity_notice(configuration: Configuration, environ: Mapping[str, str]) -> str | None:
    """Says which credentials are used if the stack and the environment name different ones.

    boto3 and pulumi-aws agree: the stack's keys come before its profile, and either before
    anything in the environment, where keys come before a token file, and that before a profile.

    Args:
        configuration: the stack's.
        environ: the environment's variables.

    Returns:
        None if both name the same, or only one names any. A key or secret is never named.
    """
    key, profile = configuration("aws:accessKey"), configuration("aws:profile")
    if not (key or profile) or (key and key == environ.get("AWS_ACCESS_KEY_ID")):
        return None
    unused = [variable for variable in _CREDENTIALS if environ.get(variable)]
    variable = next((name for name in _PROFILES if environ.get(name)), None)
    if variable and (key or environ[variable] != profile):
        unused.append(f"{variable}={environ[variable]}")
    if not unused:
        return None
    return messages.identity_used("aws:accessKey" if key else f"aws:profile {profile}", unused)


_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
"""The environment's variables that name credentials and come before its profile."""

_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""Those that name a profile: the first that is set counts."""
