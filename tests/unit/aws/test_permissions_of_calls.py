"""The table of permissions has what the product calls, and nothing that it does not call."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from botocore import xform_name
from botocore.loaders import Loader

from guardduty_eks_audit_logs.planning.permissions import PERMISSIONS, Caller
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS = PROJECT_FOLDER / "components" / "guardduty_eks_audit_logs" / "aws"
SERVICES = ("account", "guardduty", "iam", "organizations", "sts")
WITHOUT_POLICY = {"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}
"""Of the sources of credentials: whose role it is, its trust policy says."""


@cache
def _operations() -> dict[str, set[str]]:
    """By the name of boto3's method, the actions that it may be."""
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        for name in Loader().load_service_model(service, "service-2")["operations"]:
            found.setdefault(xform_name(name), set()).add(f"{service}:{name}")
    return found


def _called() -> Iterator[set[str]]:
    """What each call of boto3 may be: a client's method, or the paginator of one."""
    for file in AWS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = ""
            if isinstance(node, ast.Attribute):
                name = node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            if name in _operations():
                yield _operations()[name]


def test_the_product_may_do_what_it_calls() -> None:
    allowed = {one.action for one in PERMISSIONS if Caller.PRODUCT in one.callers}
    assert [may_be for may_be in _called() if not may_be & (allowed | WITHOUT_POLICY)] == []


def test_no_permission_is_asked_for_that_nothing_calls() -> None:
    called = set().union(*_called())
    asked = {one.action for one in PERMISSIONS if Caller.PRODUCT in one.callers}
    assert asked - called == set()


def test_every_action_is_an_operation_that_aws_has() -> None:
    known = set().union(*_operations().values())
    own = {one.action for one in PERMISSIONS if one.action.partition(":")[0] in SERVICES}
    assert own - known == set()
