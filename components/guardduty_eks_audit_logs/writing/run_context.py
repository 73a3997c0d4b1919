"""What the lifecycle of a resource needs of the process that the engine runs it in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.watch import End
from guardduty_eks_audit_logs.errors import (
    CredentialsError,
    OtherAccountError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.settings.configuration import PROJECT
from guardduty_eks_audit_logs.settings.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from guardduty_eks_audit_logs.aws.patience import Patience
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.state.properties import (
        MemberFeaturesInputs,
        MemberFeaturesOutputs,
        PriorSettingsInputs,
        PriorSettingsOutputs,
        Properties,
    )


@dataclass(frozen=True)
class RunContext:
    """What a run gives to the lifecycles of its resources.

    Attributes:
        configuration: gives a value of the stack's configuration by its full key, None if there is
            none.
        patience: gives what is left of a number of minutes in which failures are retried; all
            resources of a run share them.
        log_line: shows a user one line of progress.
    """

    configuration: Callable[[str], Any]
    patience: Callable[[float], Patience]
    log_line: Report

    def owned_session(self, props: Properties, seconds: float | None = None) -> Session:
        """Opens GuardDuty in a resource's region, as the account that the resource belongs to.

        Args:
            props: a resource's inputs or outputs.
            seconds: how long all calls together may take; without it, only each call has an end.

        Raises:
            OtherAccountError: the credentials are another account's.
        """
        session = self.open_session(props, seconds)
        if session.caller != props.administrator_account_id:
            raise OtherAccountError(
                messages.other_account(props.region, session.caller, props.administrator_account_id)
            )
        return session

    def open_session(self, props: Properties, seconds: float | None = None) -> Session:
        """Opens GuardDuty in a resource's region, as its `identity` says.

        A resource without one acts as the stack's `aws:*` configuration says.
        """
        # The engine starts processes only to check and compare: they need no AWS, nor boto3.
        from guardduty_eks_audit_logs.aws.session import open_session  # noqa: PLC0415

        source = self.configuration if props.identity is None else Identity(**props.identity)
        return open_session(source, props.region, report=self.log_line, end=End(seconds))

    def configured(self, key: str) -> Any:  # noqa: ANN401 - a configuration value is anything
        """Gives a value of the program's own configuration, None if there is none."""
        return self.configuration(f"{PROJECT}:{key}")


@contextmanager
def acting_as_the_state_says() -> Iterator[None]:
    """Adds the way out if a refresh or a destroy can't act as the last `pulumi up` did.

    The engine gives both the configuration and the identity that the state has.
    """
    try:
        yield
    except (CredentialsError, OtherAccountError, SettingsError) as error:
        raise UserError(messages.acts_as_the_state_says(str(error))) from None


@dataclass(frozen=True)
class Difference:
    """What the engine is to do about a resource.

    Attributes:
        changes: whether it has to be updated or replaced.
        replaces: the properties, as the engine names them, whose change makes another
            resource.
    """

    changes: bool
    replaces: list[str]


def find_difference(
    last: MemberFeaturesOutputs | PriorSettingsOutputs,
    wanted: MemberFeaturesInputs | PriorSettingsInputs,
    *,
    owner: Collection[str],
    asks: Collection[str],
    unfinished: bool = False,
) -> Difference:
    """Compares what a run left with what one is to do.

    Args:
        last: the outputs in the state.
        wanted: the inputs.
        owner: the keys that say whose a resource is: another value is another resource.
        asks: the keys that cause an update when they change.
        unfinished: whether the last run left something to do.
    """
    replaces = changed_keys(last, wanted, owner)
    # A refresh compares what an earlier release left with itself.
    differs = wanted.revision is not None and bool(changed_keys(last, wanted, asks))
    return Difference(bool(replaces or differs or unfinished), replaces)


def changed_keys(last: Properties, wanted: Properties, keys: Collection[str]) -> list[str]:
    """The keys whose values differ, as the engine names them."""
    return [to_camel(key) for key in keys if getattr(last, key) != getattr(wanted, key)]
