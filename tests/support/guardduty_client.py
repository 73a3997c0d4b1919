"""GuardDuty's member operations as a boto3 client has them, over a dictionary, with a record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.model import FEATURE, AccountId, FeatureStatus
from tests.support.vocabulary import DETECTOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST = 50


@dataclass(frozen=True)
class Call:
    """One call: AWS's name of the operation, and the accounts that it was for."""

    operation: str
    accounts: tuple[AccountId, ...]
    status: FeatureStatus | None = None


def refusal(operation: str, code: str, reason: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": reason}}, operation)


@dataclass
class FakeGuardDuty:
    """A delegated administrator's members in one region.

    Attributes:
        statuses: EKS_AUDIT_LOGS of each member.
        unprocessed: {account: results of UpdateMemberDetectors, one a call, until none is left}.
        unreadable: {account: result of GetMemberDetectors}.
        updated: {account: the UpdatedAt of its row of GetMembers}.
        failures: {operation: what a call of it raises, one a call, until none is left}.
        poison: accounts of whose presence a whole UpdateMemberDetectors call is refused.
        longest: more accounts than this in an UpdateMemberDetectors call are refused whole.
        calls: what was asked, in the order of arrival.
    """

    statuses: dict[AccountId, FeatureStatus]
    unprocessed: dict[AccountId, list[str]] = field(default_factory=dict)
    unreadable: dict[AccountId, str] = field(default_factory=dict)
    updated: dict[AccountId, str] = field(default_factory=dict)
    relationship_status: str = "Enabled"
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    poison: frozenset[AccountId] = frozenset()
    longest: int = _MOST
    calls: list[Call] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def api(self) -> GuardDutyApi:
        # The product gets only as much of a client as it uses.
        return GuardDutyApi(cast("Any", self))

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.operation == "UpdateMemberDetectors"]

    @property
    def written(self) -> Counter[AccountId]:
        """How often each account was in an UpdateMemberDetectors call."""
        return Counter(account for call in self.writes for account in call.accounts)

    def count(self, operation: str) -> int:
        return sum(call.operation == operation for call in self.calls)

    def get_member_detectors(
        self,
        DetectorId: str,  # noqa: N803 - boto3's names
        AccountIds: Sequence[AccountId],  # noqa: N803
    ) -> Mapping[str, object]:
        assert DetectorId == DETECTOR
        self._record(Call("GetMemberDetectors", tuple(AccountIds)))
        return {
            "MemberDataSourceConfigurations": [
                {
                    "AccountId": account,
                    "Features": [
                        {"Name": "CLOUD_TRAIL", "Status": "ENABLED"},
                        {"Name": FEATURE, "Status": self.statuses[account].value},
                    ],
                }
                for account in AccountIds
                if account in self.statuses and account not in self.unreadable
            ],
            "UnprocessedAccounts": [
                {"AccountId": account, "Result": self.unreadable[account]}
                for account in AccountIds
                if account in self.unreadable
            ],
        }

    def get_members(
        self,
        DetectorId: str,  # noqa: N803
        AccountIds: Sequence[AccountId],  # noqa: N803
    ) -> Mapping[str, object]:
        assert DetectorId == DETECTOR
        self._record(Call("GetMembers", tuple(AccountIds)))
        return {
            "Members": [
                {
                    "AccountId": account,
                    "RelationshipStatus": self.relationship_status,
                    "UpdatedAt": self.updated[account],
                }
                for account in AccountIds
                if account in self.updated
            ],
            "UnprocessedAccounts": [],
        }

    def update_member_detectors(
        self,
        DetectorId: str,  # noqa: N803
        AccountIds: Sequence[AccountId],  # noqa: N803
        Features: Sequence[Mapping[str, str]],  # noqa: N803
    ) -> Mapping[str, object]:
        assert DetectorId == DETECTOR
        (feature,) = Features
        assert feature["Name"] == FEATURE
        status = FeatureStatus(feature["Status"])
        self._record(Call("UpdateMemberDetectors", tuple(AccountIds), status))
        if len(AccountIds) > self.longest:
            reason = f"The length provided is {len(AccountIds)}. Max allowed is {self.longest}."
            raise refusal("UpdateMemberDetectors", "BadRequestException", reason)
        if self.poison.intersection(AccountIds):
            reason = "The request is rejected because an account id is invalid."
            raise refusal("UpdateMemberDetectors", "BadRequestException", reason)
        results = []
        for account in AccountIds:
            if self.unprocessed.get(account):
                result = self.unprocessed[account].pop(0)
                results.append({"AccountId": account, "Result": result})
            else:
                self.statuses[account] = status
        return {"UnprocessedAccounts": results}

    def _record(self, call: Call) -> None:
        assert 1 <= len(call.accounts) <= _MOST
        with self._lock:
            self.calls.append(call)
            failures = self.failures.get(call.operation)
            if failures:
                raise failures.pop(0)
