"""One aws feature, and one dynamic resource that has all account ids as one text."""

from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

IN_A_LINE = 5


class Kept(ResourceProvider):
    """Keeps what it is given, and asks nobody."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called when the resource is new."""
        return CreateResult("members", props)


class Members(Resource):
    """Account ids, five in a line."""

    def __init__(self, name: str, ids: list[str]) -> None:
        lines = [" ".join(ids[at : at + IN_A_LINE]) for at in range(0, len(ids), IN_A_LINE)]
        super().__init__(Kept(), name, {"ids": "\n".join(lines)})


config = pulumi.Config()
aws.guardduty.DetectorFeature(
    "own",
    detector_id=config.require("detectorId"),
    name="EKS_AUDIT_LOGS",
    status="ENABLED",
)
Members(
    "members",
    [str(300_000_000_001 + number) for number in range(config.require_int("members"))],
)
