"""`aws:defaultTags` and `aws:ignoreTags`: which tags a resource gets, and which are looked at.

As upstream's: a resource's own tags come before the provider's of the same key; `tagsAll` has both.
What is read back of an ignored key is nobody's difference, and so is what AWS itself sets (`aws:`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_AWS = "aws:"


@dataclass(frozen=True)
class ProviderTags:
    """What a provider's configuration says of tags."""

    default: Mapping[str, str] = field(default_factory=dict)
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    def merged(self, tags: Mapping[str, str]) -> dict[str, str]:
        """All tags that a resource with these tags of its own gets."""
        return self.seen({**self.default, **tags})

    def seen(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags that AWS has, without those that are not looked at."""
        return {key: value for key, value in tags.items() if not self._is_ignored(key)}

    def own(self, tags: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
        """The tags among all of a resource that are its own.

        Args:
            tags: all that AWS has.
            known: the program's: one that says the same as the provider's stays the resource's.
        """
        return {
            key: value
            for key, value in self.seen(tags).items()
            if self.default.get(key) != value or key in known
        }

    def _is_ignored(self, key: str) -> bool:
        return key in self.ignored_keys or key.startswith((_OF_AWS, *self.ignored_prefixes))
