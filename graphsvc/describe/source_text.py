"""The text of a source document, put together again from the passages that are quoted from it.

What no passage quotes is not in the graph, and is left open. https://www.w3.org/TR/annotation-model/#selectors
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from graphsvc.describe.evidence import Passage

# A longer document is shown passage by passage.
MAX_CHARACTERS = 200_000
MAX_PASSAGES = 2_000
GAP = " … "


@dataclass
class Piece:
    """Characters of one line that follow each other; those from `start` on belong to the document's `start`-th."""

    start: int
    text: str


@dataclass
class Line:
    """One line, counted from 1, and the passages that begin on it, the longest first."""

    number: int
    pieces: list[Piece] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)


def source_lines(passages: Iterable[Passage]) -> list[Line]:
    """The lines of the document, as far as its passages tell them; none where they contradict each other."""
    placed = [each for each in passages if each.start is not None and each.exact and each.first_line]
    characters = _characters(placed)
    if not characters:
        return []
    lines: dict[int, Line] = {}
    for run in _runs(sorted(characters)):
        text = "".join(characters[place] for place in run)
        number = _first_line(run, text, placed)
        if number is None:
            return []
        start = run[0]
        for offset, line in enumerate(text.split("\n")):
            if line:
                lines.setdefault(number + offset, Line(number + offset)).pieces.append(Piece(start, line))
            else:
                lines.setdefault(number + offset, Line(number + offset))
            start += len(line) + 1
    for each in sorted(placed, key=lambda each: (each.start, -len(each.exact or ""), each.iri)):
        assert each.first_line is not None
        if each.first_line not in lines:
            return []
        lines[each.first_line].passages.append(each)
    return [lines[number] for number in sorted(lines)]


def _characters(placed: Sequence[Passage]) -> dict[int, str]:
    """The known characters by their place; none where two passages say different things of one."""
    known: dict[int, str] = {}
    for each in placed:
        start, exact = each.start or 0, each.exact or ""
        if start + len(exact) > MAX_CHARACTERS:
            return {}
        around = ((start - len(each.prefix), each.prefix), (start, exact), (start + len(exact), each.suffix))
        for first, text in around:
            for place, character in enumerate(text, first):
                if known.setdefault(place, character) != character:
                    return {}
    return known


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        yield [place for _, place in run]


def _first_line(run: Sequence[int], text: str, placed: Sequence[Passage]) -> int | None:
    """The line on which a run of characters begins; None where no passage in it says so, or two say different."""
    found = {
        (each.first_line or 0) - text.count("\n", 0, (each.start or 0) - run[0])
        for each in placed
        if run[0] <= (each.start or 0) <= run[-1]
    }
    return found.pop() if len(found) == 1 else None


def missing(lines: Sequence[Line]) -> dict[int, int]:
    """By the number of the line after it, how many lines are left out; those before the first count too."""
    numbers = [0, *(line.number for line in lines)]
    return {after: after - before - 1 for before, after in pairwise(numbers) if after - before > 1}
