"""The run report's file, from the program's beginning to its end."""

from __future__ import annotations

import json
import logging
import runpy
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.program.report_file import VARIABLE, ReportFile
from guardduty_eks_audit_logs.reports.run_report import Outcome, RunReport
from guardduty_eks_audit_logs.settings.configuration import PROJECT
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.registrations import Engine
from tests.support.vocabulary import PROJECT_FOLDER, account, rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KEYS = {"aws:region": "us-east-1", "aws:accessKey": "x", "aws:secretKey": "y"}


_SECRET = ["aws:secretKey"]


def _program() -> None:
    runpy.run_path(str(PROJECT_FOLDER / "__main__.py"))


class _Runs:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.path = folder / "report.json"
        monkeypatch.setenv(VARIABLE, str(self.path))

    def run(self, engine: Engine, **configuration: object) -> RunReport:
        keys = {
            f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in configuration.items()
        }
        self._monkeypatch.setenv("PULUMI_CONFIG", json.dumps({**_KEYS, **keys}))
        self._monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(_SECRET))
        engine.run_stack(_program)
        return self.report()

    def ends(self, engine: Engine, **configuration: object) -> RunReport:
        with pytest.raises(SystemExit):
            self.run(engine, **configuration)
        return self.report()

    def report(self) -> RunReport:
        return RunReport.model_validate_json(self.path.read_text(encoding="utf-8"))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Runs:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(members={account(1): "ENABLED", account(2): "DISABLED"}, own_status="ENABLED")
    in_place_of_sockets(monkeypatch, aws)
    return _Runs(monkeypatch, tmp_path)


_ALL_ON = [rule("ENABLED")]


def test_a_preview_says_what_a_run_would_do(runs: _Runs) -> None:
    report = runs.run(Engine(preview=True), members=_ALL_ON)

    assert (report.outcome, report.preview, report.refusals) == ("previewed", True, ())
    (region,) = report.regions
    (change,) = region.accounts
    assert (change.account, change.to, change.progress) == (account(2), "ENABLED", "planned")
    assert change.trial_days == 30
    assert any("Usage" in notice for notice in region.notices)


def test_a_run_says_what_it_has_done(runs: _Runs) -> None:
    report = runs.run(Engine(), members=_ALL_ON)

    assert (report.outcome, report.preview) == ("succeeded", False)
    assert [a.progress for a in report.regions[0].accounts] == ["set"]


def test_a_run_that_left_accounts_has_failed_and_says_why(runs: _Runs) -> None:
    engine = Engine(outputs={"-members": {"unprocessed": {account(2): "Internal error"}}})

    report = runs.ends(engine, members=_ALL_ON)

    (left,) = report.regions[0].accounts
    assert report.outcome == "failed"
    assert (left.progress, left.reason) == ("unprocessed", "Internal error")
    assert "could not be set" in report.refusals[0].sentence


def test_a_refusal_says_why_and_what_it_refused(runs: _Runs) -> None:
    report = runs.ends(Engine(preview=True), members=[rule("DISABLED")], maxDisabled=0)

    assert report.outcome == "refused"
    (refusal,) = report.refusals
    assert (refusal.id, refusal.key) == ("too-many-disabled", "maxDisabled")
    assert "maxDisabled: 1 member would be turned off" in refusal.sentence
    assert refusal.way_out == "If that is meant, set maxDisabled: 1."
    assert [a.account for a in report.regions[0].accounts] == [account(1)]


def test_a_malformed_configuration_is_a_refusal_too(runs: _Runs) -> None:
    report = runs.ends(Engine(preview=True), status="MAYBE", mode="nonsense")

    assert (report.outcome, report.regions) == ("refused", ())
    assert [(r.id, r.key) for r in report.refusals] == [
        ("value-not-taken", "mode"),
        ("value-not-taken", "status"),
    ]


def test_a_run_that_breaks_off_leaves_it_unfinished(
    runs: _Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("guardduty_eks_audit_logs.program.one_region.read_snapshot", crash)
    with pytest.raises(RuntimeError, match="broken"):
        runs.run(Engine(), members=_ALL_ON)

    assert runs.report().outcome == "unfinished"


def test_secrets_of_the_configuration_are_masked(
    runs: _Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {"externalId": "hunter2-external", "roleArn": "x"}  # a map in place of a list
    monkeypatch.setitem(_KEYS, "aws:assumeRoles", json.dumps(roles))
    monkeypatch.setattr("test_run_report_file._SECRET", [*_SECRET, "aws:assumeRoles"])

    report = runs.ends(Engine(preview=True), members=_ALL_ON)

    assert report.outcome == "refused"
    assert "[secret]" in report.refusals[0].sentence
    assert "hunter2" not in runs.path.read_text(encoding="utf-8")


def test_a_run_says_which_settings_it_has_written(
    runs: _Runs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    report = runs.run(Engine(), status="DISABLED", autoEnable="ALL")

    settings = {s.setting: (s.from_, s.to, s.progress) for s in report.regions[0].settings}
    assert settings == {
        "status": ("ENABLED", "DISABLED", "set"),
        "autoEnable": ("NONE", "ALL", "set"),
    }
    first, last = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO][:2]
    assert "Administrator's own detector: on -> off." in first
    assert "Administrator's own detector: on -> off." in last


def test_a_file_that_goes_away_hides_no_failure(
    runs: _Runs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = ReportFile.write

    def vanishes(file: ReportFile, outcome: Outcome, refusals: Sequence[str] = ()) -> None:
        if outcome != "unfinished":
            monkeypatch.setenv(VARIABLE, str(runs.path / "no" / "folder.json"))
        write(file, outcome, refusals)

    monkeypatch.setattr(ReportFile, "write", vanishes)
    engine = Engine(outputs={"-members": {"unprocessed": {account(2): "Internal error"}}})

    with pytest.raises(SystemExit):
        runs.run(engine, members=_ALL_ON)
    assert [account(2) in r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]

    caplog.clear()
    monkeypatch.setenv(VARIABLE, str(runs.path))
    with pytest.raises(SystemExit):
        runs.run(Engine(), members=_ALL_ON)
    (told,) = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert told.startswith(f"{VARIABLE}: ")


def test_a_file_that_cannot_be_written_is_refused_before_aws_is_asked(
    runs: _Runs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(VARIABLE, str(runs.path / "no" / "folder.json"))
    engine = Engine(preview=True)

    with pytest.raises(SystemExit):
        runs.run(engine, members=_ALL_ON)

    (told,) = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert told.startswith(f"{VARIABLE}: ")
    assert "No such file" in told
    assert engine.registered == {}
