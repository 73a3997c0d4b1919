"""Stand-ins for the actions that the workflows may use; an input that they do not know is an error.

Each does what the action does for the next steps, without the internet.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from tests.support.workflows.machine import ActionError, Machine, WorkflowError, checked_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.workflows.artifacts import Artifacts
    from tests.support.workflows.machine import Event


@dataclass
class Use:
    """One use of an action in a job.

    Attributes:
        inputs: `with`; an action takes out what it knows.
        workspace: the job's folder.
        temporary: the job's `runner.temp`.
        permissions: those of the job.
        environment: the name of the job's environment, if it has one.
        variables: what it sets for the next steps, as by GITHUB_ENV.
        path: what it puts on PATH.
        log: what it says.
    """

    inputs: dict[str, str]
    workspace: Path
    temporary: Path
    machine: Machine
    event: Event
    permissions: Mapping[str, str]
    environment: str | None
    artifacts: Artifacts
    variables: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


def use_action(name: str, use: Use) -> None:
    """Does what an action does.

    Args:
        name: as `uses` has it, with the commit.
        use: with its inputs, and for what it leaves.

    Raises:
        ActionError: the action fails, as on GitHub.
        WorkflowError: there is no stand-in for the action, or for one of its inputs.
    """
    action, _, commit = name.partition("@")
    if action not in _ACTIONS or not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise WorkflowError(f"no stand-in for the action {name}")
    try:
        _ACTIONS[action](use)
    except KeyError as missing:
        raise ActionError(f"Input required and not supplied: {missing.args[0]}") from missing
    if use.inputs:
        raise WorkflowError(f"{action}: no such input: {', '.join(use.inputs)}")


def _checkout(use: Use) -> None:
    if use.permissions.get("contents", "none") == "none":
        raise ActionError("remote: Repository not found.")
    ref = use.inputs.pop("ref", "") or use.event.sha
    depth = int(use.inputs.pop("fetch-depth", "1"))
    folder = use.workspace / use.inputs.pop("path", ".")
    if use.inputs.pop("persist-credentials", "true") != "false":
        raise WorkflowError("checkout must not leave the token to later steps")
    checked_out(use.machine.repository, ref, folder, depth)


def _setup_python(use: Use) -> None:
    version = use.inputs.pop("python-version")
    if not re.fullmatch(r"3\.\d+", version):
        raise ActionError(f"The version '{version}' was not found")
    folder = use.temporary / "python"
    folder.mkdir()
    for name in ("python", "python3"):
        (folder / name).symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    use.path.append(str(folder))


def _pulumi(use: Use) -> None:
    version, file = use.inputs.pop("pulumi-version", ""), use.inputs.pop("pulumi-version-file", "")
    if file:
        if not (use.workspace / file).is_file():
            raise ActionError(f"Could not find version file {file}")
        version = (use.workspace / file).read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"v?\d+\.\d+\.\d+", version):
        raise ActionError(f"no version of Pulumi: {version!r}")
    if use.machine.engine_bin is None:
        raise WorkflowError("the test gives no engine")
    use.path.append(str(use.machine.engine_bin))


def _aws_credentials(use: Use) -> None:
    inputs = use.inputs
    region, role = inputs.pop("aws-region"), inputs.pop("role-to-assume", "")
    session = inputs.pop("role-session-name", "GitHubActions")
    seconds = int(inputs.pop("role-duration-seconds", "3600"))
    audience = inputs.pop("audience", "sts.amazonaws.com")
    accounts = [a for a in inputs.pop("allowed-account-ids", "").split(",") if a]
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise ActionError(f"Region is not valid: {region}")
    if use.permissions.get("id-token") != "write" or not role:
        raise ActionError(
            "It looks like you might be trying to authenticate with OIDC. Did you mean to set the "
            "`id-token` permission? Credentials could not be loaded, please check your action "
            "inputs: Could not load credentials from any providers"
        )
    if use.machine.sandbox is None:
        raise WorkflowError("the test gives no AWS")
    token = use.machine.sandbox.client.web_identity_token(_subject(use), audience=audience)
    try:
        answer = use.machine.sandbox.boto3("sts", region=region).assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName=session,
            WebIdentityToken=token,
            DurationSeconds=seconds,
        )
    except ClientError as refused:
        raise ActionError(f"Could not assume role with OIDC: {refused}") from refused
    account = answer["AssumedRoleUser"]["Arn"].split(":")[4]
    if accounts and account not in accounts:
        raise ActionError(f"The account ID of the provided credentials is not allowed: {account}")
    keys = answer["Credentials"]
    use.outputs["aws-account-id"] = account
    use.variables |= {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def _subject(use: Use) -> str:
    """The `sub` that GitHub gives: of the environment, else of the pull request, else the ref."""
    owner = f"repo:{use.machine.subject_owner or use.machine.github.repository}"
    if use.environment:
        return f"{owner}:environment:{use.environment}"
    if use.event.name == "pull_request":
        return f"{owner}:pull_request"
    return f"{owner}:ref:{use.event.ref}"


_ACTIONS: Final[Mapping[str, Callable[[Use], None]]] = {
    "actions/checkout": _checkout,
    "actions/setup-python": _setup_python,
    "pulumi/actions": _pulumi,
    "aws-actions/configure-aws-credentials": _aws_credentials,
    "actions/upload-artifact": lambda use: use.artifacts.upload(use),
    "actions/download-artifact": lambda use: use.artifacts.download(use),
}
