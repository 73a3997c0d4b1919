"""An account id, as a user writes it."""

from __future__ import annotations

import re
from typing import Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.faults import shown


def account_id(value: Any) -> str:  # noqa: ANN401 - whatever a user wrote
    """Reads an account id, which YAML may have read as a number.

    Raises:
        ValueError: it is none; the text is the sentence for the user.
    """
    # YAML reads an unquoted id as a number and drops zeros in front, and an id that begins with a
    # zero and has no 8 or 9 as an octal number: only 12 digits are certain to be what was meant.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch(r"[0-9]{12}", text):
        return text
    if isinstance(text, str) and text.isascii() and text.isdigit():
        raise ValueError(messages.account_id_digits(text))
    raise ValueError(messages.account_id_malformed(shown(value)))
