"""Quads to RDF documents: the same graph gives the same bytes, with the prefixes it uses and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import NotAcceptable
from graphsvc.formats import GRAPH_FORMATS, JSON_LD, Format, Kind
from graphsvc.rdf.reading import engine_format

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def write_document(quads: Iterable[ox.Quad], syntax: Format, prefixes: Mapping[str, str]) -> bytes:
    """An RDF document of the quads, sorted by graph, subject, predicate (rdf:type first) and object.

    A syntax that has no named graphs gets the merge of all of them, each triple once. Blank nodes keep their
    labels, so the bytes are as stable as those are. Raises NotAcceptable for triple terms in JSON-LD.
    """
    ordered: list[Any]
    if syntax.kind is Kind.DATASET:
        ordered = sorted(set(quads), key=_quad_key)
    else:
        ordered = sorted({quad.triple for quad in quads}, key=_triple_key)
    used = _used(ordered, prefixes)
    try:
        return ox.serialize(ordered, format=engine_format(syntax), prefixes=used) or b""
    except OSError as error:
        raise cannot_carry(error) or error from error


def cannot_carry(error: Exception) -> NotAcceptable | None:
    """What the engine's refusal to write is to the asker, where a syntax has no place for triple terms."""
    if "does not support RDF 1.2" not in str(error):
        return None
    offers = [one.media_type for one in GRAPH_FORMATS if one is not JSON_LD]
    return NotAcceptable("JSON-LD cannot carry triple terms, and there are some in this answer.", offers)


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
