"""What earlier releases would have left in the state, made of what this one left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.campaign.before import MEMBERS, ORGANIZATION, OWN, UNKNOWN
from tests.campaign.ledger import kept, ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.campaign.kinds import Properties
    from tests.campaign.ledger import Ledger
    from tests.campaign.state import Resource

_SEEN = "2026-11-24T13:24:46+00:00"
_KEYS = {OWN: "detector", ORGANIZATION: "organization", MEMBERS: "autoEnableMembers"}


def possible(outputs: Mapping[str, Any], release: str) -> str:
    """The release whose state can have this; 0.1.0 had fewer settings."""
    known = ledger(outputs)
    assert known
    others = known.on_release != "LEAVE" or {ORGANIZATION} != {*known.settings} - {OWN}
    return "0.2.0" if release == "0.1.0" and others else release


def former(resources: Iterable[Resource], release: str, members_setting: str) -> list[Resource]:
    """All resources of a state as an earlier release would have left them.

    Args:
        resources: the state.
        release: which: `0.1.0`, `0.2.0`, or `development` for the one before the state contract.
        members_setting: autoEnableOrganizationMembers, which 0.1.0 recorded unasked.
    """
    resources = list(resources)
    wanted: dict[str, str] = {}
    for resource in resources:
        if resource.type.endswith(":MemberFeatures"):
            wanted |= kept(resource.outputs)
    found = []
    for resource in resources:
        if resource.type.endswith(":PriorSettings"):
            known = ledger(resource.outputs)
            assert known
            outputs = _prior(resource, known, wanted, release)
            if release == "0.1.0":
                outputs["organization"]["autoEnableMembers"] = members_setting
            inputs = _without(outputs, _RECORDED)
        elif resource.type.endswith(":MemberFeatures"):
            outputs = _members(resource, release)
            inputs = _without(outputs, {"unprocessed"})
        else:
            found.append(resource)
            continue
        found.append(replace(resource, inputs=inputs, outputs=outputs, by_property={}))
    return found


_RECORDED = {"statuses", "organization", "detector", "unreleased", "released", "heldBack"}


def _prior(
    resource: Resource, known: Ledger, wanted: Mapping[str, str], release: str
) -> Properties:
    of_all = {*known.before, *wanted}
    # Whom the rules do not decide any more, and who could not be set then.
    held_back = {*known.before} - {*wanted, *known.unreleased}
    if release != "development":
        held_back = set()
    outputs: Properties = {
        **_owner(resource),
        "accounts": dict.fromkeys(sorted(of_all - held_back), known.on_release),
        "statuses": {a: known.before.get(a, UNKNOWN) for a in sorted(of_all)},
        "detector": {"status": known.settings.get(OWN)},
    }
    if outputs["detector"]["status"] is None:
        outputs["detector"] = {}
    organization = {
        key: known.settings[what]
        for what, key in ((ORGANIZATION, "autoEnable"), (MEMBERS, "autoEnableMembers"))
        if what in known.settings
    }
    if organization:
        outputs["organization"] = organization
    if release == "0.1.0":
        return outputs
    outputs |= {
        "onRelease": known.on_release,
        "maxDisabled": known.max_disabled,
        "retryMinutes": resource.outputs.get("retryMinutes", 5.0),
        "scope": [_KEYS[what] for what in (OWN, ORGANIZATION, MEMBERS) if what in known.settings],
        "seenAt": _SEEN,
        "turningOff": 0.0,
        "unreleased": dict(known.unreleased),
        "released": {"at": "", "statuses": {}},
    }
    if held_back:
        outputs["heldBack"] = dict.fromkeys(sorted(held_back), known.on_release)
    return outputs


def _members(resource: Resource, release: str) -> Properties:
    outputs: Properties = {
        **_owner(resource),
        "statuses": kept(resource.outputs),
        "changes": {},
        "seenAt": _SEEN,
        "unprocessed": dict(resource.outputs.get("unprocessed", {})),
    }
    if release != "0.1.0":
        outputs["retryMinutes"] = resource.outputs.get("retryMinutes", 5.0)
    return outputs


def _owner(resource: Resource) -> Properties:
    outputs = resource.outputs
    account = outputs.get("administratorAccountId", outputs.get("account"))
    return {
        "region": outputs["region"],
        "account": account,
        "detectorId": outputs["detectorId"],
    }


def _without(properties: Properties, keys: set[str]) -> Properties:
    return {k: v for k, v in properties.items() if k not in keys}
