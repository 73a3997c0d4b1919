"""`maxDisabled`: how many members one run may turn off before it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.faults import shown

_PERCENT = re.compile(r"(100|[0-9]{1,2})%")


@dataclass(frozen=True)
class MaxDisabled:
    """A number of member accounts, or a share of all monitored members.

    Attributes:
        written: as it is in the configuration and in the state: `10` or `"25%"`.
    """

    written: int | str

    @classmethod
    def parse(cls, value: object) -> MaxDisabled:
        """Reads what a user wrote, or what the engine gives back from the state.

        Args:
            value: a number, its digits as text, or a percentage from `0%` to `100%`.

        Raises:
            ValueError: it is none of them; the text is the sentence for the user.
        """
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(number, str) and number.isascii() and number.isdigit():
            number = int(number)
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return cls(number)
        if isinstance(number, str) and _PERCENT.fullmatch(number):
            return cls(number)
        raise ValueError(messages.max_disabled_malformed(shown(value)))

    def of(self, members: int) -> int:
        """How many accounts that is, of so many monitored members; parts of one do not count."""
        if isinstance(self.written, int):
            return self.written
        return members * int(self.written.removesuffix("%")) // 100
