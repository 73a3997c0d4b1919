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
            see `opt_in_statuses`; None if AWS does not list the region.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        return self.opt_in_statuses().get(region)

    def opt_in_statuses(self) -> dict[str, str]:
        """Reads to which regions the account has opted in (ListRegions).

        Returns:
            for each region of the partition AWS's value (`RegionOptStatus`): `ENABLED_BY_DEFAULT`,
            `ENABLED`, `ENABLING`, `DISABLING` or `DISABLED`.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        with aws_errors("ListRegions"):
            return {
                printable(listed["RegionName"]): printable(listed["RegionOptStatus"])
                for page in read_pages("ListRegions", by_token(self._client.list_regions))
                for listed in page["Regions"]
            }
