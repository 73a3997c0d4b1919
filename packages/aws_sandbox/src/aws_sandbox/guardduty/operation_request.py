"""One call of an operation, as the operations take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_sandbox.guardduty import answers, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_sandbox.guardduty.members import Answer
    from aws_sandbox.guardduty.state import AccountRegion
    from aws_sandbox.guardduty.world import World

    Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One call: who calls where, what it asks, and the accounts in it that are made to fail."""

    world: World
    place: AccountRegion
    parameters: Parameters
    failing: Mapping[str, str]

    @property
    def detector_id(self) -> str:
        """The detector that the path names."""
        return str(self.parameters["DetectorId"])

    @property
    def account_ids(self) -> list[str]:
        """The accounts that the call names, without those that are made to fail."""
        return [key for key in self.parameters["AccountIds"] if key not in self.failing]

    def unprocessed(self, answer: Answer[Any]) -> list[dict[str, Any]]:
        """The accounts that were not processed, those made to fail included."""
        return answers.unprocessed({**self.failing, **answer.unprocessed})

    def administrator(self) -> AccountRegion:
        """The caller as an administrator of members."""
        return members.administrator(self.world, self.place, self.detector_id)
