"""What is written and read by nobody is refused; every way out that a refusal names works."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from demo.project import copy_project
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.file_values import Undecided
from guardduty_eks_audit_logs.settings.stack_files import (
    ask_pulumi,
    faults_of_stack_file,
    find_project,
    read_configuration,
    values_in_files,
)
from tests.support.engine.organization import ON, REGION
from tests.support.engine.stack import PROJECT, Stack
from tests.support.vocabulary import accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from demo.environment import PulumiParts
    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

ALL_ON = [{"status": "ENABLED", "all": True}]


def _refused(run: Run, *sentences: str) -> None:
    assert run.code != 0
    assert len(run.errors) == len(sentences), run.text
    for error, sentence in zip(run.errors, sentences, strict=True):
        assert sentence in error
    assert "Traceback" not in run.text, run.text


def _settled(stack: Stack) -> None:
    run = stack.preview("--expect-no-changes")
    assert run.code == 0, run.text


@pytest.mark.slow
def test_what_nobody_reads_is_refused_and_each_way_out_works(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=2)
    stack = aws.stack(members=ALL_ON, onRelease="DISABLE")
    assert stack.up().code == 0
    aws.control.clear_calls()
    right = stack.file.read_text()
    own_off = "Administrator's own detector: on -> off"

    # A file of another extension, and one without rules.
    wrong = stack.file.rename(stack.file.with_suffix(".yml"))
    asked_for = stack.preview("--expect-no-changes", "--config-file", str(wrong))
    assert asked_for.code == 0, asked_for.text
    _refused(
        stack.preview(),
        "stacks/Pulumi.test.yml is not read: the file of stack test is "
        # The CLI has made one, to keep the stack's salt in it.
        "stacks/Pulumi.test.yaml. Move what it has to stacks/Pulumi.test.yaml, and remove it.",
    )
    moved = wrong.read_text().partition("encryptionsalt")[0]
    stack.file.write_text(f"{stack.file.read_text()}{moved}")
    _settled(stack)
    wrong.unlink()
    stack.configure({"aws:region": REGION})
    _refused(stack.up(), "members is not set, but this stack keeps 2 accounts in us-east-1")
    stack.configure({"aws:region": REGION, "members": []})
    released = stack.preview()
    assert released.code == 0, released.text
    assert "2 accounts are released" in released.text
    stack.file.write_text(right)
    _settled(stack)

    # A key outside of config.
    stray = f"{PROJECT}:status: DISABLED\n"
    stack.file.write_text(f"{right}\n{stray}")
    _refused(
        stack.up(),
        (
            f"stacks/Pulumi.test.yaml: {PROJECT}:status is outside of `config:`, where Pulumi does "
            "not read it"
        ),
    )
    stack.file.write_text(right.replace("config:\n", f"config:\n  {stray}"))
    assert own_off in stack.preview().text

    # A part that is no config, and a second document.
    stack.file.write_text(f"{right}\nConfig:\n  {stray}")
    _refused(
        stack.preview(),
        "stacks/Pulumi.test.yaml: Pulumi does not read what is below `Config:`. Write",
    )
    stack.file.write_text(f"{right}\n---\nconfig:\n  {stray}")
    _refused(
        stack.preview(),
        "stacks/Pulumi.test.yaml: Pulumi does not read what comes after the line ---",
    )

    stack.file.write_text(right)

    # A key in the project's file.
    project = stack.file.parent.parent / "Pulumi.yaml"
    described = project.read_text()
    project.write_text(f"{described}\nstatus: DISABLED\n")
    _refused(
        stack.preview(),
        "Pulumi.yaml: status is outside of `config:`, and Pulumi does not read it. Write",
    )
    project.write_text(described.replace("default: ENABLED", "default: DISABLED"))
    assert own_off in stack.preview().text
    project.write_text(described)

    _put_in_their_namespaces(stack)
    assert own_off in stack.preview().text
    assert aws.writes() == []


def _put_in_their_namespaces(stack: Stack) -> None:
    wrong = 'config:\n  acme:status: DISABLED\n  aws:allowedAccountIDs: ["111111111111"]\n'
    stack.file.write_text(stack.file.read_text().replace("config:\n", wrong))
    refused = stack.up()
    _refused(
        refused,
        (
            "acme:status is in a namespace that this program does not read. Did you mean "
            f"{PROJECT}:status?"
        ),
        "aws:allowedAccountIDs is no key of the aws provider. Did you mean aws:allowedAccountIds?",
    )
    way_out = r"acme:status is in.*config set (\S+) <value>.*config rm (\S+)`"
    ((meant, misplaced),) = re.findall(way_out, refused.errors[0])
    assert stack.config("set", meant, "DISABLED").code == 0
    assert stack.config("rm", misplaced).code == 0
    written = stack.file.read_text().replace("aws:allowedAccountIDs", "aws:allowedAccountIds")
    stack.file.write_text(written)
    assert "lists only 111111111111" in stack.preview().text
    assert stack.config("rm", "aws:allowedAccountIds").code == 0


@pytest.mark.slow
def test_all_is_left_only_if_the_configuration_says_so(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=2)
    aws.set_auto_enable("ALL")
    aws.control.clear_calls()
    stack = aws.stack(members=[])

    _refused(
        stack.up(),
        "autoEnable is not set, which means NEW, but us-east-1 has ALL: existing accounts "
        "would no longer be reached. Write autoEnable: ALL to keep it; or write autoEnable: ",
    )
    assert aws.writes() == []
    stack.configure({"aws:region": REGION, "autoEnable": "ALL"})
    kept = stack.preview()
    assert kept.code == 0, kept.text
    assert "no longer reached" not in kept.text
    stack.configure({"aws:region": REGION, "autoEnable": "NEW"})
    left = stack.up()
    assert left.code == 0, left.text
    assert "autoEnable ALL -> NEW: existing accounts are no longer reached" in left.text
    stack.configure({"aws:region": REGION})
    _settled(stack)


@pytest.mark.slow
def test_ten_thousand_accounts_come_from_a_file(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack()
    ids = stack.file.parent.parent / "ids.txt"

    def configure(**selector: object) -> None:
        stack.configure({"aws:region": REGION, "members": [{"status": "ENABLED", **selector}]})

    for text, reference, sentence in (
        ("12345678901\n" * 5_000, "ids.txt", "ids.txt has 5000 lines without an account id"),
        ("# none\n", "ids.txt", "ids.txt has no account id, so the rule selects no account"),
        ("a\n1\n", {"path": "ids.txt", "column": "id"}, "has no column id. Name one of a"),
        ("", 12, "12 is malformed. Write the path of a file with one account id a line"),
        (
            "",
            "none.txt",
            "can't be read (No such file or directory). Write the path of a text file",
        ),
    ):
        ids.write_text(text)
        configure(accountsFile=reference)
        run = stack.preview()
        _refused(run, sentence)
        assert len(run.text) < 4_000
    configure(accounts=["7"] * 99)
    run = stack.preview()
    assert run.errors[-1] == (
        "rule 1 (members[0].accounts): 79 more of 99 wrong entries. Each is to be corrected."
    )

    configure(accountsFile="ids.txt")
    ids.write_text("\n".join(accounts(10_000)))
    run = stack.preview()
    _refused(
        run,
        "rule 1 (members[0].accountsFile): 9996 accounts of ids.txt are no GuardDuty members in ",
    )
    assert "… and 9976 more; GUARDDUTY_EKS_AUDIT_LOGS_REPORT=<file> names them all" in run.text
    assert len(run.text) < 10_000
    ids.write_text("\n".join(["# all of them", *accounts(4)]))
    run = stack.up()
    assert run.code == 0, run.text
    assert "rule 1: accounts of ids.txt" in run.text
    assert set(aws.statuses().values()) == {ON}


# The reader of files, against the CLI


class Cli:
    """The CLI in a folder of its own, with a project and its stacks."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def stack(self, name: str) -> Stack:
        return Stack(self.folder, self.environment, name)

    def told(self, name: str) -> dict[str, str | None]:
        """What the CLI says of each key; None of a secret."""
        run = self.stack(name).config("--json")
        assert run.code == 0, run.text
        answer = json.loads(run.text[run.text.index("{\n") :])
        return {key: one.get("value") for key, one in answer.items()}


