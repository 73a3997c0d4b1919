"""Releasing members that a stack had taken, as `onRelease` says.

A run's plan, and a destroy after reading AWS (`find_release`), plan a release
(`planning.release`). Then it is done (`do_release`). Doing it again writes only what is left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import TooManyDisabledError, UserError
from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
from guardduty_eks_audit_logs.planning.decisions import is_member
from guardduty_eks_audit_logs.planning.release import Release, Released, plan_release
from guardduty_eks_audit_logs.reading.member_statuses import read_member_statuses, read_memberships
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.writing.members import set_member_statuses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.aws.patience import Patience
    from guardduty_eks_audit_logs.model import DetectorId
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled


def find_release(
    api: GuardDutyApi,
    detector_id: DetectorId,
    on_release: OnRelease,
    before: Mapping[AccountId, FeatureStatus],
) -> Release:
    """Finds what releasing accounts changes (GetMembers and GetMemberDetectors, 50 a call).

    No call is made for accounts that are left as they are.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        on_release: what happens to each account.
        before: the accounts, with what each had before the stack.

    Raises:
        UserError: a whole call failed.
    """
    asked = [] if on_release is OnRelease.LEAVE else list(before)
    members = read_memberships(api, detector_id, asked)
    active = [a for a in asked if a in members and members[a].monitored]
    read = read_member_statuses(api, detector_id, active)
    return plan_release(on_release, before, members, read)


def refuse_too_many(
    api: GuardDutyApi,
    detector_id: DetectorId,
    release: Release,
    on_release: OnRelease,
    limit: MaxDisabled,
) -> None:
    """Refuses a destroy that turns off more members than one run may.

    Args:
        api: GuardDuty in the region, as the administrator; asked only for a percentage, which is
            of all monitored members (ListMembers).
        detector_id: the administrator's detector.
        release: what the destroy will change.
        on_release: the stack's setting, for the sentence.
        limit: `maxDisabled`.

    Raises:
        TooManyDisabledError: it is too many.
        UserError: the members could not be listed.
    """
    off, members = release.turning_off, 0
    if off and isinstance(limit.written, str):
        members = sum(member.monitored for member in api.members(detector_id))
    if len(off) > limit.of(members):
        raise TooManyDisabledError(
            messages.too_many_disabled_on_destroy(
                off, on_release.value, limit.of(members), limit.written
            )
        )


def do_release(
    api: GuardDutyApi,
    detector_id: DetectorId,
    release: Release,
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> Released:
    """Does a release: sets the accounts that change, see `set_member_statuses`.

    A failure of some accounts is no exception. One that left, or was suspended, in the meantime is
    no failure.
    """
    outcome = set_member_statuses(api, detector_id, release.changing, patience, report)
    left = outcome.unprocessed
    former_members, inactive = frozenset[AccountId](), dict[AccountId, str]()
    try:
        members = read_memberships(api, detector_id, list(left))
    except UserError:
        # Then nothing more is known of them, and the reasons that they have stand.
        pass
    else:
        former_members = frozenset(a for a in left if a not in members or not is_member(members[a]))
        inactive = {
            a: member.relationship_status
            for a, member in members.items()
            if is_member(member) and not member.monitored
        }
    done = replace(
        release,
        changing={a: s for a, s in release.changing.items() if a not in left},
        former_members=release.former_members | former_members,
        inactive={**release.inactive, **inactive},
    )
    return Released(
        done, {a: why for a, why in left.items() if a not in {*former_members, *inactive}}
    )
