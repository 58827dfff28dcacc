"""Graphs of a store that others fill: validated where they are, without a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any

import pyoxigraph as ox

from graphsvc.rdf import Iri
from graphsvc.validation.setwise.spelling import from_store
from graphsvc.validation.statements import Statements

_Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


class StoredTriples:
    """The merge of some graphs of a store; of all of them, the default graph included, where `data` is None.

    `ontology` names graphs that the data rely on. The store is read, never written.
    """

    respelt: Set[str] = frozenset()
    calls_functions = True

    def __init__(
        self, store: ox.Store, data: Sequence[_Graph] | None = None, ontology: Sequence[_Graph] = ()
    ) -> None:
        self.store = store
        self._data = None if data is None else list(dict.fromkeys(data))
        self._ontology = [graph for graph in dict.fromkeys(ontology) if graph not in (self._data or ())]
        self.is_merge = self._graph_count() > 1
        self.has_data = any(True for _ in self._quads((None, None, None), self._data))

    def _graph_count(self) -> int:
        """How many graphs are merged; two stand for any number."""
        if self._data is not None:
            return len(self._data) + len(self._ontology)
        unnamed = any(True for _ in self.store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        return unnamed + sum(1 for _ in islice(self.store.named_graphs(), 2))

    def solutions(
        self,
        query: str,
        substitutions: Mapping[str, Any] | None = None,
        functions: Mapping[str, Any] | None = None,
    ) -> Any:
        """See `Triples.solutions`. There are no named graphs for the query to see."""
        graphs: dict[str, Any] = {"use_default_graph_as_union": True}
        if self._data is not None:
            graphs = {"default_graph": [*self._data, *self._ontology], "named_graphs": []}
        return self.store.query(
            query,
            substitutions={ox.Variable(name): term for name, term in (substitutions or {}).items()},
            custom_functions={ox.NamedNode(name): call for name, call in (functions or {}).items()},
            **graphs,
        )

    def offer_shapes(self, shapes: Statements) -> bool:  # noqa: ARG002
        """Nothing is written to the store."""
        return False

    def _quads(self, pattern: tuple[Any, Any, Any], graphs: Sequence[_Graph] | None) -> Iterator[ox.Quad]:
        for graph in [None] if graphs is None else graphs:
            yield from self.store.quads_for_pattern(*pattern, graph)

    def match(self, subject: Any, predicate: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
        """See `Triples.match`."""
        graphs = None if self._data is None else [*self._data, *self._ontology]
        seen = set()
        for quad in self._quads((subject, predicate, value), graphs):
            triple = (quad.subject, quad.predicate, quad.object)
            if triple not in seen:
                seen.add(triple)
                yield triple

    def is_of_data(self, node: Any) -> bool:
        """Whether data mention the node, or the ontology does not."""
        if self._data is None or not self._ontology:
            return True
        return self._mentioned(node, self._data) or not self._mentioned(node, self._ontology)

    def _mentioned(self, node: Any, graphs: Sequence[_Graph], besides: Set[ox.Triple] = frozenset()) -> bool:
        patterns: list[tuple[Any, Any, Any]] = [(None, None, node)]
        if not isinstance(node, ox.Literal):
            patterns.append((node, None, None))
        found = (quad for pattern in patterns for quad in self._quads(pattern, graphs))
        return any(not besides or quad.triple not in besides for quad in found)

    def strangers(self, changed: ox.Store) -> set[Any]:
        """The nodes of changed quads that no unchanged triple of the data mentions, so `is_of_data` may be new.

        There are none where there is no ontology.
        """
        if not self._ontology:
            return set()
        known = {quad.triple for quad in changed}
        nodes = {node for quad in changed for node in (quad.subject, quad.object)}
        return {node for node in nodes if not self._mentioned(node, self._data or (), known)}

    def statements(self) -> Statements:
        """All triples as plain terms."""
        return Statements(
            ((from_store(s), Iri(p.value), from_store(o)), "") for s, p, o in self.match(None, None, None)
        )
