"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

import pulumi

from components import EksAuditLogs
from components.program import end, errors_told_plainly, stack_configuration, tell
from guardduty.plan import make_plan
from guardduty.session import open_session
from guardduty.settings import Settings
from guardduty.snapshot import read_snapshot

configuration = stack_configuration()
with errors_told_plainly():
    settings = Settings.from_configuration(configuration)
    snapshot = read_snapshot(
        open_session(configuration.get), makes_detector=settings.makes_detector
    )
plan = make_plan(settings, snapshot, owner=pulumi.get_stack())
tell(plan)

monitoring = EksAuditLogs("eks-audit-logs", plan)
pulumi.export("detectorId", monitoring.detector_id)
pulumi.export("accounts", monitoring.accounts)
pulumi.export("unprocessed", monitoring.unprocessed)
pulumi.run(lambda: end(plan, monitoring.unprocessed))
