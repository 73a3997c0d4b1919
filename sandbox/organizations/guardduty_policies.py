"""GuardDuty policies of AWS Organizations: attached to roots, units and accounts, merged downwards.

    {"guardduty": {"enablement": {"default": {"foundational": {"status": {"@@assign": "enabled"}},
                                              "eks_audit_logs": {"status": {"@@assign": …}}}}}}

A block for a region replaces `default` there as a whole; `foundational` must be enabled where any
other plan is (Organizations user guide, GuardDuty policies). Only `@@assign` is understood.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from moto.organizations.exceptions import DuplicatePolicyException
from moto.organizations.models import FakePolicy, FakeRoot
from moto.organizations.utils import make_random_policy_id

from sandbox.guardduty.features import DETECTOR_FEATURES, FeatureStatus
from sandbox.guardduty.policy import FOUNDATIONAL_PLAN
from sandbox.organizations.errors import (
    OrganizationsError,
    access_denied,
    account_not_found,
    invalid_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.accounts import Accounts
    from sandbox.clock import VirtualClock

    Answer = dict[str, Any]

GUARDDUTY_POLICY: Final = "GUARDDUTY_POLICY"
_ASSIGN: Final = "@@assign"
_PLANS: Final = {name.lower(): name for name in DETECTOR_FEATURES} | {
    FOUNDATIONAL_PLAN: FOUNDATIONAL_PLAN
}
_STATUSES: Final = {"enabled": FeatureStatus.ENABLED, "disabled": FeatureStatus.DISABLED}

Enablement = dict[str, dict[str, FeatureStatus]]


# moto has no types, and what is skipped is Any.
class _GuardDutyPolicy(FakePolicy):  # type: ignore[misc]
    """A policy of a type that moto does not have."""

    def __init__(self, organization: Any, parameters: Mapping[str, Any]) -> None:  # noqa: ANN401
        # Not moto's own constructor: it refuses the type.
        self.content = parameters["Content"]
        self.description = parameters.get("Description", "")
        self.name = parameters["Name"]
        self.type = GUARDDUTY_POLICY
        self.id = make_random_policy_id()
        self.aws_managed = False
        self.region = organization.region
        self.organization_id = organization.id
        self.master_account_id = organization.master_account_id
        self.attachments: list[Any] = []
        self.tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
        self._arn_format = "arn:{0}:organizations::{1}:policy/{2}/guardduty_policy/{3}"


class GuardDutyPolicies:
    """The organization's GuardDuty policies.

    Args:
        accounts: the organization.
        clock: the time.
    """

    def __init__(self, accounts: Accounts, clock: VirtualClock) -> None:
        for kind in (FakeRoot, FakePolicy):
            if GUARDDUTY_POLICY not in kind.SUPPORTED_POLICY_TYPES:
                kind.SUPPORTED_POLICY_TYPES.append(GUARDDUTY_POLICY)
        self._accounts = accounts
        self._clock = clock
        self.operations: dict[str, Callable[[str, Mapping[str, Any]], Answer | None]] = {
            "CreatePolicy": self._create,
            "UpdatePolicy": self._update,
            "AttachPolicy": self._attach,
            "DisablePolicyType": self._disable_type,
            "DescribeEffectivePolicy": self._describe_effective,
        }

    @property
    def type_enabled(self) -> bool:
        """Whether the policy type is enabled on the root."""
        root = self._accounts.backend.ou[0]
        return any(kind["Type"] == GUARDDUTY_POLICY for kind in root.policy_types)

    def effective(self) -> dict[str, Enablement]:
        """What is in force by account, for the accounts that a policy covers.

        A block that enables a plan without `foundational` is not valid and has no effect.
        """
        if not self.type_enabled or not any(self._attached_anywhere()):
            return {}
        tree = self._accounts.tree()
        of_units: dict[str, Answer] = {}

        def of_unit(unit_id: str) -> Answer:
            if unit_id not in of_units:
                unit = tree.units[unit_id]
                above = {} if unit.parent_id is None else of_unit(unit.parent_id)
                of_units[unit_id] = _merged_with(above, unit)
            return of_units[unit_id]

        found = {}
        for account_id, account in tree.by_id.items():
            enablement = _enablement(_merged_with(of_unit(account.parent_id), account))
            if enablement:
                found[account_id] = enablement
        return found

    def assign(self, account_ids: Sequence[str], plans: Mapping[str, str], region: str) -> None:
        """Attach a policy to accounts, the type being enabled if it is not; a short way for tests.

        Args:
            account_ids: to whom; the root if empty.
            plans: features' names with ENABLED or DISABLED.
            region: a region's name, or `default`.

        Raises:
            OrganizationsError: an unknown plan, or an unknown account.
        """
        management = self._accounts.management_account
        root = self._accounts.backend.ou[0]
        block = {
            name.lower(): {"status": {_ASSIGN: status.lower()}}
            for name, status in {FOUNDATIONAL_PLAN: "ENABLED", **plans}.items()
        }
        content = json.dumps({"guardduty": {"enablement": {region: block}}})
        number = sum(policy.type == GUARDDUTY_POLICY for policy in self._accounts.backend.policies)
        named = {"Name": f"sandbox-{number + 1}", "Type": GUARDDUTY_POLICY, "Content": content}
        unknown = set(account_ids) - set(self._accounts.tree().by_id)
        if unknown:
            raise account_not_found()
        made = self._create(management, named)
        if made is None:
            raise invalid_input("INVALID_ENUM")
        if not self.type_enabled:
            root.add_policy_type(GUARDDUTY_POLICY)
        for target in account_ids or [root.id]:
            self._accounts.backend.attach_policy(
                PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target
            )

    def clear(self) -> None:
        """Remove all GuardDuty policies and disable the type."""
        self._detach_all()
        backend = self._accounts.backend
        backend.policies = [p for p in backend.policies if p.type != GUARDDUTY_POLICY]
        if self.type_enabled:
            backend.ou[0].remove_policy_type(GUARDDUTY_POLICY)

    def _create(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        if parameters.get("Type") != GUARDDUTY_POLICY:
            return None
        _check(parameters.get("Content"))
        if "Name" not in parameters:
            raise invalid_input("MIN_LENGTH_EXCEEDED")
        backend = self._accounts.backend
        if any(policy.name == parameters["Name"] for policy in backend.policies):
            raise OrganizationsError("DuplicatePolicyException", DuplicatePolicyException().message)
        made = _GuardDutyPolicy(backend.org, parameters)
        backend.policies.append(made)
        described: Answer = made.describe()
        return described

    def _update(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        policy = self._guardduty_policy(parameters)
        if policy is not None and "Content" in parameters:
            _check(parameters["Content"])
        return None

    def _attach(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        if self._guardduty_policy(parameters) is not None and not self.type_enabled:
            raise OrganizationsError(
                "PolicyTypeNotEnabledException",
                "This operation can be performed only for enabled policy types.",
            )
        return None

    def _disable_type(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        # "All policies of the specified type are detached from all entities" when a type is
        # disabled (Organizations user guide, disabling a policy type); moto keeps them attached.
        if parameters.get("PolicyType") == GUARDDUTY_POLICY and self.type_enabled:
            self._detach_all()
        return None

    def _describe_effective(self, caller: str, parameters: Mapping[str, Any]) -> Answer:
        target = str(parameters.get("TargetId", caller))
        reads_all = caller == self._accounts.management_account
        if target != caller and not (
            reads_all or self._accounts.is_delegated_administrator(caller)
        ):
            raise access_denied()
        found = self._accounts.tree().by_id.get(target)
        if found is None:
            raise OrganizationsError(
                "TargetNotFoundException", "You specified a target that doesn't exist."
            )
        merged: Answer = {}
        if parameters.get("PolicyType") == GUARDDUTY_POLICY and self.type_enabled:
            for unit in self._accounts.tree().path(found.parent_id):
                merged = _merged_with(merged, unit)
            merged = _merged_with(merged, found)
        if not merged:
            raise OrganizationsError(
                "EffectivePolicyNotFoundException",
                "If you ran this action on the management account, this policy type is not "
                "enabled. If you ran the action on a member account, the account doesn't have an "
                "effective policy of this type.",
            )
        return {
            "EffectivePolicy": {
                "PolicyContent": json.dumps(merged),
                "LastUpdatedTimestamp": self._clock.now().timestamp(),
                "TargetId": target,
                "PolicyType": GUARDDUTY_POLICY,
            }
        }

    def _guardduty_policy(self, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401
        wanted = parameters.get("PolicyId")
        for policy in self._accounts.backend.policies:
            if policy.id == wanted and policy.type == GUARDDUTY_POLICY:
                return policy
        return None

    def _attached_anywhere(self) -> list[Any]:
        return [
            policy
            for policy in self._accounts.backend.policies
            if policy.type == GUARDDUTY_POLICY and policy.attachments
        ]

    def _detach_all(self) -> None:
        for policy in self._attached_anywhere():
            for target in policy.attachments:
                target.attached_policies.remove(policy)
            policy.attachments.clear()


def _merged_with(above: Answer, target: Any) -> Answer:  # noqa: ANN401 -- moto has no types
    """What comes from above with what is attached to a unit or account."""
    merged = above
    for policy in target.attached_policies:
        if policy.type == GUARDDUTY_POLICY:
            merged = _merge(merged, json.loads(policy.content))
    return merged


def _merge(above: Answer, below: Answer) -> Answer:
    merged = dict(above)
    for key, value in below.items():
        if not isinstance(value, dict):
            continue
        if _ASSIGN in value:
            merged[key] = value[_ASSIGN]
        else:
            before = merged.get(key)
            merged[key] = _merge(before if isinstance(before, dict) else {}, value)
    return merged


def _enablement(effective: Answer) -> Enablement:
    """An effective policy as features' statuses by region."""
    found: Enablement = {}
    for region, block in effective.get("guardduty", {}).get("enablement", {}).items():
        plans = {_PLANS[key]: _STATUSES[plan["status"]] for key, plan in block.items()}
        if not _lacks_foundational(plans):
            found[region] = plans
    return found


def _lacks_foundational(plans: Mapping[str, FeatureStatus]) -> bool:
    foundational = plans.get(FOUNDATIONAL_PLAN) is FeatureStatus.ENABLED
    return FeatureStatus.ENABLED in plans.values() and not foundational


def _check(content: object) -> None:
    """Refuse a policy that is not of the documented form.

    Raises:
        OrganizationsError: it is no JSON of that form, names an unknown plan or status, or enables
            a plan without `foundational` in the same block.
    """
    try:
        document = json.loads(str(content))
        enablement = document["guardduty"]["enablement"]
        blocks = [
            {
                _PLANS[key]: _STATUSES[plan["status"][_ASSIGN]]
                for key, plan in block.items()
                if not key.startswith("@@")
            }
            for block in enablement.values()
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        blocks = None
    if not blocks or any(_lacks_foundational(plans) for plans in blocks):
        raise OrganizationsError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy "
            "type.",
        )
