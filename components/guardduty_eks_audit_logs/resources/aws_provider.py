"""One identity for pulumi-aws and the dynamic resources of a program that uses `EksAuditLogs`.

Dynamic resources do not inherit an aws provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import OtherAccountError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import Snapshot
    from guardduty_eks_audit_logs.settings.identity import AssumeRole, Identity


def aws_provider(
    name: str, identity: Identity, region: str, opts: pulumi.ResourceOptions | None = None
) -> aws.Provider:
    """Registers an aws provider that acts as an identity, as `aws.session` does by boto3.

    Args:
        name: its name in the stack.
        identity: the credentials to use.
        region: where resources are that name no region.
        opts: the usual resource options.
    """
    settings = identity.model_dump(mode="json", exclude_defaults=True)
    if identity.assume_roles:
        # Of a plain dictionary, pulumi_aws would hand over the keys as they are in Python.
        settings["assume_roles"] = [_role_arguments(role) for role in identity.assume_roles]
    return aws.Provider(name, opts=opts, region=region, **settings)


def _role_arguments(role: AssumeRole) -> aws.ProviderAssumeRoleArgs:
    given = {key: value for key, value in role.model_dump(mode="json").items() if value}
    return aws.ProviderAssumeRoleArgs(**given)


def check_aws_provider(component: pulumi.ComponentResource, snapshot: Snapshot) -> None:
    """Refuses an aws provider that acts as another account, in a preview too.

    Where neither an identity nor an aws provider is given, all follows the stack's `aws:*`
    configuration, and no call is made.

    Args:
        component: has the aws provider, else the default one counts.
        snapshot: has the region, the account, and the identity that it was read with.

    Raises:
        OtherAccountError: it is.
    """
    provider = component.get_provider(_ANY_OF_AWS)
    if snapshot.identity is None and provider is None:
        return
    caller = _CALLERS.get(provider) if provider else None
    if caller is None:
        caller = aws.get_caller_identity(opts=pulumi.InvokeOptions(parent=component)).account_id
    if provider:
        _CALLERS[provider] = caller
    if caller != snapshot.caller:
        raise OtherAccountError(
            messages.provider_of_another_account(snapshot.region, caller, snapshot.caller)
        )


def import_id(
    component: pulumi.ComponentResource,
    name: str,
    id_: str,
    region: str,
    state_ids: Mapping[str, str],
) -> str | None:
    """Gives the id by which pulumi-aws takes a resource of AWS into the state.

    It reads an import in the provider's region, unless the id names another one: `<id>@<region>`.
    The engine takes such an id for another resource's if the state has this one already: its id
    there names no region.

    Args:
        component: the resource's parent.
        name: the resource's own name.
        id_: its id in AWS.
        region: where it is.
        state_ids: `<id>@<region>` of what the stack's state has, by name.

    Returns:
        None if the state has it already, and the provider is of another region.
    """
    if aws.get_region(opts=pulumi.InvokeOptions(parent=component)).region == region:
        return id_
    wanted = f"{id_}@{region}"
    # With an alias, the state may have it under a former name.
    renamed = component._aliases and wanted in state_ids.values()  # noqa: SLF001 - has no other way
    return None if renamed or state_ids.get(name) == wanted else wanted


_ANY_OF_AWS = "aws:guardduty/detector:Detector"
"""Pulumi gives the provider for a type; one counts for all of its package."""

_CALLERS: WeakKeyDictionary[pulumi.ProviderResource, str] = WeakKeyDictionary()
"""Whose account each provider is: one for many regions is asked once."""
