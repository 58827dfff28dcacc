"""Which patterns mean the same to Python and to the store, and how the store writes them.

A pattern made of nothing but what is known to be alike is handed to the store; any other is matched by Python.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pyoxigraph as ox

from graphsvc.rdf import Literal

# Characters that stand for themselves in both, outside and inside a class.
_PLAIN = r"[A-Za-z0-9 _/:,;=<>!@#%&~'\"`-]|[^\x00-\x7f]"
_ESCAPED = r"\\[.\\*+?()\[\]{}|^$/-]"
_MEMBER = rf"(?:[A-Za-z0-9 _/:,;=<>!@#%'\"`.()+*?|${{}}]|[^\x00-\x7f]|{_ESCAPED}|\\s)"
_RANGE = r"[A-Za-z0-9]-[A-Za-z0-9]"
_CLASS = rf"\[\^?(?:{_RANGE}|{_MEMBER})+-?\]"
_QUANTIFIER = r"(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"
_ALIKE = re.compile(rf"(?:(?:{_PLAIN}|{_ESCAPED}|{_CLASS}|\.|\)|\\s){_QUANTIFIER}?|\((?:\?:)?|[|^$])*")
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|.", re.DOTALL)
# Python takes these for white space too.
_SPACES = r"\s\x1c-\x1f"


@lru_cache(maxsize=256)
def store_pattern(pattern: re.Pattern[str]) -> str | None:
    """The pattern as the store writes it; None where it may mean something else there."""
    if pattern.flags & ~re.UNICODE.value or not _ALIKE.fullmatch(pattern.pattern):
        return None
    translated = _translated(pattern.pattern)
    if translated is None:
        return None
    query = f'ASK {{ FILTER (BOUND(?found)) BIND (REGEX("a", {Literal(translated).n3()}) AS ?found) }}'
    return translated if ox.Store().query(query) else None


def _translated(pattern: str) -> str | None:
    """White space and ends as Python has them: `$` also matches before a line break at the end.

    The line break is consumed, which is the same only where nothing can follow.
    """
    parts: list[str] = []
    depth = 0
    for found in _PIECE.finditer(pattern):
        piece = found.group()
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "$":
            if depth or pattern[found.end() : found.end() + 1] not in ("", "|"):
                return None
            piece = r"(?:\n?\z)"
        elif piece == r"\s":
            piece = f"[{_SPACES}]"
        elif piece.startswith("["):
            piece = piece.replace(r"\s", _SPACES)
        parts.append(piece)
    return "".join(parts)
