"""boto3 and pulumi-aws act as one account, whichever way it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.testing import ADMINISTRATOR
from tests.support.engine.organization import OFF, ON, REGION, account
from tests.support.engine.stack import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

pytestmark = pytest.mark.slow

RULES: object = [{"status": "ENABLED", "all": True}]


def _assert_all_by_the_administrator(aws: Organization) -> None:
    assert set(aws.statuses().values()) == {ON}
    assert {call.account for call in aws.control.calls() if call.service == "guardduty"} == {
        "222222222222"
    }


def test_the_stacks_profile_comes_before_the_environments(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(**{"aws:profile": "administrator", "members": RULES})

    run = stack.up(AWS_PROFILE="management")

    assert run.code == 0, run.text
    _assert_all_by_the_administrator(aws)


def test_a_profile_that_is_gone_ends_a_run_with_the_way_that_leads_on(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4)
    for member in aws.members():
        aws.control.set_feature(member, OFF)
    settings = {"members": RULES, "onRelease": "RESTORE"}
    stack = aws.stack(**settings, **{"aws:profile": "former"})
    assert stack.up(**_only_profile(tmp_path, "former")).code == 0

    # The profile gets another name; and somebody turns a member off.
    stack.configure({"aws:region": REGION, **settings, "aws:profile": "renamed"})
    renamed = _only_profile(tmp_path, "renamed")
    aws.control.set_feature(account(1), OFF)
    aws.control.clear_calls()
    for run in (
        stack.preview(**renamed),
        stack.up("--skip-preview", **renamed),
        stack.refresh_preview(**renamed),
        stack.destroy("--skip-preview", **renamed),
    ):
        _assert_refused(run, "former")
    alone = stack.refresh_preview("--target", "**MemberFeatures**", **renamed)
    assert alone.code != 0, alone.text
    assert " A refresh and a destroy act as the state says" in alone.text
    assert "run `pulumi up --refresh=false` once, also before a destroy" in alone.text
    assert aws.writes() == []

    preview = stack.preview("--refresh=false", **renamed)
    assert preview.code == 0, preview.text
    assert f"on   {account(1)}" in preview.text
    run = stack.up("--refresh=false", **renamed)
    assert run.code == 0, run.text
    assert aws.statuses()[account(1)] == ON
    settled = stack.preview("--expect-no-changes", **renamed)
    assert settled.code == 0, settled.text

    # CI has no profile, but keys in its environment; and destroys the stack.
    stack.configure({"aws:region": REGION, **settings})
    ci = {**_only_profile(tmp_path, "ci"), "AWS_PROFILE": "ci"}
    aws.control.clear_calls()
    for run in (stack.preview(**ci), stack.destroy("--skip-preview", **ci)):
        _assert_refused(run, "renamed")
    assert aws.writes() == []
    run = stack.up("--refresh=false", "--skip-preview", **ci)
    assert run.code == 0, run.text
    assert aws.writes() == []
    laptop = {**_only_profile(tmp_path, "laptop"), "AWS_PROFILE": "laptop"}
    settled = stack.preview("--expect-no-changes", **laptop)
    assert settled.code == 0, settled.text
    destroyed = stack.destroy("--skip-preview", **ci)
    assert destroyed.code == 0, destroyed.text
    assert set(aws.statuses().values()) == {OFF}


def _only_profile(folder: Path, name: str) -> dict[str, str]:
    """An environment whose files have the administrator's keys by one name, and no other."""
    file = folder / f"credentials-{name}"
    key, secret = access_key_id(ADMINISTRATOR), secret_access_key(ADMINISTRATOR)
    file.write_text(f"[{name}]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_CONFIG_FILE": str(folder / "none")}


def _assert_refused(run: Run, profile: str) -> None:
    # The engine asks the aws plugin first, and ends by the words that this one has.
    assert run.code != 0, run.text
    assert "Traceback" not in run.text
    assert f"The config profile ({profile}) could not be found" in run.text


def test_a_role_is_assumed_by_both(organization: Callable[..., Organization]) -> None:
    aws = organization()
    role = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
    stack = aws.stack(**{"aws:assumeRoles": [{"roleArn": role}], "members": RULES})

    run = stack.up(AWS_PROFILE="management")

    assert run.code == 0, run.text
    _assert_all_by_the_administrator(aws)


