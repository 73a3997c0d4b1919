"""GuardDuty policies of AWS Organizations: attached to roots, units and accounts, merged downwards.

    {"guardduty": {"enablement": {"default": {"foundational": {"status": {"@@assign": "enabled"}},
                                              "eks_audit_logs": {"status": {"@@assign": …}}}}}}

A block for a region replaces `default` there as a whole; `foundational` must be enabled where any
other plan is (Organizations user guide, GuardDuty policies). How policies are merged is in
`inheritance.py`, what becomes of them for an account in `effective.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from moto.organizations.exceptions import DuplicatePolicyException
from moto.organizations.models import FakePolicy, FakeRoot
from moto.organizations.utils import make_random_policy_id

from aws_sandbox.guardduty.policy import FOUNDATIONAL_PLAN
from aws_sandbox.organizations.effective import (
    GUARDDUTY_POLICY,
    EffectivePolicy,
    attached_to,
    effective_policies,
    path_of,
)
from aws_sandbox.organizations.errors import (
    OrganizationsError,
    account_not_found,
    constraint_violation,
    invalid_input,
)
from aws_sandbox.organizations.inheritance import ASSIGN
from aws_sandbox.organizations.policy_documents import check_policy
from aws_sandbox.organizations.tree import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.clock import VirtualClock
    from aws_sandbox.organizations.effective import Enablement
    from aws_sandbox.organizations.pages import Pages

    Answer = dict[str, Any]

SERVICE_PRINCIPAL: Final = "guardduty.amazonaws.com"
PER_TARGET: Final = 10
PER_ORGANIZATION: Final = 1_000
"""The quotas of declarative policies; AWS names none for this type."""


@dataclass(frozen=True)
class _InForce:
    """The last valid effective policy of an account, and since when it has it."""

    policy: EffectivePolicy
    since: datetime


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
        pages: how listings are cut.
    """

    def __init__(self, accounts: Accounts, clock: VirtualClock, pages: Pages) -> None:
        for kind in (FakeRoot, FakePolicy):
            if GUARDDUTY_POLICY not in kind.SUPPORTED_POLICY_TYPES:
                kind.SUPPORTED_POLICY_TYPES.append(GUARDDUTY_POLICY)
        self._accounts = accounts
        self._clock = clock
        self._pages = pages
        self._computed: Mapping[str, EffectivePolicy] = {}
        self._in_force: Mapping[str, _InForce] = {}
        self.operations: dict[str, Callable[[str, Mapping[str, Any]], Answer | None]] = {
            "CreatePolicy": self._create,
            "UpdatePolicy": self._update,
            "AttachPolicy": self._attach,
            "DetachPolicy": self._detach,
            "EnablePolicyType": self._enable_type,
            "DisablePolicyType": self._disable_type,
            "DisableAWSServiceAccess": self._disable_service_access,
            "DescribeEffectivePolicy": self._describe_effective,
            "ListAccountsWithInvalidEffectivePolicy": self._list_invalid,
            "ListEffectivePolicyValidationErrors": self._list_errors,
        }

    @property
    def type_enabled(self) -> bool:
        """Whether the policy type is enabled on the root."""
        root = self._accounts.backend.ou[0]
        return any(kind["Type"] == GUARDDUTY_POLICY for kind in root.policy_types)

    def effective(self) -> dict[str, Enablement]:
        """What is in force from now on by account, for the accounts that a policy covers.

        An account whose effective policy is not valid keeps the last one that was, if it had one.
        """
        covered = self.type_enabled and any(self._attached_anywhere())
        self._computed = effective_policies(self._accounts.tree()) if covered else {}
        before, now = self._in_force, self._clock.now()
        in_force = {}
        for account_id, policy in self._computed.items():
            last = before.get(account_id)
            if last is not None and (policy.errors or last.policy == policy):
                in_force[account_id] = last
            elif not policy.errors:
                in_force[account_id] = _InForce(policy, now)
        self._in_force = in_force
        return {account_id: held.policy.enablement for account_id, held in in_force.items()}

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
            name.lower(): {"status": {ASSIGN: status.lower()}}
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
        if "Name" not in parameters:
            raise invalid_input("MIN_LENGTH_EXCEEDED")
        check_policy(parameters)
        backend = self._accounts.backend
        if any(policy.name == parameters["Name"] for policy in backend.policies):
            raise OrganizationsError("DuplicatePolicyException", DuplicatePolicyException().message)
        if sum(policy.type == GUARDDUTY_POLICY for policy in backend.policies) >= PER_ORGANIZATION:
            raise constraint_violation(
                "POLICY_NUMBER_LIMIT_EXCEEDED",
                "You attempted to exceed the number of policies that you can have in an "
                "organization.",
            )
        made = _GuardDutyPolicy(backend.org, parameters)
        backend.policies.append(made)
        described: Answer = made.describe()
        return described

    def _update(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        policy = self._guardduty_policy(parameters)
        if policy is not None:
            check_policy({"Content": policy.content, **parameters})
        return None

    def _attach(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        policy = self._guardduty_policy(parameters)
        if policy is None:
            return None
        if not self.type_enabled:
            raise OrganizationsError(
                "PolicyTypeNotEnabledException",
                "This operation can be performed only for enabled policy types.",
            )
        attached = attached_to(self._target(parameters))
        if policy in attached:
            raise OrganizationsError(
                "DuplicatePolicyAttachmentException",
                "The selected policy is already attached to the specified target.",
            )
        if len(attached) >= PER_TARGET:
            raise constraint_violation(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You have attached the maximum number of policies to the specified target.",
            )
        return None

    def _detach(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        policy = self._guardduty_policy(parameters)
        if policy is not None and policy not in attached_to(self._target(parameters)):
            raise OrganizationsError(
                "PolicyNotAttachedException",
                "The policy isn't attached to the specified target in the specified root.",
            )
        return None

    def _enable_type(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        services = self._accounts.backend.services
        trusted = any(service["ServicePrincipal"] == SERVICE_PRINCIPAL for service in services)
        if parameters.get("PolicyType") == GUARDDUTY_POLICY and not trusted:
            raise constraint_violation(
                "SERVICE_ACCESS_NOT_ENABLED",
                "You attempted to enable a policy type before you enabled service access. Call the "
                "EnableAWSServiceAccess API first.",
            )
        return None

    def _disable_type(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        # "All policies of the specified type are detached from all entities" when a type is
        # disabled (Organizations user guide, disabling a policy type); moto keeps them attached.
        if parameters.get("PolicyType") == GUARDDUTY_POLICY and self.type_enabled:
            self._detach_all()
        return None

    def _disable_service_access(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        if parameters.get("ServicePrincipal") == SERVICE_PRINCIPAL and self.type_enabled:
            raise constraint_violation(
                "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
                "You attempted to disable service access before you disabled the policy type (for "
                "example, SECURITYHUB_POLICY). To complete this operation, you must first disable "
                "the policy type.",
            )
        return None

    def _describe_effective(self, caller: str, parameters: Mapping[str, Any]) -> Answer:
        asked = _effective_type(parameters)
        target = str(parameters.get("TargetId", caller))
        if target not in self._accounts.tree().by_id:
            raise _target_not_found()
        found = self._in_force.get(target)
        if found is None or asked != GUARDDUTY_POLICY:
            raise _no_effective_policy()
        return {
            "EffectivePolicy": {
                "PolicyContent": json.dumps(found.policy.content),
                "LastUpdatedTimestamp": found.since.timestamp(),
                "TargetId": target,
                "PolicyType": GUARDDUTY_POLICY,
            }
        }

    def _list_invalid(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        """The accounts whose effective policy has errors; of other types, none has."""
        asked = _effective_type(parameters)
        accounts = self._accounts.tree().by_id
        invalid = sorted(
            account_id
            for account_id, policy in self._computed.items()
            if policy.errors and asked == GUARDDUTY_POLICY
        )
        if asked == GUARDDUTY_POLICY and not self.type_enabled:
            raise _no_effective_policy()

        def described(account: Any) -> Answer:  # noqa: ANN401 -- moto has no types
            shown: Answer = account.describe()
            return shown

        listing = Listing(tuple(invalid), tuple(accounts[one] for one in invalid))
        page = self._pages.page("Accounts", listing, described, parameters)
        return {**page, "PolicyType": asked}

    def _list_errors(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        asked, account_id = _effective_type(parameters), str(parameters.get("AccountId"))
        tree = self._accounts.tree()
        if account_id not in tree.by_id:
            raise account_not_found()
        policy = self._computed.get(account_id)
        if policy is None or asked != GUARDDUTY_POLICY:
            raise _no_effective_policy()
        listing = Listing(tuple(error.block for error in policy.errors), policy.errors)
        page = self._pages.page(
            "EffectivePolicyValidationErrors", listing, lambda error: error.describe(), parameters
        )
        return {
            **page,
            "AccountId": account_id,
            "PolicyType": asked,
            "Path": path_of(tree, self._accounts.backend.org.id, tree.by_id[account_id]),
            "EvaluationTimestamp": self._clock.now().timestamp(),
        }

    def _target(self, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- moto has no types
        tree, target = self._accounts.tree(), str(parameters.get("TargetId"))
        found = tree.by_id.get(target) or tree.units.get(target)
        if found is None:
            raise _target_not_found()
        return found

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


@cache
def _effective_types() -> frozenset[str]:
    model = botocore.session.Session().get_service_model("organizations")
    return frozenset(model.shape_for("EffectivePolicyType").metadata["enum"])


def _effective_type(parameters: Mapping[str, Any]) -> str:
    """The type that is asked for.

    Raises:
        OrganizationsError: none, or none of which there are effective policies.
    """
    asked = parameters.get("PolicyType")
    if asked is None:
        raise invalid_input("INPUT_REQUIRED")
    if asked not in _effective_types():
        raise invalid_input("INVALID_ENUM_POLICY_TYPE")
    return str(asked)


def _target_not_found() -> OrganizationsError:
    return OrganizationsError(
        "TargetNotFoundException", "You specified a target that doesn't exist."
    )


def _no_effective_policy() -> OrganizationsError:
    return OrganizationsError(
        "EffectivePolicyNotFoundException",
        "If you ran this action on the management account, this policy type is not enabled. If you "
        "ran the action on a member account, the account doesn't have an effective policy of this "
        "type.",
    )
