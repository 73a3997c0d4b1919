"""STS, GuardDuty and Organizations as far as a run of this product asks them, in their wire forms.

One account's view of one region: a delegated administrator with members, or a member. It answers
requests that botocore has signed, and keeps them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, DETECTOR_NOT_OWNED, NOT_ASSOCIATED

if TYPE_CHECKING:
    from collections.abc import Mapping

_Body = dict[str, Any]

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Request:
    """What was asked, and as whom: access key, region and service are those of the signature."""

    method: str
    url: str
    access_key: str
    region: str
    service: str
    token: str | None
    target: str | None
    body: _Body

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Aws:
    """What AWS holds, and what was asked of it.

    Attributes:
        account: whose every access key is that is not of an assumed role.
        detector: its one detector, None if there is none.
        own_status: EKS_AUDIT_LOGS of that detector.
        administrator: whose member the account is, None if nobody's.
        delegated: whom Organizations names as delegated administrators of GuardDuty.
        members: {account: EKS_AUDIT_LOGS}, all of them monitored but for
        relationships: {account: relationship status of a member}.
        invited: members by invitation.
        managed: members for which an organization policy decides.
        unprocessed: {account: result of UpdateMemberDetectors}.
        unreadable: {account: result of GetMemberDetectors}.
        refusals: {path of a request: (HTTP status, code, message)}; `*` for every GuardDuty call,
            `/` for those to Organizations.
        seconds_of_roles: for so long the keys of an assumed role are said to be accepted.
        requests: what was asked, in the order of arrival.
    """

    account: str = ADMINISTRATOR
    detector: str | None = DETECTOR
    own_status: str = "DISABLED"
    administrator: str | None = None
    delegated: tuple[str, ...] = (ADMINISTRATOR,)
    auto_enable_members: str = "NEW"
    auto_enable: str = "NONE"
    members: dict[str, str] = field(default_factory=dict)
    relationships: dict[str, str] = field(default_factory=dict)
    invited: frozenset[str] = frozenset()
    managed: frozenset[str] = frozenset()
    unprocessed: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    seconds_of_roles: float = 3600
    requests: list[Request] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def writes(self) -> list[Request]:
        """The requests that set members."""
        return [request for request in self.requests if request.path.endswith("/update")]

    @property
    def own_writes(self) -> list[_Body]:
        """What was asked of the own detector or of the organization's settings."""
        return [
            request.body
            for request in self.requests
            if request.method == "POST"
            and request.path in {f"/detector/{self.detector}", f"/detector/{self.detector}/admin"}
        ]

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        named = {key.lower(): value for key, value in headers.items()}
        signature = _CREDENTIAL.search(named.get("authorization", ""))
        assert signature, "the request is not signed"
        access_key, region, service = signature.groups()
        token, target = named.get("x-amz-security-token"), named.get("x-amz-target")
        content = _form(body) if service == "sts" else json.loads(body or b"{}")
        request = Request(method, url, access_key, region, service, token, target, content)
        with self._lock:
            self.requests.append(request)
            services = {"sts": self._sts, "organizations": self._organizations}
            return services.get(service, self._guardduty)(request)

    def _sts(self, request: Request) -> Answer:
        if request.body["Action"] == "AssumeRole":
            role = request.body["RoleArn"]
            _, name = role.rsplit("/", 1)
            account = role.split(":")[4]
            return _xml(
                "AssumeRole",
                f"<Credentials><AccessKeyId>{name}@{account}</AccessKeyId><SecretAccessKey>s"
                f"</SecretAccessKey><SessionToken>token-of-{name}</SessionToken>"
                f"<Expiration>{self._end_of_roles()}</Expiration></Credentials>",
            )
        _, _, role_account = request.access_key.partition("@")
        return _xml("GetCallerIdentity", f"<Account>{role_account or self.account}</Account>")

    def _end_of_roles(self) -> str:
        return (datetime.now(UTC) + timedelta(seconds=self.seconds_of_roles)).isoformat()

    def _organizations(self, request: Request) -> Answer:
        if request.path in self.refusals:
            return _refusal(*self.refusals[request.path])
        if request.target == "AWSOrganizationsV20161128.ListRoots":
            return _json({"Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": []}]})
        assert request.target == "AWSOrganizationsV20161128.ListDelegatedAdministrators"
        assert request.body == {"ServicePrincipal": "guardduty.amazonaws.com"}
        return _json({"DelegatedAdministrators": [{"Id": account} for account in self.delegated]})

    def _guardduty(self, request: Request) -> Answer:
        refusal = self.refusals.get(request.path) or self.refusals.get("*")
        if refusal:
            return _refusal(*refusal)
        if request.path == "/detector":
            return _json({"detectorIds": [self.detector] if self.detector else []})
        _, _, detector, operation = f"{request.path}/".split("/", 3)
        if detector != self.detector:
            return _refusal(400, "BadRequestException", DETECTOR_NOT_OWNED)
        operations = {
            "": self._own_detector,
            "administrator": self._administrator,
            "admin": self._organization,
            "member": self._members,
            "member/get": self._members,
            "member/detector/get": self._member_detectors,
            "member/detector/update": self._update,
            "freeTrial/daysRemaining": self._trials,
            "usage/statistics": self._usage,
        }
        return _json(operations[operation.rstrip("/")](request.body))

    def _own_detector(self, asked: _Body) -> _Body:
        for feature in asked.get("features", ()):
            self.own_status = feature["status"]
        return {
            "status": "ENABLED",
            "serviceRole": "role",
            "features": [{"name": "EKS_AUDIT_LOGS", "status": self.own_status}],
        }

    def _administrator(self, _asked: _Body) -> _Body:
        return {"administrator": {"accountId": self.administrator}} if self.administrator else {}

    def _organization(self, asked: _Body) -> _Body:
        self.auto_enable_members = asked.get(
            "autoEnableOrganizationMembers", self.auto_enable_members
        )
        for feature in asked.get("features", ()):
            self.auto_enable = feature["autoEnable"]
        return {
            "memberAccountLimitReached": False,
            "autoEnableOrganizationMembers": self.auto_enable_members,
            "features": [{"name": "EKS_AUDIT_LOGS", "autoEnable": self.auto_enable}],
        }

    def _row(self, account: str, relationship_status: str) -> dict[str, str]:
        invited = {"invitedAt": "2026-01-01T00:00:00Z"} if account in self.invited else {}
        return {
            "accountId": account,
            "masterId": ADMINISTRATOR,
            "email": "",
            "relationshipStatus": relationship_status,
            "updatedAt": "2026-01-01T00:00:00Z",
            **invited,
        }

    def _members(self, asked: _Body) -> _Body:
        rows = [self._row(a, self.relationships.get(a, "Enabled")) for a in self.members]
        found = [row for row in rows if row["accountId"] in asked.get("accountIds", self.members)]
        return {"members": found, "unprocessedAccounts": []}

    def _member_detectors(self, asked: _Body) -> _Body:
        accounts = asked["accountIds"]
        reasons = {**self._strangers(accounts), **self.unreadable}
        return {
            "members": [
                {"accountId": account, "features": [self._feature(account)]}
                for account in accounts
                if account not in reasons
            ],
            "unprocessedAccounts": _results(accounts, reasons),
        }

    def _feature(self, account: str) -> _Body:
        policy = {"managedBy": "GUARDDUTY_POLICY"} if account in self.managed else {}
        return {"name": "EKS_AUDIT_LOGS", "status": self.members[account], **policy}

    def _strangers(self, accounts: list[str]) -> dict[str, str]:
        return {account: NOT_ASSOCIATED for account in accounts if account not in self.members}

    def _trials(self, asked: _Body) -> _Body:
        feature = {"name": "EKS_AUDIT_LOGS", "freeTrialDaysRemaining": 30}
        accounts = [{"accountId": a, "features": [feature]} for a in asked["accountIds"]]
        return {"accounts": accounts, "unprocessedAccounts": []}

    def _usage(self, _asked: _Body) -> _Body:
        total = {"amount": "12.50", "unit": "USD"}
        return {
            "usageStatistics": {"sumByFeature": [{"feature": "EKS_AUDIT_LOGS", "total": total}]}
        }

    def _update(self, asked: _Body) -> _Body:
        accounts = asked["accountIds"]
        (feature,) = asked["features"]
        reasons = {**self._strangers(accounts), **self.unprocessed}
        for account in accounts:
            if account not in reasons:
                self.members[account] = feature["status"]
        return {"unprocessedAccounts": _results(accounts, reasons)}


def _form(body: bytes) -> _Body:
    return {key: values[0] for key, values in parse_qs(body.decode()).items()}


def _results(accounts: list[str], reasons: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"accountId": a, "result": reasons[a]} for a in accounts if a in reasons]


def _json(body: Mapping[str, object]) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _refusal(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer(status, {"X-Amzn-ErrorType": code}, body)


def _xml(operation: str, result: str) -> Answer:
    body = f"<{operation}Result>{result}</{operation}Result>"
    body = f"<{operation}Response>{body}</{operation}Response>"
    return Answer(200, {"Content-Type": "text/xml"}, body.encode())
