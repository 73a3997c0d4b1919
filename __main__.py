"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

from components.program import (
    connect,
    designate,
    errors_told_plainly,
    monitor,
    stack_configuration,
    stack_settings,
)

configuration = stack_configuration()
with errors_told_plainly():
    settings = stack_settings(configuration)
    session = connect(configuration.get)
    if settings.administrator_account_id:
        designate(settings.administrator_account_id, session)
    else:
        monitor(settings, session)
