"""The lines of a source document on its page, each passage an anchor that a link highlights.

A passage within one line is a span around its characters; one over several lines, or that only overlaps another,
highlights whole lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphsvc.describe.evidence import Passage
from graphsvc.describe.gathering import Gathered
from graphsvc.describe.source_text import GAP, Line, missing
from graphsvc.web.values import Reader, Value, printable

# More lines than these are highlighted by their first.
MOST_LINES = 9
MAX_ABOUT = 12


@dataclass(frozen=True)
class Token:
    """Some text, or the beginning of a span with an `id`, or the end of one.

    `lines` is how many lines a link to the id highlights, 0 where the span holds the characters themselves.
    """

    text: str = ""
    id: str = ""
    lines: int = 0
    closes: bool = False


@dataclass(frozen=True)
class LineView:
    """A line for the template `source.html`: `about` is what its passages state something about."""

    number: int
    id: str | None
    tokens: tuple[Token, ...]
    about: tuple[Value, ...]
    more: int
    left_out: int


def source_view(found: Gathered, document: str, reader: Reader) -> list[LineView]:
    """The lines of the document that was gathered."""
    left_out = missing(found.lines)
    parts = [*found.parts, *(iri for inner in found.inner.values() for iri in inner)]
    taken = {part.partition("#")[2] for part in parts}
    views = []
    for line in found.lines:
        about = dict.fromkeys(iri for each in line.passages for iri in found.quoted_by.get(each.iri, ()))
        name = f"L{line.number}"
        views.append(
            LineView(
                line.number,
                None if name in taken else name,
                tuple(_tokens(line, document, found)),
                tuple(reader.link(iri) for iri in list(about)[:MAX_ABOUT]),
                max(0, len(about) - MAX_ABOUT),
                left_out.get(line.number, 0),
            )
        )
    return views


def _tokens(line: Line, document: str, found: Gathered) -> Iterator[Token]:
    left = list(line.passages)
    for number, piece in enumerate(line.pieces):
        end = piece.start + len(piece.text)
        here = [each for each in left if (each.start or 0) < end]
        left = left[len(here) :]
        if number:
            yield Token(text=GAP)
        yield from _spans(piece.start, piece.text, here, document, found)
    yield from _anchors(left, document, found)


def _spans(
    start: int, text: str, passages: Sequence[Passage], document: str, found: Gathered
) -> Iterator[Token]:
    """The text with spans that nest; a passage that cannot nest is an anchor without text."""
    open_ends: list[int] = []
    said = start
    for each in passages:
        first = max(each.start or 0, start)
        last = first + len(each.exact or "")
        while open_ends and open_ends[-1] <= first:
            yield Token(text=printable(text[said - start : open_ends[-1] - start]))
            said = open_ends.pop()
            yield Token(closes=True)
        yield Token(text=printable(text[said - start : first - start]))
        said = first
        fragment = _fragment(each.iri, document)
        if not fragment or last > start + len(text) or (open_ends and last > open_ends[-1]):
            yield from _anchors([each], document, found)
            continue
        yield Token(id=fragment)
        open_ends.append(last)
        yield from _inner(each, document, found)
    while open_ends:
        yield Token(text=printable(text[said - start : open_ends[-1] - start]))
        said = open_ends.pop()
        yield Token(closes=True)
    yield Token(text=printable(text[said - start :]))


def _anchors(passages: Sequence[Passage], document: str, found: Gathered) -> Iterator[Token]:
    for each in passages:
        fragment = _fragment(each.iri, document)
        if fragment:
            count = (each.last_line or 0) - (each.first_line or 0) + 1
            yield Token(id=fragment, lines=count if 1 <= count <= MOST_LINES else 1)
            yield Token(closes=True)
        yield from _inner(each, document, found)


def _inner(passage: Passage, document: str, found: Gathered) -> Iterator[Token]:
    for iri in found.inner.get(passage.iri, ()):
        yield Token(id=_fragment(iri, document), lines=1)
        yield Token(closes=True)


def _fragment(iri: str, document: str) -> str:
    return iri[len(document) + 1 :] if iri.startswith(document + "#") else ""
