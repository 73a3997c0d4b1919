"""Credentials that are there: fetched once, used by any number of sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    ReadOnlyCredentials,
)

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.credentials.chain import Chain, check_keys
from guardduty_eks_audit_logs.aws.credentials.faults import Source, named_faults
from guardduty_eks_audit_logs.aws.credentials.files import files_source
from guardduty_eks_audit_logs.aws.watch import CALL_SECONDS
from guardduty_eks_audit_logs.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    import botocore.session

    from guardduty_eks_audit_logs.aws.watch import Watch


@dataclass(frozen=True)
class Fetched:
    """Credentials that are there, and renew themselves where they expire.

    Attributes:
        credentials: give themselves to as many sessions as there are, in any thread.
        source: where they come from.
        renewed_from: says, by the error, what is to blame if they can't be renewed.
    """

    credentials: Credentials
    source: Source
    renewed_from: Callable[[BaseException], Source]

    def give_to(self, session: botocore.session.Session) -> None:
        """Lets a session's clients use them.

        Raises:
            CredentialsError: they have expired, and can't be renewed.
        """
        with named_faults(self.renewed_from):
            guarded = _Guarded(self.credentials, self.renewed_from)
        session.register_component("credential_provider", CredentialResolver([_Ready(guarded)]))


def given(access_key: str, secret_key: str, token: str | None) -> Fetched:
    """Takes keys that the stack's configuration has.

    Raises:
        CredentialsError: they can't be keys.
    """
    source = Source(*messages.credentials_source("explicit", ""))
    with named_faults(lambda _: source):
        keys = Credentials(access_key, secret_key, token)
        check_keys(keys)
    return Fetched(keys, source, lambda _: source)


def fetch(session: botocore.session.Session, region: str, watch: Watch) -> Fetched:
    """Fetches the credentials that a session's files and the environment name.

    Args:
        session: of `configured_session`.
        region: where AWS is asked for credentials, if it is.
        watch: waits for them.

    Raises:
        CredentialsError: there are none; the sentence names the source and its way out.
        ConnectionFailedError: AWS does not answer, or a source gives nothing in time.
    """
    session.set_config_variable("region", region)
    with named_faults(lambda _: files_source(session)):
        chain = Chain(session)
    returned = False

    def load() -> Credentials:
        nonlocal returned
        try:
            with named_faults(chain.source):
                return chain.fetched()
        finally:
            returned = True

    try:
        found = watch.call("the credentials", load)
    except ConnectionFailedError as error:
        if returned or not chain.asked:
            raise
        source = chain.source()
        why = messages.no_answer_within(CALL_SECONDS)
        sentence = messages.no_credentials_from(source.name, why, source.way_out)
        raise ConnectionFailedError(sentence) from error
    return Fetched(found, chain.source(), chain.source)


class _Ready(CredentialProvider):
    """A source of credentials that are there already."""

    METHOD = "ready"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


class _Guarded(Credentials):
    """Credentials that raise a plain error if they can't be renewed."""

    def __init__(self, credentials: Credentials, source: Callable[[BaseException], Source]) -> None:
        keys = credentials.get_frozen_credentials()
        super().__init__(
            keys.access_key or "", keys.secret_key or "", keys.token, method=credentials.method
        )
        self._credentials = credentials
        self._source = source

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        with named_faults(self._source):
            return self._credentials.get_frozen_credentials()
