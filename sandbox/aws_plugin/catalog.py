"""All that the stand-in serves, by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws_plugin.detector import Detector
from sandbox.aws_plugin.detector_feature import DetectorFeature
from sandbox.aws_plugin.failures import UnknownTokenError
from sandbox.aws_plugin.functions import GET_CALLER_IDENTITY, GET_DETECTOR, GET_REGION, Function
from sandbox.aws_plugin.organization_admin_account import OrganizationAdminAccount
from sandbox.aws_plugin.organization_configuration import OrganizationConfiguration
from sandbox.aws_plugin.organization_configuration_feature import OrganizationConfigurationFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws_plugin.resource import ResourceType

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    one.schema.token: one
    for one in (
        Detector(),
        DetectorFeature(),
        OrganizationConfiguration(),
        OrganizationConfigurationFeature(),
        OrganizationAdminAccount(),
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
