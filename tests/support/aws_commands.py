"""Runs the `aws …` commands that a way out has, by boto3: the AWS CLI is no part of the tests."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox

_COMMAND = re.compile(r"`aws ([^`]+)`")


def follow(way_out: str, sandbox: RunningSandbox) -> None:
    """Runs the first command of a way out, as the management account if the sentence says so."""
    found = _COMMAND.search(way_out)
    assert found, way_out
    service, operation, *rest = shlex.split(found[1])
    options = _options(rest)
    region = options.pop("region", "us-east-1")
    who = MANAGEMENT if "management account" in way_out else ADMINISTRATOR
    if (service, operation) == ("account", "enable-region"):
        # The sandbox's Account Management only lists the regions.
        sandbox.client.enable_region(who, str(options["region-name"]))
        return
    client = sandbox.boto3(service, who, str(region))
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    names = {xform_name(name, "-"): name for name in model.input_shape.members}
    getattr(client, method)(**{names[name]: value for name, value in options.items()})


def _options(words: list[str]) -> dict[str, Any]:
    """`--enable --region us-east-1` as {"enable": True, "region": "us-east-1"}."""
    options: dict[str, Any] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word.removeprefix("--")
            options[name] = True
        else:
            options[name] = word
    return options
