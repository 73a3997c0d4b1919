"""The coverage as one HTML page that needs nothing else: no server, no other file, no network.

Python writes what must be there without JavaScript: the summary, what could not be read, and the
differences as text. The script makes the heat map from the rows (`packed.py`) and keeps in the
document only what the window shows. The policy allows this script and this style, by their hashes,
and nothing else.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.reports.coverage.page.columns import columns_of
from guardduty_eks_audit_logs.reports.coverage.page.differences import differences
from guardduty_eks_audit_logs.reports.coverage.page.packed import packed
from guardduty_eks_audit_logs.reports.coverage.page.summary import summary

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage


_SCRIPTS = ("tree.js", "draw.js", "page.js")


def page(coverage: Coverage) -> str:
    """Writes a coverage as one self-contained HTML page.

    Args:
        coverage: what it shows.
    """
    columns = columns_of(coverage)
    style, script = _file("page.css"), "".join(map(_file, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    return Template(_file("page.html")).substitute(
        summary(coverage, columns),
        policy=policy,
        style=style,
        script=script,
        rows=packed(coverage, columns),
        differences=differences(coverage, columns),
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
