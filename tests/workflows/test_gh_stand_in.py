"""The stand-in for `gh` asks, pages and fails as the real one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.workflows import gh as program
from tests.support.workflows.github import BOT, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.workflows.github import GitHub

    Gh = Callable[..., subprocess.CompletedProcess[str]]

_UNKNOWN = {"GH_TOKEN": "x"}
_ALL = {"issues": "write", "pull-requests": "write"}


@pytest.fixture
def gh(github: GitHub) -> Gh:
    """Runs `gh api` with a token of these permissions; variables in upper case go along."""

    def run(
        *arguments: str, permissions: dict[str, str] | None = _ALL, stdin: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        token = {} if permissions is None else {"GH_TOKEN": github.token(permissions)}
        return subprocess.run(
            [sys.executable, "-I", str(Path(program.__file__)), "api", *arguments],
            env={"PATH": os.environ["PATH"], "GITHUB_API_URL": github.url, **token, **more},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_comments_are_given_page_by_page(github: GitHub, gh: Gh) -> None:
    number = github.add_pull_request("abc")
    for count in range(101):
        github.add_comment(number, f"comment {count}")
    path = f"repos/acme/security/issues/{number}/comments"

    assert len(json.loads(gh(path).stdout)) == 30
    assert len(json.loads(gh("--paginate", path).stdout)) == 101
    assert gh("--paginate", f"{path}?per_page=100", "--jq", "length").stdout == "100\n1\n"
    assert gh("--paginate", f"{path}?per_page=500", "--jq", "length").stdout == "100\n1\n"


def test_a_filter_has_the_environment_and_prints_texts_bare(github: GitHub, gh: Gh) -> None:
    number = github.add_pull_request("abc")
    github.add_comment(number, "<!-- m -->\nours", BOT)
    github.add_comment(number, "<!-- m -->\nanother's")
    path = f"repos/acme/security/issues/{number}/comments"
    jq = '.[] | select(.user.login == env.WHO) | .body, .id, null, {"a": 1}'

    assert gh(path, "--jq", jq, WHO=BOT).stdout == '<!-- m -->\nours\n1001\n\n{"a":1}\n'
    assert gh(path, "--jq", ".[0].user.type").stdout == "Bot\n"
    assert gh(path, "--jq", "nonsense(").returncode == 1


def test_a_comment_is_written_and_edited(github: GitHub, gh: Gh, tmp_path: Path) -> None:
    number = github.add_pull_request("abc")
    text = tmp_path / "text"
    text.write_text("first\nline two")
    path = f"repos/acme/security/issues/{number}/comments"

    made = gh("--method", "POST", path, "-F", f"body=@{text}", "--jq", ".html_url")
    edited = gh(
        "-X", "PATCH", "repos/acme/security/issues/comments/1001", "--input", "-",
        stdin='{"body": "true"}',
    )  # fmt: skip

    assert made.stdout == "https://github.com/acme/security/issues/1#issuecomment-1001\n"
    assert json.loads(edited.stdout)["user"] == {"login": BOT, "type": "Bot"}
    assert github.comments_of() == ["true"]
    assert github.calls == [
        Call("POST", "/issues/1/comments", 201),
        Call("PATCH", "/issues/comments/1001", 200),
    ]


def test_the_comment_of_somebody_else_is_not_edited(github: GitHub, gh: Gh) -> None:
    comment = github.add_comment(github.add_pull_request("abc"), "mine")

    refused = gh("-X", "PATCH", f"repos/acme/security/issues/comments/{comment}", "-f", "body=x")

    assert refused.returncode == 1
    assert refused.stderr == "gh: Resource not accessible by integration (HTTP 403)\n"
    assert json.loads(refused.stdout)["status"] == "403"
    assert github.comments_of("somebody") == ["mine"]


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        ({}, 1),
        ({"issues": "read", "pull-requests": "read"}, 1),
        ({"pull-requests": "write"}, 0),
        ({"issues": "write"}, 0),
    ],
)
def test_a_token_does_what_its_permissions_allow(
    github: GitHub, gh: Gh, permissions: dict[str, str], code: int
) -> None:
    number = github.add_pull_request("abc")
    path = f"repos/acme/security/issues/{number}/comments"

    assert gh(path, "-f", "body=x", permissions=permissions).returncode == code


def test_the_rights_to_pull_requests_are_none_to_issues(github: GitHub, gh: Gh) -> None:
    github.add_issue("An issue")
    only = {"pull-requests": "write"}

    assert gh("repos/acme/security/issues/1/comments", permissions=only).returncode == 1
    assert gh("repos/acme/security/issues", permissions=only).returncode == 1
    assert gh("repos/acme/security/pulls/1", permissions=_ALL).returncode == 1


def test_issues_are_listed_opened_and_closed(github: GitHub, gh: Gh) -> None:
    github.add_pull_request("abc")
    path = "repos/acme/security/issues"

    gh(path, "-f", "title=Drift", "-f", "labels[]=drift", "-F", "body=@-", stdin="text")
    listed = gh("-X", "GET", path, "-f", "labels=drift", "-f", f"creator={BOT}", "--jq", ".[].body")
    everything = gh(path, "--jq", ".[] | [.number, .pull_request != null]")
    gh("-X", "PATCH", f"{path}/2", "-f", "state=closed", "-f", "body=over")

    assert listed.stdout == "text\n"
    assert everything.stdout == "[2,false]\n[1,true]\n"
    assert github.issues[2]["state"] == "closed"
    assert gh(path, "--jq", ".[].number").stdout == "1\n"
    assert gh(f"{path}?state=closed", "--jq", ".[].body").stdout == "over\n"


def test_the_newest_commit_of_a_pull_request_is_told(github: GitHub, gh: Gh) -> None:
    number = github.add_pull_request("abc")

    assert gh(f"repos/acme/security/pulls/{number}", "--jq", ".head.sha").stdout == "abc\n"


@pytest.mark.parametrize(("text", "code"), [("x" * 65_536, 0), ("x" * 65_535 + "😀", 1)])
def test_a_body_has_at_most_65536_characters(
    github: GitHub, gh: Gh, tmp_path: Path, text: str, code: int
) -> None:
    file = tmp_path / "body"
    file.write_text(text)
    number = github.add_pull_request("abc")

    answer = gh(f"repos/acme/security/issues/{number}/comments", "-F", f"body=@{file}")

    assert answer.returncode == code
    assert ("body is too long (maximum is 65536 characters)" in answer.stderr) is bool(code)


def test_without_a_token_gh_asks_for_one(github: GitHub, gh: Gh) -> None:
    answer = gh("repos/acme/security/issues", permissions=None)

    assert answer.returncode == 4
    assert "set the GH_TOKEN environment variable" in answer.stderr
    assert gh("repos/acme/security/issues", permissions=None, **_UNKNOWN).stderr == (
        "gh: Bad credentials (HTTP 401)\n"
    )
    assert len(github.calls) == 1


def test_a_call_can_be_answered_by_502(github: GitHub, gh: Gh) -> None:
    github.bad_gateway = {2}

    answers = [gh("repos/acme/security/issues") for _ in range(3)]

    assert [a.returncode for a in answers] == [0, 1, 0]
    assert answers[1].stderr == "gh: HTTP 502\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--slurp",),
        ("--pag",),
        ("-f", "body"),
        ("--paginate", "-f", "body=x"),
        ("--method", "GET", "-f", "mentioned=x"),
    ],
)
def test_what_the_stand_in_does_not_know_is_an_error(gh: Gh, arguments: tuple[str, ...]) -> None:
    assert gh("repos/acme/security/issues", *arguments).returncode != 0
