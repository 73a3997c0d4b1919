"""Accepting an invitation takes the locks of two accounts, and never waits for ever."""

from __future__ import annotations

import threading

from aws_sandbox.guardduty.operations import perform
from aws_sandbox.organization import default_organization
from aws_sandbox.populate import build

INVITING = "222222222222"
INVITED = "111111111111"


def test_who_accepts_gives_way_to_a_caller_that_holds_the_other_lock() -> None:
    world, _ = build(default_organization(accounts=0, regions=["us-east-1"]))
    inviting = world.place("us-east-1", INVITING)
    invited = world.place("us-east-1", INVITED)
    detector = perform("CreateDetector", world, invited, {"Enable": True}, {})["DetectorId"]
    assert inviting.detector is not None
    by = {"DetectorId": inviting.detector.detector_id}
    details = [{"AccountId": INVITED, "Email": "owner@example.com"}]
    world.regions["us-east-1"].delegated_administrator = None
    perform("CreateMembers", world, inviting, {**by, "AccountDetails": details}, {})
    perform("InviteMembers", world, inviting, {**by, "AccountIds": [INVITED]}, {})
    (invitation,) = perform("ListInvitations", world, invited, {}, {})["Invitations"]
    answer = {
        "DetectorId": detector,
        "AdministratorId": INVITING,
        "InvitationId": invitation["InvitationId"],
    }
    accepting = threading.Thread(
        target=perform, args=("AcceptAdministratorInvitation", world, invited, answer, {})
    )
    with invited.lock:
        accepting.start()
        # The order of an administrator with a member that it invited itself: other lock second.
        assert inviting.lock.acquire(timeout=60)
        inviting.lock.release()
    accepting.join(timeout=60)
    assert not accepting.is_alive()
    assert invited.administrator_id == INVITING
