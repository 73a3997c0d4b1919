"""Lists in pages: read to their end, and none without an end."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from guardduty_eks_audit_logs.aws.paging import by_token, read_pages
from guardduty_eks_audit_logs.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_list_without_a_paginator_is_asked_by_its_token() -> None:
    asked: list[dict[str, Any]] = []
    answers: Iterator[dict[str, Any]] = iter([{"NextToken": "2"}, {"NextToken": ""}])

    def ask(**request: object) -> dict[str, Any]:
        asked.append(request)
        return next(answers)

    assert len(list(read_pages("GetUsageStatistics", by_token(ask, DetectorId="d")))) == 2
    assert asked == [{"DetectorId": "d"}, {"DetectorId": "d", "NextToken": "2"}]


@pytest.mark.parametrize("tokens", [["2", "2"], ["2", "3", "2"]], ids=["same", "circle"])
def test_a_paginators_token_that_comes_again_ends_the_list(tokens: list[str]) -> None:
    client = boto3.Session("testing", "testing").client("guardduty", region_name="us-east-1")
    read: list[object] = []
    with Stubber(client) as stubber:
        for number, token in enumerate(tokens):
            answer = {"DetectorIds": [str(number)], "NextToken": token}
            stubber.add_response("list_detectors", answer)
        with pytest.raises(ServiceError, match="a page leads back to one that was read before"):
            read += read_pages("ListDetectors", client.get_paginator("list_detectors").paginate())
        stubber.assert_no_pending_responses()


def test_pages_that_say_the_same_for_ever_end_the_list() -> None:
    endless = ({"Items": [], "NextToken": str(number)} for number in count())
    with pytest.raises(ServiceError, match="100 pages say the same"):
        list(read_pages("ListDetectors", endless))
    assert next(endless)["NextToken"] == "100"
