"""How many days of the free trial are left.

GuardDuty is free for 30 days for each account and region, from when it is first enabled; an
account that first turns a plan on later gets 30 days of its own for it. A plan can be turned off
and the days that are left used later (GuardDuty user guide, EKS Protection).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_sandbox.guardduty.metering import days_on

if TYPE_CHECKING:
    from datetime import datetime

    from aws_sandbox.guardduty.state import Detector

TRIAL_DAYS: Final = 30


def days_remaining(detector: Detector, now: datetime) -> dict[str, int]:
    """Days of trial left by plan, a day that has begun included.

    Plans that the account has never had on are not listed: the answer is "a list of features
    enabled for the GuardDuty account" (`AccountFreeTrialInfo`). That plans which were turned off
    again are listed with the days that are kept is assumed.
    """
    return {plan: max(0, TRIAL_DAYS - days) for plan, days in days_on(detector, now).items()}
