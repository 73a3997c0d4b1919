"""EKS audit log monitoring of an organization in several regions, as one stack."""

import pulumi

from guardduty_eks_audit_logs import (
    EksAuditLogs,
    Identity,
    Settings,
    aws_provider,
    fail_if_incomplete,
    log_summary,
    plan_regions,
    user_errors,
)

SETTINGS = {
    "autoEnable": "NEW",
    "members": [{"status": "ENABLED", "all": True}],
}

config = pulumi.Config()
identity = Identity(profile=config.get("profile") or None)

with user_errors():
    settings = Settings.from_values(SETTINGS)
    # All regions' refusals at once, before anything is registered.
    planned = plan_regions(settings, identity, config.require_object("regions"))

    deployed = []
    for session, plan in planned:
        log_summary(plan, session)
        provider = aws_provider(session.region, identity, session.region)
        options = pulumi.ResourceOptions(provider=provider)
        name = f"eks-audit-logs-{session.region}"
        monitoring = EksAuditLogs(name, plan, options)
        pulumi.export(session.region, monitoring.accounts)
        deployed.append(monitoring)

    pulumi.run(lambda: fail_if_incomplete(*deployed))
