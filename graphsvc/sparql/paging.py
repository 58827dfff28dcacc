"""A part of the solutions of a SELECT query: LIMIT and OFFSET set within what the query itself allows.

https://www.w3.org/TR/sparql11-query/#rLimitOffsetClauses
"""

from __future__ import annotations

import re

from graphsvc.errors import BadRequest
from graphsvc.sparql.lexer import COMMENT, IRI, STRING, Token, tokens

_SLICE = re.compile(
    rf"""(?=[<"'#LlOo])(?:({IRI}|{STRING})|{COMMENT}|\b(?i:LIMIT|OFFSET)(?:\s|{COMMENT})+([0-9]+))""",
    re.DOTALL,
)
_BRACKETS = {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}


def part(text: str, limit: int, offset: int) -> str:
    """The query for `limit` of its solutions, after the first `offset` of them.

    A LIMIT and OFFSET of its own hold first. Raises BadRequest where they are not numbers.
    """
    found = list(tokens(text))
    clauses, values = _modifiers(found)
    own: dict[str, int] = {}
    pieces, last = [], 0
    for word, number in clauses:
        if not number.text.isdigit():
            raise BadRequest(f"{word.keyword} is followed by a whole number, not by {number.text[:40]!r}.")
        own[word.keyword] = int(number.text)
        pieces.append(text[last : word.start])
        last = number.start + len(number.text)
    if "LIMIT" in own:
        limit = max(0, min(limit, own["LIMIT"] - offset))
    window = f"\nLIMIT {limit} OFFSET {own.get('OFFSET', 0) + offset}\n"
    end = len(text) if values is None else values.start
    return "".join((*pieces, text[last:end], window, text[end:]))


def without_slice(text: str) -> tuple[str, int]:
    """A text without comments and what LIMIT and OFFSET say, those of subqueries too, and the sum of what they do.

    It is the same for all parts of a list; that of two lists may be the same.
    """
    kept: list[str] = []
    total = 0
    parts = _SLICE.split(text)
    for plain, whole, number in zip(parts[::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True):
        kept += plain.split()
        if whole:
            kept.append(whole)
        # Nobody asks for more than so many digits say.
        total += int(number[:10]) if number else 0
    return " ".join(kept), total


def _modifiers(found: list[Token]) -> tuple[list[tuple[Token, Token]], Token | None]:
    """LIMIT and OFFSET behind the outermost group, each with its number, and a VALUES clause at the end."""
    clauses: list[tuple[Token, Token]] = []
    values, depth, closed = None, 0, False
    for index, token in enumerate(found):
        depth += _BRACKETS.get(token.text, 0)
        if depth == 0 and token.text == "}" and values is None:
            closed = True
        elif depth == 0 and closed and token.keyword in ("LIMIT", "OFFSET") and index + 1 < len(found):
            clauses.append((token, found[index + 1]))
        elif depth == 0 and closed and token.keyword == "VALUES":
            values = token
    return clauses, values
