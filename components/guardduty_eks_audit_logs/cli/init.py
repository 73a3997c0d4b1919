"""The command `init`: its options, and its questions on a terminal. `init_run` does the work."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from typing import Annotated

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.new_stack_answers import Options

Regions = Annotated[
    list[str] | None,
    typer.Option(metavar="A,B", help="Where: one stack a region.", show_default=False),
]
Enabled = Annotated[
    bool, typer.Option("--enabled", help="All regions that the administrator has opted in to.")
]
Env = Annotated[
    str,
    typer.Option(metavar="NAME", help="Stacks are called NAME-REGION and NAME-delegation-REGION."),
]
Administrator = Annotated[
    str,
    typer.Option(
        metavar="ID", help="The delegated GuardDuty administrator's account.", show_default=False
    ),
]
Profile = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Act as the administrator by this AWS profile; without it, by the environment's"
        " credentials.",
        show_default=False,
    ),
]
Role = Annotated[
    str,
    typer.Option(
        "--role-arn",
        metavar="ARN",
        help="Assume this role to act as the administrator.",
        show_default=False,
    ),
]
ManagementAccount = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="The organization's management account, which designates the administrator.",
        show_default=False,
    ),
]
ManagementProfile = Annotated[
    str,
    typer.Option(metavar="NAME", help="As --profile, for that account.", show_default=False),
]
ManagementRole = Annotated[
    str,
    typer.Option(
        "--management-role-arn",
        metavar="ARN",
        help="As --role-arn, for that account.",
        show_default=False,
    ),
]
NoDelegation = Annotated[
    bool, typer.Option("--no-delegation", help="No stacks that designate the administrator.")
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Do not ask AWS which regions are opted in, and which offer EKS audit logs.",
    ),
]


def init(
    *,
    regions: Regions = None,
    enabled: Enabled = False,
    env: Env = "prod",
    administrator: Administrator = "",
    profile: Profile = "",
    role: Role = "",
    management_account: ManagementAccount = "",
    management_profile: ManagementProfile = "",
    management_role: ManagementRole = "",
    no_delegation: NoDelegation = False,
    offline: Offline = False,
) -> None:
    """Asks for what is missing, and lets `init_run` write the files."""
    options = Options(
        tuple(regions or ()),
        enabled,
        env,
        administrator,
        profile,
        role,
        management_account,
        management_profile,
        management_role,
        no_delegation,
        offline,
    )
    if sys.stdin.isatty() and sys.stdout.isatty():
        options = _asked(options)
    # Asking AWS takes boto3, which no other command has to wait for.
    work = import_module("guardduty_eks_audit_logs.cli.init_run")
    raise typer.Exit(work.run(options))


def _asked(options: Options) -> Options:
    """Asks for what is missing; nothing if all that is needed is there."""
    if options.names_regions and options.administrator and options.says_delegation:
        return options
    if not options.names_regions:
        answer = _ask(messages.question_of_regions(), "enabled")
        enabled = answer == "enabled"
        options = replace(options, enabled=enabled, regions=() if enabled else (answer,))
        options = replace(options, env=_ask(messages.question_of_env(), options.env))
    if not options.administrator:
        options = replace(options, administrator=_ask(messages.question_of_administrator()))
    if not (options.profile or options.role):
        profile, role = _ask_for_credentials()
        options = replace(options, profile=profile, role=role)
    if not options.says_delegation:
        answer = _ask(messages.question_of_management_account())
        if answer == "none":
            return replace(options, no_delegation=True)
        options = replace(options, management_account=answer)
    if not (options.no_delegation or options.management_profile or options.management_role):
        profile, role = _ask_for_credentials()
        options = replace(options, management_profile=profile, management_role=role)
    return options


def _ask(question: str, default: str | None = None) -> str:
    return str(typer.prompt(question, default=default)).strip()


def _ask_for_credentials() -> tuple[str, str]:
    """Gives the name of a profile and a role's ARN, of which one is empty at least."""
    answer = _ask(messages.question_of_credentials(), "environment")
    if answer == "environment":
        return "", ""
    return ("", answer) if answer.startswith("arn:") else (answer, "")
