"""Statements of the plainest form, read from the tokens of a query: a variable, properties by their IRIs, values.

https://www.w3.org/TR/sparql11-query/#rTriplesSameSubject
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.sparql.lexer import Token
from graphsvc.sparql.names import Names

# What may come after a statement that no full stop ends.
_AFTER = frozenset({"FILTER", "OPTIONAL", "MINUS", "BIND", "VALUES", "GRAPH", "SERVICE"})


@dataclass(frozen=True)
class Constant:
    """An IRI, or a literal that has nothing but its characters."""

    value: str
    is_iri: bool


@dataclass(frozen=True)
class Pattern:
    """A triple pattern whose subject is a variable; with a `variable` or a `constant` as its object, or neither
    where that is another kind of term."""

    subject: str
    property: str
    variable: str = ""
    constant: Constant | None = None


def statement(found: Sequence[Token], place: int, names: Names) -> tuple[list[Pattern], int] | None:
    """The patterns of the statement that begins at a place, and the place after it; None for any other statement.

    The last token must be a bracket that closes the group.
    """
    subject = found[place].text[1:]
    if found[place].kind != "variable":
        return None
    patterns: list[Pattern] = []
    place += 1
    while True:
        verb = names.verb(found[place])
        if verb is None:
            return None
        separator = ","
        while separator == ",":
            read = _object(found, place + 1, names)
            if read is None:
                return None
            variable, constant, place = read
            patterns.append(Pattern(subject, verb, variable, constant))
            separator = found[place].text
        while found[place].text == ";":
            place += 1
        if found[place].text in (".", "}", "{") or found[place].keyword in _AFTER:
            return patterns, place + (found[place].text == ".")
        if separator != ";":
            return None


def _object(found: Sequence[Token], place: int, names: Names) -> tuple[str, Constant | None, int] | None:
    """A variable's name or a constant, or neither for another term, and the place after it; None for no term."""
    token, after = found[place], found[min(place + 1, len(found) - 1)]
    if token.kind == "variable":
        return token.text[1:], None, place + 1
    if token.kind in ("iri", "name"):
        iri = names.iri(token)
        return None if iri is None else ("", Constant(iri, is_iri=True), place + 1)
    if token.kind == "string":
        if after.kind == "language":
            return "", None, place + 2
        if after.text == "^^":
            return "", None, place + 3
        return "", plain_string(token), place + 1
    return None


def plain_string(token: Token) -> Constant | None:
    """The literal that a string is, where it is written without escapes."""
    if "\\" in token.text:
        return None
    quotes = 3 if token.text[:3] in ('"""', "'''") else 1
    return Constant(token.text[quotes:-quotes], is_iri=False)
