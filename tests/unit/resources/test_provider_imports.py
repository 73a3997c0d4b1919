"""What a provider's process loads before it has anything to ask AWS: it is started for each run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.contract_properties import (
    members_inputs,
    members_outputs,
    prior_inputs,
    prior_outputs,
)
from tests.support.vocabulary import ADMINISTRATOR, REGION, account

_DESIGNATION = {
    "region": REGION,
    "administratorAccountId": ADMINISTRATOR,
    "managementAccountId": account(9),
}
_CODE = """
import json, sys
from guardduty_eks_audit_logs.resources import {module} as module
olds, news = json.loads(sys.argv[1])
module.{provider}().diff("id", olds, news)
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("module", "provider", "olds", "news"),
    [
        (
            "member_features",
            "MemberFeaturesProvider",
            members_outputs({account(1): "ENABLED"}),
            members_inputs({account(1): "ENABLED"}, {account(1): "DISABLED -> ENABLED"}),
        ),
        ("prior_settings", "PriorSettingsProvider", prior_outputs(), prior_inputs()),
        ("designation", "DesignationProvider", _DESIGNATION, _DESIGNATION),
    ],
    ids=["members", "prior", "designation"],
)
def test_a_process_that_only_compares_loads_no_boto3(
    module: str, provider: str, olds: dict[str, object], news: dict[str, object]
) -> None:
    code = _CODE.format(module=module, provider=provider)
    command = [sys.executable, "-c", code, json.dumps([olds, news])]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)

    roots = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert "guardduty_eks_audit_logs" in roots
    assert roots.isdisjoint({"boto3", "botocore", "awscrt"})
