"""The description of a local organization: what it says by default, and every fault of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.guardduty.features import FeatureStatus
from aws_sandbox.organization import OrganizationFileError, default_organization, read_organization

if TYPE_CHECKING:
    from pathlib import Path


def faults(tmp_path: Path, content: str) -> list[str]:
    file = tmp_path / "organization.yaml"
    file.write_text(content)
    with pytest.raises(OrganizationFileError) as refused:
        read_organization(file)
    first, *lines = str(refused.value).splitlines()
    assert first.startswith(str(file))
    return [line.strip() for line in lines] or [first]


def test_the_default_spreads_members_over_units_and_a_third_of_each_is_on() -> None:
    members = default_organization(accounts=120).accounts
    assert [member.id for member in members][:2] == ["300000000001", "300000000002"]
    assert len({member.name for member in members}) == 120
    for unit, environment in (
        ("Root/Prod", "prod"),
        ("Root/Test", "test"),
        ("Root/Sandbox", "sandbox"),
    ):
        inside = [member for member in members if member.ou == unit]
        assert len(inside) == 40
        assert {member.tags["env"] for member in inside} == {environment}
        on = [m for m in inside if m.eks_status("us-east-1") is FeatureStatus.ENABLED]
        assert 12 <= len(on) <= 14


def test_an_unquoted_account_id_is_read_as_yamls_number(
    tmp_path: Path,
) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text('accounts: [{id: 300000000001, name: a}, {id: "012345678901", name: b}]')
    found = read_organization(file)
    assert [account.id for account in found.accounts] == ["300000000001", "012345678901"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            "colour: red",
            "colour: there is no such key; the README lists the keys",
        ),
        (
            "managementAccountId: 11111111111",
            (
                "managementAccountId: 11111111111 has 11 digits; an account id has 12. If it "
                "begins with zeros, put it in quotes"
            ),
        ),
        ("accounts: [{name: a}]", "accounts[0].id: is missing; add it"),
        (
            'accounts: [{id: "300000000001", name: a, ou: Prod}]',
            (
                "accounts[0].ou: Prod is no path of an organizational unit; write it from Root, as "
                "Root/Prod"
            ),
        ),
        (
            'accounts: [{id: "300000000001", name: a, eksAuditLogs: "ON"}]',
            "accounts[0].eksAuditLogs: 'ON': input should be 'ENABLED' or 'DISABLED'",
        ),
        (
            'accounts: [{id: "300000000001", name: a}, {id: "300000000001", name: b}]',
            "accounts[1].id: 300000000001 is accounts[0] already",
        ),
        (
            'accounts: [{id: "222222222222", name: a}]',
            "accounts[0].id: 222222222222 is the administrator already",
        ),
        (
            'accounts: [{id: "300000000001", name: a, eksAuditLogs: {eu-west-9: ENABLED}}]',
            "accounts[0]: names eu-west-9; add that to regions or leave it out",
        ),
        (
            "regionsWithoutEksAuditLogs: [eu-west-9]",
            "regionsWithoutEksAuditLogs: names eu-west-9; add that to regions or leave it out",
        ),
        (
            'accounts: [{id: "300000000001", name: a, regionsNotEnabled: [eu-west-9]}]',
            "accounts[0]: names eu-west-9; add that to regions or leave it out",
        ),
        (
            'standaloneAccounts: [{id: "222222222222"}]',
            "standaloneAccounts[0].id: 222222222222 is in the organization already",
        ),
        (
            'standaloneAccounts: [{id: "800000000001"}, {id: "800000000001"}]',
            "standaloneAccounts[1].id: 800000000001 is standaloneAccounts[0] already",
        ),
        (
            'standaloneAccounts: [{id: "800000000001", regionsNotEnabled: [eu-west-9]}]',
            "standaloneAccounts[0]: names eu-west-9; add that to regions or leave it out",
        ),
        (
            'standaloneAccounts: [{id: "800000000001", invitedBy: "300000000001"}]',
            (
                "standaloneAccounts[0].invitedBy: 300000000001 can't invite; name the "
                "administrator or a standalone account with a detector"
            ),
        ),
        (
            'standaloneAccounts: [{id: "800000000001", invitedBy: "222222222222", detector: no}]',
            (
                "standaloneAccounts[0].detector: is needed for a member; leave detector or "
                "invitedBy out"
            ),
        ),
        ("emptyPages: 1", "emptyPages: 1: input should be less than 1"),
        ("memberLimit: -1", "memberLimit: -1: input should be greater than or equal to 0"),
        ("regions: [Ireland]", "regions[0]: Ireland is no region; write its code, as eu-west-1"),
        (
            'administrator: {id: "111111111111"}',
            "administrator.id: is the management account; AWS advises against it, choose another",
        ),
    ],
)
def test_a_fault_is_told_with_key_value_and_way_out(
    tmp_path: Path, content: str, fault: str
) -> None:
    assert faults(tmp_path, content) == [fault]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    content = "colour: red\nregions: [nowhere]\naccounts: [{name: a}, {id: 1, name: b, ou: x}]"
    keys = [line.partition(":")[0] for line in faults(tmp_path, content)]
    assert sorted(keys) == [
        "accounts[0].id",
        "accounts[1].id",
        "accounts[1].ou",
        "colour",
        "regions[0]",
    ]


def test_an_organization_needs_a_region(tmp_path: Path) -> None:
    assert faults(tmp_path, "regions: []") == ["regions: is empty; name at least one region"]


def test_what_is_no_yaml_and_what_is_not_there_are_told(tmp_path: Path) -> None:
    assert "is not valid YAML" in faults(tmp_path, "accounts: [")[0]
    with pytest.raises(OrganizationFileError, match="No such file"):
        read_organization(tmp_path / "missing.yaml")
