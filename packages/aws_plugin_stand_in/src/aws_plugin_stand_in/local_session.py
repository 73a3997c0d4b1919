"""A botocore session whose clients, its own ones too, talk to this machine alone."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver

from aws_plugin_stand_in.failures import RejectedSettingError
from aws_plugin_stand_in.loopback import guard_request, require_loopback

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from botocore.client import BaseClient
    from botocore.credentials import Credentials

    from aws_plugin_stand_in.settings import Settings

_SECONDS = 10
_ATTEMPTS = 3
"""For a service that gives credentials: a run's first calls, so a wrong address is told soon."""


class LocalSession(botocore.session.Session):
    """A session of one provider.

    botocore makes clients by itself: for a profile that assumes a role, for a web identity token,
    for a sign-in. They are made here like all others: at the address of `aws:endpoints`, in the
    provider's region, through no proxy, and only if the address is of this machine.

    Args:
        settings: the provider's configuration.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(profile=settings.profile or _environment_profile())
        self._settings = settings
        self._making = threading.RLock()
        for variable, file in (
            ("config_file", settings.shared_config_file),
            ("credentials_file", settings.shared_credentials_file),
        ):
            if file:
                self.set_config_variable(variable, file)
        self.register("before-send", guard_request)
        # An empty mapping, not None: with None botocore would follow HTTP_PROXY.
        self.set_default_client_config(Config(proxies={}))

    def region(self) -> str:
        """The provider's region.

        Raises:
            RejectedSettingError: none is set.
        """
        # botocore itself does not read AWS_REGION, which the real provider puts first.
        region = (
            self._settings.region
            or os.environ.get("AWS_REGION")
            or self.get_config_variable("region")
        )
        if not region:
            raise RejectedSettingError("no region: set aws:region, or AWS_REGION")
        return str(region)

    def use(self, credentials: Credentials) -> None:
        """Sign with these credentials, which may renew themselves, and look for no others."""
        self.register_component("credential_provider", CredentialResolver([_Found(credentials)]))

    def create_client(  # type: ignore[override] # boto3 and botocore name what else they give
        self,
        service_name: str,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        config: Config | None = None,
        **options: Any,  # noqa: ANN401 (botocore's)
    ) -> BaseClient:
        """A client, as botocore makes it, of a service on this machine.

        Raises:
            NotLoopbackError: its address is elsewhere. Nothing has been sent then.
        """
        # A sign-in has a region of its own, in its client's configuration.
        if region_name is None and getattr(config, "region_name", None) is None:
            region_name = self.region()
        address = endpoint_url or self._settings.endpoints.get(service_name)
        if address:
            # botocore has words of its own for a malformed one.
            require_loopback(service_name, address)
        # Threads make clients at once, when credentials are renewed; sessions are not made for it.
        with self._making:
            client = super().create_client(
                service_name,
                region_name,
                endpoint_url=address,
                config=self._patience(service_name).merge(config or Config()),
                **options,
            )
        require_loopback(service_name, client.meta.endpoint_url)
        return client

    def _patience(self, service: str) -> Config:
        attempts = self._settings.max_retries + 1
        if service == "guardduty":
            return Config(retries={"mode": "standard", "total_max_attempts": attempts})
        return Config(
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            retries={"mode": "standard", "total_max_attempts": min(attempts, _ATTEMPTS)},
        )


class _Found(CredentialProvider):
    """Credentials that have been found already."""

    METHOD = "found"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def drop_empty_variables(environment: MutableMapping[str, str]) -> None:
    """Take the empty ones of AWS's variables away: for the real provider, they are not set."""
    for name in [name for name in environment if name.startswith("AWS_")]:
        if not environment[name].strip():
            del environment[name]


def _environment_profile() -> str | None:
    # Where both name a profile, botocore takes the second, the real provider the first.
    return os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
