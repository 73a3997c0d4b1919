"""An organization of 120 accounts in four regions, with all that makes a coverage hard to read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from tests.support.vocabulary import PROJECT_FOLDER, account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

RULES: Final = "us-east-1"
"""Its stack has rules by accounts, units and tags; members are taken up by nobody."""
ALL: Final = "me-central-1"
"""Its stack and AWS have ALL; two accounts have not opted in to it."""
NOT_OFFERED: Final = "mx-central-1"
"""It does not offer EKS_AUDIT_LOGS."""
REFUSED: Final = "ap-southeast-2"
"""GuardDuty refuses every call there."""
REGIONS: Final = (RULES, ALL, NOT_OFFERED, REFUSED)

CLOSED: Final = (account(20), account(110))
SUSPENDED: Final = (account(10), account(34), account(46))
OPTED_OUT: Final = (account(12), account(13))
REMOVED: Final = account(14)
LATE: Final = (account(117), account(118))
"""They join when nobody takes them up: only ALL does so."""
INVITED, ACCEPTED = "800000000001", "800000000002"
TURNED_OFF: Final = account(5)
"""Somebody turns it off in the region of ALL."""

POLICY_OF_UNIT: Final = 'Base "line"'
"""It turns the accounts of `CI/CD` on, everywhere."""
POLICY_OF_ACCOUNT: Final = "One <off>"
"""It turns one of them off again."""
POLICY_OF_REGION: Final = "Only here"
"""It turns the accounts of `Root/Stage` on, in the region of rules alone."""
EXCEPTION: Final = account(60)

_NAMES: Final = {
    1: '=HYPERLINK("http://a.example","b")',
    2: "<img src=x onerror=alert(1)>",
    3: 'one, two; "three"',
    4: "Ünïcøde 名前",
    6: "007",
}
_SLASH: Final = range(46, 61)
"""The accounts of the unit `CI/CD`, whose name has a slash."""

MEMBERS: Final[Mapping[str, list[dict[str, Any]]]] = {
    RULES: [
        {"status": "UNMANAGED", "accounts": [account(61), account(62), account(31)]},
        {"status": "DISABLED", "organizationalUnits": ["Root/Sand box/Play ground"]},
        {"status": "ENABLED", "tags": {"env": "prod"}},
        {"status": "ENABLED", "organizationalUnits": ["Root/CI/CD"]},
        {"status": "DISABLED", "accounts": [account(63), account(64)]},
        {"status": "DISABLED", "accounts": [account(117)]},
    ],
    ALL: [{"status": "ENABLED", "accounts": [account(46)]}],
    NOT_OFFERED: [{"status": "ENABLED", "all": True}],
    REFUSED: [{"status": "ENABLED", "all": True}],
}
"""The rules of each region's stack."""


_POLICY_TYPE: Final = "GUARDDUTY_POLICY"


@dataclass(frozen=True)
class Ended:
    """How the command ended."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> dict[str, Any]:
        """What it printed as JSON."""
        found: dict[str, Any] = json.loads(self.output)
        return found


@dataclass(frozen=True)
class CoveredOrganization:
    """The organization, served, and a project with a stack for each region.

    Attributes:
        sandbox: it.
        project: the project's folder.
    """

    sandbox: RunningSandbox
    project: Path

    def run(self, *options: str, **variables: str) -> Ended:
        """Runs `eks-audit-logs coverage` in the project, as the delegated administrator."""
        command = [sys.executable, "-m", "guardduty_eks_audit_logs", "coverage", *options]
        ended = subprocess.run(
            command,
            cwd=self.project,
            env={
                **self.sandbox.environment,
                "PYTHONPATH": f"{PROJECT_FOLDER / 'components'}{os.pathsep}{PROJECT_FOLDER}",
                "COLUMNS": "80",
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def configure(self, region: str, **keys: object) -> None:
        """Writes the file of a region's stack."""
        config = {f"guardduty-eks-audit-logs:{key}": value for key, value in keys.items()}
        content = {"config": {"aws:region": region, **config}}
        file = self.project / "stacks" / f"Pulumi.{stack_of(region)}.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")


def stack_of(region: str) -> str:
    """The name of the region's stack."""
    return f"prod-{region}"


def serve_covered_organization(serve: ServeSandbox, folder: Path) -> CoveredOrganization:
    """Serves the organization and makes its project.

    Args:
        serve: the fixture.
        folder: for the project; it does not exist yet.
    """
    sandbox = serve(organization=json.dumps(_description()))
    _arrange(sandbox)
    organization = covered_project(sandbox, folder)
    for region in REGIONS:
        auto_enable = {"autoEnable": "ALL"} if region == ALL else {}
        organization.configure(region, members=MEMBERS[region], **auto_enable)
    return organization


