"""One `MemberDetectorFeature` for each account."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
for number in range(config.require_int("members")):
    account = str(300_000_000_001 + number)
    aws.guardduty.MemberDetectorFeature(
        account,
        account_id=account,
        detector_id=config.require("detectorId"),
        name="EKS_AUDIT_LOGS",
        status="ENABLED",
    )
