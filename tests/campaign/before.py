"""What each setting was before the stack first wrote it, kept by the campaign itself.

The stack's own record is what is being examined, so this one is made of what the sandbox really
held and of the writes that really arrived, through crashes too. Where a setting was changed by
somebody else between the run that first took it and the stack's first write, both values are right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.campaign.world import FEATURE, OFF, ON

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from tests.campaign.network import Write
    from tests.campaign.world import Picture

OWN, ORGANIZATION, MEMBERS = "own", "autoEnable", "autoEnableMembers"
UNKNOWN = "UNKNOWN"


@dataclass
class Before:
    """By account, or by one of the three other settings: what it may have been before the stack.

    Attributes:
        values: all values from when the stack took it until the stack's first write.
        written: what the stack has written.
    """

    values: dict[str, set[str]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def taken(self, keys: Iterable[str], picture: Picture, caller: str) -> None:
        """A run is about to take these, or has taken them and not written them yet."""
        for key in keys:
            if key not in self.written:
                self.values.setdefault(key, set()).add(value_of(key, picture, caller))

    def changed(self, picture: Picture, caller: str) -> None:
        """Something happened behind the stack's back: what is not written yet may be this, too."""
        self.taken(list(self.values), picture, caller)

    def wrote(self, writes: Iterable[Write], known: Mapping[str, object]) -> None:
        """The stack's writes have arrived."""
        for write in writes:
            if write.operation == "UpdateMemberDetectors":
                self.written |= set(write.done)
            elif write.operation == "CreateDetector" and write.done and OWN not in self.written:
                on = write.body["dataSources"]["kubernetes"]["auditLogs"]["enable"]
                self.values.setdefault(OWN, set()).add(ON if on else OFF)
            elif write.operation == "UpdateDetector" and write.done:
                self.written.add(OWN)
            elif write.operation == "UpdateOrganizationConfiguration" and write.done:
                if write.body.get("features"):
                    self.written.add(ORGANIZATION)
                if write.body.get("autoEnableOrganizationMembers") != known.get("members"):
                    self.written.add(MEMBERS)

    def ended(self, kept: Container[str], released: Container[str]) -> None:
        """A run has ended: forgets what it has let go, and what no run has taken in the end.

        What the stack has written stays, whatever its state knows of it, until it is let go.

        Args:
            kept: what is recorded in the stack's state now.
            released: what the run had to let go, and has if it is not in the state any more.
        """
        for key in list(self.values):
            if key not in kept and (key not in self.written or key in released):
                del self.values[key]
                self.written.discard(key)


def value_of(key: str, picture: Picture, caller: str) -> str:
    """What a setting is now."""
    if key == OWN:
        return picture.accounts[caller].status or UNKNOWN
    if key == ORGANIZATION:
        return picture.organization.get(FEATURE, "NONE")
    if key == MEMBERS:
        return picture.organization.get("members", "NONE")
    account = picture.accounts.get(key)
    return (account and account.status) or UNKNOWN
