"""A served organization: what AWS holds, asked by plain boto3, and stacks that are to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.project import copy_project
from tests.support.engine.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

REGION = "us-east-1"
FEATURE = "EKS_AUDIT_LOGS"
ON, OFF = "ENABLED", "DISABLED"


def account(number: int) -> str:
    """The id of a member of the default organization, counted from 1."""
    return f"{300_000_000_000 + number}"


class Organization:
    """An organization of which the delegated administrator has the region's GuardDuty."""

    def __init__(
        self, sandbox: RunningSandbox, environment: Mapping[str, str], project: Path
    ) -> None:
        self.control = sandbox.client
        self.sandbox = sandbox
        self.environment = environment
        self.project = copy_project(project)
        self._guardduty = sandbox.boto3("guardduty")

    def stack(self, name: str = "test", /, **configuration: object) -> Stack:
        """Makes a stack of the project; the region is set unless the configuration says so."""
        stack = Stack(self.project, self.environment, name)
        stack.configure({"aws:region": REGION, **configuration})
        stack.init()
        return stack

    def stack_that_comes_along(self, name: str) -> Stack:
        """Makes one of the project's own stacks, with its file as it is."""
        stack = Stack(self.project, self.environment, name)
        stack.init()
        return stack

    def detector_id(self) -> str:
        return self.sandbox.detector()

    def own_features(self) -> dict[str, str]:
        """All features of the administrator's detector."""
        answer = self._guardduty.get_detector(DetectorId=self.detector_id())
        return {feature["Name"]: feature["Status"] for feature in answer["Features"]}

    def auto_enable(self) -> tuple[str, dict[str, str]]:
        """The organization's setting for GuardDuty itself, and for each feature."""
        answer = self._guardduty.describe_organization_configuration(DetectorId=self.detector_id())
        features = {feature["Name"]: feature["AutoEnable"] for feature in answer["Features"]}
        return answer["AutoEnableOrganizationMembers"], features

    def members(self) -> list[str]:
        pages = self._guardduty.get_paginator("list_members").paginate(
            DetectorId=self.detector_id()
        )
        return [member["AccountId"] for page in pages for member in page["Members"]]

    def member_features(self) -> dict[str, dict[str, str]]:
        """All features of every member."""
        accounts, features = self.members(), {}
        for start in range(0, len(accounts), 50):
            answer = self._guardduty.get_member_detectors(
                DetectorId=self.detector_id(), AccountIds=accounts[start : start + 50]
            )
            assert answer["UnprocessedAccounts"] == []
            for member in answer["MemberDataSourceConfigurations"]:
                told = {feature["Name"]: feature["Status"] for feature in member["Features"]}
                features[member["AccountId"]] = told
        return features

    def statuses(self) -> dict[str, str]:
        """EKS_AUDIT_LOGS of every member."""
        return {a: features[FEATURE] for a, features in self.member_features().items()}

    def set_status(self, account_id: str, status: str) -> None:
        """Somebody else sets a member's EKS_AUDIT_LOGS, as the administrator."""
        answer = self._guardduty.update_member_detectors(
            DetectorId=self.detector_id(),
            AccountIds=[account_id],
            Features=[{"Name": FEATURE, "Status": status}],
        )
        assert answer["UnprocessedAccounts"] == []

    def set_own_status(self, status: str) -> None:
        """Somebody else sets EKS_AUDIT_LOGS of the administrator's detector."""
        self._guardduty.update_detector(
            DetectorId=self.detector_id(), Features=[{"Name": FEATURE, "Status": status}]
        )

    def set_auto_enable(self, auto_enable: str) -> None:
        """Somebody else sets the organization's auto-enable setting of EKS_AUDIT_LOGS."""
        members, _ = self.auto_enable()
        self._guardduty.update_organization_configuration(
            DetectorId=self.detector_id(),
            AutoEnableOrganizationMembers=members,
            Features=[{"Name": FEATURE, "AutoEnable": auto_enable}],
        )

    def delete_detector(self) -> None:
        """Somebody else deletes the administrator's detector."""
        self._guardduty.delete_detector(DetectorId=self.detector_id())

    def held(self, region: str = REGION) -> dict[str, str | None]:
        """All that a stack may set in a region: EKS_AUDIT_LOGS of every account, and `autoEnable`.

        The administrator's own is among the accounts.
        """
        accounts = self.control.actual_state()[region].items()
        features = self.control.settings()[region].features
        return {name: found.eks_audit_logs for name, found in accounts} | {
            "autoEnable": features.get(FEATURE)
        }

    def writes(self) -> list[str]:
        """The operations in the record of calls that change something in GuardDuty."""
        calls = [call for call in self.control.calls() if call.service == "guardduty"]
        reads = ("Get", "List", "Describe")
        return [call.operation for call in calls if not call.operation.startswith(reads)]
