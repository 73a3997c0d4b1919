"""The command `eks-audit-logs doctor`: what it finds missing, and whether its ways out work."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from aws_sandbox.fault_effects import InternalServerError
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from guardduty_eks_audit_logs.cli import app
from guardduty_eks_audit_logs.planning.permissions import Purpose, actions
from tests.support.aws_commands import follow
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from typer.testing import Result

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

_US, _EU = "us-east-1", "eu-west-1"
_MEMBER = "300000000001"
_ROLE = "deployer"
_NARROW = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1"}


@dataclass
class Place:
    """A project with stacks, and the local organization that they are about.

    Attributes:
        sandbox: the organization.
        folder: the project's.
        profiles: profiles beside the sandbox's own, as the AWS config file has them.
    """

    sandbox: RunningSandbox
    folder: Path
    profiles: dict[str, str] = field(default_factory=dict)

    def stack(self, name: str = "prod", region: str = _US, **configuration: object) -> None:
        """Writes a stack's file; `aws_profile` is `aws:profile`."""
        values = {"aws:region": region}
        for key, value in configuration.items():
            values[key.replace("aws_", "aws:")] = value  # type: ignore[assignment]
        written = {"config": values}
        (self.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(written))

    def remove(self, name: str) -> None:
        """Removes a stack's file."""
        (self.folder / "stacks" / f"Pulumi.{name}.yaml").unlink()

    def act_by(self, *allowed: str) -> None:
        """Makes a role that may do only this, and the profile `deployer` that assumes it."""
        statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
        self.act_under([{"Version": "2012-10-17", "Statement": [statement]}])

    def act_under(
        self, policies: Sequence[Mapping[str, Any]], account: str = ADMINISTRATOR
    ) -> None:
        """Makes a role with these policies, and the profile `deployer` that assumes it."""
        arn = self.sandbox.client.make_role(
            account, _ROLE, trusts=[ADMINISTRATOR], policies=policies
        )
        config = self.sandbox.profiles[0]
        if _ROLE not in config.read_text():
            with config.open("a") as file:
                file.write(
                    f"\n[profile {_ROLE}]\nrole_arn = {arn}\nsource_profile = administrator\n"
                )

    def run(self, *arguments: str) -> Result:
        """Runs the command in the project's folder."""
        return CliRunner(env=_NARROW).invoke(app, ["doctor", *arguments])

    def rows(self, *arguments: str) -> dict[tuple[str, str], dict[str, str]]:
        """The findings by region and prerequisite."""
        answer = json.loads(self.run("--format", "json", *arguments).stdout)
        return {(row["region"], row["prerequisite"]): row for row in answer["prerequisites"]}

    def missing(self) -> dict[str, dict[str, str]]:
        """What is missing, by prerequisite."""
        return {what: row for (_, what), row in self.rows().items() if row["state"] == "missing"}


@pytest.fixture
def place_of(
    serve_sandbox: ServeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Place]:
    """Makes a project without stacks, and serves an organization for it."""

    def make(organization: str | None = None) -> Place:
        sandbox = serve_sandbox(organization=organization)
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        folder = tmp_path / "project"
        (folder / "stacks").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_bytes((PROJECT_FOLDER / "Pulumi.yaml").read_bytes())
        monkeypatch.chdir(folder)
        return Place(sandbox, folder)

    return make


@pytest.fixture
def place(place_of: Callable[..., Place]) -> Place:
    """The default organization."""
    return place_of()


def _reads(*left_out: str) -> list[str]:
    named = {one.action for one in actions(Purpose.DEPLOY)} | {
        one.action for one in actions(Purpose.DOCTOR)
    }
    return sorted(named - {*left_out})


def test_a_healthy_stack_lacks_nothing(place: Place) -> None:
    place.stack()
    place.stack("prod-eu", _EU)

    healthy = place.run()

    assert healthy.exit_code == 0
    assert healthy.stdout.startswith("Prerequisites in 2 regions: ")
    assert "missing" not in healthy.stdout
    assert "unknown" not in healthy.stdout
    assert "all 2 regions: administrator" in healthy.stdout


@dataclass(frozen=True)
class Lack:
    """A prerequisite that is taken away.

    Attributes:
        what: its name.
        take: takes it away; the stack is made before.
        configuration: the stack's.
        region: the stack's.
    """

    what: str
    take: Callable[[Place], object]
    configuration: Mapping[str, Any] = field(default_factory=dict)
    region: str = _US


def _end_designation(place: Place) -> None:
    guardduty = place.sandbox.boto3("guardduty", MANAGEMENT)
    guardduty.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)


def _end_trusted_access(place: Place) -> None:
    organizations = place.sandbox.boto3("organizations", MANAGEMENT)
    organizations.disable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")


_DELEGATION: dict[str, Any] = {"mode": "delegation", "administratorAccountId": ADMINISTRATOR}

