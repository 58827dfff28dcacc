"""Which texts can be compared in lower case, whoever makes it, and however a filter spells case away."""

from __future__ import annotations

from functools import cache
from itertools import chain

# Letters beyond these blocks, and those whose cases are not one to one, depend on the version of Unicode, on what
# stands beside them, or on the way of comparing: https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf, 3.13.
_BLOCKS = ((0, 0x530), (0x590, 0x700), (0x2000, 0x2070), (0x3040, 0xA000), (0xAC00, 0xD7A4))


def _is_sure(letter: str) -> bool:
    lower, upper = letter.lower(), letter.upper()
    return (
        len(lower) == len(upper) == 1
        and upper.lower() == lower == letter.casefold()
        and lower.upper() == upper
        and lower != "\u03c3"
    )


@cache
def _sure() -> frozenset[str]:
    return frozenset(filter(_is_sure, map(chr, chain.from_iterable(range(*block) for block in _BLOCKS))))


def is_sure(text: str) -> bool:
    """Whether what `text` has in it, in whatever case, its lower case has in lower case."""
    return text.isascii() or _sure().issuperset(text)
