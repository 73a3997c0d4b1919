"""What a provider's process loads before it has anything to ask AWS: it is started for each run."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["member_features", "prior_settings", "designation"])
def test_a_process_that_only_compares_loads_no_boto3(module: str) -> None:
    code = f"import sys, guardduty_eks_audit_logs.resources.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    roots = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert "guardduty_eks_audit_logs" in roots
    assert roots.isdisjoint({"boto3", "botocore", "awscrt"})
