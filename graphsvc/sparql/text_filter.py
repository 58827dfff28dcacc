"""Filters for text in a value, found in a query so that what cannot pass them need not be looked at.

    ?thing dct:title ?title . FILTER(CONTAINS(LCASE(STR(?title)), "words"))

https://www.w3.org/TR/sparql11-query/#func-strings
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphsvc.sparql.group import CannotTakeApart, Piece, pieces, take_apart
from graphsvc.sparql.lexer import Token, tokens
from graphsvc.sparql.names import Names, names
from graphsvc.sparql.statement import Pattern, plain_string, statement

_FUNCTIONS = frozenset({"CONTAINS", "STRSTARTS", "STRENDS", "REGEX"})
_OF_TEXT = frozenset({"STR", "LCASE", "UCASE"})
_OPENING, _CLOSING = frozenset("{(["), frozenset("})]")
_END = Token("punctuation", "}", 0)
# A regular expression that is nothing but what is to be found, perhaps at the beginning or at the end.
_PLAIN_EXPRESSION = re.compile(r"\^?([\w ,:;'\"/@#%&=<>~-]+)\$?", re.ASCII)
# With these an answer is a part of what there is, and which part depends on the order in which it is found.
_NOT_WITH = frozenset({"LIMIT", "OFFSET"})


@dataclass(frozen=True)
class TextFilter:
    """A filter that only lets pass what has `text` in a value of `predicate`, in whatever case.

    A table of the things that `subject` may stand for can be put into the query's text at `start`.
    """

    start: int
    subject: str
    predicate: str
    text: str

    @property
    def end(self) -> int:
        """Nothing of the text is replaced."""
        return self.start


def read_text_filter(query: str) -> TextFilter | None:
    """The filter with the longest text in the outermost group of a query, if there is one.

    What the group says of `subject` before that, if anything, is in groups of their own or after them, so that a
    table there and the statement that follows are joined first: whoever is not in it would not get past the
    filter, which holds for the group as a whole (https://www.w3.org/TR/sparql11-query/#convertGroupPattern).
    """
    found = [*tokens(query)]
    if any(
        token.kind == "blank" or token.keyword in _NOT_WITH or token.text in ("<<", "{|") for token in found
    ):
        return None
    known = names(found)
    if known is None:
        return None
    try:
        group = pieces(query, take_apart(query, found).group)
    except CannotTakeApart:
        return None
    filters: dict[str, str] = {}
    for piece in group:
        for variable, text in _asked(piece.tokens[1:]) if piece.kind == "filter" else ():
            if len(text) > len(filters.get(variable, "")):
                filters[variable] = text
    matched = [
        TextFilter(begin, pattern.subject, pattern.property, filters[pattern.variable])
        for begin, pattern in _statements(group, known)
        if pattern.variable in filters
    ]
    return max(matched, key=lambda one: len(one.text), default=None)


def _statements(group: Sequence[Piece], known: Names) -> Iterator[tuple[int, Pattern]]:
    """The plain patterns of a group, each with where the statements begin that it is among."""
    begin = 0
    head: tuple[Token, ...] = ()
    for piece in group:
        if piece.kind == "triples":
            begin = begin or piece.start
            head = head if piece.continues else piece.tokens[:1]
            tokens = (*head, *piece.tokens) if piece.continues else piece.tokens
            read = statement((*tokens, _END), 0, known)
            yield from ((begin, pattern) for pattern in (read[0] if read else ()))
        elif piece.kind != "filter":
            begin = 0


def _asked(constraint: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """What a filter asks for all at once: variables, and texts that they must have, in lower case."""
    if constraint[0].text != "(":
        conjuncts = [[*constraint]]
    else:
        conjuncts, depth = [[]], 0
        for token in constraint[1:-1]:
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth == 0 and token.text == "||":
                return
            if depth == 0 and token.text == "&&":
                conjuncts.append([])
            else:
                conjuncts[-1].append(token)
    yield from filter(None, map(_call, conjuncts))


def _call(found: Sequence[Token]) -> tuple[str, str] | None:
    """The variable and the text of a call that asks for text, of which these are all tokens."""
    if len(found) < 3 or found[0].keyword not in _FUNCTIONS or found[1].text != "(" or found[-1].text != ")":
        return None
    function, inside = found[0].keyword, found[2:-1]
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
    return (inside[at].text[1:], text.lower()) if text else None
