"""What `make demo` prints: its table, its rules, its lines on narrow terminals and in files."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.client import Account
from demo.coverage_table import coverage_table
from demo.screen import Screen
from demo.walkthrough import REGIONS, rules
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.reports.coverage.rows import (
    ADMINISTRATOR as OWN,
)
from guardduty_eks_audit_logs.reports.coverage.rows import (
    CoverageRow,
    CoverageStatus,
    DetectorState,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ON, OFF, UNKNOWN = CoverageStatus.ENABLED, CoverageStatus.DISABLED, CoverageStatus.UNKNOWN
ADMINISTRATOR, FIRST, SECOND = "222222222222", "300000000001", "300000000002"
ACCOUNTS = [
    Account(account_id="111111111111", name="management", ou="Root", tags={}),
    Account(account_id=ADMINISTRATOR, name="security", ou="Root", tags={}),
    Account(account_id=FIRST, name="playground", ou="Root/Sandbox", tags={}),
    Account(account_id=SECOND, name="search-test", ou="Root/Test", tags={}),
]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def _printed(say: Callable[[Screen], None], width: int | None = 80) -> list[str]:
    file = io.StringIO()
    say(Screen(file, width))
    return file.getvalue().splitlines()


def _rows(*rows: CoverageRow) -> dict[str, CoverageRow]:
    return {row.account: row for row in rows}


def _row(
    account: str, status: CoverageStatus, decided_by: str, membership: str = "Enabled"
) -> CoverageRow:
    return CoverageRow(
        account=AccountId(account),
        name=None,
        unit=None,
        region="us-east-1",
        stack="demo-us-east-1",
        membership=membership,
        detector=DetectorState.ENABLED,
        status=status,
        wanted=None,
        decided_by=decided_by,
        pending="",
        trial_days=None,
        reason="",
        unread=False,
        gap="",
        guardduty5=False,
        read_at=datetime(2026, 5, 4, tzinfo=UTC),
    )


def _table(
    before: dict[str, CoverageRow], *after: dict[str, CoverageRow], width: int = 80
) -> list[str]:
    regions = REGIONS[: len(after)]
    table = coverage_table(
        ACCOUNTS, dict.fromkeys(regions, before), dict(zip(regions, after, strict=True))
    )
    return _printed(lambda screen: screen.table(table), width)


def test_the_table_says_on_or_off_what_changed_and_which_rule_decided() -> None:
    own = "status (administrator)"
    before = _rows(
        _row(ADMINISTRATOR, OFF, own, OWN),
        _row(FIRST, ON, "rule 1: accounts"),
        _row(SECOND, UNKNOWN, "rule 2: all"),
    )
    after = _rows(
        _row(ADMINISTRATOR, ON, own, OWN),
        _row(FIRST, OFF, "rule 1: accounts"),
        _row(SECOND, ON, "rule 2: all"),
    )

    assert _table(before, after) == [
        "",
        "account       name         OU            us-east-1      decided by",
        "222222222222  security     Root          off -> on      status (administrator)",
        "300000000001  playground   Root/Sandbox  on -> off      rule 1: accounts",
        "300000000002  search-test  Root/Test     unknown -> on  rule 2: all",
        "",
    ]


def test_the_table_has_membership_only_where_it_is_not_normal() -> None:
    suspended = _rows(
        _row(FIRST, OFF, "rule 1: accounts"), _row(SECOND, UNKNOWN, "inactive", "Disabled")
    )

    head, first, second = _table(suspended, suspended)[1:-1]
    assert "Enabled" not in head + first
    assert second.endswith("  unknown (Disabled)  inactive")


def test_the_table_folds_on_80_columns_and_loses_nothing() -> None:
    here = _rows(_row(FIRST, OFF, "rule 1: accounts", "AccountSuspended"))
    there = _rows(_row(FIRST, ON, "rule 2: OU Root/Sandbox"))

    lines = _table(here, here, there)

    assert max(map(len, lines)) <= 80
    assert lines == [line.rstrip() for line in lines]
    wide = _table(here, here, there, width=160)[2]
    assert wide.endswith("rule 1: accounts · rule 2: OU Root/Sandbox")
    for text in ("300000000001", "playground", "rule 1:", "accounts", "OU", "Root/Sandbox"):
        assert any(text in line for line in lines)


def test_rules_are_numbered_as_in_the_table() -> None:
    members: list[dict[str, object]] = [
        {"status": "DISABLED", "accounts": [FIRST, SECOND]},
        {"organizationalUnits": ["Root/Test"], "status": "UNMANAGED"},
        {"status": "ENABLED", "tags": {"env": "prod"}},
        {"status": "ENABLED", "all": True},
    ]

    assert rules(members) == [
        "rule 1: DISABLED  accounts: 300000000001, 300000000002",
        "rule 2: UNMANAGED  organizationalUnits: Root/Test",
        'rule 3: ENABLED  tags: {"env": "prod"}',
        "rule 4: ENABLED  all: true",
    ]


def test_long_lines_go_on_below_their_beginning() -> None:
    def say(screen: Screen) -> None:
        screen.step("5/7", "pulumi up", "in both regions, one after the other, and once more")
        screen.detail("us-east-1 done in 16 s, which is longer than it was the last time")
        screen.quote("  on   300000000001  rule 2: all accounts that no other rule has selected")
        screen.say(
            "Next: in another terminal you may go on with this organization, as long as it runs"
        )

    assert _printed(say) == [
        "[5/7] pulumi up                 in both regions, one after the other, and once",
        "                                more",
        "                                us-east-1 done in 16 s, which is longer than it",
        "                                was the last time",
        "        on   300000000001  rule 2: all accounts that no other rule has selected",
        "Next: in another terminal you may go on with this organization, as long as it",
        "runs",
    ]


def test_a_long_path_stays_in_one_piece() -> None:
    path = "~/.cache/guardduty-eks-audit-logs/pulumi-v3.276.0/bin"

    assert _printed(lambda screen: screen.step("2/7", "Pulumi engine", f"kept in {path}")) == [
        "[2/7] Pulumi engine             kept in",
        f"      {path}",
    ]


def test_a_wide_terminal_is_used() -> None:
    line = "word " * 30
    assert len(_printed(lambda screen: screen.say(line), 160)) == 1


def test_without_a_terminal_there_are_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.__stdout__", io.StringIO())

    lines = _printed(lambda screen: screen.say("word " * 30), None)

    assert max(map(len, lines)) <= 80


def _everything(screen: Screen) -> None:
    screen.step("3/7", "Local AWS organization", "12 members")
    screen.quote("off  300000000001  rule 1: accounts")
    screen.table(coverage_table(ACCOUNTS, {"r": {}}, {"r": _rows(_row(FIRST, ON, "rule 2: all"))}))


def test_there_is_colour_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, file = _Terminal(), io.StringIO()
    _everything(Screen(terminal, 80))
    _everything(Screen(file, 80))

    coloured = terminal.getvalue()
    assert "\x1b[1m[3/7] Local AWS organization\x1b[0m" in coloured
    assert "\x1b[33moff\x1b[0m  300000000001" in coloured
    assert "\x1b[32mon\x1b[0m" in coloured
    # Only colour and bold type: nothing that moves the cursor.
    assert set(re.findall(r"\x1b[^m]*?([A-Za-z])", coloured)) == {"m"}
    assert "\x1b" not in file.getvalue()
    assert re.sub(r"\x1b\[\d+m", "", coloured).split() == file.getvalue().split()

    monkeypatch.setenv("NO_COLOR", "1")
    plain = _Terminal()
    _everything(Screen(plain, 80))
    assert plain.getvalue() == file.getvalue()
