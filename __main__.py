"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

import pulumi

from components.program import designate, errors_told_plainly, monitor, stack_configuration
from guardduty.session import open_session
from guardduty.settings import Settings

configuration = stack_configuration()
with errors_told_plainly():
    settings = Settings.from_configuration(configuration, pulumi.get_project())
    session = open_session(configuration.get)
    if settings.administrator_account_id:
        designate(settings.administrator_account_id, session)
    else:
        monitor(settings, session)
