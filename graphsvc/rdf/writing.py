"""Quads to RDF documents: the same graph gives the same bytes, with the prefixes it uses and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from graphsvc.formats import Format, Kind
from graphsvc.rdf.reading import engine_format

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def write_document(quads: Iterable[ox.Quad], syntax: Format, prefixes: Mapping[str, str]) -> bytes:
    """An RDF document of the quads, sorted by graph, subject, predicate (rdf:type first) and object.

    A syntax that has no named graphs gets the merge of all of them, each triple once. Blank nodes keep their
    labels, so the bytes are as stable as those are.
    """
    ordered: list[Any]
    if syntax.kind is Kind.DATASET:
        ordered = sorted(set(quads), key=_quad_key)
    else:
        ordered = sorted({quad.triple for quad in quads}, key=_triple_key)
    used = _used(ordered, prefixes)
    return ox.serialize(ordered, format=engine_format(syntax), prefixes=used) or b""


def _triple_key(triple: ox.Triple) -> tuple[str, ...]:
    predicate = triple.predicate.value
    return (str(triple.subject), "" if predicate == _TYPE else predicate, str(triple.object))


def _quad_key(quad: ox.Quad) -> tuple[str, ...]:
    return (str(quad.graph_name), *_triple_key(quad.triple))


def _used(statements: Iterable[Any], prefixes: Mapping[str, str]) -> dict[str, str]:
    """The prefixes whose namespace some IRI of the statements starts with."""
    seen: set[str] = set()
    for statement in statements:
        for term in (statement.subject, statement.predicate, statement.object):
            if isinstance(term, ox.NamedNode):
                seen.add(_namespace(term.value))
            elif isinstance(term, ox.Literal):
                seen.add(_namespace(term.datatype.value))
    return {name: iri for name, iri in sorted(prefixes.items()) if iri in seen}


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
