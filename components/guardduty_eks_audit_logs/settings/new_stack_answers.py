"""What a user answers for new stacks, checked whole: all faults at once, each with its option."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.settings.faults import shown
from guardduty_eks_audit_logs.settings.new_stack_files import DELEGATION, Actor, Answers

if TYPE_CHECKING:
    from collections.abc import Iterator

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
_ENV = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_OF_RELEASES = ("demo", "sample")
_LONGEST_NAME = 100
_ACCOUNT = re.compile(r"[0-9]{12}")
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/[!-~]+")


@dataclass(frozen=True)
class Options:
    """What a user has written: one field for each option of the command, `--role-arn` in `role`.

    Attributes:
        regions: codes, with commas or spaces between them.
        enabled: takes all regions that the account has opted in to.
        env: the first part of the stacks' names.
        administrator: an account id.
        profile: of AWS's files, for the administrator.
        role: an ARN, for the administrator.
        management_account: an account id.
        management_profile: as `profile`.
        management_role: as `role`.
        no_delegation: makes no delegation stacks.
        offline: does not ask AWS.
    """

    regions: tuple[str, ...] = ()
    enabled: bool = False
    env: str = "prod"
    administrator: str = ""
    profile: str = ""
    role: str = ""
    management_account: str = ""
    management_profile: str = ""
    management_role: str = ""
    no_delegation: bool = False
    offline: bool = False

    @property
    def names_regions(self) -> bool:
        """Whether it says which regions."""
        return self.enabled or any(self.regions)

    @property
    def says_delegation(self) -> bool:
        """Whether it says who designates the administrator, or that no stack does."""
        return self.no_delegation or bool(self.management_account)


def is_region_name(name: str) -> bool:
    """Whether a text is like the code of a region, so that it may be a part of a file's name."""
    return _REGION.fullmatch(name) is not None


def region_names(written: tuple[str, ...]) -> tuple[str, ...]:
    """Reads codes of regions, in any case, with commas or spaces between them; each once."""
    names = re.split(r"[,\s]+", " ".join(written).lower())
    return tuple(dict.fromkeys(name for name in names if name))


def check_options(options: Options) -> tuple[Answers, tuple[str, ...]]:
    """Reads what a user has written.

    Returns:
        the answers, and the regions; none for all that the account has opted in to.

    Raises:
        SettingsError: with a sentence for every fault.
    """
    if faults := [*_faults_of_missing(options), *faults_of_answers(options)]:
        raise SettingsError(faults)
    administrator = Actor(AccountId(options.administrator), options.profile, options.role)
    management = None
    if not options.no_delegation:
        account = AccountId(options.management_account)
        management = Actor(account, options.management_profile, options.management_role)
    return Answers(options.env, administrator, management), region_names(options.regions)


def faults_of_answers(options: Options) -> list[str]:
    """Says what is wrong with what a user has written; nothing of what is missing."""
    regions = region_names(options.regions)
    of_administrator = options.administrator, options.profile, options.role
    of_management = (
        options.management_account,
        options.management_profile,
        options.management_role,
    )
    return [
        *_faults_of_contradictions(options),
        *_faults_of_regions(regions),
        *_faults_of_env(options, regions),
        *_faults_of_actor("", *of_administrator, regions),
        *_faults_of_actor("management-", *of_management, regions),
    ]


def _faults_of_missing(options: Options) -> Iterator[str]:
    if not options.names_regions:
        yield messages.init_misses_regions()
    if not options.administrator:
        yield messages.init_misses_administrator()
    if not options.says_delegation:
        yield messages.init_misses_management_account()


def _faults_of_contradictions(options: Options) -> Iterator[str]:
    if options.enabled and any(options.regions):
        yield messages.init_contradicts("--regions", "--enabled")
    if options.enabled and options.offline:
        yield messages.enabled_needs_aws()
    for option, value in (
        ("--management-account", options.management_account),
        ("--management-profile", options.management_profile),
        ("--management-role-arn", options.management_role),
    ):
        if value and options.no_delegation:
            yield messages.init_contradicts(option, "--no-delegation")


def _faults_of_regions(regions: tuple[str, ...]) -> Iterator[str]:
    yield from (messages.no_region_name(shown(r)) for r in regions if not is_region_name(r))
    by_partition = {_partition(region): region for region in regions if is_region_name(region)}
    if len(by_partition) > 1:
        yield messages.regions_of_two_partitions([*by_partition.values()])


_PARTITIONS = {
    "cn": "aws-cn",
    "eu-isoe": "aws-iso-e",
    "eusc": "aws-eusc",
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "us-isof": "aws-iso-f",
}
"""By what the names of their regions begin with; all others are of `aws`."""


def _partition(region: str) -> str:
    begin = next((begin for begin in _PARTITIONS if region.startswith(f"{begin}-")), "")
    return _PARTITIONS.get(begin, "aws")


def _faults_of_env(options: Options, regions: tuple[str, ...]) -> Iterator[str]:
    env = options.env
    if not _ENV.fullmatch(env):
        yield messages.no_env(shown(env))
        return
    if env.split("-")[0] in _OF_RELEASES:
        yield messages.env_of_a_release(f"{env.split('-')[0]}-")
    longest = max(regions, key=len, default="ap-southeast-1")
    name = f"{env}-{DELEGATION}-{longest}"
    if len(name) > _LONGEST_NAME:
        yield messages.env_too_long(shown(name), _LONGEST_NAME)


def _faults_of_actor(
    which: str, account: str, profile: str, role: str, regions: tuple[str, ...]
) -> Iterator[str]:
    """Finds faults of who acts; `which` is what the options' names begin with."""
    if account and not _ACCOUNT.fullmatch(account):
        option = "--management-account" if which else "--administrator"
        yield messages.no_account_id(option, shown(account))
    if profile != profile.strip() or not profile.isprintable():
        yield messages.no_profile_name(f"--{which}profile", shown(profile))
    if not role:
        return
    option = f"--{which}role-arn"
    found = _ROLE.fullmatch(role)
    if not found:
        yield messages.no_role_arn(option, shown(role))
        return
    partition, of_role = found.groups()
    if account and of_role != account:
        yield messages.role_of_another_account(option, of_role, shown(account))
    if regions and _partition(regions[0]) != partition:
        yield messages.role_of_another_partition(option, partition, shown(regions[0]))