def test_a_profiles_role_default_tags_and_numbers_of_accounts_are_taken(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(
        description="{regions: [eu-west-1], regionsWithoutAdministratorDetector: [eu-west-1]}"
    )
    config = tmp_path / "config"
    role = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
    # Without a region of its own.
    config.write_text(f"[profile audit]\nrole_arn = {role}\nsource_profile = management\n")
    stack = aws.stack(
        **{
            "aws:region": "eu-west-1",
            "aws:profile": "audit",
            "aws:allowedAccountIds": [222222222222],
            "aws:defaultTags": {"tags": {"team": "security"}},
            "detector": "create",
        }
    )
    environment = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "", "AWS_CA_BUNDLE": ""}

    run = stack.up(**environment)

    assert run.code == 0, run.text
    detector = stack.resource(":Detector")["outputs"]
    own = {"guardduty-eks-audit-logs:stack": f"{PROJECT}/test"}
    assert (detector["tags"], detector["tagsAll"]) == (own, {**own, "team": "security"})
    guardduty = aws.sandbox.boto3("guardduty", region="eu-west-1")
    tags = guardduty.list_tags_for_resource(ResourceArn=detector["arn"])["Tags"]
    assert tags == detector["tagsAll"]
    again = stack.preview("--expect-no-changes", **environment)
    assert again.code == 0, again.text


def test_endpoints_and_keys_of_the_stack_are_used_by_both(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    url = aws.environment["AWS_ENDPOINT_URL"]
    keys = aws.sandbox.boto3("sts")._request_signer._credentials
    stack = aws.stack(
        **{
            "aws:endpoints": [{"guardduty": url, "sts": url}],
            "aws:accessKey": keys.access_key,
            "aws:secretKey": keys.secret_key,
            "members": RULES,
        }
    )

    run = stack.up(AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_PROFILE="management")

    assert run.code == 0, run.text
    _assert_all_by_the_administrator(aws)
    assert keys.secret_key not in stack.resource(":MemberFeatures").__repr__()


def test_a_run_names_its_credentials_if_stack_and_environment_differ(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(**{"aws:profile": "administrator", "members": RULES})
    told = (
        "Credentials: aws:profile administrator of this stack is used; AWS_PROFILE=management of "
        "the environment is not."
    )

    preview, run = stack.preview(AWS_PROFILE="management"), stack.up(AWS_PROFILE="management")

    assert run.code == 0, run.text
    assert told in preview.text
    assert told in run.text[run.text.rindex("Updating") :]
    again = stack.preview(AWS_PROFILE="administrator")
    assert "Credentials:" not in again.text


def test_no_key_is_told_where_the_stacks_keys_are_used(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    keys = aws.sandbox.boto3("sts")._request_signer._credentials
    stack = aws.stack(**{"aws:accessKey": keys.access_key, "aws:secretKey": keys.secret_key})

    run = stack.preview(AWS_ACCESS_KEY_ID="AKIAOFSOMEBODY", AWS_SECRET_ACCESS_KEY="s")  # noqa: S106

    assert run.code == 0, run.text
    assert (
        "Credentials: aws:accessKey of this stack is used; AWS_ACCESS_KEY_ID and "
        "AWS_PROFILE=administrator of the environment are not."
    ) in run.text
    for secret in (keys.access_key, keys.secret_key, "AKIAOFSOMEBODY"):
        assert secret not in run.text


def test_secrets_are_kept_from_the_state_and_refused_where_they_are_shown(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    keys = aws.sandbox.boto3("sts")._request_signer._credentials
    # An address of this machine that is not known for one.
    elsewhere = aws.environment["AWS_ENDPOINT_URL"].replace("127.0.0.1", "0.0.0.0")  # noqa: S104
    stack = aws.stack(
        **{
            "aws:endpoints": [{"organizations": elsewhere}],
            "aws:accessKey": keys.access_key,
            "aws:secretKey": keys.secret_key,
            "members": [{"status": "ENABLED", "accounts": [account(1)]}],
        }
    )
    members, most = f"{PROJECT}:members", f"{PROJECT}:maxDisabled"
    stack.set_configuration(f"{members}[0].accounts[0]", account(1), "--path", "--secret")
    stack.set_configuration(most, "5", "--secret")

    shown = stack.preview()

    assert shown.code != 0
    assert [error.partition(" and the state")[0] for error in shown.errors] == [
        f"{most} is a secret, but a preview shows it",
        f"{members} is a secret, but a preview shows it",
    ]
    assert f"`pulumi config set --plaintext {most} <value>`" in shown.text
    assert f"--path --plaintext '{members}[0].accounts[0]' <value>`" in shown.text

    stack.set_configuration(most, "5", "--plaintext")
    stack.set_configuration(f"{members}[0].accounts[0]", account(1), "--path", "--plaintext")
    in_clear = stack.preview()

    assert in_clear.code != 0
    assert "aws:secretKey is in the stack's configuration in clear" in in_clear.errors[0]
    assert "`pulumi config set --secret aws:secretKey`" in in_clear.errors[0]

    stack.set_configuration("aws:secretKey", keys.secret_key, "--secret")
    run = stack.up()

    assert run.code == 0, run.text
    assert aws.statuses()[account(1)] == ON
    assert keys.secret_key not in run.text + stack.state_file().read_text() + stack.exported()
