"""Inputs and outputs of the dynamic resources, in the words of the state contract.

What is empty is left out, as the product leaves it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.texts import grouped, listed, read_grouped
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]

SETTINGS = ("status", "autoEnable")
"""What a stack of an organization writes beside members."""

SETTINGS_BEFORE = {"status": "DISABLED", "autoEnable": "NONE"}
"""What `tests.support.aws_double.Aws` has of them at first."""


def whose(**more: object) -> Properties:
    return {
        "region": REGION,
        "administratorAccountId": ADMINISTRATOR,
        "detectorId": DETECTOR,
        "retryMinutes": 0,
        "revision": 1,
        **more,
    }


def members_inputs(
    wanted: Mapping[Any, str],
    changes: Mapping[Any, str] | None = None,
    **more: Any,  # noqa: ANN401 - as JSON has it
) -> Properties:
    """As the plan gives them: an account of `changes` or `already` is not in `wanted`, too."""
    named = {*(changes or {}), *read_grouped(more.get("already"))}
    rest = {a: status for a, status in wanted.items() if a not in named}
    given = {"wanted": grouped(rest), "changes": grouped(changes or {}), **more}
    return whose(**_filled(given))


def members_outputs(
    wanted: Mapping[Any, str],
    drifted: Mapping[Any, str] | None = None,
    **more: Any,  # noqa: ANN401
) -> Properties:
    return whose(**_filled({"wanted": grouped(wanted), "drifted": listed(drifted or {}), **more}))


def prior_inputs(
    record: Mapping[Any, str] | None = None,
    release: Mapping[Any, str] | None = None,
    **more: Any,  # noqa: ANN401 - as JSON has it
) -> Properties:
    given = {
        "record": grouped(record or {}),
        "settings": list(SETTINGS),
        "generation": 0,
        "release": grouped(release or {}),
        "onRelease": "RESTORE",
        "maxDisabled": 10,
        **more,
    }
    return whose(**_filled(given))


def prior_outputs(
    before: Mapping[Any, str] | None = None,
    **more: Any,  # noqa: ANN401
) -> Properties:
    given = {
        "before": grouped(before or {}),
        "generation": 1,
        "settingsBefore": SETTINGS_BEFORE,
        "onRelease": "RESTORE",
        "maxDisabled": 10,
        **more,
    }
    return whose(**_filled(given))


def of_another_account(
    region: str, caller: str, owner: str = ADMINISTRATOR, *, of_the_state: bool = False
) -> str:
    """The error of credentials that are not the resource's account's.

    Of a refresh or a destroy, the credentials are those `of_the_state`.
    """
    way_out = (
        " A refresh and a destroy act as the state says, so as the last `pulumi up` did. If other "
        "credentials are configured since then, run `pulumi up --refresh=false` once, also before "
        "a destroy; `pulumi preview --refresh=false` shows it."
    )
    return (
        f"GuardDuty: this stack in {region} is account {owner}'s, but the credentials are of "
        f"account {caller}. Use credentials of {owner}. If another account has replaced {owner}, "
        f"docs/replaced-administrator.md has the steps; if {owner} can't act any more, `pulumi "
        "state delete --all` (in a larger program: --target-dependents and the URN of "
        "PriorSettings) drops the record and writes nothing to AWS; then run `pulumi up`."
        f"{way_out if of_the_state else ''}"
    )


def _filled(properties: Properties) -> Properties:
    empty: list[object] = ["", {}, []]
    return {k: value for k, value in properties.items() if k == "identity" or value not in empty}