COMMANDS = [
    Lack("region", lambda p: p.sandbox.client.disable_region(ADMINISTRATOR, _EU), region=_EU),
    Lack("administrator", _end_designation),
    Lack("trusted access", _end_trusted_access),
    Lack("trusted access", _end_trusted_access, {**_DELEGATION, "aws_profile": "management"}),
    Lack("detector", lambda p: p.sandbox.client.delete_detector(ADMINISTRATOR, region=_US)),
    Lack("detector", lambda p: p.sandbox.client.suspend_detector(ADMINISTRATOR, region=_US)),
    Lack("policy type", lambda p: p.sandbox.client.assign_policy()),
]


@pytest.mark.parametrize("lack", COMMANDS, ids=lambda lack: lack.what)
def test_the_command_of_a_way_out_brings_back_what_is_missing(place: Place, lack: Lack) -> None:
    place.stack(region=lack.region, **lack.configuration)
    lack.take(place)

    found = place.run("--format", "json")
    row = place.missing()[lack.what]
    follow(row["wayOut"], place.sandbox)

    assert found.exit_code == 1
    assert place.rows()[lack.region, lack.what]["state"] == "ok"
    assert lack.what not in place.missing()


ALTERNATIVES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "account",
        {"aws_profile": f"member-{_MEMBER}", "aws_allowedAccountIds": [ADMINISTRATOR]},
        "Use credentials of that account.",
        {"aws_profile": "administrator", "aws_allowedAccountIds": [ADMINISTRATOR]},
    ),
    (
        "administrator",
        {"aws_profile": f"member-{_MEMBER}"},
        f"Use credentials of account {ADMINISTRATOR}.",
        {"aws_profile": "administrator"},
    ),
    (
        "management account",
        {**_DELEGATION, "aws_profile": "administrator"},
        f"Use credentials of the management account {MANAGEMENT}.",
        {**_DELEGATION, "aws_profile": "management"},
    ),
    (
        "administrator",
        {**_DELEGATION, "aws_profile": "management", "administratorAccountId": _MEMBER},
        f"Set administratorAccountId: {ADMINISTRATOR}",
        {**_DELEGATION, "aws_profile": "management"},
    ),
    (
        "settings",
        {"aws_profile": "administrator", "autoEnable": "SOME"},
        "ALL",
        {"aws_profile": "administrator", "autoEnable": "NEW"},
    ),
]


@pytest.mark.parametrize(("what", "wrong", "way_out", "right"), ALTERNATIVES)
def test_a_way_out_says_which_setting_is_right(
    place: Place, what: str, wrong: dict[str, Any], way_out: str, right: dict[str, Any]
) -> None:
    place.stack(**wrong)
    row = place.missing()[what]
    place.stack(**right)

    assert way_out in row["wayOut"] + row["seen"]
    assert place.run().exit_code == 0


def test_credentials_that_are_gone_hide_no_other_stack(place: Place) -> None:
    place.stack("prod")
    place.stack("test", _EU, aws_profile="nobody")

    rows = place.rows()
    lost = rows[_EU, "credentials"]
    place.stack("test", _EU, aws_profile="administrator")

    assert lost["state"] == "missing"
    assert "nobody" in lost["seen"] + lost["wayOut"]
    assert rows[_EU, "guardduty:ListMembers"]["state"] == "not checked"
    assert rows[_US, "guardduty:ListMembers"]["state"] == "ok"
    assert place.run().exit_code == 0


@pytest.mark.parametrize(
    "action",
    [
        "guardduty:ListMembers",
        "guardduty:DescribeOrganizationConfiguration",
        "guardduty:UpdateMemberDetectors",
        "guardduty:UpdateDetector",
    ],
)
def test_a_right_that_is_given_is_no_longer_missing(place: Place, action: str) -> None:
    place.stack(aws_profile=_ROLE)
    place.act_by(*_reads(action))

    row = place.missing()[action]
    (given,) = re.findall(r"permission ([a-z]+:\w+)", row["wayOut"])
    place.act_by(*_reads(action), given)

    assert place.rows()[_US, action]["state"] == "ok"
    assert place.run().exit_code == 0


_RULES = [
    {"status": "DISABLED", "organizationalUnits": ["Root/Sandbox"]},
    {"status": "ENABLED", "tags": {"env": "prod"}},
]


@pytest.mark.parametrize(
    ("files", "account", "configuration"),
    [
        ("deploy", ADMINISTRATOR, {}),
        ("deploy units tags", ADMINISTRATOR, {"members": json.dumps(_RULES)}),
        ("deploy create-deploy", ADMINISTRATOR, {"detector": "create"}),
        ("delegation", MANAGEMENT, _DELEGATION),
    ],
)
def test_the_policies_of_docs_iam_leave_nothing_missing(
    place: Place, files: str, account: str, configuration: dict[str, Any]
) -> None:
    place.stack(aws_profile=_ROLE, **configuration)
    policies = [
        json.loads((PROJECT_FOLDER / f"docs/iam/{file}.json").read_text())
        for file in (*files.split(), "doctor")
    ]

    place.act_under(policies, account)
    whole = [row for row in place.rows().values() if row["prerequisite"] != "detector"]
    place.act_under(policies[:-1], account)
    without_doctor = place.run()

    assert {row["state"] for row in whole} == {"ok"}
    assert without_doctor.exit_code == 0
    assert "not checked" in without_doctor.stdout


