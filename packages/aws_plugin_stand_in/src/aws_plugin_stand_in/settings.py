"""The `aws:*` configuration, as the engine hands it to the plugin.

The same keys as the real provider's (`pulumi_aws.Provider`). Strings arrive as they are; everything
else arrives JSON encoded. The stand-in follows all keys that say who acts and what is written;
those that have no meaning on a loopback address are ignored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_plugin_stand_in.failures import RejectedSettingError
from aws_plugin_stand_in.tags import ProviderTags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_plugin_stand_in.wire import Value

FOLLOWED = frozenset(
    {
        "accessKey",
        "allowedAccountIds",
        "assumeRoleWithWebIdentity",
        "assumeRoles",
        "defaultTags",
        "endpoints",
        "forbiddenAccountIds",
        "ignoreTags",
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
# What the engine itself puts among a provider's properties.
_OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal"})

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
_WEB_IDENTITY_KEYS = frozenset(
    {
        "duration",
        "policy",
        "policyArns",
        "roleArn",
        "sessionName",
        "webIdentityToken",
        "webIdentityTokenFile",
    }
)
_SESSION_NAME = "pulumi-aws-stand-in"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_ACCOUNT_DIGITS = 12


@dataclass(frozen=True)
class AssumedRole:
    """One step of `aws:assumeRoles`: the parameters of its STS AssumeRole call."""

    role_arn: str
    session_name: str
    parameters: Mapping[str, Any]
    """What else the call gets, under the names of STS: ExternalId, DurationSeconds and so on."""


@dataclass(frozen=True)
class WebIdentity:
    """`aws:assumeRoleWithWebIdentity`: a role, and the token that stands for who assumes it."""

    role_arn: str
    session_name: str
    parameters: Mapping[str, Any]
    """What else AssumeRoleWithWebIdentity gets, under the names of STS."""
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    """Read again at each renewal: what writes it renews it, too."""


@dataclass(frozen=True)
class Settings:
    """A provider's configuration; what is absent is left to the environment and AWS's files."""

    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    assume_roles: tuple[AssumedRole, ...] = ()
    web_identity: WebIdentity | None = None
    tags: ProviderTags = field(default_factory=ProviderTags)
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
        RejectedSettingError: for a key that no aws provider has, or a value of another type than
            the key's.
    """
    given = {name: value for name, value in arguments.items() if name not in _OF_THE_ENGINE}
    for name in sorted(given):
        if name not in FOLLOWED | WITHOUT_MEANING:
            raise RejectedSettingError(f"aws:{name} is not a setting of the aws provider")
    return Settings(
        region=_text(given, "region"),
        profile=_text(given, "profile"),
        access_key=_text(given, "accessKey"),
        secret_key=_text(given, "secretKey"),
        token=_text(given, "token"),
        assume_roles=tuple(_role(item) for item in _items(given, "assumeRoles")),
        web_identity=_web_identity(given),
        tags=_provider_tags(given),
        endpoints=_endpoints(given),
        shared_config_file=_only_file(given, "sharedConfigFiles"),
        shared_credentials_file=_only_file(given, "sharedCredentialsFiles"),
        allowed_account_ids=_account_ids(given, "allowedAccountIds"),
        forbidden_account_ids=_account_ids(given, "forbiddenAccountIds"),
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


def _account_ids(given: Mapping[str, Value], name: str) -> tuple[str, ...]:
    """The account ids of a list; a number is one, too, as for the real provider.

    YAML, and `pulumi config set --path`, make a number of an id that nobody quoted. One that begins
    with 0 has lost it then.
    """
    account_ids = []
    for item in _items(given, name):
        if isinstance(item, str):
            account_ids.append(item)
        elif isinstance(item, bool) or not isinstance(item, int | float) or item != int(item):
            raise _wrong(name, "a list of account ids")
        elif len(str(int(item))) != _ACCOUNT_DIGITS:
            raise RejectedSettingError(
                f"aws:{name}: {int(item)} is no account id of {_ACCOUNT_DIGITS} digits: "
                f"write it in quotes"
            )
        else:
            account_ids.append(str(int(item)))
    return tuple(account_ids)


def _only_file(given: Mapping[str, Value], name: str) -> str | None:
    files = _text_list(_items(given, name), name)
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
    key = "assumeRoles"
    if not isinstance(item, dict) or not _is_text(item.get("roleArn")):
        raise _wrong(key, "a list of objects with a roleArn")
    _check_keys(item, _ROLE_KEYS, f"{key}[]")
    parameters = _session_parameters(item, f"{key}[]")
    for name, parameter in (
        ("externalId", "ExternalId"),
        ("sourceIdentity", "SourceIdentity"),
        ("transitiveTagKeys", "TransitiveTagKeys"),
    ):
        if item.get(name):
            parameters[parameter] = item[name]
    if item.get("tags"):
        parameters["Tags"] = [
            {"Key": key, "Value": value}
            for key, value in _text_map(item["tags"], "assumeRoles[].tags").items()
        ]
    return AssumedRole(
        role_arn=item["roleArn"],
        session_name=item.get("sessionName") or _SESSION_NAME,
        parameters=parameters,
    )


def _web_identity(given: Mapping[str, Value]) -> WebIdentity | None:
    key = "assumeRoleWithWebIdentity"
    item = _decoded(given, key, "an object")
    if not item:
        return None
    if not isinstance(item, dict) or not _is_text(item.get("roleArn")):
        raise _wrong(key, "an object with a roleArn")
    _check_keys(item, _WEB_IDENTITY_KEYS, key)
    token, file = item.get("webIdentityToken"), item.get("webIdentityTokenFile")
    if not _is_text(token or file):
        raise _wrong(key, "an object with a webIdentityToken or a webIdentityTokenFile")
    return WebIdentity(
        role_arn=item["roleArn"],
        session_name=item.get("sessionName") or _SESSION_NAME,
        parameters=_session_parameters(item, key),
        token=token or None,
        token_file=file or None,
    )


def _provider_tags(given: Mapping[str, Value]) -> ProviderTags:
    default = _object(given, "defaultTags", frozenset({"tags"}))
    ignored = _object(given, "ignoreTags", frozenset({"keyPrefixes", "keys"}))
    return ProviderTags(
        default=_text_map(default.get("tags") or {}, "defaultTags.tags"),
        ignored_keys=frozenset(_text_list(ignored.get("keys") or [], "ignoreTags.keys")),
        ignored_prefixes=_text_list(ignored.get("keyPrefixes") or [], "ignoreTags.keyPrefixes"),
    )


def _object(given: Mapping[str, Value], name: str, keys: frozenset[str]) -> dict[str, Any]:
    item = _decoded(given, name, "an object")
    if item is None:
        return {}
    if not isinstance(item, dict):
        raise _wrong(name, "an object")
    _check_keys(item, keys, name)
    return item


def _check_keys(item: Mapping[str, object], keys: frozenset[str], where: str) -> None:
    for key in sorted(item):
        if key not in keys:
            raise RejectedSettingError(f"aws:{where}.{key} is not a setting of the provider")


def _session_parameters(item: Mapping[str, Any], where: str) -> dict[str, object]:
    """What both kinds of AssumeRole take, under the names of STS."""
    parameters: dict[str, object] = {}
    if item.get("policy"):
        parameters["Policy"] = item["policy"]
    if item.get("duration"):
        parameters["DurationSeconds"] = _seconds(str(item["duration"]), where)
    if item.get("policyArns"):
        arns = _text_list(item["policyArns"], f"{where}.policyArns")
        parameters["PolicyArns"] = [{"arn": arn} for arn in arns]
    return parameters


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _text_list(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(where, "a list of strings")
    return tuple(value)


def _text_map(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _wrong(where, "a map of strings")
    return dict(value)


def _seconds(duration: str, where: str) -> int:
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        raise _wrong(f"{where}.duration", "a duration like 1h30m")
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds
