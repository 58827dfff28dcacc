"""Statements of the plainest form, read from the tokens of a query: a variable, properties by their IRIs, values.

https://www.w3.org/TR/sparql11-query/#rTriplesSameSubject
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.sparql.lexer import Token
from graphsvc.sparql.names import Names
from graphsvc.sparql.path import Step, path

# What may come after a statement that no full stop ends.
_AFTER = frozenset({"FILTER", "OPTIONAL", "MINUS", "BIND", "VALUES", "GRAPH", "SERVICE"})


@dataclass(frozen=True)
class Constant:
    """An IRI, or a literal that has nothing but its characters."""

    value: str
    is_iri: bool


@dataclass(frozen=True)
class Pattern:
    """A triple pattern: a variable as its `subject`, or `about` an IRI in place of that; with a `variable` or a
    `constant` as its object, or neither where that is another kind of term. `times` is as of a Step."""

    subject: str
    property: str
    variable: str = ""
    constant: Constant | None = None
    about: Constant | None = None
    times: str = ""


@dataclass(frozen=True)
class _End:
    """What stands at one end of a pattern: a variable, a constant, or another term."""

    variable: str = ""
    constant: Constant | None = None


def statement(
    found: Sequence[Token], place: int, names: Names, *, joins: bool = False
) -> tuple[list[Pattern], int] | None:
    """The patterns of the statement that begins at a place, and the place after it; None for any other statement.

    With `joins` it may be about an IRI, and have paths: between their steps are variables whose names no query
    has. The last token must be a bracket that closes the group.
    """
    subject = _subject(found[place], names, joins)
    if subject is None:
        return None
    patterns: list[Pattern] = []
    place += 1
    while True:
        verb = path(found, place, names)
        if verb is None or not (joins or _is_plain(verb[0])):
            return None
        steps, begin = verb
        separator = ","
        while separator == ",":
            read = _object(found, begin, names)
            if read is None:
                return None
            end, place = read
            followed = _followed(subject, steps, end, f"/{place}")
            if followed is None:
                return None
            patterns += followed
            separator, begin = found[place].text, place + 1
        while found[place].text == ";":
            place += 1
        if found[place].text in (".", "}", "{") or found[place].keyword in _AFTER:
            return patterns, place + (found[place].text == ".")
        if separator != ";":
            return None


def _subject(token: Token, names: Names, joins: bool) -> _End | None:
    if token.kind == "variable":
        return _End(token.text[1:])
    iri = names.iri(token) if joins else None
    return None if iri is None else _End("", Constant(iri, is_iri=True))


def _is_plain(steps: Sequence[Step]) -> bool:
    return len(steps) == 1 and not steps[0].times and not steps[0].is_inverse


def _followed(begin: _End, steps: Sequence[Step], end: _End, name: str) -> list[Pattern] | None:
    """The patterns of a path from one end to another; None where a literal would be a subject."""
    patterns = []
    ends = [begin, *(_End(f"{name}/{at}") for at in range(1, len(steps))), end]
    for at, step in enumerate(steps):
        subject, value = (ends[at + 1], ends[at]) if step.is_inverse else (ends[at], ends[at + 1])
        about = subject.constant
        if not subject.variable and not (about and about.is_iri):
            return None
        patterns.append(
            Pattern(subject.variable, step.property, value.variable, value.constant, about, step.times)
        )
    return patterns


def _object(found: Sequence[Token], place: int, names: Names) -> tuple[_End, int] | None:
    """What an object is, and the place after it; None for no term."""
    token, after = found[place], found[min(place + 1, len(found) - 1)]
    if token.kind == "variable":
        return _End(token.text[1:]), place + 1
    if token.kind in ("iri", "name"):
        iri = names.iri(token)
        return None if iri is None else (_End("", Constant(iri, is_iri=True)), place + 1)
    if token.kind == "string":
        if after.kind == "language":
            return _End(), place + 2
        if after.text == "^^":
            return _End(), place + 3
        return _End("", plain_string(token)), place + 1
    return None


def plain_string(token: Token) -> Constant | None:
    """The literal that a string is, where it is written without escapes."""
    if "\\" in token.text:
        return None
    quotes = 3 if token.text[:3] in ('"""', "'''") else 1
    return Constant(token.text[quotes:-quotes], is_iri=False)
