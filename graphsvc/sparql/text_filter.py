"""Filters for text in a value, found in a query so that what cannot pass them need not be looked at.

    ?thing dct:title ?title . FILTER(CONTAINS(LCASE(STR(?title)), "words"))

https://www.w3.org/TR/sparql11-query/#func-strings
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphsvc.sparql.lexer import Token, tokens
from graphsvc.sparql.names import Names, names
from graphsvc.sparql.statement import Pattern, plain_string, statement

_FUNCTIONS = frozenset({"CONTAINS", "STRSTARTS", "STRENDS", "REGEX"})
_OF_TEXT = frozenset({"STR", "LCASE", "UCASE"})
_OPENING = {"{": "}", "(": ")", "[": "]"}
# A regular expression that is nothing but what is to be found, perhaps at the beginning or at the end.
_PLAIN_EXPRESSION = re.compile(r"\^?([\w ,:;'\"/@#%&=<>~-]+)\$?", re.ASCII)
# What makes a part of the answer depend on the order of the rest, or tells statements apart by their group.
_NOT_WITH = frozenset({"LIMIT", "OFFSET"})


@dataclass(frozen=True)
class TextFilter:
    """A filter that only lets pass what has `text` in a value of `property`, in whatever case.

    A table of the things that `subject` may stand for can be put into the query's text at `place`.
    """

    place: int
    subject: str
    property: str
    text: str


def read_text_filter(query: str) -> TextFilter | None:
    """The filter with the longest text in the outermost group of a query, if there is one.

    What the group says of `subject` before `place`, if anything, is in groups of their own or after them, so that
    a table at `place` and the statement that follows are joined first: whoever is not in it would not get past the
    filter, which holds for the group as a whole (https://www.w3.org/TR/sparql11-query/#convertGroupPattern).
    """
    found = [*tokens(query)]
    if any(
        token.kind == "blank" or token.keyword in _NOT_WITH or token.text in ("<<", "{|") for token in found
    ):
        return None
    known = names(found)
    start = None if known is None else _outermost(found, known.end)
    if known is None or start is None:
        return None
    statements, filters = _group(found, start, known)
    matched = [
        TextFilter(found[begin].start, pattern.subject, pattern.property, filters[pattern.variable])
        for begin, pattern in statements
        if pattern.variable in filters
    ]
    return max(matched, key=lambda one: len(one.text), default=None)


def _outermost(found: Sequence[Token], place: int) -> int | None:
    """Where the bracket is that opens the WHERE clause."""
    form = found[place].keyword
    while place < len(found):
        token = found[place]
        if token.text == "(":
            place = _closing(found, place)
        elif token.text == "{" and (form != "CONSTRUCT" or found[place - 1].keyword == "WHERE"):
            return place
        elif token.text == "{":
            place = _closing(found, place)
        place += 1
    return None


def _closing(found: Sequence[Token], place: int) -> int:
    """Where the bracket is that closes the one at a place; the last token, where there is none."""
    depth = 0
    while place < len(found):
        if found[place].text in _OPENING:
            depth += 1
        elif found[place].text in _OPENING.values():
            depth -= 1
            if not depth:
                return place
        place += 1
    return len(found) - 1


def _group(
    found: Sequence[Token], start: int, known: Names
) -> tuple[list[tuple[int, Pattern]], dict[str, str]]:
    """The patterns of a group, each with where the statements begin that it is among; what its filters ask of
    which variable."""
    end = _closing(found, start)
    statements: list[tuple[int, Pattern]] = []
    filters: dict[str, str] = {}
    place, begin = start + 1, 0
    while place < end:
        token = found[place]
        read = statement(found[: end + 1], place, known)
        if read is not None:
            begin = begin or place
            statements += ((begin, pattern) for pattern in read[0])
            place = read[1]
        elif token.keyword == "FILTER":
            for variable, text in _asked(found, place + 1):
                if len(text) > len(filters.get(variable, "")):
                    filters[variable] = text
            place = _after_filter(found, place + 1)
        else:
            begin = 0
            place = _after(found, place, end)
    return statements, filters


def _after(found: Sequence[Token], place: int, end: int) -> int:
    """The place after what is not read: a statement of another form, or one step of anything else."""
    token = found[place]
    if token.text in _OPENING and token.text != "[":
        return _closing(found, place) + 1
    if token.keyword and token.text != "a":
        return place + 1
    while place < end and found[place].text not in (".", "{") and not found[place].keyword:
        place = _closing(found, place) if found[place].text in _OPENING else place
        place += 1
    return place + (place < end and found[place].text == ".")


def _after_filter(found: Sequence[Token], place: int) -> int:
    while place < len(found) and found[place].text not in ("(", "{"):
        place += 1
    return _closing(found, min(place, len(found) - 1)) + 1


def _asked(found: Sequence[Token], place: int) -> Iterator[tuple[str, str]]:
    """What a filter asks for all at once: variables, and texts that they must have, in lower case."""
    if found[place].text != "(":
        asked = _call(found, place)
        if asked is not None:
            yield asked[:2]
        return
    end = _closing(found, place)
    begin = place + 1
    conjuncts = []
    depth = 0
    for at in range(begin, end + 1):
        depth += (found[at].text in _OPENING) - (at < end and found[at].text in _OPENING.values())
        if depth == 0 and found[at].text == "||":
            return
        if at == end or (depth == 0 and found[at].text == "&&"):
            conjuncts.append((begin, at))
            begin = at + 1
    for first, after in conjuncts:
        asked = _call(found, first)
        if asked is not None and asked[2] == after:
            yield asked[:2]


def _call(found: Sequence[Token], place: int) -> tuple[str, str, int] | None:
    """The variable and the text of a call that asks for text, and the place after it."""
    function = found[place].keyword
    end = _closing(found, place + 1) if place + 1 < len(found) else place
    inside = found[place + 2 : end]
    if function not in _FUNCTIONS or found[place + 1].text != "(" or found[end].text != ")":
        return None
    at = 0
    while at + 1 < len(inside) and inside[at].keyword in _OF_TEXT and inside[at + 1].text == "(":
        at += 2
    nested = at // 2
    closed = inside[at + 1 : at + 1 + nested]
    if at >= len(inside) or inside[at].kind != "variable" or any(token.text != ")" for token in closed):
        return None
    rest = inside[at + 1 + nested :]
    strings = [plain_string(token) for token in rest[1::2] if token.kind == "string"]
    if [token.text for token in rest[::2]] != [","] * len(strings) or not strings or strings[0] is None:
        return None
    if len(strings) > 1 + (function == "REGEX"):
        return None
    text = strings[0].value
    if function == "REGEX":
        plain = _PLAIN_EXPRESSION.fullmatch(text)
        if plain is None or (len(strings) == 2 and (strings[1] is None or strings[1].value not in ("", "i"))):
            return None
        text = plain[1]
    return (inside[at].text[1:], text.lower(), end + 1) if text else None
