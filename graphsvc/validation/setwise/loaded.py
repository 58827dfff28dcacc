"""Documents of data and ontology in a store of their own, for one validation.

The default graph holds the merge of all; what only the ontology says is told apart by a named graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import DataSyntaxError
from graphsvc.formats import DATA_FORMATS, by_name
from graphsvc.rdf import Iri, read_document
from graphsvc.validation.setwise.data_graph import SHAPES_GRAPH
from graphsvc.validation.setwise.spelling import from_store, is_stand_in, stored, survives, to_store
from graphsvc.validation.statements import Document, Statements, Triple
from graphsvc.vocab import PREFIXES

_ONTOLOGY = ox.NamedNode("urn:graphsvc:ontology")
_SHAPES = ox.NamedNode(SHAPES_GRAPH.value)
_DEFAULT = ox.DefaultGraph()
_STRING = PREFIXES["xsd"] + "string"


class LoadedTriples:
    """The triples of documents, or of statements, in memory."""

    calls_functions = True

    def __init__(self, data: Iterable[ox.Quad], ontology: Iterable[ox.Quad], respelt: set[str]) -> None:
        self.respelt = respelt
        self.is_merge = False
        self.store = ox.Store()
        self.store.bulk_extend(data)
        self.has_data = any(True for _ in self.store.quads_for_pattern(None, None, None, None))
        fresh = [quad for quad in ontology if quad not in self.store]
        self.store.extend(fresh)
        self.store.extend(ox.Quad(q.subject, q.predicate, q.object, _ONTOLOGY) for q in fresh)
        self.has_ontology = bool(fresh)

    def solutions(
        self,
        query: str,
        substitutions: Mapping[str, Any] | None = None,
        functions: Mapping[str, Any] | None = None,
    ) -> Any:
        """See `Triples.solutions`. The one named graph that the query may see is that of the shapes."""
        return self.store.query(
            query,
            named_graphs=[_SHAPES],
            substitutions={ox.Variable(name): term for name, term in (substitutions or {}).items()},
            custom_functions={ox.NamedNode(name): call for name, call in (functions or {}).items()},
        )

    def offer_shapes(self, shapes: Statements) -> bool:
        """See `Triples.offer_shapes`."""
        if not self.store.contains_named_graph(_SHAPES):
            quads = (_quad(triple, self.respelt) for triple in shapes.triples)
            self.store.extend(ox.Quad(q.subject, q.predicate, q.object, _SHAPES) for q in quads)
        return True

    def match(self, subject: Any, predicate: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
        """See `Triples.match`."""
        for quad in self.store.quads_for_pattern(subject, predicate, value, _DEFAULT):
            yield quad.subject, quad.predicate, quad.object

    def is_of_data(self, node: Any) -> bool:
        """Whether data mention the node, or the ontology does not."""
        if not self.has_ontology:
            return True
        mentioned = False
        for pattern in ((node, None, None), (None, None, node)):
            if isinstance(pattern[0], ox.Literal):
                continue
            for subject, predicate, value in self.match(*pattern):
                mentioned = True
                if ox.Quad(subject, predicate, value, _ONTOLOGY) not in self.store:
                    return True
        return not mentioned

    def statements(self) -> Statements:
        """All triples as plain terms."""
        return Statements(
            ((from_store(s), Iri(p.value), from_store(o)), "") for s, p, o in self.match(None, None, None)
        )


def load(data: Iterable[Document], ontology: Iterable[Document]) -> LoadedTriples:
    """The documents in a store. Blank nodes are labelled as `statements.read` does.

    Raises DataSyntaxError with the document's name, line and column; also for what RDF 1.2 adds to RDF 1.1.
    """
    respelt: set[str] = set()
    return LoadedTriples(_quads(data, "data", respelt), _quads(ontology, "ontology", respelt), respelt)


def of_statements(data: Statements, ontology: Statements) -> LoadedTriples:
    """The statements in a store."""
    respelt: set[str] = set()
    return LoadedTriples(
        (_quad(triple, respelt) for triple in data.triples),
        (_quad(triple, respelt) for triple in ontology.triples),
        respelt,
    )


def _quad(triple: Triple, respelt: set[str]) -> ox.Quad:
    subject, predicate, value = triple
    kept = to_store(value)
    if is_stand_in(kept):
        respelt.add(predicate.value)
    return ox.Quad(to_store(subject), ox.NamedNode(predicate.value), kept)  # type: ignore[arg-type]


def _quads(documents: Iterable[Document], role: str, respelt: set[str]) -> Iterator[ox.Quad]:
    for number, document in enumerate(documents, start=1):
        yield from _of_document(document, f"{role}{number}b", respelt)


def _of_document(document: Document, stem: str, respelt: set[str]) -> Iterator[ox.Quad]:
    """The triples of a document, merged into one graph, in terms that the store gives back as they are.

    It runs once for each triple, so it makes no new quad where the parser's will do.
    """
    syntax = by_name(document.syntax, DATA_FORMATS)
    if syntax is None:
        raise DataSyntaxError(f"{document.syntax!r} is no RDF syntax.", source=document.name)
    labels: dict[str, ox.BlankNode] = {}
    named, blank, literal, default = ox.NamedNode, ox.BlankNode, ox.Literal, ox.DefaultGraph

    def relabelled(node: Any) -> Any:
        return labels.setdefault(node.value, blank(f"{stem}{len(labels) + 1}"))

    for quad in read_document(document.content, syntax, source=document.name, base=document.base):
        subject: Any = quad.subject
        value: Any = quad.object
        changed = type(quad.graph_name) is not default
        kind = type(value)
        if type(subject) is not named:
            subject, changed = relabelled(subject), True
        if kind is not named:
            if kind is blank:
                value, changed = relabelled(value), True
            elif kind is not literal or value.direction is not None:
                raise _too_new(document)
            else:
                datatype = value.datatype.value
                if datatype != _STRING and not survives(value.value, datatype):
                    value, changed = stored(value.value, datatype), True
                    respelt.add(quad.predicate.value)
        yield ox.Quad(subject, quad.predicate, value) if changed else quad


def _too_new(document: Document) -> DataSyntaxError:
    return DataSyntaxError(
        "Triple terms and text with a base direction are RDF 1.2; SHACL is defined on RDF 1.1.",
        source=document.name,
    )
