"""The stand-in for GitHub's program `gh`: `gh api`, against the server that GITHUB_API_URL names.

It prints what `gh` prints: the answer, also one with an error; with `--jq` one line a value and the
filter on each page by itself; without, the pages of a list as one list.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

_SIGN_IN = """\
gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable. Example:
  env:
    GH_TOKEN: ${{ github.token }}
"""
_WORDS = {"true": True, "false": False, "null": None}


def main(arguments: list[str]) -> int:
    """Runs one command, and gives its exit code."""
    options = _parser().parse_args(arguments)
    token = os.environ.get("GH_TOKEN")
    if not token:
        sys.stderr.write(_SIGN_IN)
        return 4
    fields = dict(options.fields)
    method = options.method or ("POST" if fields or options.input else "GET")
    if options.paginate and method != "GET":
        _refuse("the `--paginate` option is not supported for non-GET requests")
    path = f"/{options.path.lstrip('/')}"
    body = None
    if options.input:
        body = _read(options.input)
    elif fields and method != "GET":
        body = json.dumps(fields)
        fields = {}
    if fields:
        path += ("&" if "?" in path else "?") + urlencode(fields, quote_via=quote)
    headers = {"Authorization": f"token {token}", **dict(options.headers)}
    pages: list[object] = []
    more: str | None = path
    while more:
        status, text, more = _asked(method, more, body, headers)
        if status >= 300:
            sys.stdout.write(text)
            sys.stderr.write(_told(status, text))
            return 1
        if options.jq:
            _print_found(text, options.jq)
        else:
            pages.append(json.loads(text))
        more = more if options.paginate else None
    if pages:
        lists = [page for page in pages if isinstance(page, list)]
        sys.stdout.write(json.dumps([e for page in lists for e in page] if lists else pages[0]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("gh", allow_abbrev=False)
    api = parser.add_subparsers(required=True).add_parser("api", allow_abbrev=False)
    api.add_argument("path")
    api.add_argument("-X", "--method")
    api.add_argument("--paginate", action="store_true")
    api.add_argument("-q", "--jq")
    api.add_argument("--input")
    for names, read in ((("-f", "--raw-field"), _raw), (("-F", "--field"), _typed)):
        api.add_argument(*names, dest="fields", action="append", type=read, default=[])
    api.add_argument("-H", "--header", dest="headers", action="append", type=_header, default=[])
    return parser


def _raw(field: str) -> tuple[str, object]:
    key, sign, value = field.partition("=")
    if not sign or not re.fullmatch(r"[a-z_]+(\[\])?", key):
        raise argparse.ArgumentTypeError(f"{field!r} is no field: key=value")
    return (key[:-2], [value]) if key.endswith("[]") else (key, value)


def _typed(field: str) -> tuple[str, object]:
    key, value = _raw(field)
    if not isinstance(value, str):
        return key, value
    if value.startswith("@"):
        return key, _read(value[1:])
    if value in _WORDS:
        return key, _WORDS[value]
    return key, int(value) if re.fullmatch(r"-?\d+", value) else value


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value.strip()


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _asked(
    method: str, path: str, body: str | None, headers: dict[str, str]
) -> tuple[int, str, str | None]:
    """The status, the text and the path of the next page."""
    server = http.client.HTTPConnection(urlsplit(os.environ["GITHUB_API_URL"]).netloc)
    server.request(method, path, body.encode() if body else None, headers)
    response = server.getresponse()
    text = response.read().decode()
    link = re.search(r'<([^>]+)>; rel="next"', response.getheader("Link") or "")
    return response.status, text, link.group(1) if link else None


def _told(status: int, text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return f"gh: HTTP {status}\n"
    errors = "".join(f"{error['message']}\n" for error in answer.get("errors", []))
    return f"gh: {answer['message']} (HTTP {status})\n{errors}"


def _print_found(text: str, jq: str) -> None:
    found = subprocess.run(
        ["jq", "--compact-output", jq], input=text, capture_output=True, text=True, check=False
    )
    if found.returncode:
        _refuse(found.stderr)
    for line in found.stdout.splitlines():
        value = json.loads(line)
        print(value if isinstance(value, str) else "" if value is None else line)  # noqa: T201


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason.rstrip()}\n")
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
