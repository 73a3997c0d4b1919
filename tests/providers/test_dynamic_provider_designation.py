"""`Designation` as the engine speaks to it: a destroy removes the designation, a run never does.

What AWS holds afterwards is asked of the sandbox, never of the product.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from guardduty_eks_audit_logs.resources.designation import DesignationProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.contract_properties import of_another_account, prior_inputs
from tests.support.dynamic_provider_process import Checked, DynamicProvider, error_of, running
from tests.support.vocabulary import ADMINISTRATOR, account

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

Properties = dict[str, Any]

_REGION = "eu-west-1"
_MANAGEMENT = "111111111111"
_HOW = "removes the designation, which disassociates all its members, at most 12"


def _process(
    sandbox: RunningSandbox, folder: Path, caller: str = _MANAGEMENT
) -> AbstractContextManager[DynamicProvider]:
    configuration = {
        "aws:accessKey": access_key_id(caller),
        "aws:secretKey": secret_access_key(caller),
        "aws:endpoints": json.dumps([{"guardduty": sandbox.url, "sts": sandbox.url}]),
    }
    return running(DesignationProvider(), configuration, folder)


def _designation(**more: object) -> Properties:
    return {
        "region": _REGION,
        "administratorAccountId": ADMINISTRATOR,
        "managementAccountId": _MANAGEMENT,
        **more,
    }


def _administrator(sandbox: RunningSandbox) -> str | None:
    return sandbox.client.organization().administrators[_REGION]


def _ended(sandbox: RunningSandbox) -> list[str]:
    operation = "DisableOrganizationAdminAccount"
    return [call.account for call in sandbox.client.calls(operation)]


def test_a_destroy_removes_the_designation_as_the_management_account(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with _process(sandbox, tmp_path) as destroy:
        destroy.delete(_designation())
        assert _ended(sandbox) == [_MANAGEMENT]
        assert _administrator(sandbox) is None
        assert destroy.stderr.splitlines() == [
            (
                "Account 222222222222 is not the GuardDuty administrator in eu-west-1 any more; "
                "its members are disassociated, and GuardDuty stays on in them."
            )
        ]

        # One that is gone is no failure.
        destroy.begin_test()
        destroy.delete(_designation())
        assert len(_ended(sandbox)) == 1
        assert destroy.stderr.splitlines() == [
            "Account 222222222222 is not designated in eu-west-1 any more: nothing is removed."
        ]


def test_a_designation_that_is_not_its_own_stays(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with _process(sandbox, tmp_path) as destroy:
        destroy.delete(_designation(administratorAccountId=account(1)))
    with _process(sandbox, tmp_path, ADMINISTRATOR) as destroy, error_of() as told:
        destroy.delete(_designation())

    refused = of_another_account(_REGION, ADMINISTRATOR, _MANAGEMENT, of_the_state=True)
    assert told[0].splitlines() == [refused]
    assert _ended(sandbox) == []
    assert _administrator(sandbox) == ADMINISTRATOR


def test_no_run_of_the_program_removes_a_designation(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.client.clear_calls()
    with _process(sandbox, tmp_path) as run:
        run.check(_designation(onDestroy=_HOW))
        run.delete(_designation())
    # Also not one that has left the program, which goes on with others.
    with _process(sandbox, tmp_path) as run:
        run.check(_designation(region="us-east-1"))
        run.delete(_designation())
    with _process(sandbox, tmp_path) as run:
        run.beside(PriorSettingsProvider()).check(prior_inputs())
        run.delete(_designation())

    assert sandbox.client.calls() == []
    assert _administrator(sandbox) == ADMINISTRATOR


@pytest.fixture
def provider(tmp_path: Path) -> Any:  # noqa: ANN401 - the process, which asks nobody
    with running(DesignationProvider(), {}, tmp_path) as provider:
        yield provider


def test_its_outputs_are_who_designates_whom_and_where(provider: DynamicProvider) -> None:
    inputs = _designation(onDestroy=_HOW, identity={"profile": "management"})

    assert provider.check(inputs) == Checked(inputs, [])
    created = provider.create(inputs)
    assert created.id == f"{_REGION}/{ADMINISTRATOR}"
    assert created.outputs == _designation(identity={"profile": "management"})
    assert provider.update(_designation(), inputs) == created.outputs
    assert provider.read(created.outputs).outputs == created.outputs


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"onDestroy": "more"}, False, []),
        ({"identity": {"profile": "another"}}, True, []),
        ({"managementAccountId": account(9)}, True, []),
        ({"region": "us-east-1"}, True, ["region"]),
        ({"administratorAccountId": account(9)}, True, ["administratorAccountId"]),
    ],
    ids=["nothing", "what a destroy does", "identity", "management", "region", "account"],
)
def test_what_asks_for_an_update_and_what_for_another_resource(
    provider: DynamicProvider,
    news: Properties,
    changes: bool,  # noqa: FBT001 - a column of the table
    replaces: list[str],
) -> None:
    diff = provider.diff(_designation(), _designation(**{"onDestroy": _HOW, **news}))

    assert (diff.changes, diff.replaces) == (changes, replaces)


def test_a_state_that_names_no_account_is_refused_in_one_sentence(
    provider: DynamicProvider,
) -> None:
    with error_of() as told:
        provider.delete(_designation(managementAccountId="shop"))

    (line,) = told[0].splitlines()
    assert line.startswith("GuardDuty: the state of Designation was not written by this program")
