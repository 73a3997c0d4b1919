"""The stand-in's names, held against the classes and functions of pulumi_aws."""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import TYPE_CHECKING

import pulumi_aws
import pytest
from google.protobuf import empty_pb2
from pulumi_aws import guardduty
from pulumi_aws.guardduty import outputs

from aws_plugin_stand_in.catalog import FUNCTIONS, RESOURCE_TYPES
from aws_plugin_stand_in.settings import FOLLOWED, WITHOUT_MEANING
from stand_in_process import (
    ADMIN_ACCOUNT,
    DETECTOR,
    DETECTOR_FEATURE,
    GET_CALLER_IDENTITY,
    GET_DETECTOR,
    GET_REGION,
    MEMBER_FEATURE,
    ORGANIZATION,
    ORGANIZATION_FEATURE,
    clean_environment,
    running_stand_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_plugin_stand_in.schema import Property

RESOURCES = {
    DETECTOR: (guardduty.Detector, guardduty.DetectorArgs),
    DETECTOR_FEATURE: (guardduty.DetectorFeature, guardduty.DetectorFeatureArgs),
    ORGANIZATION: (guardduty.OrganizationConfiguration, guardduty.OrganizationConfigurationArgs),
    ORGANIZATION_FEATURE: (
        guardduty.OrganizationConfigurationFeature,
        guardduty.OrganizationConfigurationFeatureArgs,
    ),
    ADMIN_ACCOUNT: (guardduty.OrganizationAdminAccount, guardduty.OrganizationAdminAccountArgs),
    MEMBER_FEATURE: (guardduty.MemberDetectorFeature, guardduty.MemberDetectorFeatureArgs),
}
FUNCTION_CLASSES = {
    GET_CALLER_IDENTITY: (pulumi_aws.get_caller_identity, pulumi_aws.GetCallerIdentityResult),
    GET_REGION: (pulumi_aws.get_region, pulumi_aws.GetRegionResult),
    GET_DETECTOR: (guardduty.get_detector, guardduty.GetDetectorResult),
}
NESTED = {
    (DETECTOR, "datasources"): "DetectorDatasources",
    (DETECTOR_FEATURE, "additionalConfigurations"): "DetectorFeatureAdditionalConfiguration",
    (ORGANIZATION, "datasources"): "OrganizationConfigurationDatasources",
    (ORGANIZATION_FEATURE, "additionalConfigurations"): (
        "OrganizationConfigurationFeatureAdditionalConfiguration"
    ),
    (MEMBER_FEATURE, "additionalConfigurations"): "MemberDetectorFeatureAdditionalConfiguration",
}


def wire_names(of_class: type) -> set[str]:
    """The names that a generated class sends: each getter carries its own."""
    return {
        getter.fget._pulumi_name  # type: ignore[union-attr] # set by pulumi.getter
        for getter in vars(of_class).values()
        if isinstance(getter, property)
    }


def required_wire_names(of_class: type) -> set[str]:
    return {
        getattr(vars(of_class)[name].fget, "_pulumi_name")  # noqa: B009 (set by pulumi.getter)
        for name, one in inspect.signature(of_class).parameters.items()
        if one.default is inspect.Parameter.empty
    }


def assert_same_block(fields: Mapping[str, Property], class_name: str) -> None:
    arguments = getattr(guardduty, f"{class_name}Args")
    assert set(fields) == wire_names(arguments) == wire_names(getattr(outputs, class_name))
    required = {name for name, one in fields.items() if one.required}
    assert required == required_wire_names(arguments)
    for name, one in fields.items():
        if one.fields:
            assert_same_block(one.fields, class_name + name[0].upper() + name[1:])


def test_the_types_and_functions_are_those_that_are_asked_for_here() -> None:
    assert set(RESOURCE_TYPES) == set(RESOURCES)
    assert set(FUNCTIONS) == set(FUNCTION_CLASSES)


@pytest.mark.parametrize("token", RESOURCES)
def test_a_type_takes_and_returns_exactly_the_properties_of_its_class(token: str) -> None:
    schema = RESOURCE_TYPES[token].schema
    resource, arguments = RESOURCES[token]
    assert schema.token == token
    assert set(schema.inputs) == wire_names(arguments)
    assert set(schema.inputs) | schema.outputs == wire_names(resource)


@pytest.mark.parametrize("token", RESOURCES)
def test_a_type_requires_what_its_class_requires(token: str) -> None:
    required = {name for name, one in RESOURCE_TYPES[token].schema.inputs.items() if one.required}
    expected = required_wire_names(RESOURCES[token][1])
    if "name" in RESOURCE_TYPES[token].schema.inputs:
        # The SDK would let the real plugin make up a name, which is then no feature's.
        expected.add("name")
    assert required == expected


@pytest.mark.parametrize(("token", "name"), NESTED)
def test_a_nested_block_has_the_fields_of_its_classes(token: str, name: str) -> None:
    assert_same_block(RESOURCE_TYPES[token].schema.inputs[name].fields, NESTED[token, name])


def test_every_nested_block_is_compared() -> None:
    blocks = {
        (token, name)
        for token, one in RESOURCE_TYPES.items()
        for name, each in one.schema.inputs.items()
        if each.fields
    }
    assert blocks == set(NESTED)


@pytest.mark.parametrize("token", FUNCTION_CLASSES)
def test_a_function_has_the_arguments_and_results_of_the_sdk(token: str) -> None:
    python_function, result = FUNCTION_CLASSES[token]
    assert callable(python_function)
    arguments = set(inspect.signature(python_function).parameters) - {"opts"}
    assert arguments == FUNCTIONS[token].arguments
    assert FUNCTIONS[token].results == wire_names(result)


def test_every_setting_of_the_provider_is_followed_or_ignored() -> None:
    assert wire_names(pulumi_aws.ProviderArgs) == FOLLOWED | WITHOUT_MEANING
    assert not FOLLOWED & WITHOUT_MEANING


def test_its_version_is_that_of_the_sdk() -> None:
    with running_stand_in(clean_environment()) as stand_in:
        assert stand_in.call("GetPluginInfo", empty_pb2.Empty()).version == metadata.version(
            "pulumi-aws"
        )