def test_a_right_that_a_run_goes_without_is_not_needed(place: Place) -> None:
    place.stack(aws_profile=_ROLE)
    place.act_by(*_reads("guardduty:GetUsageStatistics"))

    row = place.rows()[_US, "guardduty:GetUsageStatistics"]

    assert row["state"] == "not needed"
    assert "is not authorized to perform" in row["seen"]
    assert place.run().exit_code == 0


def test_writes_are_not_checked_without_the_right_to_simulate(place: Place) -> None:
    place.stack(aws_profile=_ROLE)
    place.act_by(*_reads("iam:SimulatePrincipalPolicy", "guardduty:UpdateMemberDetectors"))

    row = place.rows()[_US, "guardduty:UpdateMemberDetectors"]
    (given,) = re.findall(r"iam:Simulate\w+", row["wayOut"])
    place.act_by(*_reads("guardduty:UpdateMemberDetectors"), given)

    assert row["state"] == "not checked"
    assert place.rows()[_US, "guardduty:UpdateMemberDetectors"]["state"] == "missing"


def test_a_region_without_the_feature_is_to_have_no_stack(
    place_of: Callable[..., Place],
) -> None:
    place = place_of(f"regions: [{_US}, {_EU}]\nregionsWithoutEksAuditLogs: [{_EU}]\n")
    place.stack("prod")
    place.stack("test", _EU)

    row = place.missing()["EKS_AUDIT_LOGS"]
    place.remove("test")

    assert row["region"] == _EU
    assert "pulumi stack rm" in row["wayOut"]
    assert place.run().exit_code == 0


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("ListMembers", "guardduty:ListMembers"),
        pytest.param("ListDetectors", "region", marks=pytest.mark.slow),
    ],
)
def test_what_could_not_be_found_out_ends_with_exit_code_2(
    place: Place, operation: str, what: str
) -> None:
    place.stack("prod")
    place.stack("test", _EU)
    place.sandbox.client.fails(operation, with_=InternalServerError(), regions=[_EU])

    rows, ended = place.rows(), place.run()

    assert rows[_EU, what]["state"] == "unknown"
    assert rows[_EU, what]["seen"].startswith(f"{operation}: ")
    assert rows[_US, what]["state"] == "ok"
    assert ended.exit_code == 2


def test_the_doctor_only_reads(place: Place) -> None:
    place.stack(aws_profile=_ROLE, detector="create")
    place.act_by("*")
    place.stack("root", aws_profile="management", **_DELEGATION)
    before = place.sandbox.client.actual_state()
    place.sandbox.client.clear_calls()

    place.run()
    place.run("--regions", f"{_US},{_EU}")

    called = {call.operation for call in place.sandbox.client.calls()}
    reads = ("Describe", "Get", "List", "Simulate", "AssumeRole")
    assert "SimulatePrincipalPolicy" in called
    assert [name for name in called if not name.startswith(reads)] == []
    assert place.sandbox.client.actual_state() == before


def test_identical_rows_are_shown_once_and_missing_ones_first(place: Place) -> None:
    place.stack("prod")
    place.stack("test", _EU)
    place.sandbox.client.suspend_detector(ADMINISTRATOR, region=_EU)

    shown = place.run().stdout
    first = shown.split("\n\n")[1]

    assert first.startswith(f"missing      {_EU}: detector")
    assert shown.count(": administrator") == 1
    assert max(len(line) for line in shown.splitlines() if "`" not in line) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stacks", "prod", "--regions", _US], "--regions and --profile are for use without"),
        (["--profile", "administrator"], "--profile is for --regions"),
        (["--stacks", "nothing"], "--stacks nothing is no stack"),
        (["--format", "csv"], "'csv' is not one of 'table', 'json'"),
    ],
)
def test_wrong_use_ends_with_exit_code_2(place: Place, arguments: list[str], said: str) -> None:
    place.stack()

    wrong = place.run(*arguments)

    assert wrong.exit_code == 2
    assert said in " ".join(wrong.output.split())
    assert place.sandbox.client.calls() == []


def test_the_sample_in_the_documentation_is_what_it_shows(place: Place) -> None:
    place.act_by(*_reads("guardduty:UpdateMemberDetectors", "guardduty:GetUsageStatistics"))
    place.stack("prod-us-east-1", _US, aws_profile=_ROLE)
    place.stack("prod-eu-west-1", _EU, aws_profile=_ROLE)
    place.sandbox.client.suspend_detector(ADMINISTRATOR, region=_EU)

    shown = place.run().stdout.splitlines()

    documented = (PROJECT_FOLDER / "docs" / "doctor.md").read_text().splitlines()
    sample = [
        line.removeprefix("    ") for line in documented if line.startswith("    ") or not line
    ]
    begin = sample.index(shown[0])
    assert sample[begin : begin + len(shown)] == shown


def test_the_help_fits_80_columns() -> None:
    shown = CliRunner(env=_NARROW).invoke(app, ["doctor", "--help"])

    assert re.findall(r"^ +(\d)  ", shown.output, re.MULTILINE) == [*"012"]
    assert max(map(len, shown.output.splitlines())) <= 80
