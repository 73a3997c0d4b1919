"""Words that others wrote, AWS or a proxy on the way to it, made fit to be shown and kept.

All that AWS answers comes through here before it enters the product. So the rest of the product,
the terminal, the state and every report hold only text that is printable and on one line. Text that
becomes Markdown or HTML is escaped where that is written, not here.
"""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    # OSC and its like: titles, links
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_PERSON = re.compile(r"(:(?:assumed-role/[^/\s]+|federated-user|user)/)[^\s,;]+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONGEST = 1000


def printable(text: str) -> str:
    """Gives text as one line of printable characters.

    Escape sequences and characters that show nothing or turn the direction of what follows are left
    out; line breaks, tabs and runs of spaces are one space.
    """
    if text.isprintable():  # so is nearly every text, and a report has many
        return " ".join(text.split())
    plain = _ESCAPE_SEQUENCE.sub("", text)
    spaced = "".join(" " if c.isspace() else c for c in plain if c.isspace() or c.isprintable())
    return " ".join(spaced.split())


def harmless(text: str) -> str:
    """Gives a reason or an error as one printable line, without anybody's name or address.

    The name of a role's session is often its user's e-mail address. What is longer than any
    sentence of AWS, such as a proxy's page, is cut.
    """
    line = _ADDRESS.sub("…", _PERSON.sub(r"\1…", printable(text)))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
