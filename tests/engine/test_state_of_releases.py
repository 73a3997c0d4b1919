"""The state that each release left is taken over by this one, with all that it recorded.

`states/` has one file for each release: `pulumi stack export` of a stack `release` on the default
organization, with the rules below; without times and places in files.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.organization import OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.organization import Organization

STATES = sorted((Path(__file__).parent / "states").glob("*.json"))
RULES = [
    {"status": "UNMANAGED", "accounts": [account(1)]},
    {"status": "DISABLED", "accounts": [account(3)]},
    {"status": "ENABLED", "all": True},
]


@pytest.mark.parametrize("state", STATES, ids=[state.stem for state in STATES])
def test_a_state_of_an_earlier_release_is_taken_over_with_what_it_recorded(
    organization: Callable[..., Organization], state: Path
) -> None:
    aws = organization()
    stack = aws.stack("release", members=RULES)
    recorded = {
        resource["type"]: resource["outputs"]
        for resource in json.loads(state.read_text())["deployment"]["resources"]
        if resource["custom"]
    }["pulumi-python:dynamic/guardduty:PriorSettings"]
    stack.take_over(state)
    before = aws.statuses()

    run = stack.up()

    assert run.code == 0, run.text
    assert "Traceback" not in run.text
    prior = stack.resource(":PriorSettings")["outputs"]
    for key in ("statuses", "organization", "detector"):
        assert prior[key] == recorded[key]
    statuses = aws.statuses()
    assert statuses.pop(account(1)) == before[account(1)]
    assert statuses.pop(account(3)) == OFF
    assert set(statuses.values()) == {ON}
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text
    assert stack.destroy().code == 0
    assert stack.kinds() == []


def test_the_state_has_no_secret_and_no_address_of_anybody(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(
        description="""
accounts: [{id: "300000000001", name: shop}]
standaloneAccounts: [{id: "800000000002", name: branch, invitedBy: "222222222222"}]
regions: [us-east-1]
"""
    )
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])

    run = stack.up()

    assert run.code == 0, run.text
    keys = aws.sandbox.boto3("sts")._request_signer._credentials
    for text in (stack.exported(), run.text, json.dumps(stack.outputs())):
        assert keys.secret_key not in text
        assert not re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", text), text
