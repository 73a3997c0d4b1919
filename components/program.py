"""What `__main__.py` says to the engine: configuration in, errors and summaries out."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
from pulumi.runtime.config import get_config_env

from guardduty import messages
from guardduty.errors import SettingsError, UserError
from guardduty.summary import headline, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardduty.plan import Plan


_ERRORS_ARE_TOLD = 32
"""By this exit code Pulumi's Python host knows that the program has told the user what is wrong,
and adds no line of its own."""


def stack_configuration() -> Mapping[str, Any]:
    """Gives all of the stack's configuration by full key, with the project's defaults.

    The engine hands it over in the environment, keys that nobody reads included: that is how a
    misspelt one is found.
    """
    return get_config_env()


@contextmanager
def errors_told_plainly() -> Iterator[None]:
    """Ends the program with the sentences of a user's error, and without a traceback."""
    try:
        yield
    except SettingsError as error:
        refuse(error.faults)
    except UserError as error:
        refuse((str(error),))


def refuse(sentences: tuple[str, ...]) -> NoReturn:
    """Ends the program, telling every sentence as an error.

    Raises:
        SystemExit: always.
    """
    for sentence in sentences:
        pulumi.log.error(sentence)
    sys.exit(_ERRORS_ARE_TOLD)


def tell(plan: Plan) -> None:
    """Tells what the run does: in a preview account by account, in the run itself in one line.

    Raises:
        SystemExit: the plan has refusals.
    """
    if plan.refusals:
        refuse(plan.refusals)
    pulumi.log.info(summary(plan) if pulumi.runtime.is_dry_run() else headline(plan))


async def end(plan: Plan, unprocessed: pulumi.Output[Mapping[str, str]]) -> None:
    """Ends the program when all that could be done is done, and makes it fail if accounts are left.

    Args:
        plan: what the run does.
        unprocessed: {account: AWS's reason}; unknown in a preview that is to try them again.

    Raises:
        SystemExit: accounts are left; a table of them is told.
    """
    reasons = await unprocessed.future()
    if reasons and not pulumi.runtime.is_dry_run():
        refuse((messages.unprocessed(plan.snapshot.region, reasons, len(plan.statuses)),))
