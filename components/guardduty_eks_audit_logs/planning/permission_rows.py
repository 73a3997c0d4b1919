"""What a row of the table of permissions says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping


class Purpose(StrEnum):
    """What an action is needed for.

    `preview` and `deploy` are those of all modes but `delegation`, which has its own: its previews
    need the actions of `delegation` that do not write.
    """

    PREVIEW = "preview"
    DEPLOY = "deploy"
    DELEGATION = "delegation"
    COVERAGE = "coverage"
    DOCTOR = "doctor"
    READ_STATE = "read state"
    WRITE_STATE = "write state"


class Variant(StrEnum):
    """What a stack has that needs more than others.

    `units` and `tags`: rules that select by them. `create`: `detector: create`. `policies`: an
    organization with policies of the type GUARDDUTY_POLICY. `key`: a key of AWS KMS that encrypts
    the bucket of the state, or the stacks' secrets.
    """

    UNITS = "units"
    TAGS = "tags"
    CREATE = "create"
    POLICIES = "policies"
    KEY = "key"


class Caller(StrEnum):
    """Who makes the call.

    `aws`: AWS asks for it while it serves another call, which no record of calls shows.
    """

    PRODUCT = "product"
    PULUMI_AWS = "pulumi-aws"
    PULUMI = "pulumi"
    AWS = "aws"


_PAGES = {
    "account": "https://docs.aws.amazon.com/accounts/latest/reference/API_{}.html",
    "guardduty": "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_{}.html",
    "iam": "https://docs.aws.amazon.com/IAM/latest/APIReference/API_{}.html",
    "organizations": "https://docs.aws.amazon.com/organizations/latest/APIReference/API_{}.html",
    "sts": "https://docs.aws.amazon.com/STS/latest/APIReference/API_{}.html",
}


@dataclass(frozen=True)
class Permission:
    """One action, and what it is for.

    Attributes:
        action: as policies name it, such as `guardduty:ListMembers`.
        purposes: what needs it.
        modes: the modes whose stacks need it.
        variant: the variant that needs it; None if all stacks do.
        writes: whether it changes anything.
        unknown: what is unknown without it; empty if nothing goes without it.
        callers: who calls it.
        source: the file that calls it, of the code that pulumi-aws or Pulumi is built from; read,
            not run.
        asked_by: the page that asks for it, if that is not its own page of the API reference.
        resources: the ARNs that it can be narrowed to.
        condition: the condition that it can be narrowed by, as a policy's `Condition`.
    """

    action: str
    purposes: frozenset[Purpose]
    modes: frozenset[Mode] = frozenset({Mode.ORGANIZATION})
    variant: Variant | None = None
    writes: bool = False
    unknown: str = ""
    callers: frozenset[Caller] = frozenset({Caller.PRODUCT})
    source: str = ""
    asked_by: str = ""
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """The page that asks for it."""
        service, _, operation = self.action.partition(":")
        return self.asked_by or _PAGES[service].format(operation)

    @property
    def optional(self) -> bool:
        """Whether everything goes on without it."""
        return bool(self.unknown)
