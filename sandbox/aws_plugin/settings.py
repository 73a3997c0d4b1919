"""The `aws:*` configuration, as the engine hands it to the plugin.

The same keys as the real provider's (`pulumi_aws.Provider`). Strings arrive as they are; everything
else arrives JSON encoded. Keys fall in three groups: those that the stand-in follows; those that
have no meaning on a loopback address and are ignored; and those that would change which identity is
used or what is written, which it does not have and refuses rather than ignore.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.aws_plugin.failures import RejectedSettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws_plugin.wire import Value

FOLLOWED = frozenset(
    {
        "accessKey",
        "allowedAccountIds",
        "assumeRoles",
        "endpoints",
        "forbiddenAccountIds",
        "maxRetries",
        "profile",
        "region",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "skipCredentialsValidation",
        "skipRequestingAccountId",
        "token",
    }
)
WITHOUT_MEANING = frozenset(
    {
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "httpProxy",
        "httpsProxy",
        "insecure",
        "noProxy",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "stsRegion",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
    }
)
NOT_OFFERED = frozenset({"assumeRoleWithWebIdentity", "defaultTags", "ignoreTags"})
# What the engine itself puts among a provider's properties.
_OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})

# Fewer than the real provider's 25: against a local service that is not running, more would only
# keep one waiting.
_RETRIES = 3
_ROLE_KEYS = frozenset(
    {
        "duration",
        "externalId",
        "policy",
        "policyArns",
        "roleArn",
        "sessionName",
        "sourceIdentity",
        "tags",
        "transitiveTagKeys",
    }
)
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class AssumedRole:
    """One step of `aws:assumeRoles`: the parameters of its STS AssumeRole call."""

    role_arn: str
    session_name: str
    parameters: Mapping[str, Any]
    """What else the call gets, under the names of STS: ExternalId, DurationSeconds and so on."""


@dataclass(frozen=True)
class Settings:
    """A provider's configuration; what is absent is left to the environment and AWS's files."""

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    assume_roles: tuple[AssumedRole, ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)
    shared_config_file: str | None = None
    shared_credentials_file: str | None = None
    allowed_account_ids: tuple[str, ...] = ()
    forbidden_account_ids: tuple[str, ...] = ()
    max_retries: int = _RETRIES
    skip_credentials_validation: bool = False
    skip_requesting_account_id: bool = False


def read_settings(arguments: Mapping[str, Value]) -> Settings:
    """The settings in a Configure request.

    Args:
        arguments: the provider's properties by name, without the `aws:` before it.

    Raises:
        RejectedSettingError: for a key that no aws provider has, one that the stand-in does not
            offer, or a value of another type than the key's.
    """
    given = {name: value for name, value in arguments.items() if name not in _OF_THE_ENGINE}
    for name in sorted(given):
        if name in NOT_OFFERED:
            raise RejectedSettingError(f"aws:{name}: the aws stand-in does not have this setting")
        if name not in FOLLOWED | WITHOUT_MEANING:
            raise RejectedSettingError(f"aws:{name} is not a setting of the aws provider")
    return Settings(
        region=_text(given, "region"),
        profile=_text(given, "profile"),
        access_key=_text(given, "accessKey"),
        secret_key=_text(given, "secretKey"),
        token=_text(given, "token"),
        assume_roles=tuple(_role(item) for item in _items(given, "assumeRoles")),
        endpoints=_endpoints(given),
        shared_config_file=_only_file(given, "sharedConfigFiles"),
        shared_credentials_file=_only_file(given, "sharedCredentialsFiles"),
        allowed_account_ids=_texts(given, "allowedAccountIds"),
        forbidden_account_ids=_texts(given, "forbiddenAccountIds"),
        max_retries=_whole_number(given, "maxRetries", _RETRIES),
        skip_credentials_validation=_truth(given, "skipCredentialsValidation"),
        skip_requesting_account_id=_truth(given, "skipRequestingAccountId"),
    )


def _wrong(name: str, wanted: str) -> RejectedSettingError:
    return RejectedSettingError(f"aws:{name} must be {wanted}")


def _text(given: Mapping[str, Value], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a string")
    return value or None


def _decoded(given: Mapping[str, Value], name: str, wanted: str) -> Any:  # noqa: ANN401 (any JSON)
    value = given.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise _wrong(name, wanted) from None


def _truth(given: Mapping[str, Value], name: str) -> bool:
    value = _decoded(given, name, "true or false")
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return value


def _whole_number(given: Mapping[str, Value], name: str, default: int) -> int:
    value = _decoded(given, name, "a whole number")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise _wrong(name, "a whole number")
    return int(value)


def _items(given: Mapping[str, Value], name: str) -> list[Any]:
    value = _decoded(given, name, "a list")
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(name, "a list")
    return value


def _texts(given: Mapping[str, Value], name: str) -> tuple[str, ...]:
    items = _items(given, name)
    if not all(isinstance(item, str) for item in items):
        raise _wrong(name, "a list of strings")
    return tuple(items)


def _only_file(given: Mapping[str, Value], name: str) -> str | None:
    files = _texts(given, name)
    if len(files) > 1:
        # botocore reads one file of each kind.
        raise RejectedSettingError(
            f"aws:{name} names {len(files)} files; the aws stand-in reads one"
        )
    return files[0] if files else None


def _endpoints(given: Mapping[str, Value]) -> dict[str, str]:
    endpoints: dict[str, str] = {}
    for item in _items(given, "endpoints"):
        if not isinstance(item, dict):
            raise _wrong("endpoints", "a list of objects {service: address}")
        for service, address in item.items():
            if not isinstance(address, str):
                raise _wrong(f"endpoints[].{service}", "an address")
            endpoints[service] = address
    return endpoints


def _role(item: object) -> AssumedRole:
    if not isinstance(item, dict) or not isinstance(item.get("roleArn"), str):
        raise _wrong("assumeRoles", "a list of objects with a roleArn")
    for key in sorted(item):
        if key not in _ROLE_KEYS:
            raise RejectedSettingError(f"aws:assumeRoles[].{key} is not a setting of the provider")
    parameters: dict[str, object] = {}
    for key, parameter in (
        ("externalId", "ExternalId"),
        ("policy", "Policy"),
        ("sourceIdentity", "SourceIdentity"),
        ("transitiveTagKeys", "TransitiveTagKeys"),
    ):
        if item.get(key):
            parameters[parameter] = item[key]
    if item.get("duration"):
        parameters["DurationSeconds"] = _seconds(str(item["duration"]))
    if item.get("policyArns"):
        parameters["PolicyArns"] = [{"arn": arn} for arn in item["policyArns"]]
    if item.get("tags"):
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in item["tags"].items()]
    return AssumedRole(
        role_arn=item["roleArn"],
        session_name=item.get("sessionName") or "pulumi-aws-stand-in",
        parameters=parameters,
    )


def _seconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        raise _wrong("assumeRoles[].duration", "a duration like 1h30m")
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds
