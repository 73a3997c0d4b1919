"""As a CI runs it: a web identity token, a chain of roles, keys that expire, and no profile."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import Fixed
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from tests.support.engine.organization import ON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_ALL_ON = [{"status": "ENABLED", "all": True}]
_JOB = "repo:acme/security:ref:refs/heads/main"
_PULL_REQUEST = "repo:acme/security:pull_request"


def _without_a_profile(folder: Path, **variables: str) -> Mapping[str, str]:
    """The environment of a job: no files of AWS, and only these variables."""
    names = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
    files = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    nowhere = {**dict.fromkeys(names, ""), **dict.fromkeys(files, str(folder / "none"))}
    return {**nowhere, **variables}


def test_a_job_acts_through_its_roles_and_renews_their_keys(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=120)
    control = aws.control
    ci = control.make_ci_role(MANAGEMENT, subject="repo:acme/security:ref:refs/heads/*")
    role = control.make_role(ADMINISTRATOR, "guardduty", trusts=[MANAGEMENT])
    file = tmp_path / "token"
    file.write_text(control.web_identity_token(_PULL_REQUEST))
    job = _without_a_profile(
        tmp_path, AWS_ROLE_ARN=ci, AWS_WEB_IDENTITY_TOKEN_FILE=str(file), AWS_REGION="us-east-1"
    )
    stack = aws.stack(**{"aws:assumeRoles": [{"roleArn": role}], "members": _ALL_ON})

    refused = stack.preview(**job)

    (error,) = refused.errors
    assert error.startswith(
        "no AWS credentials from the web identity token with aud sts.amazonaws.com and sub "
        f"{_PULL_REQUEST}: AssumeRoleWithWebIdentity: AccessDenied: Not authorized to perform "
    )
    assert f"Let the trust policy of {ci} accept the token's provider, aud and sub" in error
    assert refused.code != 0

    file.write_text(control.web_identity_token(_JOB))
    control.make_role(ADMINISTRATOR, "guardduty", trusts=["300000000001"])

    refused = stack.preview(**job)

    (error,) = refused.errors
    assert error.startswith(f"no AWS credentials from role {role}: AssumeRole: AccessDenied: User:")
    assert "Let the role's trust policy name the caller, and, if it asks for an ext" in error
    assert aws.writes() == []

    control.make_role(ADMINISTRATOR, "guardduty", trusts=[ci])
    # Shorter than a run: what is not renewed is refused.
    control.set_key_lifetime(seconds=4)
    control.slows("UpdateMemberDetectors", by=Fixed(seconds=5))

    run = stack.up("--skip-preview", **job)

    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {ON}
    assert {call.account for call in control.calls("UpdateMemberDetectors")} == {ADMINISTRATOR}
    assert len(control.calls("AssumeRole")) > 3
    assert stack.outputs()["unprocessed"] == {}


def test_a_run_goes_on_with_new_keys_when_its_keys_expire(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=2400)
    control = aws.control
    role = control.make_role(ADMINISTRATOR, "guardduty", trusts=[MANAGEMENT])

    def job() -> Mapping[str, str]:
        sts = aws.sandbox.boto3("sts", MANAGEMENT)
        keys = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
        return _without_a_profile(
            tmp_path,
            AWS_ACCESS_KEY_ID=keys["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
            AWS_SESSION_TOKEN=keys["SessionToken"],
        )

    stack = aws.stack(members=_ALL_ON)
    control.slows("UpdateMemberDetectors", by=Fixed(seconds=2))

    def expire() -> None:
        while not control.calls("UpdateMemberDetectors"):
            time.sleep(0.1)
        control.expire_keys(ADMINISTRATOR)

    expiry = threading.Thread(target=expire)
    expiry.start()
    failed = stack.up("--skip-preview", **job())
    expiry.join()

    assert failed.code != 0
    told = "AWS does not accept the credentials (UpdateMemberDetectors: The security token "
    assert told in failed.text
    on = Counter(aws.statuses().values())[ON]
    assert 800 < on < 2400
    assert len(stack.record().accounts) == 2400
    assert len(control.calls("UpdateMemberDetectors")) < 32

    control.clear_faults()
    control.clear_calls()
    run = stack.up(**job())

    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {ON}
    again = [a for call in control.calls("UpdateMemberDetectors") for a in call.account_ids]
    assert len(again) == 2400 - on
