"""docs/guide.md names every mode, key, sample, refusal and notice, and tests that exist."""

from __future__ import annotations

import ast
import inspect
import re
from decimal import Decimal
from functools import cache

import pytest
import yaml

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.modes import Mode
from tests.support.vocabulary import PROJECT_FOLDER

PRODUCT = PROJECT_FOLDER / "components" / "guardduty_eks_audit_logs"
GUIDE = (PROJECT_FOLDER / "docs" / "guide.md").read_text(encoding="utf-8")
REFUSALS = GUIDE.partition("## Every refusal")[2].partition("## Every notice")[0]
NOT_ON_THE_ENGINE = {
    # The engine itself ends before the program where it can't read the state.
    "the last state of stack … can't be read",
    # After five minutes.
    "reading … has come to no end within … s",
    # Of a program that does not read its own state, or of an engine that goes on after a failure.
    "the program does not hand on what is recorded of",
    "the record of … stays where it is, since the resource that was to take it over",
}

WITHIN_OTHERS = {"change", "designates", "designates_nobody", "text_malformed", "value_unknown"}
"""What is said of the state's texts, and of a designation, within sentences that have a row."""

SENTENCE = re.compile(r"^\| [^|]+ \| `(?P<words>.+)` \| [^|]+ \|$", re.MULTILINE)

ANY_ARGUMENT: dict[str, object] = {
    "account": "300000000001",
    "accounts": ["300000000001", "300000000002"],
    "added": False,
    "administrator": "222222222222",
    "alone": False,
    "allowed": ["222222222222"],
    "amount": Decimal("70.56"),
    "answers": 412,
    "arn": "arn:aws:guardduty:us-east-1:222222222222:detector/12ab",
    "auto_enable": "NEW",
    "by_rule": {"rule 1: all": ["300000000001", "300000000002"]},
    "by_rules": 3,
    "caller": "222222222222",
    "changes": {"DISABLED": 2},
    "column": "account_id",
    "columns": ["id", "name"],
    "code": "AccessDeniedException",
    "current": "ENABLED",
    "denied": True,
    "designated": "222222222222",
    "detector_id": "12ab",
    "digits": "12345",
    "disabled": 12,
    "file": "accounts.csv",
    "fault": "the profile is gone.",
    "faults": ["detector: Field required"],
    "ids": ["ou-ab12-11111111", "ou-ab12-22222222"],
    "index": 0,
    "is_csv": False,
    "is_list": True,
    "key": "autoEnable",
    "known": ["NEW", "ALL", "NONE"],
    "label": "rule 1: all",
    "labels": ["rule 1: all"],
    "left_out": False,
    "left": 3,
    "limit": 10,
    "line": "what is this",
    "members": "NEW",
    "lines": 3,
    "meant_by_key": dict.fromkeys(["acme:status", "acme:mode"], "guardduty-eks-audit-logs:x"),
    "has_config": True,
    "name": "status",
    "reader": "the aws provider",
    "single": True,
    "meant": "guardduty-eks-audit-logs:status",
    "mode": "standalone",
    "not_read": ["Internal error"],
    "now": "has another mode than delegation",
    "number": 3,
    "off": 8,
    "off_by_rule": {},
    "on_now": 4,
    "on_release": "DISABLE",
    "operation": "ListMembers",
    "operations": ["ListRoots", "ListTagsForResource"],
    "of_others": False,
    "others": ["300000000002"],
    "path": "C:/Temp/guardduty",
    "place": "members[0].accounts",
    "prior": "DISABLED",
    "project": "guardduty-eks-audit-logs",
    "provider": "300000000001",
    "reason": "AccessDeniedException: no",
    "reasons": {"300000000001": "Internal error"},
    "listed": 20,
    "region": "us-east-1",
    "regions": ["eu-west-1"],
    "remaining": [12, 0],
    "resource": "PriorSettings",
    "right": "stacks/Pulumi.prod.yaml",
    "rules": 2,
    "seconds": 120,
    "selector": "tags",
    "selectors": ["accounts", "all"],
    "status": "Disabled",
    "stack": "organization/guardduty-eks-audit-logs/prod-us-east-1",
    "stay": ["1 stays as it is"],
    "stayed": ["1 was as it is"],
    "suggestion": "did you mean autoEnable?",
    "tag": "a=b",
    "there": False,
    "total": 12,
    "turned_on": 9,
    "unit": "USD",
    "unused": ["AWS_PROFILE=default"],
    "used": "aws:profile security-audit",
    "value": "x",
    "variable": "GUARDDUTY_EKS_AUDIT_LOGS_REPORT",
    "unknown": 0,
    "wanted": "NONE",
    "word": "RESTORE",
    "wrong": ["line 3 (7)", "line 4 (shop)"],
    "written": "25%",
    "method": "sso",
    "named_by": "aws:profile",
    "profile": "audit",
    "source": "the keys of profile audit",
    "way_out": "Write new ones",
    "entry": "[0]",
    "exception": 0,
    "proxy": False,
}
"""Something for each parameter of a sentence, by its name."""


