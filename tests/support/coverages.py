"""Coverages made by hand: a small one, one of hostile names, one of any size."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
from guardduty_eks_audit_logs.reports.coverage.rows import (
    ADMINISTRATOR,
    NOT_A_MEMBER,
    UNKNOWN_MEMBERSHIP,
    Coverage,
    CoverageRow,
    CoverageStatus,
    DetectorState,
    RegionCoverage,
    Require,
)

READ_AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
ADMINISTRATOR_ACCOUNT = AccountId("222222222222")
REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("eu-central-1", "eu-north-1", "eu-south-1", "ap-south-1", "ap-southeast-1", "sa-east-1"),
    *("ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ca-central-1", "me-south-1"),
    *("af-south-1", "il-central-1"),
)
HOSTILE_NAMES = (
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\u202egnp.exe\u202c & \u2066isolated\u2069",
    "a very long name " * 18,
    "\U0001f680 rocket \U0001f468\u200d\U0001f680",
    "",
    "'\"` $title ${title} {{title}} &lt;b&gt; -->",
    "line\u2028break\u2029and\nnew line\ttab\x1b[31mred",
    '=HYPERLINK("https://example.com")',
    "\u05d0\u05d1\u05d2 \u0627\u0644\u062d\u0633\u0627\u0628",
)


def region(
    name: str, *, stack: str = "", offered: bool | None = True, reason: str = ""
) -> RegionCoverage:
    """A region, read at `READ_AT`."""
    return RegionCoverage(name, stack, ADMINISTRATOR_ACCOUNT, offered, reason, READ_AT)


def on(
    account: str, region: str, *, name: str | None = None, unit: str | None = "Root"
) -> CoverageRow:
    """A member that is on, as rule 2 wants it."""
    return CoverageRow(
        account=AccountId(account),
        name=name,
        unit=unit,
        region=region,
        stack="",
        membership="Enabled",
        detector=DetectorState.ENABLED,
        status=CoverageStatus.ENABLED,
        wanted=FeatureStatus.ENABLED,
        decided_by="rule 2: all",
        pending="",
        trial_days=12,
        reason="",
        unread=False,
        gap="",
        guardduty5=False,
        read_at=READ_AT,
    )


def as_it_is(row: CoverageRow) -> CoverageRow:
    """The same."""
    return row


def administrator(row: CoverageRow) -> CoverageRow:
    """The same, of the administrator's own detector."""
    return replace(row, membership=ADMINISTRATOR, decided_by="status (administrator)")


def off(row: CoverageRow) -> CoverageRow:
    """The same, off as rule 1 wants it."""
    return replace(
        row,
        status=CoverageStatus.DISABLED,
        wanted=FeatureStatus.DISABLED,
        decided_by="rule 1: organizational unit Root/Sandbox",
        trial_days=0,
        guardduty5=True,
    )


def missing(row: CoverageRow) -> CoverageRow:
    """The same, off though rule 2 wants it on."""
    return replace(
        row,
        status=CoverageStatus.DISABLED,
        pending="pulumi up: ENABLED",
        gap="off, rule 2 wants it on",
        guardduty5=True,
    )


def suspended(row: CoverageRow) -> CoverageRow:
    """The same, with GuardDuty suspended."""
    return replace(
        missing(row),
        membership="Disabled",
        detector=DetectorState.SUSPENDED,
        pending="",
        gap="suspended, rule 2 wants it on",
    )


def no_member(row: CoverageRow) -> CoverageRow:
    """The same, of an account that is no member."""
    return replace(
        row,
        membership=NOT_A_MEMBER,
        detector=DetectorState.UNKNOWN,
        status=CoverageStatus.UNKNOWN,
        decided_by="nobody",
        trial_days=None,
        reason="ListMembers does not have the account",
        gap="not a member",
    )


def closed(row: CoverageRow) -> CoverageRow:
    """The same, of a closed account: unknown, but no gap."""
    return replace(
        no_member(row), wanted=None, reason="the account is closed (SUSPENDED in AWS)", gap=""
    )


def unread(row: CoverageRow, reason: str) -> CoverageRow:
    """The same, which could not be read."""
    return replace(
        row,
        membership=UNKNOWN_MEMBERSHIP,
        detector=DetectorState.UNKNOWN,
        status=CoverageStatus.UNKNOWN,
        wanted=None,
        decided_by="nobody",
        trial_days=None,
        reason=reason,
        unread=True,
        pending="",
        gap="",
        guardduty5=False,
    )


def not_offered(row: CoverageRow) -> CoverageRow:
    """The same, in a region without the feature."""
    return replace(
        row,
        status=CoverageStatus.NOT_OFFERED,
        reason="",
        pending="",
        gap="",
        guardduty5=False,
        wanted=None,
        decided_by="nobody",
        trial_days=None,
    )


DENIED = (
    "AccessDeniedException: User: arn:aws:sts::222222222222:assumed-role/audit/… is not "
    "authorized to perform: guardduty:ListMembers because no identity-based policy allows it"
)
_SMALL_REGIONS = (
    region("us-east-1", stack="prod-us-east-1"),
    region("eu-west-1", stack="prod-eu-west-1"),
    region("eu-south-1", stack="prod-eu-south-1", reason=DENIED),
    region("me-central-1", stack="prod-me-central-1", offered=False),
)
_SMALL_ACCOUNTS = (
    (ADMINISTRATOR_ACCOUNT, "security", "Root", administrator),
    ("111111111111", "management", "Root", as_it_is),
    ("300000000001", "shop", "Root/Prod", as_it_is),
    ("300000000002", "payments", "Root/Prod/EU", as_it_is),
    ("300000000003", "warehouse", "Root/Prod/EU", missing),
    ("300000000004", "playground", "Root/Sandbox", off),
    ("300000000005", "experiments", "Root/Sandbox", off),
    ("300000000006", "shop-test", "Root/Shared Services", as_it_is),
    ("300000000007", "logs", "Root/Shared Services", suspended),
    ("300000000008", "new arrival", "Root/Shared Services", no_member),
    ("300000000009", "old shop", "Root/Closed", closed),
    ("300000000010", None, None, as_it_is),
)


def small() -> Coverage:
    """Twelve accounts in four regions: one cannot be read, one does not offer the feature."""
    rows = []
    for account, name, unit, kind in _SMALL_ACCOUNTS:
        for where in _SMALL_REGIONS:
            row = kind(on(account, where.region, name=name, unit=unit))
            if where.reason:
                row = unread(row, where.reason)
            if not where.offered:
                row = not_offered(row)
            rows.append(replace(row, stack=where.stack))
    problem = f"eu-south-1: the members could not be read: {DENIED}"
    return _coverage(rows, _SMALL_REGIONS, problems=(problem,))


def hostile() -> Coverage:
    """Names, units, rules and reasons that try to leave their place."""
    rows = []
    for number, name in enumerate(HOSTILE_NAMES):
        for where in REGIONS[:2]:
            row = on(f"{400_000_000_000 + number}", where, name=name, unit=f"Root/{name}")
            rows.append(replace(missing(row), decided_by=f"rule 1: {name}", gap=f"off: {name}"))
    return _coverage(rows, tuple(map(region, REGIONS[:2])), problems=HOSTILE_NAMES)


def large(accounts: int, regions: int = 20) -> Coverage:
    """Any number of accounts in nested units, one in 25 rows a gap, one in 50 unread."""
    rows = []
    for number in range(accounts):
        area, team = number % 6, number // 6 % 12
        unit = f"Root/Area {area}/Team {team:02}" if number % 40 else "Root"
        for place, where in enumerate(REGIONS[:regions]):
            row = on(f"{300_000_000_000 + number}", where, name=f"team-{team}-{number}", unit=unit)
            row = replace(row, trial_days=number % 31)
            kind = (number * 7 + (number // 300) * place) % 100
            if area == 4:
                row = off(row)
            elif kind < 4:
                row = missing(row)
            elif kind < 6:
                row = unread(row, "ThrottlingException: Rate exceeded")
            rows.append(row)
    return _coverage(rows, tuple(map(region, REGIONS[:regions])))


def whole(coverage: Coverage) -> Coverage:
    """The same without gaps and without anything that could not be read."""
    kept = tuple(row for row in coverage.rows if not row.gap and not row.unread)
    return replace(coverage, rows=kept, problems=())


def _coverage(
    rows: list[CoverageRow], regions: tuple[RegionCoverage, ...], problems: tuple[str, ...] = ()
) -> Coverage:
    rows.sort(key=lambda row: (row.unit or "", row.account, row.region, row.stack))
    return Coverage(tuple(rows), regions, Require.RULES, problems, READ_AT)