def covered_project(sandbox: RunningSandbox, folder: Path) -> CoveredOrganization:
    """Makes a project without stacks for an organization that is served."""
    (folder / "stacks").mkdir(parents=True)
    shutil.copy(PROJECT_FOLDER / "Pulumi.yaml", folder)
    return CoveredOrganization(sandbox, folder)


def attach_policies(sandbox: RunningSandbox) -> None:
    """Lets policies decide the accounts of two units; 20 more are attached to nothing."""
    organizations = sandbox.boto3("organizations", MANAGEMENT)
    (root,) = organizations.list_roots()["Roots"]
    listed = organizations.get_paginator("list_organizational_units_for_parent")
    below = listed.paginate(ParentId=root["Id"]).search("OrganizationalUnits[]")
    units = {unit["Name"]: unit["Id"] for unit in below}
    organizations.enable_policy_type(RootId=root["Id"], PolicyType=_POLICY_TYPE)

    def create(name: str, block: str, status: str) -> str:
        plans = {"eks_audit_logs": status, "foundational": "enabled"}
        content = {plan: {"status": {"@@assign": wanted}} for plan, wanted in plans.items()}
        made = organizations.create_policy(
            Name=name,
            Description="",
            Type=_POLICY_TYPE,
            Content=json.dumps({"guardduty": {"enablement": {block: content}}}),
        )
        return str(made["Policy"]["PolicySummary"]["Id"])

    for number in range(20):
        create(f"Spare {number}", "default", "enabled")
    for name, block, status, target in (
        (POLICY_OF_UNIT, "default", "enabled", units["CI/CD"]),
        (POLICY_OF_ACCOUNT, "default", "disabled", EXCEPTION),
        (POLICY_OF_REGION, RULES, "enabled", units["Stage"]),
    ):
        organizations.attach_policy(PolicyId=create(name, block, status), TargetId=target)
    sandbox.client.advance_clock(hours=1)  # who becomes a member by a policy can be read by then


def _description() -> dict[str, Any]:
    return {
        "managementAccountId": MANAGEMENT,
        "administrator": {"id": ADMINISTRATOR, "eksAuditLogs": "ENABLED"},
        "regions": list(REGIONS),
        "regionsWithoutEksAuditLogs": [NOT_OFFERED],
        "settings": {"autoEnableOrganizationMembers": "NONE"},
        "accounts": [_account(number) for number in range(1, 117)],
        "standaloneAccounts": [
            {"id": INVITED, "invitedBy": ADMINISTRATOR, "relationshipStatus": "Invited"},
            {"id": ACCEPTED, "invitedBy": ADMINISTRATOR, "eksAuditLogs": "ENABLED"},
        ],
    }


def _account(number: int) -> dict[str, Any]:
    found = account(number)
    unit, environment = _place(number)
    status: Any = "Enabled"
    if found in SUSPENDED:
        status = "Disabled" if found == SUSPENDED[0] else {RULES: "Disabled"}
    if found == REMOVED:
        status = {RULES: "Removed"}
    return {
        "id": found,
        "name": _NAMES.get(number, f"member-{number}"),
        "ou": unit,
        "tags": {"env": environment},
        "eksAuditLogs": "ENABLED" if number % 3 else "DISABLED",
        "relationshipStatus": status,
        "regionsNotEnabled": [ALL] if found in OPTED_OUT else [],
    }


def _place(number: int) -> tuple[str, str]:
    if number <= 30:
        return "Root/Prod", "prod" if number % 5 else "stage"
    if number <= 45:
        return "Root/Sand box/Play ground", "prod"
    if number in _SLASH:
        return "Root", "test"  # `_arrange` moves them into `CI/CD`
    if number <= 104:
        return f"Root/Teams/Team {(number - 59) // 2:02}", "test"
    return "Root/Stage", "stage"


def _arrange(sandbox: RunningSandbox) -> None:
    """What the description of an organization has no key for."""
    organizations = sandbox.boto3("organizations", MANAGEMENT)
    (root,) = organizations.list_roots()["Roots"]
    made = {
        name: organizations.create_organizational_unit(Name=name, ParentId=root["Id"])
        for name in ("CI/CD", "Empty unit")
    }
    slash = made["CI/CD"]["OrganizationalUnit"]["Id"]
    for number in _SLASH:
        organizations.move_account(
            AccountId=account(number), SourceParentId=root["Id"], DestinationParentId=slash
        )
    sandbox.client.set_auto_enable("ALL", members="ALL", region=ALL)
    for closed in CLOSED:
        organizations.close_account(AccountId=closed)
    for late in LATE:
        sandbox.client.join(late, name=f"late-{late}", ou="Root/Stage", tags={"env": "stage"})
    sandbox.client.advance_clock(hours=25)
    sandbox.client.set_feature(TURNED_OFF, "DISABLED", region=ALL)
