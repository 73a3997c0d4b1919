"""A document in Markdown: whole, or cut to what fits into a comment or a step summary of GitHub."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports import markdown_blocks as blocks
from guardduty_eks_audit_logs.reports.document import Foreign, is_own, without_links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardduty_eks_audit_logs.reports.document import Document, Kind, Part
    from guardduty_eks_audit_logs.reports.markdown_blocks import Listing

SMALLEST = 2_000
"""No limit is smaller, in its own units: so much takes what is never cut."""
_LONGEST_PLACE = 400
_LONGEST_FOREIGN_PLACE = 100


@dataclass(frozen=True)
class Limit:
    """How much text a place of GitHub takes. There, folded parts are folded.

    Attributes:
        most: how many units.
        encoding: what is counted.
        bytes_of_a_unit: in that encoding.

    Raises:
        ValueError: fewer units than `SMALLEST`.
    """

    most: int
    encoding: str
    bytes_of_a_unit: int

    def __post_init__(self) -> None:
        if self.most < SMALLEST:
            raise ValueError(f"{self.most} is less than {SMALLEST}")

    def size(self, text: str) -> int:
        """Counts the units of a text."""
        if text.isascii():
            return len(text)
        return len(text.encode(self.encoding)) // self.bytes_of_a_unit


COMMENT = Limit(65_536, "utf-16-le", 2)
"""A comment or the body of an issue, in UTF-16 units: no way of counting characters has more."""
SUMMARY = Limit(1024 * 1024, "utf-8", 1)
"""The summary of a step, in bytes of UTF-8."""


def marker(kind: Kind) -> str:
    """Gives the first line of a comment: GitHub does not show it, the next run finds it."""
    return f"<!-- guardduty-eks-audit-logs: {kind} -->"


def markdown(
    document: Document, limit: Limit | None = None, whole: str = "", *, marked: bool = False
) -> str:
    """Writes a document in Markdown.

    Where not everything fits, a listing shows its first entries and the number of the others. A
    part is cut the later the more important it is; one without room for its heading is counted.

    Args:
        document: what it says.
        limit: how long it may be; None for all of it, with nothing folded.
        whole: where a reader finds the whole: own words, in which links may stand, for instance
            `the artifact of [this run](https://…)`. Anything else is shown as code.
        marked: whether it begins with the `marker` of its kind.

    Returns:
        lines, the last one with its end; never more than the limit.
    """
    top = f"{marker(document.kind)}\n" if marked and document.kind else ""
    top += f"## {document.title.strip()}\n\n**{document.first_line.strip()}**\n\n"
    top += f"{document.note}\n\n" if document.note else ""
    sections = [_Section.of(part, folds=limit is not None) for part in document.parts]
    stacks = _Shown.all_of(blocks.table(document.table))
    everything = _ended("".join([top, stacks.text(), *(section.text() for section in sections)]))
    if limit is None or limit.size(everything) <= limit.most:
        return everything
    return _ended(_Fitting(limit, top + _cut(whole), stacks.listing, sections).text())


def _ended(text: str) -> str:
    return text.rstrip() + "\n"


def _cut(whole: str) -> str:
    if not whole:
        return f"{messages.not_all_fits()}\n\n"
    place = without_links(whole)
    if not is_own(place) or len(whole.encode()) > _LONGEST_PLACE:
        longest = _LONGEST_FOREIGN_PLACE
        whole = blocks.code(Foreign(whole if len(whole) <= longest else f"{whole[:longest]}…").text)
    return f"{messages.the_whole_is_in(whole)}\n\n"


def _left_out(numbers: Counter[str]) -> str:
    left = {noun: number for noun, number in numbers.items() if number}
    return blocks.paragraph(messages.left_out(left) if left else "")


@dataclass(frozen=True)
class _Shown:
    """A listing, and how much of it is shown.

    Attributes:
        listing: the listing.
        entries: those that are shown.
    """

    listing: Listing
    entries: Sequence[str] = ()

    @classmethod
    def all_of(cls, listing: Listing) -> _Shown:
        return cls(listing, listing.entries)

    @property
    def left_out(self) -> Counter[str]:
        return Counter({self.listing.noun: len(self.listing.entries) - len(self.entries)})

    def text(self) -> str:
        left = _left_out(self.left_out)
        if not self.entries:
            return self.listing.head + left
        of = self.listing
        return "".join([of.head, of.opening, *self.entries, of.closing, left])


@dataclass(frozen=True)
class _Section:
    """A part, and what is shown of it.

    Attributes:
        importance: what has the higher one is cut later.
        opening: its heading and note.
        closing: its end.
        shown: the listings that are shown, in page order.
        hidden: the listings that are not.
    """

    importance: int
    opening: str
    closing: str
    shown: tuple[_Shown, ...]
    hidden: tuple[Listing, ...] = ()

    @classmethod
    def of(cls, part: Part, *, folds: bool) -> _Section:
        folded = folds and part.folded
        listings = map(blocks.listing, part.blocks)
        return cls(
            part.importance,
            blocks.heading(part, folded=folded),
            blocks.ending(folded=folded),
            tuple(map(_Shown.all_of, listings)),
        )

    def empty(self) -> _Section:
        """The same with all its listings hidden."""
        return replace(self, shown=(), hidden=tuple(one.listing for one in self.shown))

    def numbers(self) -> Counter[str]:
        """How many entries its hidden listings have: {noun: number}."""
        numbers: Counter[str] = Counter()
        for one in self.hidden:
            numbers[one.noun] += len(one.entries)
        return numbers

    def text(self) -> str:
        """The part in Markdown."""
        texts = (one.text() for one in self.shown)
        return "".join([self.opening, *texts, _left_out(self.numbers()), self.closing])


class _Fitting:
    """Divides the limit among the parts, the most important first, and among their listings.

    A twentieth is kept for each less important part that needs it, so that a hundred refusals don't
    hide the one account that goes off. The listings of a part get equal shares; what one does not
    need goes to the others.

    Args:
        limit: what the text may take.
        top: what is never cut.
        stacks: the table, cut last.
        sections: the parts, with all that they have.
    """

    def __init__(
        self, limit: Limit, top: str, stacks: Listing, sections: Sequence[_Section]
    ) -> None:
        self._limit = limit
        self._top = top
        empty = {at: section.empty() for at, section in enumerate(sections)}
        self._room = limit.most - limit.size(top + self._dropped([*empty.values()]))
        self._stacks = self._as_fits(stacks)
        by_importance = sorted(empty, key=lambda at: -empty[at].importance)
        headed = [at for at in by_importance if self._takes(empty[at].text())]
        kept = {at: min(self._needed(sections[at]), limit.most // 20) for at in headed}
        self._sections = {}
        for at in headed:
            del kept[at]
            with self._reserved(min(sum(kept.values()), self._room // 2)):
                self._sections[at] = self._filled(empty[at])
        self._left = [section for at, section in empty.items() if at not in self._sections]

    def text(self) -> str:
        """The whole text."""
        sections = (self._sections[at].text() for at in sorted(self._sections))
        return "".join([self._top, self._stacks.text(), *sections, self._dropped(self._left)])

    @staticmethod
    def _dropped(sections: Sequence[_Section]) -> str:
        rows = sum(section.numbers().total() for section in sections)
        return _left_out(Counter({"part": len(sections), "row": rows}))

    def _needed(self, section: _Section) -> int:
        """How much more a part takes with all that it has than with its heading alone."""
        return self._limit.size(section.text()) - self._limit.size(section.empty().text())

    @contextmanager
    def _reserved(self, size: int) -> Iterator[None]:
        self._room -= size
        yield
        self._room += size

    def _takes(self, text: str) -> bool:
        size = self._limit.size(text)
        if size > self._room:
            return False
        self._room -= size
        return True

    def _filled(self, section: _Section) -> _Section:
        """Shows as many listings of a part as fit, first by their heads, then entry by entry."""
        self._room += self._limit.size(section.text())
        heads = self._heads(section)
        self._room -= self._limit.size(heads.text())
        whole = [self._limit.size(_Shown.all_of(one.listing).text()) for one in heads.shown]
        shown = [*heads.shown]
        smallest_first = sorted(range(len(shown)), key=whole.__getitem__)
        for done, at in enumerate(smallest_first):
            others = len(shown) - done - 1
            with self._reserved(self._room * others // (others + 1)):
                self._room += self._limit.size(shown[at].text())
                shown[at] = self._as_fits(shown[at].listing)
        return replace(heads, shown=tuple(shown))

    def _heads(self, section: _Section) -> _Section:
        """Shows the heads of a part's listings, as far as there is room."""
        room = self._room - self._limit.size(section.opening + section.closing)
        hidden = section.numbers()
        shown: list[_Shown] = []
        for one in map(_Shown, section.hidden):
            hidden -= one.left_out
            room -= self._limit.size(one.text())
            if self._limit.size(_left_out(hidden)) > room:
                break
            shown.append(one)
        return replace(section, shown=tuple(shown), hidden=section.hidden[len(shown) :])

    def _as_fits(self, listing: Listing) -> _Shown:
        """Shows as many entries of a listing as there is room for, and takes it."""
        for shown in (_Shown.all_of(listing), _Shown(listing, listing.shorter)):
            if self._takes(shown.text()):
                return shown
        around = replace(listing, entries=("",), shorter=("",))
        fixed = _Shown.all_of(around).text() + _Shown(replace(listing, head="")).text()
        sizes = [*accumulate(map(self._limit.size, listing.shorter))]
        fit = bisect_right(sizes, self._room - self._limit.size(fixed))
        shown = _Shown(listing, listing.shorter[:fit])
        self._room -= self._limit.size(shown.text())
        return shown
