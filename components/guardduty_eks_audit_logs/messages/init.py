"""The command that writes the files of new stacks."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HELP = """\
Writes the files of new stacks: for each region one of the delegated GuardDuty
administrator and, unless you say --no-delegation, one of the management account,
which designates it.

Files are added and never changed: run it again to add regions. A file has its
region and who acts; the rules for all regions stand in Pulumi.yaml. On a terminal,
you are asked for what is missing.

\b
eks-audit-logs init --regions eu-central-1,us-east-1 \\
  --administrator 222222222222 --profile security-audit \\
  --management-account 111111111111 --management-profile management

\b
Exit codes:
  0  every stack has its file
  2  wrong use, other answers than files have, or AWS does not answer: nothing
     is written
  130  interrupted: nothing is written"""

_NOT_ASKED = "--offline writes the files without asking AWS."
_OPTIONS = {
    "aws:profile": "--profile",
    "aws:assumeRoles": "--role-arn",
    "aws:allowedAccountIds of this stack lists only": "--administrator is",
}
"""What a user has written, by what the files of the stacks say for it."""


def help_of_init() -> str:
    return _HELP


def about_new_stack(region: str, project_file: str) -> str:
    return (
        f"EKS audit logs in {region}, as the delegated GuardDuty administrator.\n"
        f"What is for all regions stands in {project_file}; a key here overrides it."
    )


def about_new_delegation_stack(region: str) -> str:
    return (
        f"Who is the delegated GuardDuty administrator in {region}, as the management account.\n"
        "A destroy removes the designation, and with it the administrator's members."
    )


# Questions


def question_of_regions(*, offline: bool) -> str:
    all_of_them = "" if offline else ", or all that the account has opted in to"
    return f"Regions, such as eu-central-1,us-east-1{all_of_them}"


def question_of_env() -> str:
    return "First part of the stacks' names"


def question_of_administrator() -> str:
    return "Account id of the delegated GuardDuty administrator"


def question_of_management_account() -> str:
    return (
        "Account id of the management account, for stacks that designate the administrator, or none"
    )


def questions_left() -> str:
    return "Nothing is written."


def question_of_credentials(account: str) -> str:
    return (
        f"How to act as {account}: the name of an AWS profile, the ARN of a role, or by the "
        "credentials of the environment"
    )


# Faults of the answers


def init_misses(option: str, what: str) -> str:
    return f"{option} is missing: {what}."


def init_misses_regions() -> str:
    return init_misses("--regions", "codes such as eu-central-1,us-east-1, or use --enabled")


def init_misses_administrator() -> str:
    return init_misses("--administrator", "the account id of the delegated GuardDuty administrator")


def init_misses_management_account() -> str:
    return init_misses(
        "--management-account",
        "the account id that designates the administrator, or use --no-delegation",
    )


def init_contradicts(option: str, other: str) -> str:
    return f"{option} and {other} contradict each other. Use one of them."


def enabled_needs_aws() -> str:
    return "--enabled asks AWS for the regions, and --offline asks nothing. Use --regions."


def no_region_name(region: str) -> str:
    return f"--regions: {region} is no region. Write codes such as eu-central-1,us-east-1."


def regions_of_two_partitions(regions: Sequence[str]) -> str:
    return (
        f"--regions: {' and '.join(regions)} are of different partitions of AWS, and an account "
        "has regions of one. Run it once for each."
    )


def no_env(env: str) -> str:
    return (
        f'--env: {env} can\'t begin the name of a stack. Use letters, digits, "_", "-" and '
        '"."; the first is none of the last two.'
    )


def env_too_long(stack: str, most: int) -> str:
    return f"--env: {stack} has more than {most} characters. Use a shorter name."


def env_of_a_release(env: str) -> str:
    return (
        f"--env: stacks whose names begin with {env} are those that come with a release. "
        "Use another name."
    )


def no_account_id(option: str, text: str) -> str:
    return f"{option}: {text} is no account id. It has 12 digits, those in front among them."


def no_role_arn(option: str, text: str) -> str:
    return (
        f"{option}: {text} is no ARN of a role. It is like "
        "arn:aws:iam::222222222222:role/guardduty-eks-audit-logs."
    )


def role_of_another_account(option: str, of_role: str, account: str) -> str:
    return f"{option}: the role is of account {of_role}, not of {account}. Correct one of them."


def role_of_another_partition(option: str, partition: str, region: str) -> str:
    return f"{option}: the role is of partition {partition}, and {region} is not. Correct it."


def no_profile_name(option: str, text: str) -> str:
    return f"{option}: {text} is no name of a profile."


# Faults of what is there


def other_answer(file: str, key: str, there: str, wanted: str) -> str:
    return (
        f"{file}: {key} is {there}, and you ask for {wanted}. Change the "
        "file yourself, or leave its region out of --regions."
    )


def no_file_there(file: str) -> str:
    return f"{file} is there and is no file. Remove it."


def stack_file_not_written(file: str, reason: str) -> str:
    return f"{file} can't be written ({reason}). No file was written."


# What AWS says


def aws_not_asked(reason: str) -> str:
    for key, option in _OPTIONS.items():
        reason = reason.replace(key, option)
    return f"{reason} {_NOT_ASKED}"


def region_not_of_aws(region: str, known: Iterable[str]) -> str:
    close = get_close_matches(region, list(known), n=1)
    meant = f" Do you mean {close[0]}?" if close else ""
    return f"--regions: AWS lists no region {region} for this account.{meant}"


def not_opted_in(account: str, status: str) -> str:
    return f"account {account} has not opted in to it ({status})"


def region_without_feature() -> str:
    return "GuardDuty does not offer EKS audit logs there"


def opt_in_unknown(reason: str) -> str:
    return f"unknown whether the account has opted in: {reason}"


def offer_unknown(reason: str) -> str:
    return f"unknown whether EKS audit logs are offered: {reason}"


def region_without_detector() -> str:
    return "no detector there yet"


def no_region_left() -> str:
    return "No region is left. Nothing is written."


# What was done


def files_added(new: int, stacks: int, regions: int) -> str:
    there = stacks - new
    where = f"{counted(stacks, 'stack')} in {counted(regions, 'region')}"
    if not new:
        return f"{where}: every stack has its file already. Nothing was written."
    old = f", {there} {'is' if there == 1 else 'are'} there already" if there else ""
    return f"{where}: {counted(new, 'file')} written{old}."


def file_added(file: str) -> str:
    return f"  new  {file}"


def region_said(region: str, what: str) -> str:
    return f"  {region}: {what}"


def regions_left_out() -> str:
    return "Left out:"


def regions_uncertain() -> str:
    return "Kept, but not certain:"


def next_steps(env: str, project_file: str, *, delegation: bool) -> list[str]:
    """Says what to do next, one line each."""
    steps = [
        "Next:",
        f"  write the rules for all regions in {project_file}, as `default:` of `members:`",
    ]
    if delegation:
        command = f"  eks-audit-logs up --stacks '{env}-delegation-*'"
        steps.append(f"{command}    # as the management account")
    return [*steps, "  eks-audit-logs preview", "  eks-audit-logs up"]
