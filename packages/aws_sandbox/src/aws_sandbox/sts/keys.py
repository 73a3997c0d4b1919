"""Temporary access keys: whose they are, and until when they are good."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from aws_sandbox.credentials import temporary_access_key_id

if TYPE_CHECKING:
    from aws_sandbox.clock import VirtualClock

MOST_KEYS: Final = 20_000
"""The oldest are forgotten above that, so that a sandbox can run for days."""


@dataclass(frozen=True)
class Principal:
    """Who calls, as GetCallerIdentity and trust policies name it.

    Args:
        account_id: the account.
        arn: the caller's own ARN.
        user_id: the unique id, with the session's name for a role.
        role_arn: the role whose session it is; None for a user.
        temporary: whether the keys are.
        session_policy: what the session is narrowed to, as JSON; None if it is not.
    """

    account_id: str
    arn: str
    user_id: str
    role_arn: str | None = None
    temporary: bool = False
    session_policy: str | None = None


@dataclass(frozen=True)
class TemporaryKey:
    """One set of temporary credentials.

    Args:
        principal: who acts with it.
        access_key_id: begins with ASIA and carries the account.
        secret_access_key: its secret.
        session_token: has to be sent with every call.
        expires_at: the moment on the virtual clock from which on it is refused.
        expiration: what the caller is told, in real time: it renews its keys by that.
    """

    principal: Principal
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime
    expiration: datetime

    @property
    def expiration_text(self) -> str:
        """The end as AWS writes it, in whole seconds."""
        return self.expiration.strftime("%Y-%m-%dT%H:%M:%SZ")


class KeyBook:
    """All temporary keys that were given out.

    They expire by real time, and earlier if the virtual clock is moved.

    Args:
        clock: the virtual clock.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.lifetime: timedelta | None = None
        """How long keys made from now on live, whatever is asked; None leaves that to the call."""
        self._clock = clock
        self._keys: dict[str, TemporaryKey] = {}
        self._lock = threading.Lock()

    def issue(self, principal: Principal, asked: timedelta) -> TemporaryKey:
        """Make a key that lives for as long as was asked, or as tests want it."""
        lifetime = asked if self.lifetime is None else self.lifetime
        key = TemporaryKey(
            replace(principal, temporary=True),
            temporary_access_key_id(principal.account_id),
            secrets.token_urlsafe(30),
            f"IQoJ{secrets.token_urlsafe(120)}",
            self._clock.now() + lifetime,
            datetime.now(UTC) + lifetime,
        )
        with self._lock:
            self._keys[key.access_key_id] = key
            if len(self._keys) > MOST_KEYS:
                del self._keys[next(iter(self._keys))]
        return key

    def find(self, access_key_id: str) -> TemporaryKey | None:
        """The key of an id, expired or not."""
        return self._keys.get(access_key_id)

    def has_expired(self, key: TemporaryKey) -> bool:
        """Whether a key is good no more."""
        return self._clock.now() >= key.expires_at

    def expire(self, account_id: str | None = None) -> int:
        """Let the keys of an account, or all, expire now; tell how many were good until then."""
        now = self._clock.now()
        with self._lock:
            ending = [
                key
                for key in self._keys.values()
                if key.expires_at > now and account_id in {None, key.principal.account_id}
            ]
            for key in ending:
                self._keys[key.access_key_id] = replace(key, expires_at=now)
        return len(ending)
