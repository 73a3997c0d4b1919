"""The functions that the stand-in serves: who calls, which region, and the detector of a region.

Like the real ones, they only read. An argument that the SDK's function does not have is a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import botocore.session

from aws_plugin_stand_in.detector import detector_arn, get_detector
from aws_plugin_stand_in.failures import NotFoundError, UnknownArgumentError, doing
from aws_plugin_stand_in.region_property import region_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_plugin_stand_in.resource import Call
    from aws_plugin_stand_in.wire import Properties, Value


@dataclass(frozen=True)
class Function:
    """A function: its token, the names of its arguments and results, and what it does."""

    token: str
    arguments: frozenset[str]
    results: frozenset[str]
    answer: Callable[[Call, Properties], Properties]

    def __call__(self, call: Call, arguments: Properties) -> Properties:
        """Check the arguments' names and answer.

        Raises:
            UnknownArgumentError: an argument is not one of the function's.
        """
        for name in arguments:
            if name not in self.arguments:
                raise UnknownArgumentError(self.token, name, sorted(self.arguments))
        return self.answer(call, arguments)


def _caller_identity(call: Call, arguments: Properties) -> Properties:
    del arguments
    caller = call.aws.caller()
    return {
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "id": caller["Account"],
        "userId": caller["UserId"],
    }


def _region(call: Call, arguments: Properties) -> Properties:
    # `name` and `id` are deprecated spellings of `region`; with none of them it is the provider's.
    wanted = arguments.get("endpoint")
    if isinstance(wanted, str):
        matching = [name for name in _descriptions() if _ec2_endpoint(name) == wanted]
        if not matching:
            raise NotFoundError(f"no matching EC2 Region found: endpoint {wanted}")
        region = matching[0]
    else:
        region = str(arguments.get("region") or arguments.get("name") or call.aws.region)
    if region not in _descriptions():
        raise NotFoundError(f"no matching EC2 Region found: {region}")
    return {
        "description": _descriptions()[region],
        "endpoint": _ec2_endpoint(region),
        "id": region,
        "name": region,
        "region": region,
    }


def _detector(call: Call, arguments: Properties) -> Properties:
    detector_id = arguments.get("id")
    with doing("reading this account's single GuardDuty Detector"):
        if not isinstance(detector_id, str) or not detector_id:
            pages = call.client.get_paginator("list_detectors").paginate()
            detector_ids = [each for page in pages for each in page["DetectorIds"]]
            if not detector_ids:
                raise NotFoundError(
                    "reading this account's single GuardDuty Detector: empty result"
                )
            detector_id = detector_ids[0]
        found = get_detector(call, detector_id)
        account_id = call.aws.account_id()
    if found is None:
        raise NotFoundError(f"reading GuardDuty Detector ({detector_id}): couldn't find resource")
    features: list[Value] = [
        {
            "additionalConfigurations": [
                {"name": one.get("Name"), "status": one.get("Status")}
                for one in feature.get("AdditionalConfiguration", [])
            ],
            "name": feature.get("Name"),
            "status": feature.get("Status"),
        }
        for feature in found.get("Features", [])
    ]
    return {
        "arn": detector_arn(call, detector_id, account_id),
        "features": features,
        "findingPublishingFrequency": found.get("FindingPublishingFrequency"),
        "id": detector_id,
        "region": region_of(arguments, call.aws.region),
        "serviceRoleArn": found["ServiceRole"],
        "status": found["Status"],
        "tags": {**found.get("Tags", {})},
    }


@cache
def _descriptions() -> Mapping[str, str]:
    """Each region's description, in all partitions, from botocore's endpoint data."""
    endpoints = botocore.session.get_session().get_data("endpoints")
    return {
        name: region["description"]
        for partition in endpoints["partitions"]
        for name, region in partition["regions"].items()
    }


def _ec2_endpoint(region: str) -> str:
    session = botocore.session.get_session()
    resolver = session.get_component("endpoint_resolver")
    return str(resolver.construct_endpoint("ec2", region)["hostname"])


GET_CALLER_IDENTITY = Function(
    token="aws:index/getCallerIdentity:getCallerIdentity",  # noqa: S106 (a function's token)
    arguments=frozenset({"id"}),
    results=frozenset({"accountId", "arn", "id", "userId"}),
    answer=_caller_identity,
)
GET_REGION = Function(
    token="aws:index/getRegion:getRegion",  # noqa: S106 (a function's token)
    arguments=frozenset({"endpoint", "id", "name", "region"}),
    results=frozenset({"description", "endpoint", "id", "name", "region"}),
    answer=_region,
)
GET_DETECTOR = Function(
    token="aws:guardduty/getDetector:getDetector",  # noqa: S106 (a function's token)
    arguments=frozenset({"id", "region", "tags"}),
    results=frozenset(
        {
            "arn",
            "features",
            "findingPublishingFrequency",
            "id",
            "region",
            "serviceRoleArn",
            "status",
            "tags",
        }
    ),
    answer=_detector,
)
