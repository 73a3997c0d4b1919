"""`python -m guardduty_eks_audit_logs` is the command `eks-audit-logs`."""

from guardduty_eks_audit_logs.cli import main

if __name__ == "__main__":
    main()
