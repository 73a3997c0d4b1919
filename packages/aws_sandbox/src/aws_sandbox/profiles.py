"""AWS profiles for the accounts of a sandbox."""

from __future__ import annotations

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


def profile_of(account_id: str) -> str:
    """The name of a member's profile."""
    return f"member-{account_id}"


def standalone_profile_of(account_id: str) -> str:
    """The name of the profile of an account in no organization."""
    return f"standalone-{account_id}"


def write_profiles(  # noqa: PLR0913 -- four kinds of accounts, a folder and a region
    folder: Path,
    management: str,
    administrator: str,
    member_ids: Iterable[str],
    region: str,
    *,
    standalone_ids: Iterable[str] = (),
) -> tuple[Path, Path]:
    """Write an AWS config file and a credentials file with a profile for every account.

    Args:
        folder: where to; it is made, for its owner only.
        management: the management account's id.
        administrator: the delegated administrator's id.
        member_ids: the members' ids.
        region: what the profiles have as their region.
        standalone_ids: the accounts in no organization.

    Returns:
        The paths of the config file and of the credentials file, both readable by their owner only.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    profiles = {"management": management, "administrator": administrator}
    profiles |= {profile_of(account_id): account_id for account_id in member_ids}
    profiles |= {standalone_profile_of(account_id): account_id for account_id in standalone_ids}
    config = "".join(f"[profile {name}]\nregion = {region}\noutput = json\n\n" for name in profiles)
    credentials = "".join(
        f"[{name}]\naws_access_key_id = {access_key_id(account_id)}\n"
        f"aws_secret_access_key = {secret_access_key(account_id)}\n\n"
        for name, account_id in profiles.items()
    )
    return write_private(folder / "config", config), write_private(
        folder / "credentials", credentials
    )


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
