"""Who acts, as a terminal or a CI job says it: a source that gives nothing is told by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_PROFILES = {
    "code": "role_arn = arn:aws:iam::222222222222:role/audit\nsource_profile = administrator\n"
    "mfa_serial = arn:aws:iam::222222222222:mfa/joe",
    "program": "credential_process =",
    "nothing": "output = json",
    "sso": "sso_session = acme\nsso_account_id = 222222222222\nsso_role_name = audit\n"
    "[sso-session acme]\nsso_region = us-east-1\nsso_start_url = https://acme.example",
}

_TOLD = {
    "code": "profile code asks for an MFA code (mfa_serial), and a run can't ask for one. "
    "Put keys into ",
    "program": "no AWS credentials from credential_process of profile program: it is empty, or ",
    "nothing": "no AWS credentials: profile nothing has none. Add keys, a role, SSO or a ",
    "sso": "no AWS credentials from profile sso, which signs in by SSO: Error loading SSO Token: ",
}


def test_a_source_without_credentials_is_named_without_a_traceback(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    stack = aws.stack()
    config = Path(aws.environment["AWS_CONFIG_FILE"]).read_text()
    file = tmp_path / "config"
    file.write_text(config + "".join(f"\n[profile {n}]\n{of}\n" for n, of in _PROFILES.items()))
    given = {"AWS_CONFIG_FILE": str(file), "HOME": str(tmp_path)}

    for profile, told in _TOLD.items():
        run = stack.preview(**given, AWS_PROFILE=profile)
        (error,) = run.errors
        assert error.startswith(told)
        assert (run.code != 0, "Traceback" in run.text) == (True, False)

    nothing = {**given, "AWS_PROFILE": "", "AWS_CONFIG_FILE": str(tmp_path / "none")}
    nothing["AWS_SHARED_CREDENTIALS_FILE"] = str(tmp_path / "none")
    (error,) = stack.preview(**nothing).errors
    assert error.startswith(
        "no AWS credentials: Unable to locate credentials. Set aws:profile in the stack; or "
    )
    nothing["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(tmp_path / "none")
    (error,) = stack.preview(**nothing).errors
    assert error.startswith("no AWS credentials from the web identity token: no role is named. Let")
    assert aws.writes() == []