def _functions() -> dict[str, ast.FunctionDef]:
    source = ast.parse(inspect.getsource(messages))
    return {node.name: node for node in source.body if isinstance(node, ast.FunctionDef)}


def _refusals() -> list[str]:
    """The functions of the section "Refusals" of guardduty/messages.py."""
    lines = inspect.getsource(messages).splitlines()
    first, last = lines.index("# Refusals"), lines.index("# What a run does")
    found = [name for name, node in _functions().items() if first < node.lineno <= last]
    return [name for name in found if name not in WITHIN_OTHERS]


def _notices() -> list[str]:
    """The sentences that plans add to a preview, and the program while it runs."""
    told = {"region_leaves", "headline_of_leaving"}
    for module in ("notices", "delegation", "plan", "outlook"):
        source = (PRODUCT / "planning" / f"{module}.py").read_text(encoding="utf-8")
        told |= set(re.findall(r"messages\.(\w+)\(", source))
    # What the resources tell on top of them, in previews too.
    for module in ("prior_settings", "designation"):
        source = (PRODUCT / "resources" / f"{module}.py").read_text(encoding="utf-8")
        told |= set(re.findall(r"\btell\(messages\.(\w+)\(", source))
    source = (PRODUCT / "resources" / "eks_audit_logs.py").read_text(encoding="utf-8")
    told |= set(re.findall(r"messages\.(\w+)\(", source))
    return sorted(told - set(_refusals()) - WITHIN_OTHERS)


def _sentence(name: str) -> str:
    function = getattr(messages, name)
    return str(function(**{key: ANY_ARGUMENT[key] for key in _parameters(name)}))


@cache
def _sentences() -> dict[str, str]:
    """Every sentence that can be made of the arguments above, by its function's name."""
    return {
        name: _sentence(name) for name in _functions() if _parameters(name) <= set(ANY_ARGUMENT)
    }


def _parameters(name: str) -> set[str]:
    return set(inspect.signature(getattr(messages, name)).parameters)


def _rows() -> list[str]:
    return [row["words"] for row in SENTENCE.finditer(GUIDE)]


def _told_by(words: str) -> list[str]:
    """The functions whose sentence begins with a row's words, … standing for anything."""
    pattern = re.compile(".+".join(map(re.escape, words.split("…"))))
    return [name for name, sentence in _sentences().items() if pattern.match(sentence)]


@pytest.mark.parametrize("name", [*_refusals(), *_notices()])
def test_every_refusal_and_notice_is_in_a_table(name: str) -> None:
    assert _sentence(name)
    assert name in {told for words in _rows() for told in _told_by(words)}


@pytest.mark.parametrize("words", _rows())
def test_every_sentence_in_the_tables_is_one_that_the_program_tells(words: str) -> None:
    assert len(_told_by(words)) == 1, _told_by(words)


@cache
def _sentences_of_engine_tests() -> list[str]:
    """What the tests on the real engine wait for; X stands for what they fill in."""
    texts: list[str] = []
    for file in (PROJECT_FOLDER / "tests" / "engine").glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else "X" for v in node.values)
                texts.append("".join(map(str, parts)))
    return texts


@pytest.mark.parametrize(
    "words", [row for row in _rows() if row in REFUSALS and row not in NOT_ON_THE_ENGINE]
)
def test_every_refusal_is_provoked_on_the_engine(words: str) -> None:
    longest = max(words.split("…"), key=len).strip()
    assert [text for text in _sentences_of_engine_tests() if longest in text]


def test_every_mode_key_and_sample_is_named() -> None:
    keys = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["config"]
    samples = [file.name for file in (PROJECT_FOLDER / "stacks").glob("Pulumi.sample-*.yaml")]

    assert [mode for mode in Mode if f"mode: {mode}" not in GUIDE] == []
    assert [key for key in keys if not re.search(rf"[`:]{key}\b", GUIDE)] == []
    assert samples
    assert [name for name in samples if GUIDE.count(f"(../stacks/{name})") < 2] == []


def test_every_test_that_the_guide_names_exists() -> None:
    found: set[str] = set()
    for file in (PROJECT_FOLDER / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", GUIDE))

    assert len(named) > 30
    assert named - found == set()


def test_every_link_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        path, _, heading = target.partition("#")
        assert not path or (PROJECT_FOLDER / "docs" / path).exists(), target
        assert path or heading in headings, target
