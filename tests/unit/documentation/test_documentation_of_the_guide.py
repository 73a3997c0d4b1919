"""docs/guide.md names every mode, key, sample, refusal and notice."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
import yaml

from guardduty_eks_audit_logs.messages import CATALOGUE
from guardduty_eks_audit_logs.messages.catalogue import Entry, Kind
from guardduty_eks_audit_logs.settings.modes import Mode
from tests.support.vocabulary import PROJECT_FOLDER
from tools.guide_tables import GUIDE as GUIDE_FILE
from tools.guide_tables import example, shown, with_tables

GUIDE = GUIDE_FILE.read_text(encoding="utf-8")

NOT_ON_THE_ENGINE = {
    # The engine itself ends before the program where it can't read the state.
    "last-state-unreadable",
    # After five minutes.
    "aws-reading-too-slow",
    # Of a program that does not read its own state, or of an engine that goes on after a failure.
    "last-state-not-passed",
    "record-not-taken-over",
    # Of a command that reads a stack's files without an engine.
    "project-missing",
}


IN_ONE_PROCESS = {
    "accounts-file-column-unknown",
    "accounts-file-quotes-open",
    "accounts-file-without-header",
    "aws-address-malformed",
    "aws-setting-not-followed",
    "awscrt-missing",
    "ca-bundle-missing",
    "identity-with-secrets",
    "key-is-a-path",
    "key-nested",
    "key-not-here",
    "key-written-twice",
    "keys-belong-together",
    "members-not-in-this-mode",
    "members-text-not-a-list",
    "overrides-malformed",
    "overrides-of-no-region",
    "program-gives-no-members",
    "regions-malformed",
    "retry-minutes-out-of-range",
    "role-duration-malformed",
    "several-credentials-files",
    "value-missing",
    "value-undecided",
}
"""Of the configuration, of who acts and of the state: provoked by tests in one process. Others of
the same kinds are provoked on the engine, too."""

WITHOUT_WORDS_OF_THEIR_OWN = {"stack-file-malformed", "value-malformed"}
"""All but their values is in other messages, too; test_stack_files and test_settings have them."""

_SHORT = 5


def _of(kind: Kind) -> list[Entry]:
    return [entry for entry in CATALOGUE.values() if entry.kind is kind]


def test_the_tables_are_made_from_the_catalogue() -> None:
    assert with_tables(GUIDE) == GUIDE, "run `make docs`"


def test_ids_are_words_joined_by_hyphens() -> None:
    assert [i for i in CATALOGUE if not re.fullmatch(r"[a-z]+(-[a-z]+)*", i)] == []


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
def test_a_value_knows_what_its_entry_says(entry: Entry) -> None:
    message = example(entry)

    assert message.id == entry.id
    assert message.sentence
    assert str(message).startswith(message.sentence.partition("\n")[0].removesuffix(" Turned off:"))


@cache
def _texts_of_tests(*folders: str) -> tuple[str, ...]:
    """What tests wait for; X stands for what they fill in."""
    texts: list[str] = []
    files = [f for one in folders for f in (PROJECT_FOLDER / "tests" / one).rglob("test_*.py")]
    for file in files:
        if file.parent.name == "documentation":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else "X" for v in node.values)
                texts.append("".join(map(str, parts)))
    return tuple(texts)


@cache
def _pieces(entry: Entry) -> frozenset[str]:
    """Four words in a row of sentence and way out, or fewer between two values."""
    found: set[str] = set()
    for part in shown(str(example(entry))).split("…"):
        words = part.strip(" .;:()").split()
        found |= {" ".join(words[at : at + 4]) for at in range(max(len(words) - 3, 1))}
    return frozenset(piece for piece in found if len(piece) > _SHORT)


def _quoted(entry: Entry, *folders: str) -> bool:
    """Whether a test quotes words that no other message has."""
    others = [shown(str(example(one))) for one in CATALOGUE.values() if one.id != entry.id]
    own = [piece for piece in _pieces(entry) if not any(piece in other for other in others)]
    return any(piece in text for piece in own for text in _texts_of_tests(*folders))


@pytest.mark.parametrize(
    "entry",
    [
        entry
        for entry in _of(Kind.REFUSAL)
        if entry.id not in NOT_ON_THE_ENGINE | IN_ONE_PROCESS | WITHOUT_WORDS_OF_THEIR_OWN
    ],
    ids=lambda entry: entry.id,
)
def test_every_refusal_is_provoked_on_the_engine(entry: Entry) -> None:
    assert _quoted(entry, "engine")


@pytest.mark.parametrize("identifier", sorted(IN_ONE_PROCESS))
def test_every_other_refusal_is_provoked_in_one_process(identifier: str) -> None:
    assert _quoted(CATALOGUE[identifier], "unit", "components", "providers", "scenarios")


def test_every_mode_key_and_sample_is_named() -> None:
    keys = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["config"]
    samples = [file.name for file in (PROJECT_FOLDER / "stacks").glob("Pulumi.sample-*.yaml")]

    assert [mode for mode in Mode if f"mode: {mode}" not in GUIDE] == []
    assert [key for key in keys if not re.search(rf"[`:]{key}\b", GUIDE)] == []
    assert samples
    assert [name for name in samples if GUIDE.count(f"(../stacks/{name})") < 2] == []


def test_every_test_of_the_traceability_page_exists() -> None:
    page = (PROJECT_FOLDER / "docs" / "traceability.md").read_text(encoding="utf-8")
    found: set[str] = set()
    for file in (PROJECT_FOLDER / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", page))

    assert len(named) > 30
    assert named - found == set()


def test_the_guide_names_no_tests() -> None:
    assert re.findall(r"`test_\w+`", GUIDE) == []
