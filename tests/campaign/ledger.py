"""What a stack's state says of the settings before it, read without the product.

The state contract (docs/decisions) has one form of it, and each earlier release another one. All
that a history is held against goes through here, so that it is written once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {"status": OWN, "autoEnable": ORGANIZATION, "autoEnableMembers": MEMBERS}


@dataclass(frozen=True)
class Ledger:
    """What is recorded of one account in one region.

    Attributes:
        before: {account: what it had before the stack}; not those of whom nobody knows it.
        settings: {one of the three other settings: what it was}; of those alone that are put back.
        on_release: what happens to all of them on destroy.
        words: {account: another word of its own}, in states of earlier releases.
        max_disabled: how many members a destroy may turn off.
        unreleased: {account: AWS's reason} of those that could not be set.
        detector: the detector of the last run.
        old: whether it is of a release before the contract.
    """

    before: Mapping[str, str]
    settings: Mapping[str, str | None]
    on_release: str
    words: Mapping[str, str] = field(default_factory=dict)
    max_disabled: float | str = 10
    unreleased: Mapping[str, str] = field(default_factory=dict)
    detector: str = ""
    old: bool = False

    @property
    def on_destroy(self) -> dict[str, str]:
        """What happens on destroy to each account that the stack has."""
        return {account: self.words.get(account, self.on_release) for account in self.before}

    @property
    def recorded(self) -> set[str]:
        """The accounts and other settings that there is a record of."""
        return {*self.before, *self.settings}


def ledger(outputs: Mapping[str, Any] | None) -> Ledger | None:
    """Reads the outputs of `PriorSettings`, of every release; None if there are none."""
    if outputs is None:
        return None
    if "administratorAccountId" in outputs:
        return Ledger(
            before=_known(grouped(outputs.get("before"))),
            settings={_KEYS[k]: v for k, v in outputs.get("settingsBefore", {}).items()},
            on_release=outputs.get("onRelease", "LEAVE"),
            max_disabled=outputs.get("maxDisabled", 10),
            unreleased=outputs.get("unreleased", {}),
            detector=outputs["detectorId"],
        )
    scope = outputs.get("scope", ["detector", "organization"])
    organization = outputs.get("organization") or {}
    settings = {OWN: outputs.get("detector", {}).get("status")}
    if "organization" in scope and organization:
        settings[ORGANIZATION] = organization.get("autoEnable")
    if "autoEnableMembers" in scope and "autoEnableMembers" in organization:
        settings[MEMBERS] = organization["autoEnableMembers"]
    return Ledger(
        before=_known(outputs["statuses"]),
        settings=settings,
        on_release=outputs.get("onRelease", "LEAVE"),
        words={**outputs["accounts"], **outputs.get("heldBack", {})},
        max_disabled=outputs.get("maxDisabled", 10),
        unreleased=outputs.get("unreleased", {}),
        detector=outputs["detectorId"],
        old=True,
    )


def kept(outputs: Mapping[str, Any] | None) -> dict[str, str]:
    """What the outputs of `MemberFeatures` say that members have, of every release."""
    if outputs is None:
        return {}
    if "wanted" not in outputs:
        return dict(outputs.get("statuses", {}))
    drifted = listed(outputs.get("drifted"))
    found = {a: change.rpartition(" -> ")[2] for a, change in drifted.items()}
    return {**grouped(outputs["wanted"]), **found}


def changes(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The changes that the inputs of `MemberFeatures` name: {account: from -> to}."""
    named = inputs.get("changes")
    return dict(named) if isinstance(named, dict) else grouped(named)


def releases(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The releases that the inputs of `PriorSettings` name: {account: from -> to, or LEAVE}."""
    return grouped(inputs.get("release"))


def grouped(text: object) -> dict[str, str]:
    """Reads a text of groups: what is said, and below it lines of accounts."""
    found: dict[str, str] = {}
    said = ""
    for line in str(text or "").splitlines():
        if line.startswith("- "):
            found |= dict.fromkeys(line[2:].replace('"', "").split(), said)
        else:
            said = line.removesuffix(":")
    return found


def listed(text: object) -> dict[str, str]:
    """Reads a text of one account a line, and what is said of it."""
    parts = (line.split(": ", 1) for line in str(text or "").splitlines())
    return {account.strip('"'): said for account, said in parts}


def _known(statuses: Mapping[str, str]) -> dict[str, str]:
    return {account: status for account, status in statuses.items() if status != UNKNOWN}
