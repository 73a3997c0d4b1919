"""One document over many stacks: what their previews or runs do, or what differs from them."""

from guardduty_eks_audit_logs.reports.all_stacks.pages import all_stacks

__all__ = ("all_stacks",)
