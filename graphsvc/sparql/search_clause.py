"""Search within a query: statements with the property SEARCH, found in a text to be replaced by what is found.

    ?thing <urn:x-graphsvc:search> "words" .
    (?thing ?rank) <urn:x-graphsvc:search> ("words" 20) .

The statement holds for what the words find, the best `20` of it where a number is given; `?rank` is 1 for the
best. It is a table that is joined with the rest, so VALUES in its place means the same
(https://www.w3.org/TR/sparql11-query/#inline-data).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.errors import QuerySyntaxError
from graphsvc.sparql.lexer import Token, position

SEARCH = "urn:x-graphsvc:search"
_FORM = f'?thing <{SEARCH}> "words" . or (?thing ?rank) <{SEARCH}> ("words" 20) .'
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_SHAPE = re.compile(r"(v|\(vv?\))p(s|\(sn?\))\Z")


@dataclass(frozen=True)
class SearchClause:
    """A statement that searches: where it stands in the text, its variables (the thing, perhaps its rank), the
    words, and how many things at most (None: all)."""

    start: int
    end: int
    variables: tuple[str, ...]
    words: str
    number: int | None = None


def search_clauses(
    text: str, found: Sequence[Token], elsewhere: Sequence[tuple[int, int]] = ()
) -> tuple[SearchClause, ...]:
    """The searches of a query, but for those in the spans `elsewhere`.

    Raises QuerySyntaxError for one that is not of the form above, or no statement of its own.
    """
    prefixes: dict[str, str] = {}
    clauses = []
    for place, token in enumerate(found):
        if token.keyword == "PREFIX" and place + 2 < len(found):
            prefixes[found[place + 1].text] = found[place + 2].text[1:-1]
        elif _names_search(token, prefixes) and not any(a <= token.start < b for a, b in elsewhere):
            if place and found[place - 1].keyword == "PREFIX":
                continue
            clauses.append(_clause(text, found, place))
    return tuple(clauses)


def _names_search(token: Token, prefixes: dict[str, str]) -> bool:
    if token.kind == "iri":
        return token.text == f"<{SEARCH}>"
    if token.kind != "name":
        return False
    prefix, _, local = token.text.partition(":")
    return prefixes.get(f"{prefix}:", "\0") + local == SEARCH


def _clause(text: str, found: Sequence[Token], place: int) -> SearchClause:
    first = next((p for p in range(place - 1, max(-1, place - 5), -1) if _begins(found, p, place)), None)
    last = next((p for p in range(place + 1, min(len(found), place + 5)) if _ends(found, p, place)), None)
    if first is None or last is None or not _stands_alone(found, first, last):
        raise _refused(text, found[place])
    inside = found[first : last + 1]
    shape = "".join(_sign(token, token is found[place]) for token in inside)
    if not _SHAPE.match(shape):
        raise _refused(text, found[place])
    words = next(token for token in inside if token.kind == "string")
    numbers = [int(token.text) for token in inside if token.kind == "number" and token.text.isdigit()]
    if ("n" in shape) != bool(numbers):
        raise _refused(text, found[place])
    variables = tuple(token.text[1:] for token in inside if token.kind == "variable")
    end = found[last].start + len(found[last].text)
    return SearchClause(
        found[first].start, end, variables, _content(words.text), numbers[0] if numbers else None
    )


def _begins(found: Sequence[Token], at: int, place: int) -> bool:
    return found[at].text == "(" or (at == place - 1 and found[at].kind == "variable")


def _ends(found: Sequence[Token], at: int, place: int) -> bool:
    return found[at].text == ")" or (at == place + 1 and found[at].kind == "string")


def _stands_alone(found: Sequence[Token], first: int, last: int) -> bool:
    before = found[first - 1] if first else None
    after = found[last + 1] if last + 1 < len(found) else None
    if before is None or before.text not in ("{", "}", ".", ")"):
        return False
    return after is not None and (after.text in (".", "{", "}") or bool(after.keyword))


def _sign(token: Token, is_property: bool) -> str:
    if is_property:
        return "p"
    return {"variable": "v", "string": "s", "number": "n"}.get(token.kind, token.text)


def _content(string: str) -> str:
    quotes = 3 if string[:3] in ('"""', "'''") else 1
    return _ESCAPE.sub(_character, string[quotes:-quotes])


def _character(escape: re.Match[str]) -> str:
    sign = escape[1]
    if len(sign) > 1:
        number = int(sign[1:], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _ESCAPED.get(sign, sign)


def _refused(text: str, token: Token) -> QuerySyntaxError:
    line, column = position(text, token.start)
    return QuerySyntaxError(
        "A search is a statement of its own, of a variable and words in quotes.",
        source="query",
        line=line,
        column=column,
        source_line=text.split("\n")[line - 1].rstrip("\r"),
        hint=f"Write {_FORM}",
    )
