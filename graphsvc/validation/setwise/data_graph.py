"""The data graph of a validation as a store holds it: what a validation may ask of it, whoever loaded it.

https://www.w3.org/TR/shacl/#data-graph
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from typing import Any, Protocol

import pyoxigraph as ox

from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.validation.setwise.spelling import from_store, to_store
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_TYPE = RDF + "type"
_SUBCLASS = PREFIXES["rdfs"] + "subClassOf"
# What `$shapesGraph` stands for. https://www.w3.org/TR/shacl/#sparql-constraints-prebound
SHAPES_GRAPH = Iri("urn:graphsvc:shapes-graph")
Function = Any
Pattern = tuple[Any, Any, Any]


class Triples(Protocol):
    """Where the triples are: the merge of one or more graphs of a store.

    `has_data` tells whether there is any triple that is not of the ontology, `is_merge` whether a triple of two
    graphs may be found twice by a query, `calls_functions` whether a query may call what it is given to.
    """

    has_data: bool
    is_merge: bool
    calls_functions: bool

    @property
    def respelt(self) -> Set[str]:
        """The predicates of literals that others stand in for (see `spelling`)."""

    def offer_shapes(self, shapes: Statements) -> bool:
        """Let queries see the shapes graph as the named graph SHAPES_GRAPH, if that can be done."""

    def solutions(
        self,
        query: str,
        substitutions: Mapping[str, Any] | None = None,
        functions: Mapping[str, Function] | None = None,
    ) -> Any:
        """What a query finds on the merge as its default graph; a triple of two graphs may count twice."""

    def match(self, subject: Any, predicate: Any, value: Any) -> Iterable[Pattern]:
        """The triples of the merge that fit, each once; None fits everything."""

    def is_of_data(self, node: Any) -> bool:
        """Whether results on the node are told: not where only the ontology mentions it."""

    def statements(self) -> Statements:
        """All triples as plain terms."""


class DataGraph:
    """A data graph as plain terms, with the classes that it tells of.

    What is asked again and again is remembered, in caches of bounded size.
    """

    def __init__(self, triples: Triples) -> None:
        self.triples = triples
        self.objects = lru_cache(maxsize=20_000)(self._objects)
        self.classes = lru_cache(maxsize=1_000)(self._classes)
        self._predicates: dict[str, ox.NamedNode] = {}
        self._statements: Statements | None = None

    def close(self) -> None:
        """Let go of the triples now; the caches would keep them until the next collection of cycles."""
        vars(self).clear()

    def _predicate(self, iri: str) -> ox.NamedNode:
        found = self._predicates.get(iri)
        if found is None:
            found = self._predicates[iri] = ox.NamedNode(iri)
        return found

    def step(self, node: object, predicate: str, backwards: bool) -> Iterable[Term]:
        """The nodes one triple away, for `path.follow`."""
        return self.objects(node, predicate, backwards)

    def _objects(self, node: Term, predicate: str, backwards: bool = False) -> frozenset[Term]:
        """The objects of the triples with that subject and predicate, or, backwards, the subjects."""
        known, iri = to_store(node), self._predicate(predicate)
        if backwards:
            return frozenset(from_store(triple[0]) for triple in self.triples.match(None, iri, known))
        if isinstance(known, ox.Literal):
            return frozenset()
        return frozenset(from_store(triple[2]) for triple in self.triples.match(known, iri, None))

    def pairs_of(self, node: Term) -> Iterator[tuple[Iri, Term]]:
        """Predicate and object of each triple with that subject."""
        known = to_store(node)
        if not isinstance(known, ox.Literal):
            for _, predicate, value in self.triples.match(known, None, None):
                yield Iri(predicate.value), from_store(value)

    def pairs(self, predicate: str) -> Iterator[tuple[Term, Term]]:
        """Subject and object of each triple with that predicate."""
        for subject, _, value in self.triples.match(None, self._predicate(predicate), None):
            yield from_store(subject), from_store(value)

    def _classes(self, top: Term) -> frozenset[Term]:
        """The class and all its subclasses. https://www.w3.org/TR/shacl/#dfn-shacl-subclass"""
        found = {top}
        waiting = [top]
        while waiting:
            fresh = self.objects(waiting.pop(), _SUBCLASS, True) - found
            found |= fresh
            waiting += fresh
        return frozenset(found)

    def is_instance(self, node: Term, kind: Term) -> bool:
        """https://www.w3.org/TR/shacl/#dfn-shacl-instance"""
        return not self.objects(node, _TYPE, False).isdisjoint(self.classes(kind))

    def is_of_data(self, node: Term) -> bool:
        """Whether results on the node are told."""
        return self.triples.is_of_data(to_store(node))

    def owner(self, node: Term) -> Iri | None:
        """The nearest IRI from which the node can be reached: itself, or, for a blank node, one above it."""
        seen = {node}
        level = [node]
        while level:
            named = sorted(each for each in level if isinstance(each, Iri))
            if named:
                return named[0]
            above = {
                from_store(triple[0])
                for each in level
                for triple in self.triples.match(None, None, to_store(each))
            }
            level = [each for each in above if each not in seen]
            seen.update(level)
        return None

    def owner_of(self, node: Term) -> Iri | None:
        """The owner of a blank node; None for any other."""
        return self.owner(node) if isinstance(node, BlankNode) else None

    def statements(self) -> Statements:
        """All triples as plain terms, for an engine that needs them so."""
        if self._statements is None:
            self._statements = self.triples.statements()
        return self._statements
