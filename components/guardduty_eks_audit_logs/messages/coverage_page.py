"""What the coverage's page says above its heat map, in print and without JavaScript."""

from __future__ import annotations

from guardduty_eks_audit_logs.messages.wording import numbered

PAGE_UNIT_UNKNOWN = "(unit not known)"
PAGE_UNIT_WITHOUT_A_NAME = "(no name)"


def page_title() -> str:
    return "EKS audit log coverage"


def page_verdict(gaps: int, accounts: int, unread: int, problems: int) -> str:
    """Says in one line what the reader wants to know first.

    Args:
        gaps: how many rows count as a gap.
        accounts: how many accounts they belong to.
        unread: how many rows could not be read.
        problems: how many things could not be read, which may be of no row.
    """
    what = numbered(unread, "row") if unread else numbered(problems, "thing")
    unknown = f"{what} could not be read" if unread or problems else ""
    if gaps:
        found = f"{numbered(gaps, 'gap')} in {numbered(accounts, 'account')}"
        return f"{found}; {unknown}" if unknown else found
    return f"No gap found, but {unknown}" if unknown else "No gaps"


def page_no_rows() -> str:
    return "Nothing was read"


def page_scope(accounts: int, regions: int, rows: int) -> str:
    return (
        f"{numbered(accounts, 'account')} in {numbered(regions, 'region')}: "
        f"{numbered(rows, 'row')}, one for each account and region."
    )


def page_read_by(callers: list[str], read_at: str) -> str:
    if not callers:
        return f"Read from AWS on {read_at}."
    noun = "account" if len(callers) == 1 else "accounts"
    return f"Read from AWS by {noun} {', '.join(callers)} on {read_at}."


def page_problems(problems: int) -> str:
    return f"{numbered(problems, 'thing')} could not be read. Unknown is not off."


def page_of_rows(rows: int) -> str:
    return f"of {numbered(rows, 'row')}"


def page_of_which_gaps(gaps: int) -> str:
    return f"of which {numbered(gaps, 'gap')}" if gaps else ""


def page_of_which_suspended(suspended: int) -> str:
    return f"of which {suspended:,} suspended" if suspended else ""


def page_of_which_unread(unread: int) -> str:
    return f"of which {unread:,} could not be read" if unread else ""


def page_not_offered() -> str:
    return "the region has no such feature"


def page_control() -> str:
    return "failures of Security Hub's control"


def page_more(number: int, noun: str) -> str:
    return f"… and {numbered(number, f'more {noun}')}"


def page_without_script() -> str:
    return "This page needs JavaScript for its heat map. What follows are its differences, as text."


def page_every_region(regions: int) -> str:
    return f"all {regions} regions"


def page_gap_in(gap: str, regions: str) -> str:
    return f"gap: {gap}: {regions}"


def page_unread_in(reason: str, regions: str) -> str:
    return f"could not be read in {regions}: {reason}"