@pytest.fixture(scope="module")
def cli(pulumi: PulumiParts, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "state").mkdir()
    project = copy_project(folder / "project")
    with (project / "Pulumi.yaml").open("a") as file:
        file.write('  short: [1, "<&>"]\n  aws:tags: {value: {b: 1, a: [x]}}\n')
    environment = {
        "HOME": str(folder),
        "PATH": f"{pulumi.engine_bin}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    cli = Cli(project, environment)
    cli.stack("drawn").init()
    return cli


def _as_the_cli_tells(cli: Cli, name: str) -> dict[str, str | Undecided]:
    """What the reader says; all that it decides is what the CLI says."""
    read = values_in_files(find_project(cli.folder), name)
    told = cli.told(name)
    assert read.keys() == told.keys()
    for key, value in read.items():
        if not isinstance(value, Undecided):
            assert value == told[key], key
    return read


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_WRITTEN = """
true True yes no on y null ~ 0 7 -5 +3 007 0x1f 1_000 1e3 1.5 .5 25% 30m 10.0.0.1 2026-11-26
2026-1-1T00:00:00Z 123456789012 012345678901 99999999999999999999 <> a&b é Root/Prod = ENABLED
ou-ab12-cdef3456 arn:aws:iam::222233334444:role/x https://127.0.0.1:5000/ 1:30 0b1 0o17 -.5 +.e
"""
_WORDS = st.sampled_from(_WRITTEN.split())
_SCALARS = (
    _WORDS
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])).map(_quoted)
    | st.integers(-(10**20), 10**20).map(str)
    | st.from_regex(r"[0-9][0-9a-dfox_.+:-]{0,7}", fullmatch=True).filter(lambda t: t[-1] != ":")
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | st.dictionaries(st.sampled_from(["a", "b c", "é", '"1"']), inner, max_size=3).map(
            lambda found: "{" + ", ".join(f"{key}: {one}" for key, one in found.items()) + "}"
        )
    ),
    max_leaves=6,
)


