"""Reads in which regions an account can have EKS audit logs; nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.aws.regions import global_region
from guardduty_eks_audit_logs.aws.session import configured_region, open_session
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    ServiceError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.settings.new_stack_answers import is_region_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration

_OPTED_IN = ("ENABLED", "ENABLED_BY_DEFAULT")


@dataclass(frozen=True)
class FoundRegion:
    """What AWS says of a region.

    Attributes:
        name: for instance `eu-central-1`.
        left_out: why no stack can keep it; empty if one can.
        unknown: what AWS did not say, and why; empty if nothing.
    """

    name: str
    left_out: str = ""
    unknown: str = ""


def read_usable_regions(
    who: Configuration, wanted: Sequence[str] = (), report: Report = lambda _: None
) -> tuple[FoundRegion, ...]:
    """Asks which regions the account has opted in to, and which of them offer EKS_AUDIT_LOGS.

    A region offers it if the account's detector there has the feature. Where AWS does not say,
    that is told, and the region counts as usable.

    Args:
        who: names the account's credentials, as the configuration of its stacks does.
        wanted: which regions; none for all that the account has opted in to. Then the environment
            or the profile names a region of the account's partition; else it is `aws`.
        report: gets a line when a call takes long, see `aws.watch`.

    Raises:
        SettingsError: AWS lists no such region.
        CredentialsError: see `aws.session`.
        ConnectionFailedError: no answer.
        ServiceError: AWS does not tell the caller who it is; or, without `wanted`, the regions.
    """
    region = wanted[0] if wanted else configured_region(who)
    session = open_session(who, global_region(region or "us-east-1"), report=report)
    try:
        told = session.account().opt_in_statuses()
    except (ConnectionFailedError, ServiceError) as error:
        if not wanted:
            raise
        read = partial(_read, who, report, unknown=messages.opt_in_unknown(str(error)))
        return tuple(at_once(read, wanted))
    statuses = {name: status for name, status in told.items() if is_region_name(name)}
    if not wanted:
        wanted = sorted(name for name, status in statuses.items() if status in _OPTED_IN)
    strange = [name for name in wanted if name not in statuses]
    if strange:
        raise SettingsError(messages.region_not_of_aws(name, statuses) for name in strange)
    usable = [name for name in wanted if statuses[name] in _OPTED_IN]
    read_ones = {found.name: found for found in at_once(partial(_read, who, report), usable)}
    return tuple(
        read_ones.get(name)
        or FoundRegion(name, messages.not_opted_in(session.caller, statuses[name]))
        for name in wanted
    )


def _read(who: Configuration, report: Report, region: str, unknown: str = "") -> FoundRegion:
    try:
        guardduty = open_session(who, region, report=report).guardduty
        detector = guardduty.detector_id()
        if detector is None:
            nothing = messages.offer_unknown(messages.region_without_detector())
            return FoundRegion(region, unknown=unknown or nothing)
        if guardduty.detector(detector).status is None:
            return FoundRegion(region, messages.region_without_feature())
    except UserError as error:
        return FoundRegion(region, unknown=messages.offer_unknown(str(error)))
    return FoundRegion(region, unknown=unknown)
