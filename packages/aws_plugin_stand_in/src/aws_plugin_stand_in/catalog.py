"""All that the stand-in serves, by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_plugin_stand_in.detector import Detector
from aws_plugin_stand_in.detector_feature import DetectorFeature
from aws_plugin_stand_in.failures import UnknownTokenError
from aws_plugin_stand_in.functions import GET_CALLER_IDENTITY, GET_DETECTOR, GET_REGION, Function
from aws_plugin_stand_in.member_detector_feature import MemberDetectorFeature
from aws_plugin_stand_in.organization_admin_account import OrganizationAdminAccount
from aws_plugin_stand_in.organization_configuration import OrganizationConfiguration
from aws_plugin_stand_in.organization_configuration_feature import OrganizationConfigurationFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_plugin_stand_in.resource import ResourceType

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    one.schema.token: one
    for one in (
        Detector(),
        DetectorFeature(),
        OrganizationConfiguration(),
        OrganizationConfigurationFeature(),
        OrganizationAdminAccount(),
        MemberDetectorFeature(),
    )
}
FUNCTIONS: Mapping[str, Function] = {
    one.token: one for one in (GET_CALLER_IDENTITY, GET_REGION, GET_DETECTOR)
}


def resource_type(urn: str) -> ResourceType:
    """The type of the resource that a URN names.

    Args:
        urn: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`.

    Raises:
        UnknownTokenError: the stand-in doesn't serve the type.
    """
    token = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
    if token not in RESOURCE_TYPES:
        raise UnknownTokenError(token, RESOURCE_TYPES)
    return RESOURCE_TYPES[token]


def function(token: str) -> Function:
    """The function of a token.

    Raises:
        UnknownTokenError: the stand-in doesn't serve it.
    """
    if token not in FUNCTIONS:
        raise UnknownTokenError(token, FUNCTIONS)
    return FUNCTIONS[token]
