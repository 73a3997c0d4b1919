"""A local AWS organization in the test's process, in the place of botocore's sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
from werkzeug.test import Client

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.organization import OrganizationDescription
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR
from tests.support.aws_double import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardduty_eks_audit_logs.settings.stack_identity import Configuration

_URL = "http://127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        path: of the URL, for GuardDuty: `/detector/…/member`.
        target: for Organizations, the operation: `AWSOrganizationsV20161128.ListAccountsForParent`.
        token: of the page of a list; empty for the first one.
        accounts: that the request names.
        region: where it goes, by its signature.
    """

    path: str
    target: str
    token: str
    accounts: tuple[str, ...]
    region: str


@dataclass
class SandboxInProcess:
    """Answers botocore as `Aws` of `aws_double` does, with a whole organization behind it.

    Attributes:
        description: the organization.
        refused: which requests are refused, whatever the sandbox has to say to them.
    """

    description: OrganizationDescription
    refused: Callable[[Asked], bool] = lambda _: False
    _served: Sandbox = field(init=False)
    _client: Client = field(init=False)

    def __post_init__(self) -> None:
        self._served = Sandbox(self.description)
        self._client = Client(self._served)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answers a signed request."""
        parts = urlsplit(url)
        if self.refused(_asked(parts.path, parts.query, headers, body)):
            return _denied()
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        # The sandbox answers to the names of this machine only.
        sent = [(key, value) for key, value in headers.items() if key.lower() != "host"]
        found = self._client.open(path, base_url=_URL, method=method, headers=sent, data=body)
        return Answer(found.status_code, dict(found.headers.items()), found.get_data())

    def control(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Asks the control interface."""
        found = self._client.open(f"/sandbox/{path}", base_url=_URL, method=method, json=body)
        assert found.status_code == 200, found.text
        return found.json

    def boto3(self, service: str, account: str = ADMINISTRATOR, region: str = "us-east-1") -> Any:  # noqa: ANN401 - depends on the service
        """A boto3 client of an account, for a test that has put this in the place of sockets."""
        return boto3.Session().client(
            service,  # type: ignore[call-overload]
            region_name=region,
            aws_access_key_id=access_key_id(account),
            aws_secret_access_key=secret_access_key(account),
        )

    @property
    def feature_set(self) -> str:
        """The organization's: `ALL`, or `CONSOLIDATED_BILLING`, which no operation makes of it."""
        return str(self._served.aws.accounts.backend.org.feature_set)

    @feature_set.setter
    def feature_set(self, feature_set: str) -> None:
        self._served.aws.accounts.backend.org.feature_set = feature_set

    def operations(self) -> list[str]:
        """The operations that were called, in their order."""
        return [call["operation"] for call in self.control("GET", "calls")]


def keys_of(account: str = ADMINISTRATOR, **more: str) -> Configuration:
    """A stack's configuration with the keys of an account: `keys_of(region="us-east-1")`."""
    named = {
        "aws:accessKey": access_key_id(account),
        "aws:secretKey": secret_access_key(account),
        **{f"aws:{key}": value for key, value in more.items()},
    }
    return named.get


def described(**organization: Any) -> OrganizationDescription:  # noqa: ANN401 - as YAML has it
    """An organization, described as in a file of the sandbox."""
    return OrganizationDescription.model_validate(organization)


def _asked(path: str, query: str, headers: Mapping[str, str], body: bytes) -> Asked:
    named = {key.lower(): value for key, value in headers.items()}
    sent = json.loads(body) if body.startswith(b"{") else {}
    (token,) = parse_qs(query).get("nextToken", [sent.get("NextToken", "")])
    return Asked(
        path,
        target=named.get("x-amz-target", "").partition(".")[2],
        token=token,
        accounts=tuple(sent.get("accountIds", ())),
        region=named["authorization"].split("/")[2],
    )


def _denied() -> Answer:
    code = "AccessDeniedException"
    body = json.dumps({"__type": code, "message": "Not allowed here.", "Message": "x"}).encode()
    return Answer(403, {"X-Amzn-ErrorType": code, "Content-Type": "application/json"}, body)
