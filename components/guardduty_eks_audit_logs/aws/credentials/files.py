"""AWS's files and variables: the botocore session that reads them as the settings say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.credentials.faults import Source, named_faults
from guardduty_eks_audit_logs.errors import CredentialsError, SettingsError
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from guardduty_eks_audit_logs.settings.identity import ProviderSettings


_STRONGER_THAN_A_PROFILE = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")


def ignore_empty_variables() -> None:
    """Takes the AWS_* variables that are empty out of this process's environment.

    pulumi-aws takes an empty one for unset, and botocore for a value: a profile without a name.
    """
    empty = [n for n, v in list(os.environ.items()) if n.startswith("AWS_") and not v.strip()]
    for name in empty:
        os.environ.pop(name, None)


def environment_profile() -> str | None:
    """The profile that the environment names, where botocore would take another one.

    Where two variables name a profile, botocore takes AWS_DEFAULT_PROFILE, pulumi-aws AWS_PROFILE.
    A profile that is given comes before keys, one of the environment after them.
    """
    named = [os.environ.get(name) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")]
    return (
        named[0] if all(named) and not any(map(os.environ.get, _STRONGER_THAN_A_PROFILE)) else None
    )


class _Session(botocore.session.Session):
    """A session whose clients ask where the settings say, also those that botocore makes itself."""

    def __init__(self, settings: ProviderSettings) -> None:
        super().__init__(profile=settings.profile or environment_profile())
        self._settings = settings

    def create_client(self, service_name: str, **options: Any) -> BaseClient:  # type: ignore[override] # noqa: ANN401 - botocore's many
        """Makes a client; all callers, botocore's included, name its options."""
        if not options.get("endpoint_url"):
            options["endpoint_url"] = self._settings.endpoint(service_name)
        if self._settings.insecure:
            options["verify"] = False
        return super().create_client(service_name, **options)


def configured_session(settings: ProviderSettings) -> botocore.session.Session:
    """Makes a botocore session that reads the files and the profile that the settings name.

    Args:
        settings: the caller's credentials and region.

    Raises:
        UserError: the files can't be read.
    """
    session = _Session(settings)
    for variable, value in (
        ("config_file", "".join(settings.shared_config_files[:1])),
        ("credentials_file", "".join(settings.shared_credentials_files[:1])),
        ("ca_bundle", settings.custom_ca_bundle),
        ("use_dualstack_endpoint", settings.use_dualstack_endpoint),
        ("use_fips_endpoint", settings.use_fips_endpoint),
    ):
        if value:
            session.set_config_variable(variable, value)
    # For the clients that botocore makes itself, to fetch credentials: the first calls of a run,
    # so that a wrong address is reported within seconds.
    session.set_default_client_config(
        Config(
            connect_timeout=10,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
    )
    with named_faults(lambda _: files_source(session)):
        _check_files(session)
        try:
            session.get_scoped_config()
        except ProfileNotFound:
            profile = session.get_config_variable("profile")
            named_by = f"{settings.prefix}profile" if settings.profile else _names_a_profile()
            raise CredentialsError(messages.no_profile(harmless(profile), named_by)) from None
        _check_bundle(session)
    return session


def state_of_files(session: botocore.session.Session) -> tuple[tuple[str, int], ...]:
    """Gives path and time of AWS's files, to see later whether they have changed."""
    return tuple((str(f), f.stat().st_mtime_ns if f.exists() else 0) for f in _paths(session))


def files_source(session: botocore.session.Session) -> Source:
    """Names AWS's files as a source, by their paths."""
    named = [session.get_config_variable(name) for name in ("config_file", "credentials_file")]
    return Source(*messages.files_source(named))


def _check_files(session: botocore.session.Session) -> None:
    """Finds files that botocore would take for empty, and then use other credentials."""
    for file in _paths(session):
        if file.is_dir() or (file.exists() and not os.access(file, os.R_OK)):
            raise OSError(messages.file_unreadable(str(file)))


def _check_bundle(session: botocore.session.Session) -> None:
    bundle = session.get_config_variable("ca_bundle")
    if bundle and not Path(bundle).expanduser().is_file():
        raise SettingsError((messages.no_ca_bundle(harmless(bundle)),))


def _paths(session: botocore.session.Session) -> list[Path]:
    names = ("config_file", "credentials_file")
    return [Path(session.get_config_variable(name)).expanduser() for name in names]


def _names_a_profile() -> str:
    named = [name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if os.environ.get(name)]
    # botocore takes the second one, unless `environment_profile` gives it the first.
    return named[0] if environment_profile() or not named[1:] else named[1]
