"""`python -m aws_sandbox serve` as a user meets it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from aws_sandbox.client import SandboxClient
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

PROJECT = Path(__file__).resolve().parents[3]


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aws_sandbox", "serve", *options],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_and_stops_cleanly(stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "aws_sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready, url = process.stdout.readline().split()
        client = SandboxClient(url)
        assert ready == "READY"
        assert client.health()
        process.send_signal(stop)
        assert process.wait(timeout=30) == 0
    assert not client.health()


def test_it_listens_on_the_loopback_address_only(sandbox: RunningSandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    listening = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            local, _, state = line.split()[1:4]
            address, _, found = local.partition(":")
            if state == "0A" and int(found, 16) == port:
                listening.append(socket.inet_ntoa(bytes.fromhex(address)[::-1]))
    assert listening == ["127.0.0.1"]


def test_it_answers_no_request_that_a_web_page_of_elsewhere_sends(sandbox: RunningSandbox) -> None:
    request = urllib.request.Request(  # noqa: S310 -- always http
        f"{sandbox.url}/sandbox/actual-state", headers={"Host": "rebound.example"}
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("POST", {"Content-Type": "text/plain"}, "send the body as JSON"),
        ("POST", {}, "send the body as JSON"),
        ("POST", {"Content-Type": "application/json", "Origin": "https://a.example"}, "a.example"),
        ("DELETE", {"Origin": "null"}, "a web page of null"),
        ("GET", {"Origin": "http://127.0.0.1:1"}, "a web page of http://127.0.0.1:1"),
    ],
)
def test_a_web_page_of_elsewhere_steers_nothing(
    method: str, headers: dict[str, str], reason: str
) -> None:
    client = Client(Sandbox(default_organization(1, ["us-east-1"])))
    data = '{"livesSeconds": 5}' if method == "POST" else None
    answer = client.open(
        "/sandbox/keys", base_url="http://127.0.0.1", method=method, data=data, headers=headers
    )
    assert answer.status_code == 403
    assert answer.json is not None
    assert reason in answer.json["error"]


def test_the_sandboxs_own_page_and_programs_may_steer_it() -> None:
    client = Client(Sandbox(default_organization(1, ["us-east-1"])))
    for headers in ({}, {"Origin": "http://127.0.0.1"}):
        answer = client.post(
            "/sandbox/keys", base_url="http://127.0.0.1", json={"livesSeconds": 5}, headers=headers
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("milliseconds", ["inf", "nan", "-1", "-inf"])
def test_a_latency_that_is_no_number_is_refused(milliseconds: str) -> None:
    done = serve("--port", "0", "--latency-ms", milliseconds)
    assert done.returncode == 2
    assert "latency-ms" in done.stderr
    assert done.stdout == ""


def test_a_description_that_is_nested_too_deep_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text("[" * 5000)
    done = serve("--port", "0", "--organization", str(file))
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {file} is nested too deep; write keys with values, as the README shows\n"
    )


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve("--port", str(port))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: port {port} is taken by another program")
    assert done.stdout == ""


def test_faults_of_a_description_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text("colour: red\naccounts: [{id: 30000000005, name: a, ou: Prod}]\n")
    done = serve("--port", "0", "--organization", str(file))
    assert done.returncode == 2
    assert "colour: there is no such key" in done.stderr
    assert "accounts[0].id: 30000000005 has 11 digits" in done.stderr
    assert "accounts[0].ou: Prod" in done.stderr
    assert "Traceback" not in done.stderr


def test_accounts_and_a_description_do_not_go_together(tmp_path: Path) -> None:
    done = serve("--port", "0", "--accounts", "3", "--organization", str(tmp_path / "none.yaml"))
    assert done.returncode == 2
    assert "--accounts and --organization" in done.stderr


def test_a_described_organization_is_built(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(
        organization="""
managementAccountId: "100000000001"
administrator: {id: "100000000002", name: watch, eksAuditLogs: ENABLED}
regions: [eu-central-1, eu-north-1, eu-south-1]
regionsWithoutAdministratorDetector: [eu-south-1]
settings: {autoEnableOrganizationMembers: ALL, eksAuditLogs: NEW}
accounts:
  - {id: "012345678901", name: a, ou: Root/Prod/EU, tags: {env: prod}, eksAuditLogs: ENABLED}
  - id: 200000000002
    name: b
    eksAuditLogs: {eu-north-1: ENABLED}
    relationshipStatus: {eu-north-1: RegionDisabled}
"""
    )
    actual = sandbox.client.actual_state()
    assert actual["eu-central-1"]["100000000002"].eks_audit_logs == "ENABLED"
    assert actual["eu-central-1"]["012345678901"].eks_audit_logs == "ENABLED"
    assert actual["eu-central-1"]["200000000002"].eks_audit_logs == "DISABLED"
    assert actual["eu-north-1"]["200000000002"].eks_audit_logs == "ENABLED"
    assert actual["eu-north-1"]["200000000002"].relationship == "RegionDisabled"
    assert actual["eu-south-1"]["100000000002"].detector is None
    guardduty = sandbox.boto3("guardduty", "100000000002", "eu-central-1")
    found = guardduty.describe_organization_configuration(
        DetectorId=sandbox.detector("100000000002", "eu-central-1")
    )
    assert found["AutoEnableOrganizationMembers"] == "ALL"
    accounts = {account.account_id: account for account in sandbox.client.organization().accounts}
    assert accounts["012345678901"].ou == "Root/Prod/EU"


def test_credentials_are_their_owners_alone(sandbox: RunningSandbox) -> None:
    for file in sandbox.profiles:
        assert file.stat().st_mode & 0o777 == 0o600