@with_settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(_VALUES, min_size=60, max_size=60))
def test_the_reader_says_what_the_cli_says(cli: Cli, values: list[str]) -> None:
    lines = "".join(f"  x:k{number}: {value}\n" for number, value in enumerate(values))
    cli.stack("drawn").file.write_text(f"config:\n{lines}  status: DISABLED\n")

    read = _as_the_cli_tells(cli, "drawn")

    assert read[f"{PROJECT}:status"] == "DISABLED"


def test_the_reader_decides_all_that_the_samples_say(cli: Cli) -> None:
    cli.stack("sample-off").init()
    assert not [v for v in _as_the_cli_tells(cli, "sample-off").values() if type(v) is not str]


def test_what_the_reader_leaves_open_the_cli_tells(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = cli.stack("secret")
    stack.init()
    assert stack.config("set", "--secret", "aws:token", "x").code == 0
    text = stack.file.read_text()
    stack.file.write_text(text.replace("config:\n", "config:\n  retryMinutes: 1.50\n"))
    for key, value in cli.environment.items():
        monkeypatch.setenv(key, value)

    with pytest.raises(SettingsError) as caught:
        read_configuration(cli.folder, "secret")
    assert [fault.split()[0] for fault in caught.value.faults] == [
        f"{PROJECT}:retryMinutes",
        "aws:token",
    ]
    asked = read_configuration(cli.folder, "secret", ask_pulumi)
    assert (asked["aws:token"], asked[f"{PROJECT}:retryMinutes"]) == ("x", "1.5")
    with pytest.raises(SettingsError, match="`pulumi config` does not print the configuration of"):
        ask_pulumi(cli.folder, "none")


def test_the_template_stays_whole_however_it_is_uncommented(cli: Cli) -> None:
    template = (cli.folder / "stacks" / "Pulumi.template.yaml").read_text()
    stack = cli.stack("copied")
    stack.file.write_text(template)
    stack.init()
    lines = stack.file.read_text().splitlines()
    commented = [n for n, line in enumerate(lines) if re.match(r" +# \S+:\S+:|  # aws:\w+:", line)]
    assert len(commented) > 10

    for chosen in commented:
        text = [
            re.sub("# ", "", one, count=1) if n == chosen else one for n, one in enumerate(lines)
        ]
        for following in range(chosen + 1, len(lines)):  # of a list, the lines below it
            if not re.match(r"  #   ", lines[following]):
                break
            text[following] = lines[following].replace("# ", "", 1)
        key = text[chosen].strip().rpartition(": ")[0] or text[chosen].strip().rstrip(":")
        stack.file.write_text("\n".join(text))
        read = read_configuration(cli.folder, "copied")
        assert key in read, text[chosen]
        assert faults_of_stack_file(cli.folder, "copied", read, Settings.keys()) == ()
    assert read == _as_the_cli_tells(cli, "copied")
