"""The coverage as JUnit XML, which GitLab, Jenkins and others show as tests.

A region is a test suite, an account a test case: failed if it is a gap, in error if it could not be
read, skipped if its status says neither. One more suite has what else could not be read.

The elements and attributes are those of Jenkins' junit-10.xsd.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.numbers import (
    Finding,
    details,
    finding,
    place_of,
    places,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from guardduty_eks_audit_logs.reports.coverage.numbers import Place
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

_PROBLEMS = "reading"
_RESULTS = {
    Finding.GAP: "failure",
    Finding.UNREAD: "error",
    Finding.UNKNOWN: "skipped",
    Finding.NOT_OFFERED: "skipped",
}
_NUMBERS = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(coverage: Coverage) -> str:
    """Writes all rows as test cases, with every text on one line and fit for XML."""
    root = Element("testsuites", name=messages.coverage_title())
    rows: defaultdict[Place, list[CoverageRow]] = defaultdict(list)
    for row in coverage.rows:
        rows[place_of(row)].append(row)
    regions = {place_of(region): region for region in coverage.regions}
    for place, name in places(coverage).items():
        region, suite = regions.get(place), printable(name)
        about = {"region": place[0], "stack": place[1], "caller": (region and region.caller) or ""}
        at = region.read_at if region else coverage.read_at
        _suite(root, suite, at, about, (_case(suite, row) for row in rows[place]))
    if coverage.problems:
        _suite(root, _PROBLEMS, coverage.read_at, {}, map(_problem, coverage.problems))
    _count(root, root.iter())
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(
    root: Element, name: str, at: datetime, about: Mapping[str, str], cases: Iterable[Element]
) -> None:
    suite = SubElement(root, "testsuite", name=name, timestamp=at.isoformat(timespec="seconds"))
    if about:
        properties = SubElement(suite, "properties")
        for key, value in about.items():
            SubElement(properties, "property", name=key, value=printable(value))
    suite.extend(cases)
    _count(suite, suite.iter())


def _count(element: Element, inside: Iterable[Element]) -> None:
    found = Counter(one.tag for one in inside)
    element.attrib.update({name: str(found[tag]) for name, tag in _NUMBERS.items()})


def _case(suite: str, row: CoverageRow) -> Element:
    name = printable(f"{row.account} {row.name or ''}")
    case = Element("testcase", name=name, classname=suite)
    found = finding(row)
    if found in _RESULTS:
        said = state(row)
        why = printable(row.gap or row.reason or said)
        result = SubElement(case, _RESULTS[found], message=why)
        if found not in {Finding.NOT_OFFERED, Finding.UNKNOWN}:
            result.set("type", found)
        result.text = printable("; ".join([said, *details(row)]))
    return case


def _problem(sentence: str) -> Element:
    case = Element("testcase", name=printable(sentence), classname=_PROBLEMS)
    SubElement(case, "error", message=printable(sentence), type=Finding.UNREAD)
    return case
