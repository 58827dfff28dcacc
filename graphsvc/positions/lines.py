"""Offsets of bytes to lines and columns, for many at once, in one walk through the document.

Lines and columns count from 1, columns in characters. A line ends with a line feed, a carriage return, or both. A
byte order mark is no character of the first line.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_END = re.compile(rb"\r\n?+|\n")
_BOM = b"\xef\xbb\xbf"
# How much of a long line is shown, and how much of that stands before the place in it.
MAX_SHOWN, _BEFORE = 160, 60


class Place(NamedTuple):
    """One character of a document."""

    line: int
    column: int


class Region(NamedTuple):
    """From one place up to, and without, another; and the line of the first, or the part of it around the place.

    `text_column` is the column of the first character of `text`, which ends in `…` where the line goes on.
    """

    start: Place
    end: Place
    text: str
    text_column: int = 1


def regions(document: bytes, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Region]:
    """The region of each pair of offsets, first byte and the byte after the last."""
    places = _places(document, sorted({offset for pair in wanted for offset in pair}))
    texts = {start: _text(document, start, places[start].column) for start, _ in wanted}
    return {pair: Region(places[pair[0]], places[pair[1]], *texts[pair[0]]) for pair in wanted}


def _places(document: bytes, offsets: list[int]) -> dict[int, Place]:
    found: dict[int, Place] = {}
    number, at, column = 1, len(_BOM) if document.startswith(_BOM) else 0, 1
    ends = _END.finditer(document)
    end = next(ends, None)
    for offset in offsets:
        while end is not None and end.end() <= offset:
            number, at, column = number + 1, end.end(), 1
            end = next(ends, None)
        column += len(document[at:offset].decode("utf-8", "replace"))
        at = max(at, offset)
        found[offset] = Place(number, column)
    return found


def _text(document: bytes, offset: int, column: int) -> tuple[str, int]:
    """The line around a place, at most MAX_SHOWN characters of it, and the column at which that begins."""
    # A character has at most four bytes.
    first, last = max(0, offset - 4 * MAX_SHOWN), offset + 4 * MAX_SHOWN
    begin = max(first, *(document.rfind(end, first, offset) + 1 for end in (b"\n", b"\r")))
    ends = (document.find(end, offset, last) for end in (b"\n", b"\r"))
    stop = min((end for end in ends if end >= 0), default=last)
    before = document[begin:offset].decode("utf-8", "ignore").removeprefix("\ufeff")
    after = document[offset:stop].decode("utf-8", "ignore")
    if column - 1 > len(before) or len(before) + len(after) > MAX_SHOWN:
        before = before[-_BEFORE:]
    shown = before + after
    goes_on = len(shown) > MAX_SHOWN or (stop == last < len(document))
    return f"{shown[: MAX_SHOWN - 1]}…" if goes_on else shown, column - len(before)
