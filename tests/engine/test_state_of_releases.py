"""The state that each release left is taken over by this one, with all that it recorded.

`states/` has one file for each release: `pulumi stack export` of a stack `release` on the default
organization, with the rules below; without times and places in files. That of today's development
version has a second one, in which an account is held back.
"""

from __future__ import annotations

import json
import pickletools
import re
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.earlier_states import provider_reference
from tests.support.engine.organization import OFF, ON, REGION, account
from tests.support.engine.stack import Record

if TYPE_CHECKING:
    from collections.abc import Callable

from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

STATES = sorted((Path(__file__).parent / "states").glob("*.json"))
RULES: dict[str, object] = {
    "members": [
        {"status": "UNMANAGED", "accounts": [account(1)]},
        {"status": "DISABLED", "accounts": [account(3)]},
        {"status": "ENABLED", "all": True},
    ]
}
OF_HELD_BACK: dict[str, object] = {
    "members": [{"status": "ENABLED", "accounts": [account(n) for n in (1, 2, 3, 5, 6)]}],
    "onRelease": "RESTORE",
}
SUSPENDED = account(4)
"""In the state `held-back`, it left the rules while it was suspended, and is not released yet."""


@pytest.mark.parametrize("state", STATES, ids=[state.stem for state in STATES])
def test_a_state_of_an_earlier_release_is_rewritten_and_aws_is_not(
    organization: Callable[..., Organization], state: Path
) -> None:
    aws = organization()
    held_back = state.stem.endswith("held-back")
    rules = OF_HELD_BACK if held_back else RULES
    recorded = _outputs(state, "PriorSettings")
    wanted = _outputs(state, "MemberFeatures")["statuses"]
    for name, status in wanted.items():
        aws.set_status(name, status)
    aws.set_own_status(ON)
    aws.set_auto_enable("NEW")
    if held_back:
        aws.control.suspend(SUSPENDED)
    stack = aws.stack("release", **rules)
    stack.import_text(state.read_text().replace(recorded["detectorId"], aws.detector_id()))
    settings = {**recorded["organization"], "status": recorded["detector"]["status"]}
    # The first release recorded it of every stack; this one did not write it.
    settings.pop("autoEnableMembers", None)
    record = Record(recorded["statuses"], settings)
    aws.control.clear_calls()

    preview = stack.preview("--diff")
    assert "rewritten" in preview.text
    assert {name for name in wanted if name in preview.text} <= {SUSPENDED}, preview.text

    run = stack.up()

    assert run.code == 0, run.text
    assert len([line for line in run.text.splitlines() if "rewritten" in line]) == 2, run.text
    assert aws.writes() == []
    assert stack.record() == record
    assert stack.wanted() == wanted
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text
    assert "rewritten" not in again.text

    if held_back:
        aws.control.set_relationship(SUSPENDED, "Enabled")
        aws.set_status(SUSPENDED, ON)
    stack.configure({"aws:region": REGION, **rules, "onRelease": "RESTORE"})
    run = stack.up()
    assert run.code == 0, run.text
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    held = aws.held()
    assert {name: held[name] for name in record.accounts} == record.accounts
    assert (held["222222222222"], held["autoEnable"]) == (OFF, "NONE")
    assert stack.kinds() == []


def test_a_state_that_names_another_module_is_rewritten_once(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack("release", **RULES)
    assert stack.up().code == 0
    written = stack.exported()
    moved = json.loads(written)
    for resource in moved["deployment"]["resources"]:
        kind = resource["type"].rpartition(":")[2]
        if resource["type"].startswith("pulumi-python:dynamic/") and kind in _MODULES:
            reference = provider_reference(STATES[0], kind)
            assert _module_of(reference) == f"components.{_MODULES[kind]}"
            resource["inputs"]["__provider"] = resource["outputs"]["__provider"] = reference
    stack.import_text(json.dumps(moved))
    aws.control.clear_calls()

    run = stack.up()

    assert run.code == 0, run.text
    assert "State: rewritten in this release's form" in run.text
    assert aws.writes() == []
    for kind, name in _MODULES.items():
        after = json.loads(stack.exported())["deployment"]["resources"]
        (found,) = [r for r in after if r["type"].endswith(f":{kind}")]
        for properties in (found["inputs"], found["outputs"]):
            module = _module_of(properties["__provider"])
            assert module == f"guardduty_eks_audit_logs.resources.{name}"
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text
    assert "rewritten" not in again.text


_MODULES = {"PriorSettings": "prior_settings", "MemberFeatures": "member_features"}


def _module_of(reference: str) -> str:
    strings = [text for _, text, _ in pickletools.genops(b64decode(reference)) if text]
    return next(text for text in strings if isinstance(text, str))


def _outputs(state: Path, kind: str) -> dict[str, Any]:
    resources = json.loads(state.read_text())["deployment"]["resources"]
    (found,) = [r["outputs"] for r in resources if r["type"].endswith(f":{kind}")]
    return dict(found)


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
