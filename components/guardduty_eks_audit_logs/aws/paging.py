"""Lists in pages, read to their end. boto3's paginators trust every token; here they have an end.

botocore ends a list whose token comes twice in a row. A token that comes again later, and pages
that say the same for ever, are for this module to find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SAME_PAGES = 100
"""Some lists of AWS have empty pages between full ones, but not so many."""

Page = TypeVar("Page", bound="Mapping[str, Any]")
"""One answer of a list in pages, as boto3 types it."""


def read_pages(operation: str, pages: Iterable[Page]) -> Iterator[Page]:
    """Reads all pages of a list.

    Args:
        operation: AWS's name of it, for the message.
        pages: of a paginator of boto3, or of `by_token`.

    Raises:
        UserError: see `aws.answers.aws_errors`.
        ServiceError: a token comes again, or page after page is the same, so that there would be no
            end.
    """
    tokens: set[str] = set()
    before, same = None, 0
    with aws_errors(operation):
        for page in pages:
            yield page
            token = page.get("NextToken")
            if not token:
                continue  # the last page
            said = {k: v for k, v in page.items() if k not in {"NextToken", "ResponseMetadata"}}
            before, same = said, same + 1 if said == before else 1
            if same == _SAME_PAGES:
                raise ServiceError(operation, "PageToken", messages.page_again(same))
            if token in tokens:
                raise ServiceError(operation, "PageToken", messages.token_again())
            tokens.add(token)


def by_token(ask: Callable[..., Page], **request: object) -> Iterator[Page]:
    """Asks for page after page, for a list that boto3 has no paginator for.

    Args:
        ask: a client's method.
        request: what it is asked in every call.
    """
    page = ask(**request)
    yield page
    while token := page.get("NextToken"):
        page = ask(**request, NextToken=token)
        yield page
