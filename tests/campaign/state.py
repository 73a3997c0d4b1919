"""What the stand-in of the engine keeps: resources, how a run is asked for, and plans."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pulumi.output import Unknown

from tests.support.registrations import PROJECT, STACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.campaign.kinds import Properties

COMPONENT = "eks-audit-logs"
PRIOR, MEMBERS, OWN = f"{COMPONENT}-prior", f"{COMPONENT}-members", f"{COMPONENT}-own"
CHILDREN = {
    PRIOR: "pulumi-python:dynamic/guardduty:PriorSettings",
    MEMBERS: "pulumi-python:dynamic/guardduty:MemberFeatures",
    OWN: "aws:guardduty/detectorFeature:DetectorFeature",
}
_COMPONENT_TYPE = "guardduty-eks-audit-logs:index:EksAuditLogs"


@dataclass(frozen=True)
class Resource:
    """One resource in the state.

    Attributes:
        urn: its URN.
        name: its name as the program has it, whatever the component is called.
        type: its type.
        custom: whether it has a provider; a component has none.
        id: as its provider gave it.
        inputs: as they were checked last.
        outputs: as its provider gave them.
        retained: whether a delete leaves it in AWS.
        dependencies: the URNs of its parent and of all that it depends on.
        by_property: {property: URNs that its value comes from}.
        delete: whether another one is in its place, and it is to be deleted.
        pending_replacement: whether it is deleted already, and another one is to come.
        tainted: whether the next run is to replace it.
    """

    urn: str
    name: str
    type: str
    custom: bool
    id: str
    inputs: Properties
    outputs: Properties
    retained: bool = False
    dependencies: frozenset[str] = frozenset()
    by_property: Mapping[str, frozenset[str]] = field(default_factory=dict)
    delete: bool = False
    pending_replacement: bool = False
    tainted: bool = False


@dataclass(frozen=True)
class Place:
    """Where a program's resources are: every part of it is a part of their URNs."""

    project: str = PROJECT
    stack: str = STACK
    component: str = COMPONENT

    @property
    def owner(self) -> str:
        """The stack as its detectors are tagged with."""
        return f"{self.project}/{self.stack}"

    @property
    def reference(self) -> str:
        """The stack as other programs refer to it."""
        return f"organization/{self.project}/{self.stack}"

    def named(self, name: str) -> str:
        """A name of the program's in its component, called otherwise."""
        if name == COMPONENT or name.startswith(f"{COMPONENT}-"):
            return self.component + name.removeprefix(COMPONENT)
        return name

    def urn(self, parent: str, type_: str, name: str) -> str:
        """The URN of a resource."""
        above = parent.split("::")[2] if parent else ""
        if above and above != "pulumi:pulumi:Stack":
            type_ = f"{above}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{type_}::{self.named(name)}"

    def child(self, name: str) -> str:
        """The URN of one of the component's children, by its name in the program."""
        component = self.urn("", _COMPONENT_TYPE, COMPONENT)
        return self.urn(component, CHILDREN[name], name)

    def moved(self, urn: str, before: Place) -> str:
        """The URN of a resource after `pulumi stack rename` from another place to this one.

        A resource that came from another stack, by `pulumi stack import --force`, keeps its URN.
        """
        stack, project, type_, name = urn.removeprefix("urn:pulumi:").split("::")
        if (stack, project) != (before.stack, before.project):
            return urn
        return f"urn:pulumi:{self.stack}::{self.project}::{type_}::{name}"


@dataclass(frozen=True)
class Options:
    """How `pulumi up` or `pulumi preview` is called.

    Attributes:
        replace: the URNs after `--replace`.
        targets: the URNs after `--target`.
        excludes: the URNs after `--exclude`.
        refresh: False for `--refresh=false`.
        plan: what `--plan` says.
        delete_first: what the resource option `delete_before_replace` says, for all resources.
    """

    replace: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    refresh: bool = True
    plan: Plan | None = None
    delete_first: bool | None = None

    def includes(self, urn: str) -> bool:
        """Whether a resource is one of those that the run is about."""
        if self.targets:
            return urn in self.targets
        return urn not in self.excludes


