"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

from guardduty_eks_audit_logs.program import (
    connect,
    deploy_monitoring,
    designate,
    stack_configuration,
    stack_settings,
    user_errors,
)

configuration = stack_configuration()
with user_errors():
    settings = stack_settings(configuration)
    session = connect(configuration.get)
    if settings.administrator_account_id:
        designate(settings.administrator_account_id, session)
    else:
        deploy_monitoring(settings, session)
