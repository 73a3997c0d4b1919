"""Regions: each with a state of its own, and accounts that have not enabled one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

OPTED_OUT, OTHER, STANDALONE = "300000000001", "300000000002", "800000000001"
HONG_KONG = "ap-east-1"
ORGANIZATION = f"""
regions: [us-east-1, {HONG_KONG}]
accounts:
  - {{id: "{OPTED_OUT}", name: shop, eksAuditLogs: ENABLED, regionsNotEnabled: [{HONG_KONG}]}}
  - {{id: "{OTHER}", name: payments}}
standaloneAccounts:
  - {{id: "{STANDALONE}", name: partner, regionsNotEnabled: [{HONG_KONG}]}}
"""


@pytest.fixture
def organization(serve_sandbox: ServeSandbox) -> RunningSandbox:
    return serve_sandbox(organization=ORGANIZATION)


def settings(sandbox: RunningSandbox, members: str, eks: str = "NONE") -> None:
    sandbox.boto3("guardduty", region=HONG_KONG).update_organization_configuration(
        DetectorId=sandbox.detector(region=HONG_KONG),
        AutoEnableOrganizationMembers=members,
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": eks}],
    )


def relationship(sandbox: RunningSandbox, account: str) -> str | None:
    return sandbox.client.actual_state()[HONG_KONG][account].relationship


def test_settings_and_features_of_one_region_are_not_those_of_another(
    sandbox: RunningSandbox,
) -> None:
    before = sandbox.client.actual_state()["eu-west-1"]
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    guardduty.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}],
    )
    sandbox.client.advance_clock(hours=24)
    assert sandbox.client.actual_state()["eu-west-1"] == before
    elsewhere = sandbox.boto3("guardduty", region="eu-west-1")
    found = elsewhere.describe_organization_configuration(
        DetectorId=sandbox.detector(region="eu-west-1")
    )
    assert found["AutoEnableOrganizationMembers"] == "NEW"
    assert sandbox.detector() != sandbox.detector(region="eu-west-1")


@pytest.mark.parametrize("account", [OPTED_OUT, STANDALONE])
def test_credentials_are_refused_in_a_region_that_is_not_enabled(
    organization: RunningSandbox, account: str
) -> None:
    with pytest.raises(ClientError) as refused:
        organization.boto3("guardduty", account, HONG_KONG).list_detectors()
    response = refused.value.response
    assert response["Error"] == {
        "Code": "UnrecognizedClientException",
        "Message": "The security token included in the request is invalid.",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert organization.boto3("guardduty", account).list_detectors()["DetectorIds"]


def test_a_member_is_region_disabled_where_it_has_not_enabled_the_region(
    organization: RunningSandbox,
) -> None:
    found = organization.client.actual_state()[HONG_KONG][OPTED_OUT]
    assert (found.relationship, found.detector) == ("RegionDisabled", None)
    guardduty = organization.boto3("guardduty", region=HONG_KONG)
    detector = organization.detector(region=HONG_KONG)
    (member,) = guardduty.get_members(DetectorId=detector, AccountIds=[OPTED_OUT])["Members"]
    assert member["RelationshipStatus"] == "RegionDisabled"
    answer = guardduty.create_members(
        DetectorId=detector,
        AccountDetails=[{"AccountId": OPTED_OUT, "Email": "shop@example.com"}],
    )
    assert [entry["AccountId"] for entry in answer["UnprocessedAccounts"]] == [OPTED_OUT]
    settings(organization, "ALL", "ALL")
    organization.client.advance_clock(hours=48)
    assert relationship(organization, OPTED_OUT) == "RegionDisabled"


def test_an_account_that_opts_in_late_is_reached_by_all_within_a_day(
    organization: RunningSandbox,
) -> None:
    settings(organization, "ALL", "ALL")
    organization.client.advance_clock(hours=48)
    organization.client.enable_region(OPTED_OUT, HONG_KONG)
    organization.client.advance_clock(hours=24)
    found = organization.client.actual_state()[HONG_KONG][OPTED_OUT]
    assert (found.relationship, found.eks_audit_logs) == ("Enabled", "ENABLED")


def test_an_account_that_opts_in_late_is_not_reached_by_new_but_by_hand(
    organization: RunningSandbox,
) -> None:
    settings(organization, "NEW", "NEW")
    organization.client.enable_region(OPTED_OUT, HONG_KONG)
    organization.client.advance_clock(hours=48)
    assert relationship(organization, OPTED_OUT) == "Created"
    organization.boto3("guardduty", region=HONG_KONG).create_members(
        DetectorId=organization.detector(region=HONG_KONG),
        AccountDetails=[{"AccountId": OPTED_OUT, "Email": "shop@example.com"}],
    )
    assert relationship(organization, OPTED_OUT) == "Enabled"


def test_a_member_that_opts_out_is_region_disabled_and_keeps_its_detector(
    organization: RunningSandbox,
) -> None:
    organization.client.disable_region(OTHER, HONG_KONG)
    found = organization.client.actual_state()[HONG_KONG][OTHER]
    assert (found.relationship, found.detector) == ("RegionDisabled", "ENABLED")
    assert organization.client.actual_state()["us-east-1"][OTHER].relationship == "Enabled"


def test_where_the_administrator_has_opted_out_new_and_all_enable_nobody(
    organization: RunningSandbox,
) -> None:
    settings(organization, "ALL", "ALL")
    organization.client.disable_region(ADMINISTRATOR, HONG_KONG)
    describe = organization.boto3("guardduty", region=HONG_KONG).list_detectors
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        describe()
    organization.client.enable_region(OPTED_OUT, HONG_KONG)
    organization.client.join("300000000003")
    organization.client.advance_clock(hours=48)
    actual = organization.client.actual_state()[HONG_KONG]
    assert actual[OTHER].eks_audit_logs == "DISABLED"
    assert actual[OPTED_OUT].relationship == "Created"
    assert actual["300000000003"].relationship is None
    organization.client.enable_region(ADMINISTRATOR, HONG_KONG)
    organization.client.advance_clock(hours=24)
    assert organization.client.actual_state()[HONG_KONG][OTHER].eks_audit_logs == "ENABLED"


def test_a_region_can_only_be_enabled_where_it_is(organization: RunningSandbox) -> None:
    for act in (organization.client.enable_region, organization.client.disable_region):
        with pytest.raises(Exception, match="there is no region eu-west-1"):
            partial(act, OTHER, "eu-west-1")()
