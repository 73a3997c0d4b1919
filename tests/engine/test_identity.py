"""boto3 and pulumi-aws act as one account, whichever way it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.organization import ON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.organization import Organization

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


def test_a_role_is_assumed_by_both(organization: Callable[..., Organization]) -> None:
    aws = organization()
    role = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
    stack = aws.stack(**{"aws:assumeRoles": [{"roleArn": role}], "members": RULES})

    run = stack.up(AWS_PROFILE="management")

    assert run.code == 0, run.text
    _assert_all_by_the_administrator(aws)


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


def test_a_run_tells_which_credentials_are_used_where_stack_and_environment_disagree(
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
