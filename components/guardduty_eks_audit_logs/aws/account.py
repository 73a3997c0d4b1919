"""AWS Account Management: which regions the caller's account has opted in to."""

from __future__ import annotations

from typing import Any, Protocol

from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.paging import by_token, read_pages
from guardduty_eks_audit_logs.foreign_words import printable


class AccountClient(Protocol):
    """What is used of boto3's client."""

    def list_regions(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 types it
        """Calls ListRegions."""


class AccountApi:
    """The caller's own account."""

    def __init__(self, client: AccountClient) -> None:
        """Takes a client of the service."""
        self._client = client

    def opt_in_status(self, region: str) -> str | None:
        """Reads whether the account has opted in to a region (ListRegions).

        Returns:
            AWS's value (`RegionOptStatus`): `ENABLED_BY_DEFAULT`, `ENABLED`, `ENABLING`,
            `DISABLING`, `DISABLED`; None if AWS does not list the region.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        with aws_errors("ListRegions"):
            for page in read_pages("ListRegions", by_token(self._client.list_regions)):
                for listed in page["Regions"]:
                    if listed["RegionName"] == region:
                        return printable(listed["RegionOptStatus"])
        return None
