"""The group of a query taken apart: its triple patterns, filters and so on, each as it stands in the text.

Nothing here parses in full, and what is put together again goes to the engine's parser like any other text.
https://www.w3.org/TR/sparql11-query/#rGroupGraphPattern
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.sparql.lexer import Token

_OPENING = frozenset({"{", "(", "[", "<<", "<<(", "{|"})
_CLOSING = frozenset({"}", ")", "]", ">>", ")>>", "|}"})
_ELEMENTS = frozenset({"FILTER", "OPTIONAL", "MINUS", "GRAPH", "SERVICE", "BIND", "VALUES"})


class CannotTakeApart(Exception):
    """The text is none that this module understands."""


@dataclass(frozen=True)
class Piece:
    """One element of a group, or one property list of a block of triples.

    `kind` is triples, filter, optional, minus, graph, service, bind, values, union, group or subquery. `tokens`
    are those from its first to its last. `continues` tells that it stands behind a `;`, and then `subject` is what
    it speaks of.
    """

    kind: str
    text: str
    start: int
    tokens: tuple[Token, ...]
    continues: bool = False
    subject: str = ""

    @property
    def alone(self) -> str:
        """The element as a group of its own would have it."""
        return f"{self.subject} {self.text}" if self.continues else self.text

    def inner(self) -> tuple[Token, ...]:
        """The tokens between the braces of a group, GRAPH or OPTIONAL."""
        place = next(index for index, token in enumerate(self.tokens) if token.text == "{")
        return self.tokens[place + 1 : -1]


@dataclass(frozen=True)
class Parts:
    """A query taken apart: its prologue, its FROM clauses, the tokens of its group, and those behind it."""

    prologue: str
    sources: str
    group: tuple[Token, ...]
    behind: tuple[Token, ...]


def take_apart(text: str, found: Sequence[Token]) -> Parts:
    """The parts of a query. Raises CannotTakeApart where it has no group of its own (`DESCRIBE <iri>`)."""
    place = 0
    while place < len(found) and found[place].keyword in ("BASE", "PREFIX", "VERSION"):
        place += 3 if found[place].keyword == "PREFIX" else 2
    if place >= len(found):
        raise CannotTakeApart
    prologue = text[: found[place].start]
    if found[place].keyword == "CONSTRUCT" and place + 1 < len(found) and found[place + 1].text == "{":
        place = _behind(found, place + 1) - 1
    sources = []
    place += 1
    while place < len(found) and found[place].text != "{":
        if found[place].keyword == "FROM":
            end = place + (2 if place + 1 < len(found) and found[place + 1].keyword == "NAMED" else 1)
            sources.append(" ".join(token.text for token in found[place : end + 1]))
        place = _behind(found, place)
    if place >= len(found):
        raise CannotTakeApart
    end = _behind(found, place)
    return Parts(prologue, " ".join(sources), tuple(found[place + 1 : end - 1]), tuple(found[end:]))


def pieces(text: str, found: Sequence[Token]) -> list[Piece]:
    """The elements of a group, of which `found` are the tokens. Raises CannotTakeApart."""
    made: list[Piece] = []
    place = 0
    while place < len(found):
        token = found[place]
        if token.text == ".":
            place += 1
        elif token.keyword in _ELEMENTS or token.text == "{":
            kind, end = _element(found, place)
            made.append(_piece(text, kind, found[place:end]))
            place = end
        else:
            place = _triples(text, found, place, made)
    return made


def joined(some: Sequence[Piece]) -> str:
    """Elements put together again, in the order in which they are given."""
    parts: list[str] = []
    before = ""
    for piece in some:
        if piece.continues:
            parts.append(";")
        elif before == piece.kind == "triples":
            parts.append(".")
        parts.append(piece.text)
        before = piece.kind
    # A comment at the end of a piece would swallow what follows it.
    return "\n".join(parts)


def _element(found: Sequence[Token], place: int) -> tuple[str, int]:
    """What kind of element begins at `place`, and where it ends."""
    word, after = found[place].keyword, place + 1
    if word == "FILTER":
        return "filter", _filter_end(found, after)
    if word in ("OPTIONAL", "MINUS", "BIND"):
        return word.lower(), _behind(found, after)
    if word in ("GRAPH", "SERVICE", "VALUES"):
        while after < len(found) and found[after].text != "{":
            after += 1
        return word.lower(), _behind(found, after)
    kind = "subquery" if after < len(found) and found[after].keyword == "SELECT" else "group"
    end = _behind(found, place)
    while end < len(found) and found[end].keyword == "UNION":
        kind, end = "union", _behind(found, end + 1)
    return kind, end


def _filter_end(found: Sequence[Token], place: int) -> int:
    """The end of a constraint: brackets, a call, or EXISTS with its group."""
    while place < len(found) and found[place].text not in _OPENING:
        place += 1
    return _behind(found, place)


def _triples(text: str, found: Sequence[Token], place: int, made: list[Piece]) -> int:
    """The property lists of one subject, as pieces; returns where they end."""
    subject_end = _behind(found, place)
    subject = _slice(text, found[place:subject_end])
    start, end, continues = place, subject_end, False
    while end < len(found):
        token = found[end]
        if token.text in (".", "{") or token.keyword in _ELEMENTS:
            break
        if token.text == ";":
            if end > start:
                made.append(_piece(text, "triples", found[start:end], continues=continues, subject=subject))
                continues = True
            start = end = end + 1
        else:
            end = _behind(found, end)
    if end > start:
        made.append(_piece(text, "triples", found[start:end], continues=continues, subject=subject))
    return end


def _piece(
    text: str, kind: str, tokens: Sequence[Token], *, continues: bool = False, subject: str = ""
) -> Piece:
    return Piece(kind, _slice(text, tokens), tokens[0].start, tuple(tokens), continues, subject)


def _slice(text: str, tokens: Sequence[Token]) -> str:
    return text[tokens[0].start : tokens[-1].start + len(tokens[-1].text)]


def _behind(found: Sequence[Token], place: int) -> int:
    """The index behind the token at `place`, or behind what closes it. Raises CannotTakeApart at the end."""
    depth = 0
    for index in range(place, len(found)):
        depth += (found[index].text in _OPENING) - (found[index].text in _CLOSING)
        if depth <= 0:
            return index + 1
    raise CannotTakeApart
