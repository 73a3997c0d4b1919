"""The roles of `assumeRoles`: assumed, and assumed anew before their credentials expire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.credentials import RefreshableCredentials

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.credentials.faults import Source
from guardduty_eks_audit_logs.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from guardduty_eks_audit_logs.settings.identity import AssumeRole


_ADVISORY_SECONDS, _MANDATORY_SECONDS = 300, 60
"""So long before their end, credentials of a role are renewed if that works, and must be.

botocore's own 15 minutes are as long as the shortest session of a role, which would be renewed at
each call.
"""

_SECONDS = {"h": 3600, "m": 60, "s": 1}


def role_source(role: AssumeRole, prefix: str) -> Source:
    """Names a role of `assumeRoles`, whose key a user writes with a prefix, as a source."""
    has_external_id = role.external_id is not None
    return Source(
        f"role {role.role_arn}", messages.role_way_out(prefix, has_external_id=has_external_id)
    )


def role_credentials(sts: STSClient, role: AssumeRole) -> RefreshableCredentials:
    """Assumes a role; its credentials are renewed as long as they are used.

    Args:
        sts: a client with the credentials that assume the role.
        role: which, with what STS AssumeRole takes.

    Raises:
        Exception: whatever botocore raises; see `named_faults`.
    """
    request: AssumeRoleRequestTypeDef = {
        "RoleArn": role.role_arn,
        "RoleSessionName": role.session_name,
    }
    if role.duration:
        request["DurationSeconds"] = _seconds(role.duration)
    if role.external_id:
        request["ExternalId"] = role.external_id
    if role.policy:
        request["Policy"] = role.policy
    if role.policy_arns:
        request["PolicyArns"] = [{"arn": arn} for arn in role.policy_arns]
    if role.source_identity:
        request["SourceIdentity"] = role.source_identity
    if role.tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in role.tags.items()]
    if role.transitive_tag_keys:
        request["TransitiveTagKeys"] = list(role.transitive_tag_keys)

    def fetched() -> dict[str, str]:
        credentials = sts.assume_role(**request)["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }

    return RefreshableCredentials.create_from_metadata(
        fetched(),
        fetched,
        "assume-role",
        advisory_timeout=_ADVISORY_SECONDS,
        mandatory_timeout=_MANDATORY_SECONDS,
    )


def _seconds(duration: str) -> int:
    """Reads a duration as pulumi-aws writes it, for instance `1h30m`."""
    if not re.fullmatch(r"(\d+[hms])+", duration):
        raise SettingsError((messages.duration_malformed(duration),))
    return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))
