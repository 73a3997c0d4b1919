"""EKS audit log monitoring of an organization in several regions, as one stack."""

import pulumi

from components import EksAuditLogs, aws_provider
from components.program import end, errors_told_plainly, refuse_if, tell
from guardduty.identity import Identity
from guardduty.plan import make_plan
from guardduty.session import open_session
from guardduty.settings import Settings
from guardduty.snapshot import read_snapshot

SETTINGS = {
    "autoEnable": "NEW",
    "members": [{"status": "ENABLED", "all": True}],
}

config = pulumi.Config()
identity = Identity(profile=config.get("profile") or None)

with errors_told_plainly():
    settings = Settings.from_values(SETTINGS)
    sessions = [open_session(identity, region) for region in config.require_object("regions")]
    plans = [
        make_plan(settings, read_snapshot(session, settings), owner=pulumi.get_stack())
        for session in sessions
    ]
    # All regions' refusals at once, before anything is registered.
    refuse_if(tuple(refusal for plan in plans for refusal in plan.refusals))

    monitorings = []
    for session, plan in zip(sessions, plans, strict=True):
        tell(plan, session)
        provider = aws_provider(session.region, identity, session.region)
        options = pulumi.ResourceOptions(provider=provider)
        name = f"eks-audit-logs-{session.region}"
        monitoring = EksAuditLogs(name, plan, options)
        pulumi.export(session.region, monitoring.accounts)
        monitorings.append(monitoring)

    pulumi.run(lambda: end(*monitorings))
