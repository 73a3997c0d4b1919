"""A random AWS organization, what happens in it behind the stack's back, and how it looks now."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from aws_sandbox.actual_state import actual_state, settings
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.guardduty import detectors
from aws_sandbox.organization import OrganizationDescription
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR
from tests.campaign.network import URL
from tests.campaign.state import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.campaign.script import Event, Shape

REGION = "us-east-1"
FEATURE = "EKS_AUDIT_LOGS"
ON, OFF = "ENABLED", "DISABLED"
UNITS = ("Root", "Root/Prod", "Root/Prod/EU", "Root/Test", "Root/Sandbox")
TAGS = ("prod", "test", "sandbox")
INVITING, INVITING_TOO = "400000000000", "400000000001"
ELSEWHERE = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """One account as AWS really has it.

    Attributes:
        status: its EKS_AUDIT_LOGS; None without a detector.
        standing: how it stands to the stack's account, such as `Enabled`; None if it does not.
        managed: whether an organization policy decides it.
        others: its other features.
        unit: where it is in the organization; empty outside.
        tags: its tags in the organization.
    """

    status: str | None
    standing: str | None
    managed: bool
    others: Mapping[str, str]
    unit: str
    tags: Mapping[str, str]

    @property
    def monitored(self) -> bool:
        return self.standing == "Enabled"


@dataclass(frozen=True)
class Picture:
    """How everything really is at one moment.

    Attributes:
        accounts: all of them by id, the stack's own included.
        organization: {"members" or a feature's name: auto-enable setting}; empty if nobody has set
            any.
        policy_type: whether GuardDuty policies are enabled on the root.
        detector: the tags of the own detector; None if there is none.
    """

    accounts: Mapping[str, Account]
    organization: Mapping[str, str]
    policy_type: bool
    detector: Mapping[str, str] | None


class World:
    """The sandbox of one history.

    Attributes:
        caller: whose credentials the stack has.
        creates: whether the stack is to make the detector.
        members: the accounts that there were at first, in order; newcomers are behind them.
        owner: the stack as its detectors are tagged with.
        made: the detectors that are in the stack's state.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.creates = shape.creates and shape.mode != "invitation"
        self.caller = ADMINISTRATOR if shape.mode == "organization" else INVITING
        self.members = [_member(number) for number in range(1, shape.members + 1)]
        self.sandbox = Sandbox(OrganizationDescription.model_validate(_described(shape)))
        self._client = Client(self.sandbox)
        self.owner = Place().owner
        self.made: set[str] = set()
        self._newcomers = 0

    def account(self, index: int) -> str:
        """One of the accounts, whatever the number."""
        return self.members[index % len(self.members)]

    @property
    def other(self) -> str:
        """An account that is as well able to act as the stack's, if there is one."""
        organized = self.shape.mode == "organization"
        return self.sandbox.aws.accounts.management_account if organized else INVITING_TOO

    def credentials(self, caller: str | None = None, region: str = REGION) -> dict[str, str]:
        """The `aws:*` configuration of the stack's account, or of another one."""
        caller = caller or self.caller
        return {
            "aws:region": region,
            "aws:accessKey": access_key_id(caller),
            "aws:secretKey": secret_access_key(caller),
            "aws:endpoints": json.dumps(
                [dict.fromkeys(("guardduty", "organizations", "sts"), URL)]
            ),
        }

    def picture(self) -> Picture:
        """How everything is now."""
        world = self.sandbox.aws.world
        units = {account.account_id: account for account in self.sandbox.aws.accounts.known()}
        region = world.regions[REGION]
        # An account that nobody monitors is not told of, the own one before it has a detector.
        accounts = {self.caller: Account(None, None, managed=False, others={}, unit="", tags={})}
        # First: to tell it, the sandbox brings everybody up to date.
        really = actual_state(world)[REGION]
        standings = self._standings()
        for account, found in really.items():
            detector = region.account(account).detector
            feature = detector.features.get(FEATURE) if detector else None
            known = units.get(account)
            accounts[account] = Account(
                status=found.eks_audit_logs,
                standing=standings.get(account),
                managed=bool(feature and feature.managed_by),
                others={k: v for k, v in found.features.items() if k != FEATURE},
                unit=known.ou if known else "",
                tags=dict(known.tags) if known else {},
            )
        told = settings(world)[REGION]
        organization = dict(told.features)
        if told.auto_enable_members:
            organization["members"] = told.auto_enable_members
        detector = region.account(self.caller).detector
        tags = None if detector is None else dict(detector.tags)
        return Picture(accounts, organization, world.policies.type_enabled, tags)

    def _standings(self) -> dict[str, str]:
        administration = self.sandbox.aws.world.regions[REGION].account(self.caller).administration
        if administration is None:
            return {}
        return {m.account_id: m.relationship.value for m in administration.members()}

    def happens(self, event: Event) -> None:
        """Something happens behind the stack's back; what can't be, does not."""
        if event.what in _OF_AN_ORGANIZATION and self.shape.mode != "organization":
            return
        if event.what in _OF_AN_ACCOUNT and not self.members:
            return
        _EVENTS[event.what](self, event)

    def clock(self, event: Event) -> None:
        """Time passes."""
        self._control("POST", "clock", {"hours": event.number})

    def own(self, event: Event) -> None:
        """Somebody sets the own detector."""
        self._feature(self.caller, event.word)

    def auto_enable(self, event: Event) -> None:
        """Somebody sets the organization's setting of the feature."""
        self._control("POST", "settings", {"features": {FEATURE: event.word}})

    def auto_enable_members(self, event: Event) -> None:
        """Somebody sets the organization's setting of GuardDuty itself."""
        self._control("POST", "settings", {"members": event.word})

    def status(self, event: Event) -> None:
        """Somebody sets an account."""
        self._feature(self.account(event.account), event.word)

    def many(self, event: Event) -> None:
        """Somebody sets a third of the accounts."""
        for account in self.members[event.number :: 3]:
            self._feature(account, event.word)

    def suspend(self, event: Event) -> None:
        """A member is suspended."""
        self._stands(event, "Disabled")

    def resume(self, event: Event) -> None:
        """A member is monitored again."""
        self._stands(event, "Enabled")

    def remove(self, event: Event) -> None:
        """A member is disassociated."""
        self._stands(event, "Removed")

    def join(self, event: Event) -> None:
        """An account joins the organization."""
        self._newcomers += 1
        joining = f"{500_000_000_000 + self._newcomers}"
        unit = UNITS[event.account % len(UNITS)]
        self._control("POST", "accounts", {"id": joining, "ou": unit})
        self.members.append(joining)

    def leave(self, event: Event) -> None:
        """An account leaves the organization."""
        self._control("DELETE", f"accounts/{self.account(event.account)}")

    def move(self, event: Event) -> None:
        """An account moves into another unit."""
        body = {"ou": UNITS[event.number % len(UNITS)]}
        self._control("POST", f"accounts/{self.account(event.account)}/unit", body)

    def tag(self, event: Event) -> None:
        """An account gets another tag."""
        body = {"tags": {"env": TAGS[event.number % len(TAGS)]}}
        self._control("POST", f"accounts/{self.account(event.account)}/tags", body)

    def policy(self, event: Event) -> None:
        """A GuardDuty policy decides an account."""
        plans = {FEATURE: event.word}
        body = {"accountIds": [self.account(event.account)], "plans": plans}
        self._control("POST", "policies", body)

    def no_policies(self, event: Event) -> None:
        """All GuardDuty policies are removed."""
        del event
        self._control("DELETE", "policies")

    def detector(self, event: Event) -> None:
        """Somebody deletes the own detector, and makes another one: its members are gone."""
        self.no_detector(event)
        world = self.sandbox.aws.world
        # A detector's id comes of the moment: not the same as of one that was made just now.
        world.clock.advance(timedelta(seconds=1))
        place = world.place(REGION, self.caller)
        if place.detector is None:
            detectors.create(world, place, detectors.DetectorChange(), {})

    def no_detector(self, event: Event) -> None:
        """Somebody deletes the own detector."""
        del event
        self._control("DELETE", f"accounts/{self.caller}/detector")

    def _stands(self, event: Event, status: str) -> None:
        account = self.account(event.account)
        self._control("POST", f"accounts/{account}/relationship", {"status": status})

    def _feature(self, account: str, status: str) -> None:
        self._control("POST", f"accounts/{account}/feature", {"name": FEATURE, "status": status})

    def detector_id(self) -> str | None:
        """The own detector."""
        found = self.sandbox.aws.world.place(REGION, self.caller).detector
        return found.detector_id if found else None

    def units(self) -> set[str]:
        """The paths of all units."""
        return set(self.sandbox.aws.accounts._units)

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Puts a fault into force."""
        answer = self._control("POST", "faults", fault)
        assert "error" not in answer, answer

    def clear_faults(self) -> None:
        """Everything works again."""
        self._control("DELETE", "faults")

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        return self._client.open(f"/sandbox/{path}", base_url=URL, method=method, json=body).json


_EVENTS: Mapping[str, Callable[[World, Event], None]] = {
    "clock": World.clock,
    "own": World.own,
    "autoEnable": World.auto_enable,
    "autoEnableMembers": World.auto_enable_members,
    "status": World.status,
    "many": World.many,
    "suspend": World.suspend,
    "resume": World.resume,
    "remove": World.remove,
    "join": World.join,
    "leave": World.leave,
    "move": World.move,
    "tag": World.tag,
    "policy": World.policy,
    "noPolicies": World.no_policies,
    "detector": World.detector,
    "noDetector": World.no_detector,
}
_OF_AN_ORGANIZATION = frozenset(
    {"autoEnable", "autoEnableMembers", "join", "leave", "move", "tag", "policy", "noPolicies"}
)
_OF_AN_ACCOUNT = frozenset(
    {"status", "suspend", "resume", "remove", "leave", "move", "tag", "policy"}
)


def _member(number: int) -> str:
    return f"{300_000_000_000 + number}"


def _described(shape: Shape) -> dict[str, Any]:
    chance = random.Random(shape.seed)  # noqa: S311 - no secret
    described: dict[str, Any] = {
        "regions": [REGION, ELSEWHERE],
        "seed": shape.seed,
        "associationMinutes": 5,
        "emptyPages": 0.2 if shape.seed % 3 == 0 else 0.0,
        "administrator": {"eksAuditLogs": _status(chance)},
        "settings": {
            "autoEnableOrganizationMembers": chance.choice(["NEW", "NEW", "ALL", "NONE"]),
            "eksAuditLogs": chance.choice(["NEW", "NONE", "NONE"]),
        },
    }
    if shape.mode == "organization":
        if shape.creates:
            described["regionsWithoutAdministratorDetector"] = [REGION]
        described["accounts"] = [_organized(n, chance) for n in range(1, shape.members + 1)]
        return described
    own: dict[str, Any] = {"id": INVITING, "name": "inviting", "eksAuditLogs": _status(chance)}
    too = {"id": INVITING_TOO, "name": "inviting-too", "eksAuditLogs": _status(chance)}
    if shape.creates and shape.mode == "standalone":
        described["standaloneAccounts"] = [{**own, "detector": False}, too]
        return described
    described["standaloneAccounts"] = [
        own,
        too,
        *(_invited(n, chance) for n in range(1, shape.members + 1)),
    ]
    return described


def _organized(number: int, chance: random.Random) -> dict[str, Any]:
    standing = chance.choices(["Enabled", "Disabled", "Removed", "Created"], [90, 6, 2, 2])[0]
    return {
        "id": _member(number),
        "name": f"account-{number}",
        "ou": chance.choice(UNITS),
        "tags": {"env": chance.choice(TAGS)},
        "eksAuditLogs": _status(chance),
        "relationshipStatus": standing,
        "joinedHoursAgo": 0 if chance.random() < 0.02 else 720,
    }


def _invited(number: int, chance: random.Random) -> dict[str, Any]:
    standing = chance.choices(["Enabled", "Created", "Invited", "Resigned"], [85, 5, 5, 5])[0]
    return {
        "id": _member(number),
        "name": f"invited-{number}",
        "eksAuditLogs": _status(chance),
        "invitedBy": INVITING,
        "relationshipStatus": standing,
    }


def _status(chance: random.Random) -> str:
    return chance.choice([ON, OFF])
