"""Positions of all triples of a document, for the tests of this room."""

from __future__ import annotations

from graphsvc.positions import find, regions
from graphsvc.positions.finding import Triple
from graphsvc.validation.statements import Document, read_triples

BASE = "http://base/x/"


def triples_of(content: bytes, syntax: str) -> list[Triple]:
    return list(read_triples(Document("d", content, syntax, BASE), "d"))


def texts_of(content: bytes, syntax: str) -> dict[Triple, tuple[str, str, str]]:
    """The words in which each triple's subject, predicate and object are written, as far as they are found."""
    triples = triples_of(content, syntax)
    found = find(content, syntax, BASE, triples, triples)
    return {
        triple: tuple(content[start:end].decode() for start, end in place.parts)  # type: ignore[misc]
        for triple, place in found.items()
    }


def line_of(content: bytes, syntax: str, triple: Triple, part: int) -> tuple[int, int]:
    [found] = find(content, syntax, BASE, triples_of(content, syntax), [triple]).values()
    region = regions(content, [found.parts[part]])[found.parts[part]]
    return region.start.line, region.start.column
