"""What the stand-in refuses, and how: always before it sends anything that it should not."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2

from aws_plugin_stand_in.connection import Connection
from aws_plugin_stand_in.failures import NotLoopbackError
from aws_plugin_stand_in.loopback import guard_request, is_loopback
from aws_plugin_stand_in.settings import Settings
from stand_in_process import (
    DETECTOR,
    DETECTOR_FEATURE,
    EXECUTABLE,
    GET_REGION,
    ORGANIZATION,
    RefusedError,
    StandIn,
    clean_environment,
    inputs_of,
    local_service,
    outputs_of,
    running_stand_in,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:1"
FEATURE = {"detectorId": "d", "name": "EKS_AUDIT_LOGS", "status": "ENABLED"}


@pytest.fixture
def unconfigured() -> Iterator[StandIn]:
    with running_stand_in(clean_environment()) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(unconfigured: StandIn) -> StandIn:
    """A stand-in that has an address to call, but no need to call it."""
    unconfigured.configure(**settings_of(NOWHERE))
    return unconfigured


# Only this machine


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:5000", "http://127.8.9.1", "https://localhost:5000/x", "http://[::1]:5000"],
)
def test_addresses_of_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://guardduty.us-east-1.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://0.0.0.0:5000",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://[::ffff:10.0.0.1]",
        "http://[::1",
        "http://127.0.0.2:5000\\@127.0.0.1/",
        "http://127.0.0.1:5000@127.0.0.1/",
        "http://127.0.0.1:5000/\x00",
        "http://127.0.0.1\n",
        "file://127.0.0.1/",
        "127.0.0.1:5000",
        "",
    ],
)
def test_addresses_of_other_machines(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("service", ["guardduty", "sts"])
def test_one_endpoint_elsewhere_is_refused_before_anything_is_sent(
    unconfigured: StandIn, service: str
) -> None:
    with local_service({}) as (address, seen):
        endpoints = {"guardduty": address, "sts": address, service: "http://192.0.2.1:5000"}
        settings = settings_of(address, endpoints=json.dumps([endpoints]))
        del settings["skipCredentialsValidation"]
        with pytest.raises(RefusedError) as refused:
            unconfigured.configure(**settings)
    assert str(refused.value) == (
        f"the aws stand-in only talks to this machine, but the endpoint of {service} is "
        f"http://192.0.2.1:5000: set aws:endpoints (or AWS_ENDPOINT_URL) to the sandbox, or use "
        f"the real aws plugin"
    )
    assert seen == []


def test_without_any_endpoint_aws_itself_is_refused(unconfigured: StandIn) -> None:
    with pytest.raises(RefusedError, match=r"https://sts\.us-east-1\.amazonaws\.com"):
        unconfigured.configure(region="us-east-1", accessKey="test", secretKey="test")


def test_the_endpoint_of_the_environment_is_held_to_the_same_rule() -> None:
    environment = clean_environment(AWS_ENDPOINT_URL="http://192.0.2.1:5000")
    with running_stand_in(environment) as stand_in, pytest.raises(RefusedError, match=r"192\.0"):
        stand_in.configure(region="us-east-1", accessKey="test", secretKey="test")


def test_no_connection_is_tried_for_an_endpoint_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *names, **_: tried.append(names))
    settings = Settings(
        region="us-east-1",
        access_key="test",
        secret_key="test",  # noqa: S106
        endpoints={"guardduty": "http://192.0.2.1", "sts": "http://192.0.2.1"},
    )
    with pytest.raises(NotLoopbackError):
        Connection(settings)
    assert tried == []


def test_the_guard_lets_requests_to_this_machine_pass() -> None:
    class Request:
        url = "http://127.0.0.1:5000/detector"

    guard_request(event_name="before-send.guardduty.ListDetectors", request=Request())
    Request.url = "https://example.com/"
    with pytest.raises(NotLoopbackError, match="the endpoint of guardduty is https://example"):
        guard_request(event_name="before-send.guardduty.ListDetectors", request=Request())


def test_a_proxy_of_the_environment_is_not_used() -> None:
    environment = clean_environment(HTTP_PROXY="http://192.0.2.1:1", http_proxy="http://192.0.2.1")
    with (
        local_service({"GET": (200, {"detectorIds": []})}) as (address, seen),
        running_stand_in(environment) as stand_in,
    ):
        stand_in.configure(**settings_of(address))
        with pytest.raises(RefusedError, match="empty result"):
            stand_in.invoke("aws:guardduty/getDetector:getDetector")
    assert len(seen) == 1


# Settings


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"regoin": "us-east-1"}, "aws:regoin is not a setting of the aws provider"),
        (
            {"defaultTags": '{"tag": {}}'},
            "aws:defaultTags.tag is not a setting of the provider",
        ),
        ({"defaultTags": '{"tags": {"a": 1}}'}, "aws:defaultTags.tags must be a map of strings"),
        ({"ignoreTags": '{"keys": "a"}'}, "aws:ignoreTags.keys must be a list of strings"),
        (
            {"assumeRoleWithWebIdentity": '{"roleArn": "a"}'},
            (
                "aws:assumeRoleWithWebIdentity must be an object with a webIdentityToken or a "
                "webIdentityTokenFile"
            ),
        ),
        (
            {"assumeRoleWithWebIdentity": '{"webIdentityToken": "a"}'},
            "aws:assumeRoleWithWebIdentity must be an object with a roleArn",
        ),
        ({"endpoints": "http://127.0.0.1"}, "aws:endpoints must be a list"),
        (
            {"endpoints": '["http://127.0.0.1"]'},
            "aws:endpoints must be a list of objects {service: address}",
        ),
        (
            {"skipCredentialsValidation": "yes"},
            "aws:skipCredentialsValidation must be true or false",
        ),
        ({"maxRetries": "many"}, "aws:maxRetries must be a whole number"),
        ({"allowedAccountIds": "[true]"}, "aws:allowedAccountIds must be a list of account ids"),
        (
            {"allowedAccountIds": "[12345678901]"},
            "aws:allowedAccountIds: 12345678901 is no account id of 12 digits: write it in quotes",
        ),
        (
            {"sharedConfigFiles": '["a", "b"]'},
            "aws:sharedConfigFiles names 2 files; the aws stand-in reads one",
        ),
        ({"assumeRoles": "[{}]"}, "aws:assumeRoles must be a list of objects with a roleArn"),
        (
            {"assumeRoles": '[{"roleArn": "a", "rollArn": "b"}]'},
            "aws:assumeRoles[].rollArn is not a setting of the provider",
        ),
        (
            {"assumeRoles": '[{"roleArn": "a", "duration": "long"}]'},
            "aws:assumeRoles[].duration must be a duration like 1h30m",
        ),
        (
            {"profile": "nobody"},
            "configuring the aws stand-in: The config profile (nobody) could not be found",
        ),
        ({"region": ""}, "no region: set aws:region, or AWS_REGION"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(
    unconfigured: StandIn, settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        unconfigured.configure(**{**settings_of(NOWHERE), **settings})
    assert str(refused.value) == sentence


def test_empty_variables_of_the_environment_are_not_set() -> None:
    names = (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_CA_BUNDLE",
        "AWS_REGION",
        "AWS_MAX_ATTEMPTS",
    )
    with running_stand_in(clean_environment(**dict.fromkeys(names, ""))) as stand_in:
        stand_in.configure(**settings_of(NOWHERE))
        assert stand_in.invoke(GET_REGION)["region"] == "us-east-1"


def test_settings_without_meaning_here_are_taken(unconfigured: StandIn) -> None:
    unconfigured.configure(
        **settings_of(NOWHERE, s3UsePathStyle="true", skipMetadataApiCheck="true")
    )
    assert unconfigured.invoke(GET_REGION)["region"] == "us-east-1"


def test_a_service_that_is_not_running_is_told_in_one_sentence(unconfigured: StandIn) -> None:
    settings = settings_of(NOWHERE, maxRetries="0")
    del settings["skipCredentialsValidation"]
    with pytest.raises(RefusedError) as refused:
        unconfigured.configure(**settings)
    assert str(refused.value) == (
        "validating the AWS credentials: Could not connect to the endpoint URL: "
        '"http://127.0.0.1:1/"'
    )


def test_a_failure_that_nobody_foresaw_is_told_in_one_sentence(unconfigured: StandIn) -> None:
    with pytest.raises(RefusedError) as refused:
        unconfigured.call("Check", provider_pb2.CheckRequest(urn="no urn"))
    assert str(refused.value) == "the aws stand-in failed in Check: list index out of range"


# Types, functions and properties


def test_an_unknown_type_is_refused_with_those_that_are_served(stand_in: StandIn) -> None:
    with pytest.raises(RefusedError, match="doesn't know aws:s3/bucket:Bucket: it serves only"):
        stand_in.check("aws:s3/bucket:Bucket")


def test_an_unknown_function_is_refused_with_those_that_are_served(stand_in: StandIn) -> None:
    with pytest.raises(RefusedError, match="it serves only aws:index/getCallerIdentity"):
        stand_in.invoke("aws:index/getPartition:getPartition")


def test_an_unknown_argument_of_a_function_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(RefusedError, match="doesn't know the argument 'regoin', only endpoint"):
        stand_in.invoke(GET_REGION, regoin="us-east-1")


@pytest.mark.parametrize(
    ("token", "inputs", "faults"),
    [
        (
            DETECTOR,
            {"enabled": True},
            {
                "enabled": f"the aws stand-in doesn't know 'enabled' of {DETECTOR}, only "
                "datasources, enable, findingPublishingFrequency, region, tags"
            },
        ),
        (
            DETECTOR,
            {"datasources": {"kubernetes": {"auditLogs": {"enabled": True}}}},
            {
                "datasources.kubernetes.auditLogs.enabled": "the aws stand-in doesn't know "
                f"'datasources.kubernetes.auditLogs.enabled' of {DETECTOR}, only enable",
                "datasources.kubernetes.auditLogs.enable": "Missing required property "
                "'datasources.kubernetes.auditLogs.enable'",
            },
        ),
        (
            DETECTOR_FEATURE,
            {"status": "ON", "detectorId": True},
            {
                "status": "expected status to be one of ENABLED, DISABLED, got ON",
                "detectorId": "detectorId must be a string",
                "name": "Missing required property 'name'",
            },
        ),
        (
            DETECTOR_FEATURE,
            {**FEATURE, "additionalConfigurations": ["x"]},
            {"additionalConfigurations[0]": "additionalConfigurations[0] must be an object"},
        ),
        (DETECTOR, {"tags": {"a": 1}}, {"tags": "tags must be a map of strings"}),
        (
            ORGANIZATION,
            {"detectorId": "d"},
            {
                "autoEnableOrganizationMembers": "Missing required property "
                "'autoEnableOrganizationMembers'"
            },
        ),
    ],
)
def test_faulty_inputs_are_told_all_at_once(
    stand_in: StandIn, token: str, inputs: dict[str, Any], faults: dict[str, str]
) -> None:
    assert stand_in.check(token, **inputs)[1] == faults


def test_nothing_is_done_before_it_is_configured(unconfigured: StandIn) -> None:
    with pytest.raises(RefusedError, match="before it was configured"):
        unconfigured.check(DETECTOR)


# Failures between the write and the read


def test_what_was_created_but_could_not_be_read_is_kept_in_the_state(
    unconfigured: StandIn,
) -> None:
    refusal = (403, {"__type": "AccessDeniedException", "message": "no GetDetector for you"})
    with local_service({"POST": (200, {}), "GET": refusal}) as (address, seen):
        unconfigured.configure(**settings_of(address))
        with pytest.raises(RefusedError) as refused:
            unconfigured.create(DETECTOR_FEATURE, **FEATURE)
    assert [request for request, _ in seen] == ["POST /detector/d", "GET /detector/d"]
    sentence = (
        "reading GuardDuty Detector Feature (d/EKS_AUDIT_LOGS): GetDetector: "
        "AccessDeniedException: no GetDetector for you"
    )
    assert str(refused.value) == sentence
    created = refused.value.created
    assert (created.id, list(created.reasons)) == ("d/EKS_AUDIT_LOGS", [sentence])
    assert inputs_of(created.inputs)["status"] == "ENABLED"
    assert outputs_of(created.id, created.properties) == {**FEATURE, "region": "us-east-1"}


def test_what_could_not_be_written_is_not_kept(unconfigured: StandIn) -> None:
    refusal = (403, {"__type": "AccessDeniedException", "message": "no"})
    with local_service({"POST": refusal}) as (address, _):
        unconfigured.configure(**settings_of(address))
        with pytest.raises(RefusedError) as refused:
            unconfigured.create(DETECTOR_FEATURE, **FEATURE)
    assert refused.value.created is None


# The executable


def test_it_is_found_through_a_link_and_runs_by_a_python_of_its_project(tmp_path: Path) -> None:
    link = tmp_path / "plugins" / EXECUTABLE.name
    link.parent.mkdir()
    link.symlink_to(EXECUTABLE)
    with running_stand_in(clean_environment(), executable=link) as stand_in:
        stand_in.configure(**settings_of(NOWHERE))
        assert stand_in.invoke(GET_REGION)["name"] == "us-east-1"


def test_it_ends_when_the_engine_is_gone(tmp_path: Path) -> None:
    # In the engine's place is a shell that ends as soon as the plugin has told its port. The
    # plugin keeps the shell's output open: that it closes is what shows the plugin's end.
    port = tmp_path / "port"
    engine = (
        f"'{EXECUTABLE}' 127.0.0.1:1 3>&1 >'{port}' & until [ -s '{port}' ]; do sleep 0.1; done"
    )
    subprocess.run(
        ["sh", "-c", engine],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    assert port.read_text().strip().isdigit()
