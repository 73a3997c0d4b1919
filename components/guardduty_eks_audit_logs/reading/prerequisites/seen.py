"""What has been found so far in one region, and what the later questions are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_by_iam
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, ServiceError, UserError
from guardduty_eks_audit_logs.planning.permissions import Purpose, Variant, actions
from guardduty_eks_audit_logs.reports.doctor import Finding, Prerequisite, State
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardduty_eks_audit_logs.aws.probes import Probes, Subject
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import OrganizationConfiguration
    from guardduty_eks_audit_logs.planning.permissions import Permission
    from guardduty_eks_audit_logs.settings.configuration import Settings

Answer = TypeVar("Answer")

_FIRST = (Prerequisite.CREDENTIALS, Prerequisite.ACCOUNT, Prerequisite.REGION)
_OF_MODE = {
    Mode.ORGANIZATION: (
        Prerequisite.ALL_FEATURES,
        Prerequisite.TRUSTED_ACCESS,
        Prerequisite.ADMINISTRATOR,
        Prerequisite.DETECTOR,
        Prerequisite.FEATURE,
        Prerequisite.POLICY_TYPE,
    ),
    Mode.INVITATION: (Prerequisite.ADMINISTRATOR, Prerequisite.DETECTOR, Prerequisite.FEATURE),
    Mode.STANDALONE: (Prerequisite.ADMINISTRATOR, Prerequisite.DETECTOR, Prerequisite.FEATURE),
    Mode.DELEGATION: (
        Prerequisite.MANAGEMENT_ACCOUNT,
        Prerequisite.ALL_FEATURES,
        Prerequisite.TRUSTED_ACCESS,
        Prerequisite.ADMINISTRATOR,
    ),
}


class Findings:
    """The findings of one region, which grow.

    Args:
        stack: the stack; empty without stacks.
        region: the region's code; empty if it is not known.
    """

    def __init__(self, stack: str, region: str) -> None:
        self._stack = stack
        self._region = region
        self._found: dict[str, Finding] = {}

    def ok(self, what: str, seen: str = "") -> None:
        """It is met."""
        self._add(what, State.OK, seen)

    def missing(self, what: str, seen: str, way_out: str) -> None:
        """It is not met, and a run needs it."""
        self._add(what, State.MISSING, seen, way_out)

    def unknown(self, what: str, seen: str, way_out: str) -> None:
        """It could not be found out, though the caller may ask."""
        self._add(what, State.UNKNOWN, seen, way_out)

    def not_checked(self, what: str, seen: str, way_out: str = "") -> None:
        """It was not asked, or can't be known with the caller's rights."""
        self._add(what, State.NOT_CHECKED, seen, way_out)

    def not_needed(self, what: str, seen: str, way_out: str = "") -> None:
        """A run goes without it."""
        self._add(what, State.NOT_NEEDED, seen, way_out)

    def failed(self, what: str, error: UserError, action: str) -> None:
        """A question failed: by lack of a right of its own, or for a reason that may pass."""
        if isinstance(error, ServiceError) and error.code in ACCESS_DENIED:
            denied = is_by_iam(error) or not action.startswith("organizations:")
            way_out = messages.give_to_check([action]) if denied else messages.for_administrators()
            self.not_checked(what, in_words(error), way_out)
        else:
            way_out = "" if isinstance(error, ServiceError) else error.refusals[0].way_out
            self.unknown(what, in_words(error), way_out or messages.try_again_later())

    def is_ok(self, what: str) -> bool:
        """Whether something was found to be met."""
        return what in self._found and self._found[what].state is State.OK

    def in_order(self) -> tuple[Finding, ...]:
        """All of them: prerequisites in the order of their names, then permissions."""
        places = {name.value: index for index, name in enumerate(Prerequisite)}
        found = self._found.values()
        return tuple(sorted(found, key=lambda one: places.get(one.prerequisite, len(places))))

    def with_the_rest(self, settings: Settings | None) -> tuple[Finding, ...]:
        """All of them, and as not checked what could not even be asked."""
        mode = settings.mode if settings else Mode.ORGANIZATION
        of_permissions = (permission.action for permission in permissions(settings))
        for what in (*_FIRST, *_OF_MODE[mode], *of_permissions):
            if what not in self._found:
                self.not_checked(what, messages.needs_contact())
        return self.in_order()

    def _add(self, what: str, state: State, seen: str, way_out: str = "") -> None:
        self._found[what] = Finding(self._stack, self._region, str(what), state, seen, way_out)


@dataclass
class Region:
    """One target, while it is checked.

    Attributes:
        session: the caller's, in the region.
        probes: ask AWS.
        settings: the stack's.
        findings: so far.
        reader: whether there is no stack, and the coverage is all that is to be read.
        management: the management account; empty if it is not known.
        organization: its settings of auto-enable; None if they are not known.
        about: what there is to ask about.
    """

    session: Session
    probes: Probes
    settings: Settings
    findings: Findings
    reader: bool = False
    management: str = ""
    organization: OrganizationConfiguration | None = None
    about: dict[Subject, str] = field(default_factory=dict)

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What the stack's runs need."""
        return permissions(None if self.reader else self.settings)


def permissions(settings: Settings | None) -> tuple[Permission, ...]:
    """Gives what a stack's runs need, or without settings what the coverage reads."""
    if settings is None:
        return actions(Purpose.COVERAGE, variants=(Variant.POLICIES,))
    purpose = Purpose.DELEGATION if settings.mode is Mode.DELEGATION else Purpose.DEPLOY
    variants = {
        Variant.UNITS: any(rule.organizational_units for rule in settings.members),
        Variant.TAGS: any(rule.tags for rule in settings.members),
        Variant.CREATE: settings.makes_detector,
    }
    return actions(purpose, settings.mode, [variant for variant, has in variants.items() if has])


def tried(ask: Callable[[], Answer]) -> Answer | UserError:
    """Asks AWS; an error is an answer, too."""
    try:
        return ask()
    except UserError as error:
        return error


def in_words(error: UserError) -> str:
    """Quotes AWS, or says what is the case in our own words."""
    if isinstance(error, ServiceError):
        return messages.quoted(error.operation, error.reason)
    return error.refusals[0].sentence
