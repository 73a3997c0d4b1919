"""A GitLab with one merge request and its notes, over HTTP."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = "glpat-of-the-tests"  # noqa: S105 -- of a stand-in
ME: Final = 7
"""The id of the user whose token the pipeline has."""

_NOTES: Final = "/api/v4/projects/42/merge_requests/3/notes"

_Answer = tuple[int, object, dict[str, str]]


@dataclass
class GitLab:
    """The merge request 3 of the project 42.

    Attributes:
        url: of the interface, as `CI_API_V4_URL` has it.
        notes: in the order in which they were written.
        calls: method and path of what was asked.
        fails: whether every call is answered by 502.
    """

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    fails: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """What a merge request's pipeline knows of it."""
        return {
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "3",
            "GITLAB_TOKEN": TOKEN,
        }

    def add_note(self, body: str, author: int = 1) -> int:
        """Somebody writes a note; gives its id."""
        number = 501 + len(self.notes)
        self.notes.append({"id": number, "body": body, "author": {"id": author}})
        return number

    def notes_of(self, author: int = ME) -> dict[int, str]:
        """The texts of what somebody has written, by id."""
        return {n["id"]: n["body"] for n in self.notes if n["author"]["id"] == author}

    def answered(self, method: str, path: str, token: str | None, form: str) -> _Answer:
        """Status, content and headers of an answer."""
        parts = urlsplit(path)
        self.calls.append((method, parts.path))
        if self.fails:
            return 502, {"message": "502 Bad Gateway"}, {}
        if token != TOKEN:
            return 401, {"message": "401 Unauthorized"}, {}
        if (method, parts.path) == ("GET", "/api/v4/user"):
            return 200, {"id": ME, "username": "project_42_bot"}, {}
        if (method, parts.path) == ("GET", _NOTES):
            return self._page(parse_qs(parts.query))
        return *self._written(method, parts.path, form), {}

    def _page(self, query: dict[str, list[str]]) -> _Answer:
        assert query.keys() <= {"sort", "per_page", "page"}
        size, page = min(int(query["per_page"][0]), 100), int(query["page"][0])
        rest = self.notes[size * (page - 1) :]
        more = str(page + 1) if len(rest) > size else ""
        return 200, rest[:size], {"x-next-page": more}

    def _written(self, method: str, path: str, form: str) -> tuple[int, object]:
        fields = parse_qs(form, strict_parsing=True, keep_blank_values=True)
        assert fields.keys() == {"body"}
        if (method, path) == ("POST", _NOTES):
            self.add_note(fields["body"][0], ME)
            return 201, self.notes[-1]
        for note in self.notes:
            if (method, path) == ("PUT", f"{_NOTES}/{note['id']}"):
                if note["author"]["id"] != ME:
                    return 403, {"message": "403 Forbidden"}
                note["body"] = fields["body"][0]
                return 200, note
        return 404, {"message": "404 Not found"}


@contextmanager
def served_gitlab() -> Iterator[GitLab]:
    """Serves a GitLab on this machine."""
    gitlab = GitLab()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            form = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            token = self.headers.get("private-token")
            status, answer, headers = gitlab.answered(self.command, self.path, token, form)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 -- as the base class has them

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gitlab.url = f"http://127.0.0.1:{server.server_port}/api/v4"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield gitlab
        finally:
            server.shutdown()
            thread.join()
