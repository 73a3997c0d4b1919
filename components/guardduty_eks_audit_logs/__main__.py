"""`python -m guardduty_eks_audit_logs`: the same as the command `eks-audit-logs`."""

from guardduty_eks_audit_logs.cli import main

main()