_ALLOWED: Mapping[str, frozenset[str]] = {
    "same": frozenset({"same"}),
    "delete": frozenset({"delete"}),
    "create": frozenset({"same", "create"}),
    "update": frozenset({"same", "update"}),
    "replace": frozenset({"same", "update", "replace"}),
}


class PlanViolatedError(Exception):
    """A run is about to do what its plan does not have."""


@dataclass(frozen=True)
class Planned:
    """What a plan has about one resource: the inputs that change, and the step."""

    adds: Properties
    updates: Properties
    deletes: frozenset[str]
    step: str


@dataclass
class Plan:
    """What `pulumi preview --save-plan` saves."""

    resources: dict[str, Planned] = field(default_factory=dict)

    def add(self, urn: str, olds: Properties, news: Properties, step: str) -> None:
        """Notes a step of the preview."""
        unknown = {k: v for k, v in news.items() if isinstance(v, Unknown) and k in olds}
        known = planned(olds, news, step)
        # What is not known yet may be anything, and is planned as a change.
        self.resources[urn] = replace(known, updates={**known.updates, **unknown})

    def check(self, urn: str, olds: Properties | None, news: Properties, step: str) -> None:
        """Holds a step of the run against the plan.

        Args:
            urn: whose step.
            olds: the inputs in the state; None of a resource that is not there.
            news: the inputs after their check.
            step: what is about to be done.

        Raises:
            PlanViolatedError: it is not what the preview saw.
        """
        known = self.resources.get(urn)
        if known is None:
            known = Planned({}, {}, frozenset(), "same")
            if olds is None:
                raise PlanViolatedError(f"{step} is not allowed by the plan: no steps for {urn}")
        if wrong := sorted(_differing(known, olds or {}, news)):
            raise PlanViolatedError(f"resource {urn} violates plan: {', '.join(wrong)}")
        self.check_step(urn, step)

    def check_step(self, urn: str, step: str) -> None:
        """Holds only what is done against the plan.

        Raises:
            PlanViolatedError: the plan has another step.
        """
        known = self.resources.get(urn)
        constraint = known.step if known else "same"
        if step not in _ALLOWED[constraint]:
            raise PlanViolatedError(f"{step} is not allowed by the plan: {urn} is to {constraint}")


def planned(olds: Properties, news: Properties, step: str) -> Planned:
    """The plan of one resource."""
    return Planned(
        {k: v for k, v in news.items() if k not in olds},
        {k: v for k, v in news.items() if k in olds and not _equal(olds[k], v)},
        frozenset(olds) - frozenset(news),
        step,
    )


def _differing(known: Planned, olds: Properties, news: Properties) -> Iterator[str]:
    """As `checkDiff` of the engine's plan.go does it; property by property, from both sides."""
    now = planned(olds, news, "")
    yield from _unplanned(known, now)
    yield from _missing(known, now, news)
    yield from (f"={key}" for key in known.deletes & frozenset(news))


def _unplanned(known: Planned, now: Planned) -> Iterator[str]:
    expected = {**known.updates, **known.adds}
    for sign, values, allowed in (("+", now.adds, known.adds), ("~", now.updates, expected)):
        for key, value in values.items():
            if key not in allowed or not _equal(allowed[key], value):
                yield f"{sign}{key}"
    for key in now.deletes - known.deletes:
        if not isinstance(known.updates.get(key), Unknown):
            yield f"-{key}"


def _missing(known: Planned, now: Planned, news: Properties) -> Iterator[str]:
    for key, value in {**known.adds, **known.updates}.items():
        if isinstance(value, Unknown) or key in now.updates or key in now.deletes:
            continue
        if key in now.adds:
            if key in known.updates:
                yield f"+{key}"
        elif key not in news:
            yield f"-{key}"
        elif not _equal(value, news[key]):
            yield f"={key}"


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return True
    return bool(one == other)
