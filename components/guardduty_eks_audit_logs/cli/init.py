"""The command `init`: its options, and its questions on a terminal. `init_run` does the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Annotated, Any

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.stderr import on_terminal, tell
from guardduty_eks_audit_logs.cli.stdout import INTERRUPTED
from guardduty_eks_audit_logs.settings.new_stack_answers import Options, faults_of_answers

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
    if on_terminal(sys.stdin, sys.stdout):
        try:
            options = _asked(options)
        except typer.Abort:  # Ctrl-C, or the end of what is typed
            typer.echo(f"\n{messages.questions_left()}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    # Asking AWS takes boto3, which no other command has to wait for.
    work = import_module("guardduty_eks_audit_logs.cli.init_run")
    raise typer.Exit(work.run(options))


def _asked(options: Options) -> Options:
    """Asks for what is missing; nothing if all that is needed is there, or some of it is wrong."""
    complete = options.names_regions and options.administrator and options.says_delegation
    if complete or faults_of_answers(options):
        return options
    if not options.names_regions:
        default = None if options.offline else _ENABLED  # which asks AWS
        question = messages.question_of_regions(offline=options.offline)
        options = _ask(options, question, _with_regions, default)
        options = _ask(options, messages.question_of_env(), _with("env"), options.env)
    if not options.administrator:
        options = _ask(options, messages.question_of_administrator(), _with("administrator"))
    if not (options.profile or options.role):
        acting = _with_credentials("profile", "role")
        question = messages.question_of_credentials(options.administrator)
        options = _ask(options, question, acting, _ENVIRONMENT)
    if not options.says_delegation:
        options = _ask(options, messages.question_of_management_account(), _with_management)
    if not (options.no_delegation or options.management_profile or options.management_role):
        acting = _with_credentials("management_profile", "management_role")
        question = messages.question_of_credentials(options.management_account)
        options = _ask(options, question, acting, _ENVIRONMENT)
    return options


_ENABLED, _ENVIRONMENT, _NONE = "enabled", "environment", "none"
"""Answers that are words of their own."""

_Take = Callable[[Options, str], Options]
"""Takes an answer into the options."""


def _ask(options: Options, question: str, take: _Take, default: str | None = None) -> Options:
    """Asks until the answer is none of the wrong ones."""
    while True:
        taken = take(options, str(typer.prompt(question, default=default)).strip())
        faults = faults_of_answers(taken)
        if not faults:
            return taken
        for fault in faults:
            tell(fault)


def _with(name: str) -> _Take:
    def take(options: Options, answer: str) -> Options:
        change: dict[str, Any] = {name: answer}
        return replace(options, **change)

    return take


def _with_regions(options: Options, answer: str) -> Options:
    if answer == _ENABLED:
        return replace(options, enabled=True)
    return replace(options, regions=(answer,))


def _with_management(options: Options, answer: str) -> Options:
    if answer == _NONE:
        return replace(options, no_delegation=True)
    return replace(options, management_account=answer)


def _with_credentials(profile: str, role: str) -> _Take:
    def take(options: Options, answer: str) -> Options:
        if answer == _ENVIRONMENT:
            return options
        return _with(role if answer.startswith("arn:") else profile)(options, answer)

    return take
