"""GuardDuty EKS audit log monitoring in one region, as this stack's configuration asks for it."""

from guardduty_eks_audit_logs import (
    connect,
    deploy_delegation,
    deploy_monitoring,
    read_configuration,
    read_settings,
    user_errors,
)

configuration = read_configuration()
with user_errors():
    settings = read_settings(configuration)
    session = connect(configuration.get)
    if settings.administrator_account_id:
        deploy_delegation(settings.administrator_account_id, session)
    else:
        deploy_monitoring(settings, session)
