"""The program from configuration to resources: what it tells, and when it registers nothing."""

from __future__ import annotations

import json
import logging
import runpy
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

import guardduty_eks_audit_logs.program.delegation
import guardduty_eks_audit_logs.program.session
import guardduty_eks_audit_logs.program.several_regions
from guardduty_eks_audit_logs import plan_regions
from guardduty_eks_audit_logs.errors import ConnectionFailedError
from guardduty_eks_audit_logs.model import Delegation
from guardduty_eks_audit_logs.settings.configuration import PROJECT, Settings
from guardduty_eks_audit_logs.texts import read_grouped
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.registrations import (
    DESIGNATION,
    MEMBERS,
    PRIOR,
    STACK,
    Engine,
    last_state,
)
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NO_MASTER,
    PROJECT_FOLDER,
    account,
    rule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.planning.plan import Plan

    State = dict[str, dict[str, Any]]

_KEYS = {"aws:region": "us-east-1", "aws:accessKey": "x", "aws:secretKey": "y"}
_ALL_ON = {f"{PROJECT}:members": json.dumps([rule("ENABLED")])}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(members={account(1): "ENABLED", account(2): "DISABLED"})
    in_place_of_sockets(monkeypatch, aws)
    return aws


class _RememberingEngine(Engine):
    """A preview whose state knows of an account that could not be set."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, outputs = super().new_resource(args)
        if args.name.endswith("-members"):
            outputs = {**outputs, "unprocessed": {account(2): "Internal error"}}
        return id_, outputs


class _Program:
    """The program of this project under an engine that is played."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        self._monkeypatch = monkeypatch
        self._caplog = caplog
        self.secrets = ["aws:secretKey"]
        caplog.set_level(logging.INFO)

    def run(self, engine: Engine, configuration: Mapping[str, str]) -> None:
        self._configure(configuration)
        engine.run_stack(self._program)

    def failed(self, engine: Engine, configuration: Mapping[str, str]) -> list[str]:
        """Runs it in the expectation that it ends itself; the errors that it told."""
        with pytest.raises(SystemExit) as ended:
            self.run(engine, configuration)
        # Pulumi's host for Python then adds no line of its own.
        assert ended.value.code == 32
        return self.told(logging.ERROR)

    def refused(self, configuration: Mapping[str, str], state: State | None = None) -> list[str]:
        """Runs it in the expectation that it registers nothing; the errors that it told."""
        engine = Engine(preview=True, state=state or {})
        told = self.failed(engine, configuration)
        assert engine.registered == {}
        return told

    def told(self, level: int) -> list[str]:
        return [r.getMessage() for r in self._caplog.records if r.levelno == level]

    def _configure(self, configuration: Mapping[str, str]) -> None:
        self._monkeypatch.setenv("PULUMI_CONFIG", json.dumps(dict(configuration)))
        self._monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(self.secrets))

    def _program(self) -> None:
        runpy.run_path(str(PROJECT_FOLDER / "__main__.py"))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> _Program:
    return _Program(monkeypatch, caplog)


