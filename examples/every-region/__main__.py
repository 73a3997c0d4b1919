"""EKS audit log monitoring of an organization in several regions, as one stack."""

import pulumi

from components import EksAuditLogs, aws_provider
from components.program import end, errors_told_plainly, plan_regions, tell
from guardduty.identity import Identity
from guardduty.settings import Settings

SETTINGS = {
    "autoEnable": "NEW",
    "members": [{"status": "ENABLED", "all": True}],
}

config = pulumi.Config()
identity = Identity(profile=config.get("profile") or None)

with errors_told_plainly():
    settings = Settings.from_values(SETTINGS)
    # All regions' refusals at once, before anything is registered.
    planned = plan_regions(settings, identity, config.require_object("regions"))

    monitorings = []
    for session, plan in planned:
        tell(plan, session)
        provider = aws_provider(session.region, identity, session.region)
        options = pulumi.ResourceOptions(provider=provider)
        name = f"eks-audit-logs-{session.region}"
        monitoring = EksAuditLogs(name, plan, options)
        pulumi.export(session.region, monitoring.accounts)
        monitorings.append(monitoring)

    pulumi.run(lambda: end(*monitorings))
