"""Pages of AWS Organizations: at most 20 things, a token for the next, some pages empty.

"These operations can occasionally return an empty set of results even when there are more results
available" (the pages of the List operations in the Organizations API reference).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.organizations.errors import invalid_input

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_sandbox.organizations.tree import Listing

LARGEST: Final = 20


@dataclass(frozen=True)
class Pages:
    """Cuts listings into pages.

    Args:
        empty: which share of the pages has an empty one before it.
        seed: decides which ones.
    """

    empty: float = 0.0
    seed: int = 0

    def page(
        self,
        result: str,
        listing: Listing,
        describe: Callable[[Any], dict[str, Any]],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """One page as the answer to a List operation.

        Args:
            result: the answer's member that holds the things.
            listing: all of them.
            describe: how one is shown.
            parameters: the call's, with `MaxResults` and `NextToken`.

        Raises:
            OrganizationsError: a size out of bounds, or a token that no page carried.
        """
        size = parameters.get("MaxResults", LARGEST)
        if not isinstance(size, int) or not 1 <= size <= LARGEST:
            raise invalid_input("MAX_LENGTH_EXCEEDED")
        key, emptied = _opened(parameters.get("NextToken"))
        if not emptied and self._is_empty(result, key):
            return {result: [], "NextToken": _sealed(key, emptied=True)}
        items, following = listing.after(key, size)
        answer: dict[str, Any] = {result: [describe(item) for item in items]}
        if following is not None:
            answer["NextToken"] = _sealed(following, emptied=False)
        return answer

    def _is_empty(self, result: str, key: str) -> bool:
        # Not the whole key: when an account joined differs from start to start.
        source = f"{self.seed}/{result}/{key.rpartition('/')[2]}"
        digest = hashlib.sha256(source.encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48 < self.empty


def _sealed(key: str, *, emptied: bool) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, emptied]).encode()).decode()


def _opened(token: object) -> tuple[str, bool]:
    if token is None:
        return "", False
    try:
        key, emptied = json.loads(base64.b64decode(str(token), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise invalid_input("INVALID_NEXT_TOKEN") from None
    return str(key), bool(emptied)
