"""AWS profiles for the accounts of a sandbox."""

from __future__ import annotations

from configparser import ConfigParser
from itertools import islice
from typing import TYPE_CHECKING, Final

from aws_sandbox.credentials import access_key_id, secret_access_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

UNSET: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_GUARDDUTY",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_SSO",
)
"""What a user may have exported that would lead away from the sandbox or its profiles."""


FIRST_MEMBERS: Final = 100
"""How many members have a profile from the start: whatever acts by one reads all of them first."""


class NoProfilesError(Exception):
    """A folder has no profiles of a sandbox."""


def profile_of(account_id: str) -> str:
    """The name of a member's profile."""
    return f"member-{account_id}"


def standalone_profile_of(account_id: str) -> str:
    """The name of the profile of an account in no organization."""
    return f"standalone-{account_id}"


def profiles_of(
    management: str,
    administrator: str,
    member_ids: Iterable[str],
    standalone_ids: Iterable[str] = (),
) -> dict[str, str]:
    """The account id of every profile that there is from the start; `add_profile` adds others.

    Args:
        management: the management account's id.
        administrator: the delegated administrator's id.
        member_ids: the members' ids; the first 100 get a profile.
        standalone_ids: the accounts in no organization.
    """
    profiles = {"management": management, "administrator": administrator}
    first = islice(member_ids, FIRST_MEMBERS)
    profiles |= {profile_of(account_id): account_id for account_id in first}
    profiles |= {standalone_profile_of(account_id): account_id for account_id in standalone_ids}
    return profiles


def write_profiles(folder: Path, profiles: Mapping[str, str], region: str) -> tuple[Path, Path]:
    """Write an AWS config file and a credentials file with these profiles.

    Args:
        folder: where to; it is made, for its owner only.
        profiles: the account id of every profile.
        region: what the profiles have as their region.

    Returns:
        The paths of the config file and of the credentials file, both readable by their owner only.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sections = [_sections(name, account_id, region) for name, account_id in profiles.items()]
    config, credentials = ("".join(texts) for texts in zip(*sections, strict=True))
    return write_private(folder / "config", config), write_private(
        folder / "credentials", credentials
    )


def add_profile(folder: Path, account_id: str) -> str:
    """Give a member a profile, if it has none.

    Args:
        folder: where `write_profiles` has written the others.
        account_id: the member's id.

    Returns:
        The name of the profile.

    Raises:
        NoProfilesError: nobody has written any there.
    """
    name, others = profile_of(account_id), ConfigParser(interpolation=None)
    files = folder / "config", folder / "credentials"
    others.read(files[0], encoding="utf-8")
    if not others.has_section("profile administrator"):
        raise NoProfilesError(f"{folder} has no AWS profiles of a sandbox")
    if not others.has_section(f"profile {name}"):
        region = others.get("profile administrator", "region")
        for file, section in zip(files, _sections(name, account_id, region), strict=True):
            with file.open("a", encoding="utf-8") as end:
                end.write(section)
    return name


def _sections(name: str, account_id: str, region: str) -> tuple[str, str]:
    """A profile's sections of the config file and of the credentials file."""
    config = f"[profile {name}]\nregion = {region}\noutput = json\n\n"
    credentials = (
        f"[{name}]\naws_access_key_id = {access_key_id(account_id)}\n"
        f"aws_secret_access_key = {secret_access_key(account_id)}\n\n"
    )
    return config, credentials


def aws_variables(url: str, profiles: tuple[Path, Path]) -> dict[str, str]:
    """The variables that lead AWS's tools to a sandbox, as its administrator.

    Args:
        url: where the sandbox listens.
        profiles: the config file and the credentials file that `write_profiles` wrote.
    """
    config, credentials = profiles
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_PROFILE": "administrator",
        "AWS_EC2_METADATA_DISABLED": "true",
        # boto3 would send even what is for this machine to a proxy of the environment.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def applied(environ: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """An environment for a subprocess: `environ` with `found`, and without what is in `UNSET`."""
    kept = {key: value for key, value in environ.items() if key not in UNSET}
    return {**kept, **found}


def write_private(file: Path, content: str) -> Path:
    """Write a file that only its owner may read, from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")
    return file
