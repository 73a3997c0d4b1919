"""boto3's own paginators and waiters for GuardDuty."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from aws_sandbox.guardduty.operations import OPERATIONS
from aws_sandbox.guardduty.wire import service_model
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

PAGINATORS: dict[str, dict[str, Any]] = Loader().load_service_model("guardduty", "paginators-1")[
    "pagination"
]


def required(operation: str) -> set[str]:
    shape = service_model().operation_model(operation).input_shape
    return set() if shape is None else set(shape.required_members)


# A list inside something that the account does not have is refused, not empty.
SERVED = sorted(
    name for name in set(PAGINATORS) & set(OPERATIONS) if required(name) <= {"DetectorId"}
)
BY_MANAGEMENT = {"ListOrganizationAdminAccounts"}
SIZES = {"ListDetectors": 1, "ListMembers": 12, "ListOrganizationAdminAccounts": 1}


@pytest.fixture
def aws() -> InProcess:
    in_process = InProcess()
    in_process.talk_to(Sandbox(default_organization()))
    return in_process


@pytest.mark.parametrize("operation", SERVED)
def test_a_paginator_finds_the_same_in_pages_of_any_size(aws: InProcess, operation: str) -> None:
    guardduty = aws.boto3("guardduty", MANAGEMENT if operation in BY_MANAGEMENT else ADMINISTRATOR)
    given = {}
    if "DetectorId" in required(operation):
        (given["DetectorId"],) = guardduty.list_detectors()["DetectorIds"]
    paginator = guardduty.get_paginator(xform_name(operation))
    key = PAGINATORS[operation]["result_key"]
    whole = paginator.paginate(**given).build_full_result()[key]
    assert len(whole) == SIZES.get(operation, 0)
    one_by_one = list(paginator.paginate(**given, PaginationConfig={"PageSize": 1}))
    assert [item for page in one_by_one for item in page[key]] == whole
    assert all(len(page[key]) <= 1 for page in one_by_one)


def test_guardduty_has_no_waiters(aws: InProcess) -> None:
    """A waiter that botocore adds one day wants a test of its own."""
    assert aws.boto3("guardduty", ADMINISTRATOR).waiter_names == []
