"""A document as one HTML page that needs nothing else: the whole Markdown, in the same order."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from guardduty_eks_audit_logs.reports.markdown import markdown

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.document import Document

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d1d9e0, #3d444d);
  --code: light-dark(#f3f5f7, #1b2129); }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #e6edf3);
  font: 1rem/1.5 system-ui, sans-serif; }
h1, h2 { line-height: 1.25; }
h2 { margin-top: 2rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .3rem .75rem; border: 1px solid var(--line); text-align: left; }
th, pre, code { background: var(--code); }
code { padding: .1rem .3rem; font-family: ui-monospace, monospace; font-size: .875rem;
  overflow-wrap: anywhere; unicode-bidi: isolate; }
pre { padding: .75rem; overflow-x: auto; }
pre code { padding: 0; overflow-wrap: normal; }
@media print {
  :root { color-scheme: light; }
  body { margin: 0; max-width: none; }
  table { display: table; }
  thead { display: table-header-group; }
  tr, li { break-inside: avoid; }
  h2, h2 + p { break-after: avoid; }
  pre { white-space: pre-wrap; }
}
"""


def html(document: Document) -> str:
    """Writes a whole document as a page without scripts, links or anything to be loaded.

    Args:
        document: what it says.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown(document))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{int(token.tag[1:]) - 1}"  # a page begins with h1, a comment with h2
    body = parser.renderer.render(tokens, parser.options, {})
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n"
        f"<style>{_STYLE}</style>\n"
        "</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n"
        "</html>\n"
    )
