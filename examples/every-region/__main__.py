"""EKS audit log monitoring of an organization in several regions, as one stack."""

from pathlib import Path

import pulumi

from guardduty_eks_audit_logs import (
    AssumeRole,
    DelegatedAdministrator,
    EksAuditLogs,
    Identity,
    aws_provider,
    fail_if_incomplete,
    log_summary,
    plan_delegations,
    plan_regions,
    read_settings_file,
    user_errors,
)


def keep_monitoring(identity: Identity, regions: list[str]) -> list[EksAuditLogs]:
    """Keeps what settings.yaml says, as the delegated administrator."""
    settings, overrides = read_settings_file(Path("settings.yaml"))
    # All regions' refusals at once, before anything is registered.
    planned = plan_regions(settings, identity, regions, overrides)
    options = with_one_provider(identity, regions)
    deployed = []
    for session, plan in planned:
        log_summary(plan, session)
        name = f"eks-audit-logs-{session.region}"
        monitoring = EksAuditLogs(name, plan, options)
        pulumi.export(session.region, monitoring.accounts)
        deployed.append(monitoring)
    return deployed


def designate(administrator: str, identity: Identity, regions: list[str]) -> None:
    """Designates the administrator, as the management account."""
    plans = plan_delegations(administrator, identity, regions)
    options = with_one_provider(identity, regions)
    for plan in plans:
        DelegatedAdministrator(f"administrator-{plan.delegation.region}", plan, options)


def with_one_provider(identity: Identity, regions: list[str]) -> pulumi.ResourceOptions:
    """Makes one aws provider for all regions: each resource names its own."""
    return pulumi.ResourceOptions(provider=aws_provider("aws", identity, regions[0]))


config = pulumi.Config()

with user_errors():
    role = config.get("roleArn")
    identity = Identity(
        profile=config.get("profile") or None,
        assume_roles=(AssumeRole(role_arn=role),) if role else (),
        allowed_account_ids=config.get_object("allowedAccountIds") or (),
    )
    regions = config.require_object("regions")
    administrator = config.get("administratorAccountId")
    deployed = []
    if administrator:
        designate(administrator, identity, regions)
    else:
        deployed = keep_monitoring(identity, regions)
    pulumi.run(lambda: fail_if_incomplete(*deployed))
