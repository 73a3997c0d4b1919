"""One identity for pulumi-aws and the dynamic resources of a program that uses `EksAuditLogs`.

Dynamic resources do not inherit an aws provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from guardduty import messages

if TYPE_CHECKING:
    from guardduty.identity import AssumeRole, Identity
    from guardduty.model import Snapshot


def aws_provider(
    name: str, identity: Identity, region: str, opts: pulumi.ResourceOptions | None = None
) -> aws.Provider:
    """Registers an aws provider that acts as an identity, as `guardduty.session` does by boto3.

    Args:
        name: its name in the stack.
        identity: who acts.
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


def region_of_one_account(
    component: pulumi.ComponentResource, snapshot: Snapshot, identity: Identity | None
) -> pulumi.Input[str]:
    """Gives the region to a component's children, if its aws provider is the right account.

    All children wait for it, so that a wrong account writes nothing. Where neither an identity nor
    an aws provider is given, both are the stack's `aws:*` configuration, and nobody is asked.

    Args:
        component: has the aws provider, or the default one.
        snapshot: tells the account and the region.
        identity: who acts, if a program says so.
    """
    if identity is None and component.get_provider("aws:index/provider:Provider") is None:
        return snapshot.region
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=component))

    def checked(account: str) -> str:
        if account != snapshot.caller:
            raise pulumi.RunError(
                messages.provider_of_another_account(snapshot.region, account, snapshot.caller)
            )
        return snapshot.region

    return caller.account_id.apply(checked)
