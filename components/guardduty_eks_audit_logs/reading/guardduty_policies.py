"""The organization's GuardDuty policies, as far as they decide EKS_AUDIT_LOGS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.model import FEATURE
from guardduty_eks_audit_logs.reports.coverage.what_was_read import GuardDutyPolicy

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce
    from guardduty_eks_audit_logs.aws.organizations import PolicyName

_PLAN = FEATURE.lower()


def read_guardduty_policies(api: OrganizationOnce) -> tuple[GuardDutyPolicy, ...]:
    """Reads the policies and what they are attached to.

    Raises:
        UserError: see `aws.answers.aws_errors`.
    """

    def read(policy: PolicyName) -> GuardDutyPolicy:
        blocks = _blocks(api.policy_content(policy.id))
        deciding = frozenset(name for name, block in blocks.items() if _PLAN in block)
        targets = api.policy_targets(policy.id)
        return GuardDutyPolicy(policy.name, targets, frozenset(blocks), deciding)

    return tuple(at_once(read, api.guardduty_policies()))


def _blocks(content: str) -> dict[str, dict[str, Any]]:
    """The blocks of a policy by region or `default` (Organizations user guide, syntax).

    Child operators (`@@…`) stand beside the blocks. What is no policy has no blocks.
    """
    try:
        blocks = json.loads(content)["guardduty"]["enablement"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    if not isinstance(blocks, dict):
        return {}
    return {
        name: block
        for name, block in blocks.items()
        if isinstance(block, dict) and not name.startswith("@@")
    }
