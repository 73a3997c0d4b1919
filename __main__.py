"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

from components.program import (
    designate,
    errors_told_plainly,
    is_secret,
    monitor,
    stack_configuration,
    stack_settings,
)
from guardduty.session import open_session

configuration = stack_configuration()
with errors_told_plainly():
    settings = stack_settings(configuration)
    session = open_session(configuration.get, is_secret=is_secret)
    if settings.administrator_account_id:
        designate(settings.administrator_account_id, session)
    else:
        monitor(settings, session)
