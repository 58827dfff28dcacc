"""The rdflib way in: an `rdflib.Dataset` over the same engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox
import rdflib
from oxrdflib import OxigraphStore
from rdflib import XSD
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result

from graphsvc.errors import GraphsvcError
from graphsvc.rdf.terms import Iri, Literal, Term
from graphsvc.sparql.binding import bind
from graphsvc.sparql.lexer import tokens
from graphsvc.sparql.update import Update
from graphsvc.store.changes import Draft
from graphsvc.store.updating import perform


class EngineStore(OxigraphStore):
    """oxrdflib's store, with what it lacks of rdflib's behaviour.

    `initBindings` hold for every variable, projected or not, in filters and in updates; variables that a text
    does not have are ignored, as rdflib does. An update is made as a whole or not at all, on any graph, and its
    WHERE clauses see the union of the graphs where queries do.
    """

    def query(
        self,
        query: Any,
        initNs: Mapping[str, Any],  # noqa: N803 - rdflib's names
        initBindings: Mapping[str, Any],  # noqa: N803
        queryGraph: str,  # noqa: N803
        **kwargs: object,
    ) -> Result:
        """See rdflib.store.Store.query. A blank node can be bound only to a variable that is projected."""
        text = str(query)
        found = list(tokens(text))
        mentioned = {token.text[1:] for token in found if token.kind == "variable"}
        given = {str(name): value for name, value in initBindings.items() if str(name) in mentioned}
        terms = {name: _term(value) for name, value in given.items() if not isinstance(value, rdflib.BNode)}
        blank = {name: value for name, value in given.items() if isinstance(value, rdflib.BNode)}
        result: Result = super().query(bind(text, found, terms), initNs, blank, queryGraph, **kwargs)
        if result.type == "SELECT":
            solutions = result.bindings
            result.bindings = (
                {name: _plain(value) for name, value in one.items() if value is not None} for one in solutions
            )
        elif result.graph is not None:
            plain = rdflib.Graph()
            for triple in result.graph:
                plain.add(tuple(map(_plain, triple)))
            result.graph = plain
        return result

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        """See rdflib.store.Store.triples."""
        for triple, contexts in super().triples(triple_pattern, context):
            yield tuple(map(_plain, triple)), contexts

    def update(
        self,
        update: Any,
        initNs: Mapping[str, Any],  # noqa: N803
        initBindings: Mapping[str, Any],  # noqa: N803
        queryGraph: str,  # noqa: N803
        **kwargs: object,  # noqa: ARG002
    ) -> None:
        """See rdflib.store.Store.update. LOAD is refused."""
        known = dict(self.namespaces()) | {name: str(namespace) for name, namespace in initNs.items()}
        prologue = " ".join(f"PREFIX {name}: <{namespace}>" for name, namespace in known.items())
        whole = str(queryGraph) in ("__UNION__", str(DATASET_DEFAULT_GRAPH_ID))
        draft = Draft(self._inner)
        try:
            perform(
                draft,
                Update(f"{prologue} {update}"),
                union=whole,
                default=None if whole else ox.NamedNode(str(queryGraph)),
                bindings={str(name): _term(value) for name, value in initBindings.items()},
            )
        except GraphsvcError:
            draft.undo()
            raise


def _plain(value: Any) -> Any:
    """A string without the datatype that it has anyway: rdflib would take it for another literal."""
    if isinstance(value, rdflib.Literal) and value.datatype == XSD.string:
        return rdflib.Literal(str(value))
    return value


def _term(value: Any) -> Term:
    if isinstance(value, rdflib.Literal):
        if value.language:
            return Literal(str(value), language=str(value.language))
        return Literal(str(value), str(value.datatype)) if value.datatype else Literal(str(value))
    return Iri(str(value))


def as_dataset(engine: ox.Store) -> rdflib.Dataset:
    """The engine's content as an rdflib Dataset whose default graph is the union of its named graphs.

    The Dataset works on the engine itself: what is added through it is there for others, and the reverse.
    """
    return rdflib.Dataset(store=EngineStore(store=engine), default_union=True)
