"""EKS audit log monitoring of an organization in several regions, as one stack."""

from pathlib import Path

import pulumi

from guardduty_eks_audit_logs import (
    AssumeRole,
    EksAuditLogs,
    Identity,
    aws_provider,
    fail_if_incomplete,
    log_summary,
    plan_regions,
    read_settings_file,
    user_errors,
)

config = pulumi.Config()

with user_errors():
    role = config.get("roleArn")
    identity = Identity(
        profile=config.get("profile") or None,
        assume_roles=(AssumeRole(role_arn=role),) if role else (),
        allowed_account_ids=config.get_object("allowedAccountIds") or (),
    )
    settings, overrides = read_settings_file(Path("settings.yaml"))
    regions = config.require_object("regions")
    # All regions' refusals at once, before anything is registered.
    planned = plan_regions(settings, identity, regions, overrides)

    # One for all regions: each resource names its own.
    provider = aws_provider("aws", identity, regions[0])
    options = pulumi.ResourceOptions(provider=provider)
    deployed = []
    for session, plan in planned:
        log_summary(plan, session)
        name = f"eks-audit-logs-{session.region}"
        monitoring = EksAuditLogs(name, plan, options)
        pulumi.export(session.region, monitoring.accounts)
        deployed.append(monitoring)

    pulumi.run(lambda: fail_if_incomplete(*deployed))
