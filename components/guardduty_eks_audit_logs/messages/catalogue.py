"""Refusals and notices as values, and the list of them all.

A function that is decorated with `refusal` or `notice` gives such a value. The values are texts:
they can be logged, compared and joined. The guide's tables are made from `CATALOGUE`
(`tools/guide_tables.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, ParamSpec, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_P = ParamSpec("_P")

Sentence = tuple[str, str] | tuple[str, str, str]
"""What is wrong, the way out, and the lines that follow them, if there are any."""


class Message(str):
    """A sentence for the user, which knows what it is about.

    Attributes:
        id: stable, for instance `members-not-written`; empty if it is in no catalogue.
        key: the configuration key that it is about; empty if there is none.
        sentence: what is the case, with the lines that list it.
        way_out: what a user can do about it; empty if there is nothing to do.
    """

    __slots__ = ("id", "key", "sentence", "way_out")

    id: str
    key: str
    sentence: str
    way_out: str

    def __new__(
        cls,
        text: str,
        *,
        identifier: str = "",
        key: str = "",
        sentence: str = "",
        way_out: str = "",
    ) -> Self:
        """Makes the value of its whole text."""
        made = super().__new__(cls, text)
        made.id, made.key, made.way_out = identifier, key, way_out
        made.sentence = sentence or text
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:
        """Copies keep what they know."""
        known = {
            "identifier": self.id,
            "key": self.key,
            "sentence": self.sentence,
            "way_out": self.way_out,
        }
        return (str(self),), known

    def after(self, place: str, key: str = "") -> Self:
        """The same with the place in front, for instance a region or a key.

        Args:
            place: with what separates it from the sentence.
            key: the configuration key that it is about, if the place says that.
        """
        return type(self)(
            f"{place}{self}",
            identifier=self.id,
            key=key or self.key,
            sentence=f"{place}{self.sentence}",
            way_out=self.way_out,
        )

    def before(self, way_out: str) -> Self:
        """The same with another way out behind it."""
        return type(self)(
            f"{self} {way_out}",
            identifier=self.id,
            key=self.key,
            sentence=self.sentence,
            way_out=" ".join(filter(None, (self.way_out, way_out))),
        )


class Refusal(Message):
    """Why nothing is changed, or why something could not be done."""

    __slots__ = ()


class Notice(Message):
    """What there is to know; `way_out` is not a part of the text."""

    __slots__ = ()


class Kind(StrEnum):
    """The tables of the guide."""

    REFUSAL = "refusal"
    NOTICE = "notice"


@dataclass(frozen=True)
class Entry:
    """One refusal or notice that the program can report.

    Attributes:
        kind: in which table it stands.
        id: of its values.
        key: of its values, where the place in the configuration does not say another one.
        way_out: of a notice.
        make: the function that makes the value.
    """

    kind: Kind
    id: str
    key: str
    way_out: str
    make: Callable[..., Message]


CATALOGUE: dict[str, Entry] = {}
"""All of them by id, once `guardduty_eks_audit_logs.messages` is imported."""


def refusal(
    identifier: str, *, key: str = "", key_from: str = ""
) -> Callable[[Callable[_P, Sentence]], Callable[_P, Refusal]]:
    """Makes a function that gives a sentence and its way out into one that gives a `Refusal`.

    Args:
        identifier: stable, and no other's.
        key: the configuration key that it is about; empty if there is none, or several.
        key_from: the parameter that has the key, if each refusal has its own.
    """

    def decorate(function: Callable[_P, Sentence]) -> Callable[_P, Refusal]:
        parameters = signature(function)

        @wraps(function)
        def make(*args: _P.args, **kwargs: _P.kwargs) -> Refusal:
            sentence, way_out, *details = function(*args, **kwargs)
            text = " ".join(filter(None, (sentence, way_out))) + "".join(details)
            about = key
            if key_from:
                about = str(parameters.bind(*args, **kwargs).arguments[key_from])
            return Refusal(
                text,
                identifier=identifier,
                key=about,
                sentence="".join((sentence, *details)),
                way_out=way_out,
            )

        _enter(Entry(Kind.REFUSAL, identifier, key, "", make))
        return make

    return decorate


def notice(
    identifier: str, *, key: str = "", way_out: str = ""
) -> Callable[[Callable[_P, str]], Callable[_P, Notice]]:
    """Makes a function that gives a text into one that gives a `Notice`.

    Args:
        identifier: stable, and no other's.
        key: the configuration key that it is about; empty if there is none.
        way_out: what a user can do about it, for the guide and the run report.
    """

    def decorate(function: Callable[_P, str]) -> Callable[_P, Notice]:
        @wraps(function)
        def make(*args: _P.args, **kwargs: _P.kwargs) -> Notice:
            return Notice(
                function(*args, **kwargs), identifier=identifier, key=key, way_out=way_out
            )

        _enter(Entry(Kind.NOTICE, identifier, key, way_out, make))
        return make

    return decorate


def as_refusals(texts: Iterable[str]) -> tuple[Message, ...]:
    """Gives texts as values; one that is none yet becomes a refusal of no catalogue."""
    return tuple(text if isinstance(text, Message) else Refusal(text) for text in texts)


def as_notices(texts: Iterable[str]) -> tuple[Notice, ...]:
    """Gives texts as values; one that is none yet becomes a notice of no catalogue."""
    return tuple(text if isinstance(text, Notice) else Notice(text) for text in texts)


def _enter(entry: Entry) -> None:
    if entry.id in CATALOGUE:
        raise ValueError(entry.id)
    CATALOGUE[entry.id] = entry
