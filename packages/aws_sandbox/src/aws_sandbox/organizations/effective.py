"""The effective GuardDuty policy of each account: what it says, and whether it is valid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.guardduty.features import (
    AI_ANALYST,
    DETECTOR_FEATURES,
    EKS_RUNTIME_MONITORING,
    FeatureStatus,
)
from aws_sandbox.guardduty.policy import FOUNDATIONAL_PLAN
from aws_sandbox.organizations.inheritance import Merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_sandbox.organizations.tree import Tree

    Answer = dict[str, Any]

GUARDDUTY_POLICY: Final = "GUARDDUTY_POLICY"
PLANS: Final = {
    name.lower(): name
    for name in DETECTOR_FEATURES
    if name not in {EKS_RUNTIME_MONITORING, AI_ANALYST}
} | {FOUNDATIONAL_PLAN: FOUNDATIONAL_PLAN}
STATUSES: Final = {"enabled": FeatureStatus.ENABLED, "disabled": FeatureStatus.DISABLED}

Plans = dict[str, FeatureStatus]
Enablement = dict[str, Plans]


@dataclass(frozen=True)
class ValidationError:
    """Why an effective policy can't be applied.

    Args:
        block: the region, or `default`, that enables a plan without `foundational`.
        policies: the ids of the policies that have this block.
    """

    block: str
    policies: tuple[str, ...]

    def describe(self) -> Answer:
        """The error as the API shows it. AWS documents neither codes nor words: they are ours."""
        return {
            "ErrorCode": "FOUNDATIONAL_NOT_ENABLED",
            "ErrorMessage": "A protection plan is enabled, but foundational is not.",
            "PathToError": f"$.guardduty.enablement.{self.block}.{FOUNDATIONAL_PLAN}",
            "ContributingPolicies": list(self.policies),
        }


@dataclass(frozen=True)
class EffectivePolicy:
    """What has come down to an account.

    Args:
        enablement: its statuses by region and plan.
        content: the policy in the form that the API shows.
        errors: why it can't be applied; none if it can.
    """

    enablement: Enablement
    content: Answer
    errors: tuple[ValidationError, ...]


@dataclass(frozen=True)
class _Inherited:
    """What a unit hands down: the merged policies, and all that are attached on the way."""

    merged: Merged
    policies: tuple[Any, ...]

    def with_target(self, target: Any) -> _Inherited:  # noqa: ANN401 -- moto has no types
        attached = attached_to(target)
        if not attached:
            return self
        documents = [json.loads(policy.content) for policy in attached]
        return _Inherited(self.merged.with_target(documents), self.policies + tuple(attached))

    def effective(self) -> EffectivePolicy | None:
        guardduty = self.merged.parts.get("guardduty", Merged())
        blocks = guardduty.parts.get("enablement", Merged()).parts
        if not blocks:
            return None
        # A block that manages nothing stays: it takes the place of `default`.
        shown = {name: block.plain() for name, block in blocks.items()}
        enablement = {name: _plans(block) for name, block in shown.items()}
        errors = tuple(
            ValidationError(name, tuple(p.id for p in self.policies if name in _blocks(p)))
            for name, plans in enablement.items()
            if _lacks_foundational(plans)
        )
        return EffectivePolicy(enablement, {"guardduty": {"enablement": shown}}, errors)


def effective_policies(tree: Tree) -> dict[str, EffectivePolicy]:
    """The effective policy of every account that has one."""
    of_units: dict[str, tuple[_Inherited, EffectivePolicy | None]] = {}

    def of_unit(unit_id: str) -> tuple[_Inherited, EffectivePolicy | None]:
        if unit_id not in of_units:
            unit = tree.units[unit_id]
            above = _Inherited(Merged(), ())
            if unit.parent_id is not None:
                above, _ = of_unit(unit.parent_id)
            inherited = above.with_target(unit)
            of_units[unit_id] = inherited, inherited.effective()
        return of_units[unit_id]

    found = {}
    for account_id, account in tree.by_id.items():
        inherited, effective = of_unit(account.parent_id)
        if attached_to(account):
            effective = inherited.with_target(account).effective()
        if effective is not None:
            found[account_id] = effective
    return found


def effective_alone(document: Mapping[str, Any]) -> EffectivePolicy | None:
    """What a policy would be if no other were attached."""
    return _Inherited(Merged().with_target([document]), ()).effective()


def attached_to(target: Any) -> list[Any]:  # noqa: ANN401 -- moto has no types
    """The GuardDuty policies of a root, unit or account, the one attached first first."""
    return [policy for policy in target.attached_policies if policy.type == GUARDDUTY_POLICY]


def _blocks(policy: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- moto has no types
    """The blocks of a policy by region."""
    blocks: Mapping[str, Any] = json.loads(policy.content)["guardduty"]["enablement"]
    return blocks


def _plans(block: Mapping[str, Any]) -> Plans:
    """A block of an effective policy as plans' statuses."""
    return {PLANS[key]: STATUSES[plan["status"]] for key, plan in block.items() if "status" in plan}


def _lacks_foundational(plans: Mapping[str, FeatureStatus]) -> bool:
    """Whether a plan is enabled that `foundational` must be enabled for."""
    foundational = plans.get(FOUNDATIONAL_PLAN) is FeatureStatus.ENABLED
    return FeatureStatus.ENABLED in plans.values() and not foundational


def path_of(tree: Tree, organization_id: str, account: Any) -> str:  # noqa: ANN401 -- moto
    """Where an account is, as the API writes it: ids from the organization down."""
    ids: Sequence[str] = [unit.id for unit in tree.path(account.parent_id)]
    return "/".join([organization_id, *ids, account.id, ""])
