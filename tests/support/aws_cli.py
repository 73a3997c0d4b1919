"""The `aws …` commands of the documentation, by boto3: the AWS CLI is no part of the tests.

    python -m tests.support.aws_cli guardduty list-detectors --query 'DetectorIds[0]' --output text

It takes what is on the pages: lists of words, `Name=…,Name=…`, `--query`, and `--output text`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import boto3
import jmespath  # type: ignore[import-untyped] # botocore's own
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.model import Shape


def main(words: Sequence[str]) -> None:
    """Runs one command, and prints what the AWS CLI would."""
    service, operation, *rest = words
    given = _given(rest)
    query = "".join(given.pop("query", ["@"]))
    in_text = given.pop("output", ["json"]) == ["text"]
    # The AWS CLI reads AWS_REGION, boto3 does not.
    region = os.environ.get("AWS_REGION")
    client = boto3.client(service, region_name=region)  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    members = {xform_name(name, "-"): (name, shape) for name, shape in _members(model).items()}
    parameters = {
        members[option][0]: _value(members[option][1], values) for option, values in given.items()
    }
    if client.can_paginate(method):
        answer = client.get_paginator(method).paginate(**parameters).build_full_result()
    else:
        answer = getattr(client, method)(**parameters)
        answer.pop("ResponseMetadata", None)
    found = jmespath.search(query, answer)
    text = "\t".join(found) if isinstance(found, list) else str(found)
    sys.stdout.write((text if in_text else json.dumps(found, indent=4, default=str)) + "\n")


def _given(words: Sequence[str]) -> dict[str, list[str]]:
    """The words behind each option."""
    given: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = given.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    return given


def _members(model: Any) -> dict[str, Shape]:  # noqa: ANN401 -- botocore's shapes have no types
    return dict(model.input_shape.members) if model.input_shape else {}


def _value(shape: Any, values: list[str]) -> object:  # noqa: ANN401 -- as above
    if shape.type_name == "list" and shape.member.type_name == "structure":
        return [dict(part.split("=", 1) for part in value.split(",")) for value in values]
    return values if shape.type_name == "list" else values[0]


if __name__ == "__main__":
    main(sys.argv[1:])
