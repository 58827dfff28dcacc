"""Words as the index sees them: letters and digits, without case and without diacritics.

It follows FTS5's tokenizer `unicode61 remove_diacritics 2` (https://www.sqlite.org/fts5.html#unicode61_tokenizer),
so that what the index finds is also what a page marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# How long a search may be, and how many of its words count.
MAX_LENGTH, MAX_WORDS = 1_000, 16
_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'"([^"]*)"|([^"]+)')


@dataclass(frozen=True)
class Part:
    """One part of a search: a word that may be the beginning of one, or the words of a phrase in quotes."""

    words: tuple[str, ...]
    whole: bool = False

    @property
    def text(self) -> str:
        """The part as it is written."""
        return f'"{" ".join(self.words)}"' if self.whole else self.words[0]


def folded(text: str) -> str:
    """A text without case and diacritics, each character for itself."""
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFD", text)
    return unicodedata.normalize(
        "NFC", "".join(sign for sign in parted if not unicodedata.combining(sign))
    ).lower()


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    return _WORD.findall(folded(text))


def key_of(text: str) -> str:
    """What two spellings of one name or reference have in common: `COM(2021) 281` and `com-2021-281`."""
    return "".join(words_of(text))


def parts_of(asked: str) -> list[Part]:
    """The parts of a search, at most MAX_WORDS; a quote that is not closed counts for nothing."""
    found = []
    for piece in _PIECE.finditer(asked):
        if piece[1] is not None:
            phrase = tuple(words_of(piece[1]))[:MAX_WORDS]
            found += [Part(phrase, True)] if phrase else []
        else:
            found += [Part((word,)) for word in words_of(piece[2])]
    return list(dict.fromkeys(found))[:MAX_WORDS]


def holds(words: Sequence[str], part: Part, *, whole: bool) -> bool:
    """Whether words in their order have a part; if `whole`, no word is taken for the beginning of another."""
    first, number = part.words[0], len(part.words)
    if part.whole and number > 1:
        return any(tuple(words[start : start + number]) == part.words for start in range(len(words)))
    if whole or part.whole or len(first) < 2:
        return first in words
    return any(word.startswith(first) for word in words)


def marked(text: str, beginnings: Sequence[str]) -> list[tuple[str, bool]]:
    """A text cut into pieces, each with whether it is a word that begins with one of `beginnings`."""
    starts = tuple(beginnings)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for start, stop in _hits(text, starts):
        if start > end:
            pieces.append((text[end:start], False))
        pieces.append((text[start:stop], True))
        end = stop
    if end < len(text) or not pieces:
        pieces.append((text[end:], False))
    return pieces


def _hits(text: str, starts: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    if starts:
        for word in _WORD.finditer(text):
            if folded(word[0]).startswith(starts):
                yield word.span()


def excerpt(text: str, beginnings: Sequence[str], length: int = 240) -> str:
    """The part of a text around its first hit, about `length` characters, cut between words."""
    if len(text) <= length:
        return text
    first = next(_hits(text, tuple(beginnings)), (0, 0))[0]
    start = max(0, min(first - length // 3, len(text) - length))
    end = min(len(text), start + length)
    if start:
        start = text.find(" ", start, first) + 1 or start
    if end < len(text):
        end = text.rfind(" ", first + 1, end) if text.rfind(" ", first + 1, end) > start else end
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")
