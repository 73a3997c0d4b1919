"""Secrets in a stack's configuration: which values have to be one, and which can't be one."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from guardduty_eks_audit_logs import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

IsSecret = Callable[[str], bool]
"""Whether the value of a configuration key, by its full name, is a secret."""

_SHOWN_OF_AWS = {
    "aws:allowedAccountIds": "[0]",
    "aws:forbiddenAccountIds": "[0]",
    "aws:region": "",
}
"""The keys of pulumi-aws whose values a run shows.

Where the value is a list, with the path to a single entry, which may be the secret.
"""

_CREDENTIALS = ("aws:secretKey", "aws:token")


def credentials_in_clear(
    given: Iterable[str], is_secret: IsSecret, endpoints: Iterable[str]
) -> tuple[str, ...]:
    """Refuses credentials that the stack's file, and then its state, has in clear.

    Args:
        given: the keys of the configuration that have a value.
        is_secret: whether the value of a key is a secret.
        endpoints: the URLs that the credentials are used at. Where all of them are on this machine,
            as those of a local AWS organization are, the credentials open nothing.
    """
    clear = [key for key in _CREDENTIALS if key in set(given) and not is_secret(key)]
    if not clear or all(map(_is_loopback, endpoints)):
        return ()
    return tuple(map(messages.credentials_in_clear, clear))


def secrets_to_show(
    configuration: Mapping[str, Any], project: str, is_secret: IsSecret
) -> tuple[str, ...]:
    """Refuses secrets in values that a preview shows and the state has in clear.

    Args:
        configuration: all of the stack's configuration by full key.
        project: the name of the Pulumi project, the namespace of the product's keys.
        is_secret: whether the value of a key is a secret.
    """
    prefix = f"{project}:"
    entries = {f"{prefix}members": "[0].accounts[0]", **_SHOWN_OF_AWS}
    shown = [k for k, v in configuration.items() if v and (k.startswith(prefix) or k in entries)]
    return tuple(
        messages.secret_to_show(key, entries.get(key, "")) for key in shown if is_secret(key)
    )


def _is_loopback(url: str) -> bool:
    """Whether a URL's host is of this machine, by its text alone: no name is looked up."""
    try:
        host = urlsplit(url).hostname or ""
        # Others than urlsplit may find another host behind these characters.
        return not {"\\", "@"} & set(url) and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False