@pytest.mark.usefixtures("aws")
def test_what_files_and_values_have_wrong_is_told_at_once(
    program: _Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pulumi.get_root_directory", lambda: str(tmp_path))
    (tmp_path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n")
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text("config: {}\nonRelease: RESTORE\n")
    rules = [{"status": "ENABLED", "accountsFile": "ids.txt"}]
    (tmp_path / "ids.txt").write_text("7")

    told = program.refused(
        {
            **_KEYS,
            f"{PROJECT}:members": json.dumps(rules),
            "aws:profile": '["administrator"]',
            "aws:allowedAccountIds": '["22222222222"]',
        }
    )

    assert [sentence.partition(" is ")[0].partition(" has ")[0] for sentence in told] == [
        f"Pulumi.{STACK}.yaml: onRelease",
        "aws:allowedAccountIds[0]: 22222222222",
        "aws:profile: ['administrator']",
        "rule 1 (members[0].accountsFile): ids.txt",
    ]
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text("config: {onRelease: RESTORE}\n")
    (tmp_path / "ids.txt").write_text(account(1))
    program.run(Engine(preview=True), {**_KEYS, f"{PROJECT}:members": json.dumps(rules)})


@pytest.mark.usefixtures("aws")
def test_a_preview_tells_what_a_run_would_do_account_by_account(program: _Program) -> None:
    engine = Engine(preview=True)
    program.run(engine, {**_KEYS, **_ALL_ON})

    (told,) = program.told(logging.INFO)
    assert told.splitlines()[:3] == [
        "EKS audit log monitoring in us-east-1, administrator 222222222222",
        "  2 members: 1 on, 1 off. This run turns 1 on, 0 off; 1 stays.",
        "  on   300000000002  rule 1: all  trial: 30 days",
    ]
    assert told.splitlines()[-1] == (
        "  Usage: EKS_AUDIT_LOGS came to 12.50 USD in the last 30 days in this region, with 1 "
        "account on now."
    )
    assert "eks-audit-logs-members" in engine.registered


def test_a_run_names_what_it_changed_and_exports_what_it_did(aws: Aws, program: _Program) -> None:
    engine = Engine()
    program.run(engine, {**_KEYS, **_ALL_ON})

    assert program.told(logging.INFO) == [
        "EKS audit log monitoring in us-east-1: turning 1 on, 0 off.",
        (
            "EKS audit log monitoring in us-east-1: turned 1 on, 0 off.\n"
            "  on   300000000002  rule 1: all\n"
            "  Administrator's own detector: off -> on.\n"
            "  autoEnable: NONE -> NEW"
        ),
    ]
    assert engine.exported == {
        "detectorId": aws.detector,
        "accounts": {"ENABLED": 2},
        "unprocessed": {},
    }
    assert program.told(logging.ERROR) == []
    assert aws.writes == []


@pytest.mark.parametrize(
    ("invited", "told"),
    [
        (frozenset(), "Organization: 1 of 2 members does not have EKS audit logs on yet."),
        (
            frozenset([account(2)]),
            "Organization: every member that can be set has EKS audit logs on.",
        ),
    ],
)
def test_a_run_with_all_ends_with_whom_it_has_yet_to_reach(
    aws: Aws, program: _Program, invited: frozenset[str], told: str
) -> None:
    aws.invited = invited
    program.run(engine := Engine(), {**_KEYS, f"{PROJECT}:autoEnable": "ALL"})

    assert program.told(logging.INFO)[-1].startswith(told)
    assert engine.exported["accounts"] == {"DISABLED": 1, "ENABLED": 1}


@pytest.mark.parametrize("region", ["us-east-9", "us-east-1a", "US-EAST-1"])
def test_a_region_that_is_none_is_named_where_aws_accepts_no_credentials(
    aws: Aws, program: _Program, region: str
) -> None:
    aws.refusals["*"] = (403, "InvalidClientTokenId", "No.")

    (told,) = program.refused({**_KEYS, "aws:region": region, **_ALL_ON})

    assert told.startswith("AWS does not accept")
    assert told.endswith(f" Or correct the region, if {region} is none of AWS's.")
    (_, known) = program.refused({**_KEYS, "aws:region": "eu-south-2", **_ALL_ON})
    assert "none of AWS's" not in known


def test_a_region_that_is_none_is_named_where_nobody_answers(
    program: _Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> NoReturn:
        raise ConnectionFailedError("no answer from AWS.")

    monkeypatch.setattr(guardduty_eks_audit_logs.program.session, "open_session", gone)

    assert program.refused({**_KEYS, "aws:region": "us-east-9"}) == [
        "no answer from AWS. Or correct the region, if us-east-9 is none of AWS's."
    ]


# Secrets


def test_credentials_in_clear_end_the_program_before_anybody_is_asked(
    aws: Aws, program: _Program
) -> None:
    program.secrets = []

    told = program.refused({**_KEYS, "aws:token": "z", **_ALL_ON})

    assert [sentence.partition(" is ")[0] for sentence in told] == ["aws:secretKey", "aws:token"]
    assert "pulumi config set --secret aws:secretKey" in told[0]
    assert aws.requests == []


def test_a_secret_that_a_preview_would_show_ends_the_program(aws: Aws, program: _Program) -> None:
    program.secrets += list(_ALL_ON)

    (told,) = program.refused({**_KEYS, f"{PROJECT}:members": "no list, and secret"})

    assert told.startswith(f"{PROJECT}:members is a secret, but a preview shows it")
    assert "and secret" not in told
    program.secrets += ["aws:region", "aws:allowedAccountIds"]
    told_of = program.refused({**_KEYS, "aws:allowedAccountIds": "[222222222222]"})
    assert [sentence.partition(" is ")[0] for sentence in told_of][1:] == [
        "aws:region",
        "aws:allowedAccountIds",
    ]
    assert "--path --plaintext 'aws:allowedAccountIds[0]' <value>`" in told_of[2]
    assert aws.requests == []


# Several regions


def _plans(regions: Sequence[str], **values: object) -> list[Plan]:
    """The plans for one who wants every member off."""
    settings = Settings.from_values({"members": [rule("DISABLED")], **values})
    who = {"aws:accessKey": "x", "aws:secretKey": "y"}.get
    return [plan for _, plan in plan_regions(settings, who, regions)]


def _planned(regions: Sequence[str], **values: object) -> list[str]:
    return [plan.snapshot.region for plan in _plans(regions, **values)]


@pytest.mark.usefixtures("program")
def test_every_region_is_planned_once(aws: Aws) -> None:
    Engine(preview=True).start()

    assert _planned(["us-east-1", "eu-west-1", "us-east-1"]) == ["us-east-1", "eu-west-1"]
    assert aws.writes == []


@pytest.mark.usefixtures("aws")
def test_what_is_refused_in_several_regions_is_told_of_each(program: _Program) -> None:
    Engine(preview=True).start()

    with pytest.raises(SystemExit):
        _planned(["us-east-1", "eu-west-1"], maxDisabled=0)

    told = program.told(logging.ERROR)
    assert [sentence.split(" would")[0] for sentence in told] == [
        "us-east-1: maxDisabled: 1 member",
        "eu-west-1: maxDisabled: 1 member",
    ]


def _plans_with(overrides: dict[str, Settings]) -> dict[str, int]:
    """{region: how many members a rule sets}, if all want every member off, but for overrides."""
    settings = Settings.from_values({"members": [rule("DISABLED")]})
    who = {"aws:accessKey": "x", "aws:secretKey": "y"}.get
    planned = plan_regions(settings, who, ["us-east-1", "eu-west-1"], overrides)
    return {plan.snapshot.region: len(plan.wanted) for _, plan in planned}


@pytest.mark.usefixtures("program", "aws")
def test_a_region_may_have_settings_of_its_own() -> None:
    Engine(preview=True).start()
    nobody = Settings.from_values({"members": []})

    assert _plans_with({}) == {"us-east-1": 2, "eu-west-1": 2}
    assert _plans_with({"eu-west-1": nobody}) == {"us-east-1": 2, "eu-west-1": 0}


def test_settings_of_a_region_that_the_program_does_not_keep_are_refused(
    aws: Aws, program: _Program
) -> None:
    Engine(preview=True).start()

    with pytest.raises(SystemExit):
        _plans_with({"eu-wets-1": Settings.from_values({"members": []})})

    (told,) = program.told(logging.ERROR)
    assert told.startswith("overrides: this program keeps nothing in eu-wets-1. Correct the")
    assert aws.requests == []


def test_what_is_wrong_with_the_caller_is_told_once(aws: Aws, program: _Program) -> None:
    Engine(preview=True).start()
    aws.refusals["*"] = (403, "UnrecognizedClientException", "No.")

    with pytest.raises(SystemExit):
        _planned(["us-east-1", "eu-west-1"])

    (told,) = program.told(logging.ERROR)
    assert told.startswith("all 2 regions: AWS does not accept the credentials (ListDetectors: No")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("regions", [[], "eu-west-1", ""])
def test_regions_are_a_list_of_some(program: _Program, regions: Sequence[str]) -> None:
    with pytest.raises(SystemExit):
        _planned(regions)

    (told,) = program.told(logging.ERROR)
    assert "names no region. Write a list" in told


def _recorded(region: str, administrator: str = ADMINISTRATOR, **outputs: object) -> dict[str, Any]:
    """The outputs of `PriorSettings` after two runs that found account 1 off."""
    return {
        "region": region,
        "administratorAccountId": administrator,
        "detectorId": DETECTOR,
        "revision": 2,
        "before": f'DISABLED:\n- "{account(1)}"\n',
        "settingsBefore": {"status": "DISABLED"},
        **outputs,
    }


_EMPTY: dict[str, Any] = {"before": None, "settingsBefore": None}


def test_a_region_that_left_the_list_is_planned_to_be_released(aws: Aws) -> None:
    Engine(preview=True, state=last_state((PRIOR, _recorded("eu-west-1")))).start()

    stays, leaves = _plans(["us-east-1"], onRelease="RESTORE")

    assert (stays.leaving, leaves.leaving) == (False, True)
    assert leaves.snapshot.region == "eu-west-1"
    assert leaves.release.by_account == {account(1): "ENABLED -> DISABLED"}
    assert leaves.decisions == ()
    assert leaves.revision == 3
    assert aws.writes == []


@pytest.mark.usefixtures("aws")
def test_a_region_whose_record_is_empty_is_planned_no_more() -> None:
    Engine(preview=True, state=last_state((PRIOR, _recorded("eu-west-1", **_EMPTY)))).start()
    assert _planned(["us-east-1"]) == ["us-east-1"]


@pytest.mark.usefixtures("aws")
def test_members_that_a_program_gives_nowhere_are_told_once(program: _Program) -> None:
    regions = ["us-east-1", "eu-west-1"]
    Engine(preview=True, state=last_state(*((PRIOR, _recorded(r)) for r in regions))).start()
    who = {"aws:accessKey": "x", "aws:secretKey": "y"}.get

    with pytest.raises(SystemExit):
        plan_regions(Settings.from_values({}), who, regions)

    (told,) = program.told(logging.ERROR)
    assert told == (
        "this program gives its settings no members, but its stack keeps 1 account in us-east-1, 1 "
        "account in eu-west-1, which would all be released. Give them the rules, "
        '`"members": […]`; if all are to be released, `"members": []`.'
    )
    assert len(plan_regions(Settings.from_values({"members": []}), who, regions)) == 2


@pytest.mark.usefixtures("aws")
def test_a_region_that_left_counts_for_max_disabled(program: _Program) -> None:
    Engine(preview=True, state=last_state((PRIOR, _recorded("eu-west-1")))).start()

    with pytest.raises(SystemExit):
        _planned(["us-east-1"], onRelease="RESTORE", members=[rule("ENABLED")], maxDisabled=0)

    (told,) = program.told(logging.ERROR)
    assert told == (
        "eu-west-1: maxDisabled: 1 member would be turned off, but at most 0 may be in one run. If "
        "that is meant, set maxDisabled: 1. Turned off:\n  release (onRelease RESTORE):\n"
        f"    {account(1)}"
    )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_regions_whose_record_is_of_another_account_are_refused(
    program: _Program, region: str
) -> None:
    Engine(preview=True, state=last_state((PRIOR, _recorded(region, account(9))))).start()

    with pytest.raises(SystemExit):
        _planned(["us-east-1"])

    (told,) = program.told(logging.ERROR)
    assert told.startswith(
        f"this stack keeps account {account(9)} in {region} (1 member recorded), but this run is "
        f"account {ADMINISTRATOR} in us-east-1. "
    )


# The last state


@pytest.mark.parametrize(
    ("region", "administrator"), [("eu-west-1", ADMINISTRATOR), ("us-east-1", account(9))]
)
def test_a_record_of_another_account_or_region_ends_the_program(
    aws: Aws, program: _Program, region: str, administrator: str
) -> None:
    state = last_state((PRIOR, _recorded(region, administrator)))

    (told,) = program.refused({**_KEYS, **_ALL_ON}, state)

    assert told.startswith(
        f"this stack keeps account {administrator} in {region} (1 member recorded), but this run "
        f"is account {ADMINISTRATOR} in us-east-1. Put the region ({region}) and the credentials "
        f"of {administrator} back; "
    )
    ways = ("`pulumi stack init`", "`pulumi destroy`", "`pulumi state delete --all`")
    assert [way for way in ways if way not in told] == []
    assert aws.writes == []


@pytest.mark.usefixtures("aws")
def test_an_empty_record_of_another_region_is_none(program: _Program) -> None:
    engine = Engine(preview=True, state=last_state((PRIOR, _recorded("eu-west-1", **_EMPTY))))
    program.run(engine, {**_KEYS, **_ALL_ON})
    assert "eks-audit-logs-prior" in engine.registered


@pytest.mark.usefixtures("aws")
def test_a_designation_of_the_state_ends_a_program_that_monitors(program: _Program) -> None:
    state = last_state((DESIGNATION, {"adminAccountId": ADMINISTRATOR, "region": "us-east-1"}))

    (told,) = program.refused({**_KEYS, **_ALL_ON}, state)

    assert told.startswith(
        f"this stack designates account {ADMINISTRATOR} as GuardDuty administrator in us-east-1, "
        "but this run has another mode than delegation. No run removes a designation, since that "
    )


@pytest.mark.usefixtures("aws")
def test_a_record_goes_into_the_next_runs_inputs(program: _Program) -> None:
    engine = Engine(state=last_state((PRIOR, _recorded("us-east-1"))))
    program.run(engine, {**_KEYS, **_ALL_ON})

    asked = engine.registered["eks-audit-logs-prior"].asked
    assert read_grouped(asked["record"]) == {account(1): "DISABLED", account(2): "DISABLED"}
    assert asked["settingsBefore"] == {"status": "DISABLED"}
    assert asked["revision"] == 3


_OF_0_2_0 = {
    "region": "us-east-1",
    "account": ADMINISTRATOR,
    "detectorId": DETECTOR,
    "retryMinutes": 5,
}
_REWRITTEN = (
    "  State: rewritten in this release's form by this run (PriorSettings, MemberFeatures); that "
    "writes nothing to AWS."
)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("preview", [True, False])
def test_a_state_of_an_earlier_release_is_rewritten_and_that_is_said_once(
    program: _Program,
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    statuses = {account(1): "DISABLED", account(2): "ENABLED"}
    prior = {**_OF_0_2_0, "statuses": statuses, "detector": {"status": "DISABLED"}}
    state = last_state((PRIOR, prior), (MEMBERS, {**_OF_0_2_0, "statuses": statuses}))
    engine = Engine(preview=preview, state=state)
    program.run(engine, {**_KEYS, **_ALL_ON, f"{PROJECT}:showCosts": "false"})

    told = "\n".join(program.told(logging.INFO))
    assert told.splitlines().count(_REWRITTEN) == 1
    asked = engine.registered["eks-audit-logs-prior"].asked
    assert asked["revision"] == 1
    assert read_grouped(asked["record"]) == statuses
    assert asked["settingsBefore"] == {"status": "DISABLED"}


@pytest.mark.usefixtures("aws")
def test_a_state_that_this_product_has_not_written_ends_the_program(program: _Program) -> None:
    state = last_state((PRIOR, _recorded("us-east-1", before="what is this")))

    (told,) = program.refused({**_KEYS, **_ALL_ON}, state)

    assert told.startswith("the state of PriorSettings was not written by this program (")
    assert "what is this is not a line that this product writes" in told


@pytest.mark.usefixtures("aws")
def test_a_state_that_can_not_be_read_ends_the_program(program: _Program) -> None:
    class Locked(Engine):
        def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
            super().call(args)
            return {}, [("stackName", "incorrect passphrase")]

    told = program.failed(Locked(preview=True), {**_KEYS, **_ALL_ON})

    assert told == [
        (
            "the last state of stack organization/guardduty-eks-audit-logs/prod-us-east-1 can't be "
            "read (invoke of pulumi:pulumi:readStackResourceOutputs failed: incorrect passphrase "
            "(stackName)). Check `pulumi login` and the stack's passphrase or secrets provider."
        )
    ]


# What the engine leaves out


_OWN_NOT_WRITTEN = (
    "us-east-1 needs status DISABLED -> ENABLED, but this run leaves that out, as with "
    "--refresh=false, --target, --exclude or --run-program. Run the command again without these."
)


@pytest.mark.usefixtures("aws")
def test_a_preview_warns_of_what_the_run_will_leave_out(program: _Program) -> None:
    program.run(Engine(preview=True, left_out=("-own",)), {**_KEYS, **_ALL_ON})

    assert program.told(logging.WARNING) == [_OWN_NOT_WRITTEN]
    assert program.told(logging.ERROR) == []


@pytest.mark.usefixtures("aws")
def test_a_run_that_leaves_something_out_fails(program: _Program) -> None:
    assert program.failed(Engine(left_out=("-own",)), {**_KEYS, **_ALL_ON}) == [_OWN_NOT_WRITTEN]


# Who is designated


_DELEGATION = {
    **_KEYS,
    f"{PROJECT}:mode": "delegation",
    f"{PROJECT}:administratorAccountId": ADMINISTRATOR,
}


@pytest.fixture
def nobody_designated(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS as the management account sees it before there is an administrator."""
    aws.account = "111111111111"

    def read(session: Session, wanted: AccountId) -> Delegation:
        return Delegation(session.region, session.caller, wanted, status="ACTIVE", others=11)

    monkeypatch.setattr(guardduty_eks_audit_logs.program.delegation, "read_delegation", read)


@pytest.mark.usefixtures("nobody_designated")
def test_the_management_account_designates_whom_the_stack_names(program: _Program) -> None:
    state = last_state((DESIGNATION, {"adminAccountId": ADMINISTRATOR, "region": "us-east-1"}))
    engine = Engine(state=state)
    program.run(engine, _DELEGATION)

    assert set(engine.registered) == {
        "delegated-administrator",
        "delegated-administrator-designation",
        "delegated-administrator-removal",
    }
    assert engine.exported == {"administratorAccountId": ADMINISTRATOR}


@pytest.mark.usefixtures("nobody_designated")
@pytest.mark.parametrize(
    ("region", "designated"), [("eu-west-1", ADMINISTRATOR), ("us-east-1", account(9))]
)
def test_another_designation_of_the_state_ends_the_program(
    program: _Program, region: str, designated: str
) -> None:
    state = last_state((DESIGNATION, {"adminAccountId": designated, "region": region}))

    (told,) = program.refused(_DELEGATION, state)

    assert told.startswith(
        f"this stack designates account {designated} as GuardDuty administrator in {region}, but "
        f"this run designates account {ADMINISTRATOR} in us-east-1. No run removes a designation, "
    )
    ways = ("`pulumi stack init`", "`pulumi destroy`", "`pulumi state delete --all`")
    assert [way for way in ways if way not in told] == []


@pytest.mark.usefixtures("nobody_designated")
def test_a_record_of_members_ends_a_program_that_designates(program: _Program) -> None:
    (told,) = program.refused(_DELEGATION, last_state((PRIOR, _recorded("us-east-1"))))
    assert told.startswith(f"this stack keeps account {ADMINISTRATOR} in us-east-1 (1 member ")


# Failures and refusals


@pytest.mark.usefixtures("aws")
def test_a_run_fails_with_a_table_of_the_accounts_that_could_not_be_set(
    program: _Program,
) -> None:
    engine = Engine(outputs={"-members": {"unprocessed": {account(2): "Internal error"}}})

    (told,) = program.failed(engine, {**_KEYS, **_ALL_ON})

    assert told.splitlines() == [
        "1 of 2 members in us-east-1 could not be set; all others (1) are, and are recorded.",
        "  Internal error:",
        "    300000000002",
        "`pulumi up` again tries only these.",
    ]
    assert engine.exported["unprocessed"] == {"Internal error": account(2)}


@pytest.mark.usefixtures("aws")
def test_a_preview_that_is_to_try_accounts_again_does_not_fail(program: _Program) -> None:
    engine = _RememberingEngine(preview=True)
    program.run(engine, {**_KEYS, **_ALL_ON})

    assert engine.exported["unprocessed"] == {"Internal error": account(2)}
    assert program.told(logging.ERROR) == []


def test_malformed_settings_end_the_program_before_aws_is_asked(
    aws: Aws, program: _Program
) -> None:
    faulty = {**_KEYS, f"{PROJECT}:staus": "ENABLED", f"{PROJECT}:status": "ON"}

    assert program.refused(faulty) == [
        (
            "guardduty-eks-audit-logs:staus is not a configuration key of this project. Did you "
            "mean status?"
        ),
        "status: ON is not a value it takes. Use one of ENABLED, DISABLED.",
    ]
    assert aws.requests == []


def test_a_member_account_ends_the_program(aws: Aws, program: _Program) -> None:
    aws.account, aws.administrator = account(9), "222222222222"

    assert program.refused({**_KEYS, **_ALL_ON}) == [
        (
            "account 300000000009 is a GuardDuty member in us-east-1, and only its administrator "
            "222222222222 may set EKS audit log monitoring. Use credentials of 222222222222."
        )
    ]


def test_a_region_without_a_detector_ends_the_program(aws: Aws, program: _Program) -> None:
    aws.detector = None
    (told,) = program.refused(_KEYS)
    assert told.startswith("detector: existing, but account 222222222222 has no GuardDuty detector")


def test_a_detector_is_made_for_the_delegated_administrator(aws: Aws, program: _Program) -> None:
    aws.detector = None
    engine = Engine()
    program.run(engine, {**_KEYS, **_ALL_ON, f"{PROJECT}:detector": "create"})

    assert engine.registered["eks-audit-logs-detector"].import_id == ""
    told, changed = program.told(logging.INFO)
    assert changed.splitlines()[1:] == [
        "  Administrator's own detector: made with EKS audit logs on.",
        "  autoEnable: NEW",
    ]
    assert told.splitlines()[0] == "EKS audit log monitoring in us-east-1: making the detector."


@pytest.mark.parametrize(
    ("more", "told"),
    [({}, True), ({"showCosts": "false"}, False), ({"status": "DISABLED"}, False)],
    ids=["on", "costs are not to be told", "off"],
)
def test_the_costs_of_a_detector_that_is_made_are_told_to_be_unknown(
    aws: Aws,
    program: _Program,
    more: dict[str, str],
    told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    aws.detector = None
    keys = {f"{PROJECT}:{key}": value for key, value in {"detector": "create", **more}.items()}
    program.run(Engine(preview=True), {**_KEYS, **keys})

    (text,) = program.told(logging.INFO)
    lines = text.splitlines()
    trial = "  Trial: of 1 account to be turned on, 1 is unknown ("
    assert any(line.startswith(trial) for line in lines) is told
    assert ("  Usage: unknown (the detector is only being made)." in lines) is told


def test_no_detector_is_made_for_anybody_else(aws: Aws, program: _Program) -> None:
    aws.detector, aws.delegated = None, (account(9),)
    (told,) = program.refused({**_KEYS, f"{PROJECT}:detector": "create"})
    assert told.startswith("detector: create, but AWS Organizations does not list account 222")


def test_an_account_that_is_not_the_administrator_ends_the_program(
    aws: Aws, program: _Program
) -> None:
    aws.refusals[f"/detector/{aws.detector}/admin"] = (400, "BadRequestException", NO_MASTER)
    (told,) = program.refused(_KEYS)
    assert told.startswith("account 222222222222 is not the delegated GuardDuty administrator")


def test_every_refusal_of_the_plan_is_told(aws: Aws, program: _Program) -> None:
    rules = json.dumps([rule("ENABLED", account(7)), rule("DISABLED", account(8))])
    told = program.refused({**_KEYS, f"{PROJECT}:members": rules})

    assert [line.split(" ")[3] for line in told] == [account(7), account(8)]
    assert aws.writes == []


def test_credentials_that_aws_does_not_know_end_the_program(aws: Aws, program: _Program) -> None:
    aws.refusals["*"] = (403, "UnrecognizedClientException", "The security token is invalid.")
    (told,) = program.refused(_KEYS)
    assert told.startswith("AWS does not accept the credentials (ListDetectors: The security token")
