"""A stack's life, call by call, against the local AWS organization.

What AWS holds afterwards is asked of the sandbox, never of the product.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from components.member_features import MemberFeaturesProvider
from components.prior_settings import PriorSettingsProvider
from sandbox.credentials import access_key_id, secret_access_key
from tests.contract.dynamic_provider_process import error_of, running
from tests.vocabulary import ADMINISTRATOR, account, accounts

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

    from tests.conftest import RunningSandbox, ServeSandbox

_REGION = "eu-west-1"


def _provider(
    sandbox: RunningSandbox, provider: ResourceProvider, caller: str = ADMINISTRATOR
) -> Any:  # noqa: ANN401 - a context manager of the process
    configuration = {
        "aws:accessKey": access_key_id(caller),
        "aws:secretKey": secret_access_key(caller),
        "aws:endpoints": json.dumps([{"guardduty": sandbox.url, "sts": sandbox.url}]),
    }
    return running(provider, configuration, sandbox.folder)


def _inputs(sandbox: RunningSandbox, statuses: dict[Any, str]) -> dict[str, Any]:
    detector = sandbox.detector(region=_REGION)
    return {
        "region": _REGION,
        "account": ADMINISTRATOR,
        "detectorId": detector,
        "statuses": statuses,
        "changes": {},
    }


def _held(sandbox: RunningSandbox) -> dict[str, str | None]:
    """What each member really has."""
    truth = sandbox.client.truth()[_REGION]
    return {a: held.eks_audit_logs for a, held in truth.items() if a.startswith("3")}


def _writes(sandbox: RunningSandbox) -> list[tuple[str, ...]]:
    return [tuple(c.account_ids) for c in sandbox.client.calls("UpdateMemberDetectors")]


def test_members_are_set_kept_and_let_go(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=120)
    wanted = {**dict.fromkeys(accounts(120), "ENABLED"), account(120): "DISABLED"}
    inputs = _inputs(sandbox, wanted)
    sandbox.client.leave_unprocessed("UpdateMemberDetectors", [account(7)], "No.", times=1)
    before = _held(sandbox)

    with _provider(sandbox, MemberFeaturesProvider()) as members:
        created = members.create(inputs)
        assert _held(sandbox) == {**wanted, account(7): before[account(7)]}
        assert created.outputs["unprocessed"] == {account(7): "No."}
        differing = [a for a in accounts(120) if before[a] != wanted[a]]
        assert len(_writes(sandbox)) == -(-len(differing) // 50)
        assert {a for batch in _writes(sandbox) for a in batch} == set(differing)

        sandbox.client.clear_calls()
        updated = members.update(created.outputs, inputs)
        assert _held(sandbox) == wanted
        assert _writes(sandbox) == [(account(7),)]
        assert (updated["statuses"], updated["unprocessed"]) == (wanted, {})
        assert not members.diff(updated, inputs).changes

        sandbox.client.set_feature(account(9), "DISABLED", region=_REGION)
        read = members.read(updated)
        assert read.inputs == {**inputs, "statuses": {**wanted, account(9): "DISABLED"}}

        sandbox.client.clear_calls()
        members.delete(updated)
        assert sandbox.client.calls() == []


def test_a_member_that_left_is_reported_not_dropped(sandbox: RunningSandbox) -> None:
    inputs = _inputs(sandbox, dict.fromkeys(accounts(12), "ENABLED"))

    with _provider(sandbox, MemberFeaturesProvider()) as members:
        created = members.create(inputs)
        sandbox.client.leave(account(4))
        read = members.read(created.outputs)

    assert read.outputs["statuses"] == inputs["statuses"]
    assert set(read.outputs["unprocessed"]) == {account(4)}


def test_what_was_there_before_is_recorded_without_a_write(sandbox: RunningSandbox) -> None:
    before = _held(sandbox)
    inputs = {
        "region": _REGION,
        "account": ADMINISTRATOR,
        "detectorId": sandbox.detector(region=_REGION),
        "accounts": dict.fromkeys(accounts(12), "LEAVE"),
    }
    sandbox.client.clear_calls()

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        created = prior.create(inputs)

    assert created.outputs["statuses"] == {a: before[a] for a in accounts(12)}
    assert [c.operation for c in sandbox.client.calls() if c.operation.startswith("Update")] == []


def test_a_member_accounts_credentials_do_not_pass_for_the_administrators(
    sandbox: RunningSandbox,
) -> None:
    inputs = _inputs(sandbox, dict.fromkeys(accounts(12), "ENABLED"))

    with _provider(sandbox, MemberFeaturesProvider(), account(1)) as members, error_of() as told:
        members.read({**inputs, "unprocessed": {}})

    assert told[0].splitlines() == [
        (
            "GuardDuty: this stack in eu-west-1 is account 222222222222's, but the credentials are "
            "of account 300000000001. Use credentials of 222222222222."
        )
    ]
