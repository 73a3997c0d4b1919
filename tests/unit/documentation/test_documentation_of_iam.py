"""docs/iam, and what README says about permissions, are the table of permissions."""

from __future__ import annotations

import json
import re

import pytest

from guardduty_eks_audit_logs.planning.permissions import (
    PERMISSIONS,
    Caller,
    Permission,
    Purpose,
    Variant,
    actions,
)
from guardduty_eks_audit_logs.settings.modes import Mode
from tests.support.vocabulary import PROJECT_FOLDER
from tools.iam_policies import DOCUMENTS, FOLDER, POLICIES, Policy, files

MANAGED, OF_A_USER, OF_A_ROLE = 6144, 2048, 10_240
"""IAM's quotas of a managed policy, and of all inline policies of a user or a role, in characters
other than white space (IAM user guide, reference_iam-quotas)."""

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
READS = re.compile(r"\w+:(Get|List|Describe|Simulate|Decrypt)\w*")
OF_PULUMI_AWS = "https://github.com/hashicorp/terraform-provider-aws/"


def test_the_files_and_tables_are_made_from_the_table() -> None:
    texts = {path: (PROJECT_FOLDER / path).read_text(encoding="utf-8") for path in DOCUMENTS}
    for path, text in files(texts).items():
        assert (PROJECT_FOLDER / path).read_text(encoding="utf-8") == text, "run `make docs`"
    assert {file.stem for file in FOLDER.glob("*.json")} == {policy.name for policy in POLICIES}


def test_every_policy_fits_into_iams_quotas() -> None:
    sizes = {policy.name: len(re.sub(r"\s", "", policy.text)) for policy in POLICIES}
    assert max(sizes.values()) <= min(MANAGED, OF_A_USER)
    assert sum(sizes.values()) <= OF_A_ROLE


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_policy_holds_in_every_partition(policy: Policy) -> None:
    content = json.loads((FOLDER / f"{policy.name}.json").read_text(encoding="utf-8"))
    assert content["Version"] == "2012-10-17"
    for statement in content["Statement"]:
        assert statement["Effect"] == "Allow"
        resources = statement["Resource"]
        for arn in [resources] if isinstance(resources, str) else resources:
            assert arn == "*" or arn.startswith("arn:*:"), arn
    assert not [name for name in PARTITIONS if f"arn:{name}:" in policy.text]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_policy_names_actions_one_by_one(policy: Policy) -> None:
    named = [action for one in policy.document["Statement"] for action in one["Action"]]
    assert sorted(named) == sorted({one.action for one in policy.permissions})
    assert not [action for action in named if "*" in action or "?" in action]


def test_what_previews_and_reports_use_allows_only_reads() -> None:
    reading = {
        *("preview", "units", "tags", "create-preview", "delegation-preview"),
        *("coverage", "doctor", "state-read-only", "key-read-only"),
    }
    found = {policy.name for policy in POLICIES if not any(p.writes for p in policy.permissions)}
    assert found == reading


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda row: row.action)
def test_what_writes_is_marked_so(permission: Permission) -> None:
    assert permission.writes != bool(READS.fullmatch(permission.action))


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda row: row.action)
def test_an_action_says_who_asks_for_it(permission: Permission) -> None:
    assert permission.page.startswith("https://")
    assert permission.callers
    by_pulumi_aws = Caller.PULUMI_AWS in permission.callers
    assert by_pulumi_aws == permission.source.startswith(OF_PULUMI_AWS)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.DELEGATION])
@pytest.mark.parametrize("variants", [[], list(Variant)])
def test_a_run_needs_what_its_preview_reads_and_its_writes(
    mode: Mode, variants: list[Variant]
) -> None:
    preview = actions(Purpose.PREVIEW, mode, variants)
    deploy = actions(Purpose.DEPLOY, mode, variants)
    assert preview == tuple(one for one in deploy if not one.writes)


def test_a_permission_that_a_variant_needs_is_not_optional() -> None:
    def roots(*variants: Variant) -> bool:
        found = actions(Purpose.PREVIEW, variants=variants)
        return next(one.optional for one in found if one.action == "organizations:ListRoots")

    assert roots()
    assert not roots(Variant.UNITS)


def test_the_management_account_writes_nothing_but_the_designation() -> None:
    written = [p.action for p in actions(Purpose.DELEGATION, Mode.DELEGATION) if p.writes]
    assert sorted(written) == [
        "guardduty:DisableOrganizationAdminAccount",
        "guardduty:EnableOrganizationAdminAccount",
        "organizations:EnableAWSServiceAccess",
        "organizations:RegisterDelegatedAdministrator",
    ]


def test_every_link_of_the_page_leads_somewhere() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    linked = {target for target in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in target}
    assert linked == {file.name for file in FOLDER.glob("*.json")}
