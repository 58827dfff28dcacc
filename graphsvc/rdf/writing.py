"""Quads to RDF documents: the same graph gives the same bytes, with the prefixes it uses and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import NotAcceptable
from graphsvc.formats import GRAPH_FORMATS, JSON_LD, Format, Kind
from graphsvc.rdf.reading import engine_format

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_TYPE_TERM = f"<{_TYPE}>".encode()
_STRING = "http://www.w3.org/2001/XMLSchema#string"
# Literals in N-Triples; then, of lines without them, namespaces, and literals that are plain.
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NAMESPACE = re.compile(rb"<([^<>]*[/#])[^<>/#]*>")
_PLAIN = re.compile(rb'""(?![@^])')


def write_document(quads: Iterable[ox.Quad], syntax: Format, prefixes: Mapping[str, str]) -> bytes:
    """An RDF document of the quads, sorted by graph, subject, predicate (rdf:type first) and object.

    A syntax that has no named graphs gets the merge of all of them, each triple once. Blank nodes keep their
    labels, so the bytes are as stable as those are. Raises NotAcceptable for triple terms in JSON-LD.
    """
    if syntax.kind is not Kind.DATASET:
        return write_graph_document((quad.triple for quad in quads), syntax, prefixes)
    ordered = sorted(set(quads), key=_quad_key)
    return _written(ordered, syntax, _used(ordered, prefixes))


def write_graph_document(triples: Iterable[ox.Triple], syntax: Format, prefixes: Mapping[str, str]) -> bytes:
    """An RDF document of triples, as `write_document` makes one; in a syntax for graphs."""
    # One line a triple, by the engine: to take each term apart here would take ten times as long.
    content = sorted_lines(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    if engine_format(syntax) == ox.RdfFormat.N_TRIPLES:
        return content
    ordered = ox.parse(content, format=ox.RdfFormat.N_TRIPLES)
    return _written((quad.triple for quad in ordered), syntax, _used_in(content, prefixes))


def sorted_lines(content: bytes) -> bytes:
    """N-Triples by the engine with each line once, in the order of `write_document`."""
    lines = sorted(set(content.splitlines(keepends=True)), key=_line_key)
    return b"".join(lines)


def _written(ordered: Iterable[Any], syntax: Format, prefixes: dict[str, str]) -> bytes:
    try:
        return ox.serialize(ordered, format=engine_format(syntax), prefixes=prefixes) or b""
    except OSError as error:
        raise cannot_carry(error) or error from error


def cannot_carry(error: Exception) -> NotAcceptable | None:
    """What the engine's refusal to write is to the asker, where a syntax has no place for triple terms."""
    if "does not support RDF 1.2" not in str(error):
        return None
    offers = [one.media_type for one in GRAPH_FORMATS if one is not JSON_LD]
    return NotAcceptable("JSON-LD cannot carry triple terms, and there are some in this answer.", offers)


def _line_key(line: bytes) -> tuple[bytes, bytes, bytes]:
    """What a line of N-Triples is sorted by. https://www.w3.org/TR/n-triples/#canonical-ntriples"""
    subject, predicate, rest = line.split(b" ", 2)
    return subject, b"" if predicate == _TYPE_TERM else predicate[1:-1], rest


def _quad_key(quad: ox.Quad) -> tuple[str, ...]:
    predicate = quad.predicate.value
    name, subject, value = str(quad.graph_name), str(quad.subject), str(quad.object)
    return (name, subject, "" if predicate == _TYPE else predicate, value)


def _used(statements: Iterable[Any], prefixes: Mapping[str, str]) -> dict[str, str]:
    """The prefixes whose namespace some IRI of the statements starts with."""
    seen: set[str] = set()
    for statement in statements:
        for term in (statement.subject, statement.predicate, statement.object):
            if isinstance(term, ox.NamedNode):
                seen.add(_namespace(term.value))
            elif isinstance(term, ox.Literal):
                seen.add(_namespace(term.datatype.value))
    return _those(prefixes, seen)


def _used_in(lines: bytes, prefixes: Mapping[str, str]) -> dict[str, str]:
    """The same of lines of N-Triples."""
    terms = _TEXT.sub(b'""', lines)
    seen = {name.decode() for name in _NAMESPACE.findall(terms)}
    if _PLAIN.search(terms):
        seen.add(_namespace(_STRING))
    if b'""@' in terms:
        seen.add(_namespace(_TYPE))
    return _those(prefixes, seen)


def _those(prefixes: Mapping[str, str], namespaces: set[str]) -> dict[str, str]:
    return {name: iri for name, iri in sorted(prefixes.items()) if iri in namespaces}


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
