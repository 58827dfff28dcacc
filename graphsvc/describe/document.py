"""A description as an RDF document: the same data give the same bytes, in any syntax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from graphsvc.describe.statements import Statement
from graphsvc.formats import N_QUADS, N_TRIPLES, TRIG, Format, Kind
from graphsvc.rdf import BlankNode, Iri, Term, TripleTerm, write_document
from graphsvc.rdf.reading import engine_format
from graphsvc.sparql import read
from graphsvc.store import Store
from graphsvc.vocab import PREFIXES

# A named graph with more statements than this is passed on as the store sends it, in the store's order.
SORTED_STATEMENTS = 100_000
_BATCH = 2_000


def document(
    statements: Iterable[Statement], syntax: Format, prefixes: Mapping[str, str], *, of_graph: bool = False
) -> bytes:
    """The statements as a document.

    All of them stand in the document's default graph, where a client that knows nothing of named graphs looks
    for them; TriG and N-Quads hold them once more in the named graphs they come from. The document `of_graph`
    is that of a named graph, and in those syntaxes holds it under its name alone.
    """
    quads = [quad(statement) for statement in statements]
    named = syntax in (TRIG, N_QUADS)
    if not (named and of_graph):
        merged = [ox.Quad(q.subject, q.predicate, q.object) for q in quads]
        quads = [*merged, *quads] if named else merged
    return write_document(quads, syntax, prefixes)


def quad(statement: Statement) -> ox.Quad:
    """A statement as the engine's quad."""
    graph = ox.NamedNode(statement.graph) if statement.graph else ox.DefaultGraph()
    subject = _engine_term(statement.subject)
    predicate = ox.NamedNode(statement.predicate)
    return ox.Quad(subject, predicate, _engine_term(statement.object), graph)  # type: ignore[arg-type]


def _engine_term(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple:
    if isinstance(term, TripleTerm):
        parts: list[Any] = [_engine_term(part) for part in (term.subject, term.predicate, term.object)]
        return ox.Triple(*parts)
    if isinstance(term, Iri):
        return ox.NamedNode(term.value)
    if isinstance(term, BlankNode):
        return ox.BlankNode(term.value)
    if term.direction:
        return ox.Literal(term.value, language=term.language, direction=ox.BaseDirection(term.direction))
    if term.language:
        return ox.Literal(term.value, language=term.language)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype))


def of_document(document_iri: str, topic: str, dataset: str, licence: str | None) -> Iterator[Statement]:
    """What is said of the document itself: its topic, the dataset it belongs to, its licence."""
    dct = PREFIXES["dct"]
    subject = Iri(document_iri)
    yield Statement("", subject, PREFIXES["foaf"] + "primaryTopic", Iri(topic))
    yield Statement("", subject, PREFIXES["void"] + "inDataset", Iri(dataset))
    yield Statement("", subject, dct + "isPartOf", Iri(dataset))
    if licence:
        yield Statement("", subject, dct + "license", Iri(licence))


def stream_graph(store: Store, graph: str, syntax: Format) -> Iterator[bytes]:
    """A large named graph, as the store sends it, in bounded memory.

    TriG and N-Quads name the graph; the other syntaxes hold its triples.
    """
    query = read(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {Iri(graph).n3()} {{ ?s ?p ?o }} }}")
    if syntax.kind is not Kind.DATASET or syntax.name == "jsonld":
        return store.query(query, syntax).chunks
    return _renamed(store.query(query, N_TRIPLES).chunks, ox.NamedNode(graph), engine_format(syntax))


def _renamed(chunks: Iterator[bytes], graph: ox.NamedNode, syntax: ox.RdfFormat) -> Iterator[bytes]:
    """N-Triples, read as they come, written again with the graph's name."""
    waiting: list[ox.Quad] = []
    for triple in ox.parse(_Chunks(chunks), ox.RdfFormat.N_TRIPLES):  # type: ignore[arg-type]
        waiting.append(ox.Quad(triple.subject, triple.predicate, triple.object, graph))
        if len(waiting) == _BATCH:
            yield ox.serialize(waiting, format=syntax) or b""
            waiting = []
    yield ox.serialize(waiting, format=syntax) or b""


class _Chunks:
    """An iterator of bytes as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; b'' at the end."""
        while not self._rest:
            try:
                self._rest = next(self._chunks)
            except StopIteration:
                return b""
        if size < 0:
            whole = self._rest + b"".join(self._chunks)
            self._rest = b""
            return whole
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece
