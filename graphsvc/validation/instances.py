"""The SHACL instances of a class in the data and the ontology. https://www.w3.org/TR/shacl/#dfn-shacl-instance"""

from __future__ import annotations

from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

_TYPE = Iri(RDF + "type")
_SUBCLASS = Iri(PREFIXES["rdfs"] + "subClassOf")


class Instances:
    """Instances by class, looked up once for each class that is asked for."""

    def __init__(self, *graphs: Statements) -> None:
        self._graphs = graphs
        self._known: dict[Term, dict[Term, None]] = {}
        self._typed: dict[Term, dict[Term, None]] | None = None
        self._below: dict[Term, list[Term]] = {}

    def of(self, kind: Term) -> dict[Term, None]:
        """The IRIs that are instances of the class or of one below it, in order."""
        if kind not in self._known:
            self._known[kind] = self._look_up(kind)
        return self._known[kind]

    def _look_up(self, kind: Term) -> dict[Term, None]:
        typed = self._index()
        kinds, waiting = {kind}, [kind]
        while waiting:
            for each in self._below.get(waiting.pop(), ()):
                if each not in kinds:
                    kinds.add(each)
                    waiting.append(each)
        found = {node for each in kinds for node in typed.get(each, ())}
        named = (node for node in found if not isinstance(node, BlankNode))
        return dict.fromkeys(sorted(named, key=lambda node: node.value))

    def _index(self) -> dict[Term, dict[Term, None]]:
        if self._typed is None:
            self._typed = {}
            for graph in self._graphs:
                for node, kind in graph.pairs(_TYPE):
                    self._typed.setdefault(kind, {})[node] = None
                for lower, upper in graph.pairs(_SUBCLASS):
                    self._below.setdefault(upper, []).append(lower)
        return self._typed
