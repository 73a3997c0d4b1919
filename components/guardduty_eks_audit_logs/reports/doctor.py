"""What the doctor finds: one row for each region and prerequisite; as text and as JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class State(StrEnum):
    """Whether a prerequisite is met, in the order in which they are shown."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    OK = "ok"
    NOT_CHECKED = "not checked"
    NOT_NEEDED = "not needed"


class Prerequisite(StrEnum):
    """What a stack needs beside permissions, in the order in which they are shown."""

    SETTINGS = "settings"
    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    REGION = "region"
    MANAGEMENT_ACCOUNT = "management account"
    ALL_FEATURES = "all features"
    TRUSTED_ACCESS = "trusted access"
    ADMINISTRATOR = "administrator"
    DETECTOR = "detector"
    FEATURE = "EKS_AUDIT_LOGS"
    POLICY_TYPE = "policy type"


@dataclass(frozen=True)
class Finding:
    """One prerequisite in one region.

    Attributes:
        stack: the stack whose settings it is about; empty without stacks.
        region: the region's code; empty if it is not known.
        prerequisite: a `Prerequisite`, or an action: `guardduty:ListMembers`.
        state: whether it is met.
        seen: what was seen; AWS's words in quotes.
        way_out: what to do about it; empty if there is nothing to do.
    """

    stack: str
    region: str
    prerequisite: str
    state: State
    seen: str = ""
    way_out: str = ""


@dataclass(frozen=True)
class Line:
    """Findings that say the same, as one row of the table.

    Attributes:
        state: whether they are met.
        prerequisites: their names.
        places: their regions, with the stack where a region has several.
        seen: what was seen.
        way_out: what to do about it.
    """

    state: State
    prerequisites: tuple[str, ...]
    places: tuple[str, ...]
    seen: str
    way_out: str


_WIDTH = 80
_COMMAND = re.compile(r"`[^`]+`")
_NO_BREAK = "\N{NO-BREAK SPACE}"
_STATE_WIDTH = max(map(len, State)) + 2
VERSION = 1
"""Of the JSON."""


def lines(findings: Sequence[Finding]) -> tuple[Line, ...]:
    """Puts together what is the same: first over regions, then over prerequisites.

    What is missing comes first, then what is unknown.
    """
    places = _places(findings)
    over_regions: dict[tuple[State, str, str, str], list[str]] = {}
    for finding in findings:
        same = (finding.state, finding.prerequisite, finding.seen, finding.way_out)
        over_regions.setdefault(same, []).append(places[finding.stack, finding.region])
    joined: dict[tuple[State, tuple[str, ...], str, str], list[str]] = {}
    for (state, prerequisite, seen, way_out), where in over_regions.items():
        joined.setdefault((state, tuple(where), seen, way_out), []).append(prerequisite)
    made = (
        Line(state, tuple(prerequisites), where, seen, way_out)
        for (state, where, seen, way_out), prerequisites in joined.items()
    )
    states = list(State)
    names = [prerequisite.value for prerequisite in Prerequisite]

    def order(line: Line) -> tuple[int, int]:
        first = line.prerequisites[0]
        return states.index(line.state), names.index(first) if first in names else len(names)

    return tuple(sorted(made, key=order))


def _places(findings: Sequence[Finding]) -> dict[tuple[str, str], str]:
    """Names each region, with its stack where two stacks are in the same one."""
    found = dict.fromkeys((finding.stack, finding.region) for finding in findings)
    regions = Counter(region for _, region in found)

    def place(stack: str, region: str) -> str:
        if stack and (not region or regions[region] > 1):
            return printable(f"{region} ({stack})" if region else stack)
        return printable(region)

    return {(stack, region): place(stack, region) for stack, region in found}


def text(findings: Sequence[Finding]) -> Iterator[tuple[State | None, str]]:
    """Writes the table, at most 80 columns wide unless a word or a command is wider.

    Yields:
        a line of text, with the state whose row begins there.
    """
    counts = Counter(finding.state for finding in findings)
    everywhere = len({(finding.stack, finding.region) for finding in findings if finding.region})
    yield None, messages.doctor_headline(everywhere, {str(s): counts[s] for s in State})
    before = None
    for line in lines(findings):
        if line.state is not before or line.state is not State.OK:
            yield None, ""
        before = line.state
        where = messages.doctor_places(line.places, everywhere)
        first, *rest = _paragraphs(line, f"{where}: {', '.join(line.prerequisites)}")
        yield line.state, f"{line.state:<{_STATE_WIDTH}}{first}"
        yield from ((None, f"{'':{_STATE_WIDTH}}{more}") for more in rest)


def _paragraphs(line: Line, head: str) -> Iterator[str]:
    is_short = line.state in {State.OK, State.NOT_NEEDED} and not line.way_out
    paragraphs = [head, line.seen, line.way_out and f"-> {line.way_out}"]
    if is_short and line.seen:
        paragraphs = [f"{head} ({line.seen})"]
    for paragraph in paragraphs:
        # A command stays on one line, so that it can be copied.
        whole = _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), paragraph)
        for wrapped in textwrap.wrap(
            whole, _WIDTH - _STATE_WIDTH, break_long_words=False, break_on_hyphens=False
        ):
            yield wrapped.replace(_NO_BREAK, " ")


def as_json(findings: Sequence[Finding]) -> str:
    """Writes every finding, none put together with another."""
    rows = [
        {
            "region": printable(finding.region),
            "stack": printable(finding.stack),
            "prerequisite": finding.prerequisite,
            "state": finding.state.value,
            "seen": finding.seen,
            "wayOut": finding.way_out,
        }
        for finding in findings
    ]
    counts = Counter(finding.state for finding in findings)
    document = {
        "version": VERSION,
        "counts": {str(state): counts[state] for state in State},
        "prerequisites": rows,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
