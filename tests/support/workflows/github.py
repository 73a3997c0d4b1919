"""A GitHub with one repository: its issues, its pull requests and their comments, over HTTP."""

from __future__ import annotations

import json
import re
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BOT: Final = "github-actions[bot]"
"""Who the token of a job writes as."""

_MOST_UNITS: Final = 65_536  # of UTF-16, in a body
_FORBIDDEN: Final = "Resource not accessible by integration"
_LEVELS: Final = ("none", "read", "write")

_Item = dict[str, Any]


class _RefusedError(Exception):
    """A call that GitHub does not carry out: its status and its words."""

    def __init__(self, status: int, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        errors = {"errors": [{"message": detail}]} if detail else {}
        self.answer = {"message": message, **errors, "status": str(status)}


@dataclass(frozen=True)
class Call:
    """A call that was made: method, path without the repository, status of the answer."""

    method: str
    path: str
    status: int


@dataclass
class _Request:
    permissions: Mapping[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    number: int = 0

    def allow(self, level: str, *scopes: str) -> None:
        """Refuses the call unless the token has this level in one of the scopes."""
        levels = [_LEVELS.index(self.permissions.get(scope, "none")) for scope in scopes]
        if max(levels) < _LEVELS.index(level):
            raise _RefusedError(403, _FORBIDDEN)

    def only(self, *known: str) -> None:
        """Refuses fields that the stand-in does not know, and what is too long."""
        unknown = {*self.body, *self.query} - {*known, "page", "per_page"}
        if unknown:
            raise _RefusedError(400, f"The stand-in does not know {', '.join(sorted(unknown))}")
        body = self.body.get("body") or ""
        if len(body.encode("utf-16-le")) // 2 > _MOST_UNITS:
            detail = f"body is too long (maximum is {_MOST_UNITS} characters)"
            raise _RefusedError(422, "Validation Failed", detail)


@dataclass
class GitHub:
    """The repository; `issues` has its pull requests, too, as GitHub's own list has.

    Attributes:
        repository: `owner/name`.
        url: where it listens.
        issues: by number, as the interface gives them.
        comments: by id, as the interface gives them; `issue` is the number of what they are on.
        calls: what was asked, in order.
        bad_gateway: the calls that are answered by 502, counted from 1.
    """

    repository: str = "acme/security"
    url: str = ""
    issues: dict[int, _Item] = field(default_factory=dict)
    comments: dict[int, _Item] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    bad_gateway: set[int] = field(default_factory=set)
    _tokens: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ids: Iterator[int] = field(default_factory=lambda: count(1001))

    def token(self, permissions: Mapping[str, str]) -> str:
        """Makes the token of a job with these permissions."""
        token = f"ghs_{secrets.token_hex(8)}"
        self._tokens[token] = dict(permissions)
        return token

    def add_issue(self, title: str, body: str = "", author: str = "somebody") -> int:
        """Somebody opens an issue; gives its number."""
        number = len(self.issues) + 1
        self.issues[number] = {
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "labels": [],
            "user": _user(author),
            "html_url": f"https://github.com/{self.repository}/issues/{number}",
        }
        return number

    def add_pull_request(self, commit: str, title: str = "A change") -> int:
        """Somebody opens a pull request whose newest commit is this; gives its number."""
        number = self.add_issue(title)
        self.issues[number] |= {"pull_request": {}, "head": {"sha": commit}}
        return number

    def add_comment(self, number: int, body: str, author: str = "somebody") -> int:
        """Somebody comments on an issue or a pull request; gives the comment's id."""
        comment = next(self._ids)
        url = f"{self.issues[number]['html_url']}#issuecomment-{comment}"
        self.comments[comment] = {
            "id": comment,
            "issue": number,
            "body": body,
            "user": _user(author),
            "html_url": url,
        }
        return comment

    def comments_of(self, author: str = BOT) -> list[str]:
        """The texts of what somebody has commented."""
        return [c["body"] for c in self.comments.values() if c["user"]["login"] == author]

    def answered(self, method: str, path: str, token: str, body: bytes) -> tuple[int, object]:
        """The status and the content of an answer."""
        with self._lock:
            parts = urlsplit(path)
            short = parts.path.removeprefix(f"/repos/{self.repository}")
            try:
                status, answer = self._done(method, short, self._request(token, parts.query, body))
            except _RefusedError as refused:
                status, answer = refused.status, refused.answer
            self.calls.append(Call(method, short, status))
            return status, answer

    def _request(self, token: str, query: str, body: bytes) -> _Request:
        if len(self.calls) + 1 in self.bad_gateway:
            raise _RefusedError(502, "")
        if token not in self._tokens:
            raise _RefusedError(401, "Bad credentials")
        content = json.loads(body) if body else {}
        return _Request(self._tokens[token], dict(parse_qsl(query)), content)

    def _done(self, method: str, path: str, request: _Request) -> tuple[int, object]:
        routes: list[tuple[str, str, int, Callable[[_Request], object]]] = [
            ("GET", r"/issues/(\d+)/comments", 200, self._list_comments),
            ("POST", r"/issues/(\d+)/comments", 201, self._make_comment),
            ("PATCH", r"/issues/comments/(\d+)", 200, self._edit_comment),
            ("GET", r"/issues", 200, self._list_issues),
            ("POST", r"/issues", 201, self._make_issue),
            ("PATCH", r"/issues/(\d+)", 200, self._edit_issue),
            ("GET", r"/pulls/(\d+)", 200, self._pull_request),
        ]
        for known, pattern, status, answer in routes:
            match = re.fullmatch(pattern, path)
            if known == method and match:
                request.number = int(match.group(1)) if match.groups() else 0
                return status, answer(request)
        raise _RefusedError(404, "Not Found")

    def _issue(self, request: _Request, level: str, number: int) -> _Item:
        """An issue or pull request that the token may use so."""
        if number not in self.issues:
            raise _RefusedError(404, "Not Found")
        pull_request = "pull_request" in self.issues[number]
        request.allow(level, "issues", *(["pull-requests"] if pull_request else []))
        return self.issues[number]

    def _list_comments(self, request: _Request) -> object:
        self._issue(request, "read", request.number)
        request.only()
        return [c for c in self.comments.values() if c["issue"] == request.number]

    def _make_comment(self, request: _Request) -> object:
        self._issue(request, "write", request.number)
        request.only("body")
        if not request.body.get("body"):
            raise _RefusedError(422, "Validation Failed", "body can't be blank")
        return self.comments[self.add_comment(request.number, request.body["body"], BOT)]

    def _edit_comment(self, request: _Request) -> object:
        if request.number not in self.comments:
            raise _RefusedError(404, "Not Found")
        comment = self.comments[request.number]
        self._issue(request, "write", comment["issue"])
        request.only("body")
        if comment["user"]["login"] != BOT:
            raise _RefusedError(403, _FORBIDDEN)
        comment |= request.body
        return comment

    def _list_issues(self, request: _Request) -> object:
        request.allow("read", "issues")
        request.only("state", "labels", "creator")
        state = request.query.get("state", "open")
        labels = set(filter(None, request.query.get("labels", "").split(",")))
        creator = request.query.get("creator")
        return [
            issue
            for issue in reversed(self.issues.values())  # the newest first
            if state in {"all", issue["state"]}
            and labels <= {label["name"] for label in issue["labels"]}
            and creator in {None, issue["user"]["login"]}
        ]

    def _make_issue(self, request: _Request) -> object:
        request.allow("write", "issues")
        request.only("title", "body", "labels")
        number = self.add_issue(request.body["title"], request.body.get("body", ""), BOT)
        labels = [{"name": name} for name in request.body.get("labels", [])]
        self.issues[number] |= {"labels": labels}
        return self.issues[number]

    def _edit_issue(self, request: _Request) -> object:
        issue = self._issue(request, "write", request.number)
        request.only("title", "body", "state", "state_reason")
        issue |= request.body
        return issue

    def _pull_request(self, request: _Request) -> object:
        request.allow("read", "pull-requests")
        request.only()
        if "head" not in self.issues.get(request.number, {}):
            raise _RefusedError(404, "Not Found")
        return self.issues[request.number]


def _user(login: str) -> dict[str, str]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


@contextmanager
def served_github(repository: str = "acme/security") -> Iterator[GitHub]:
    """A GitHub that listens on this machine until the block ends."""
    github = GitHub(repository)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:  # nothing on the terminal
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = (self.headers.get("Authorization") or "").removeprefix("token ")
            status, content = github.answered(self.command, self.path, token, body)
            self.send_response(status)
            if isinstance(content, list):
                content, more = _page(self.path, content)
                if more:
                    self.send_header("Link", f'<{more}>; rel="next"')
            text = "<html>Bad Gateway</html>" if status == 502 else json.dumps(content)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 -- http.server calls them so

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()


def _page(path: str, items: list[object]) -> tuple[list[object], str | None]:
    """One page of a list, and the path of the next."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
    rest = items[size * (page - 1) :]
    more = f"{parts.path}?{urlencode({**query, 'page': page + 1})}" if len(rest) > size else None
    return rest[:size], more
