"""A validation of graphs of another server's store: inside its engine where that can be, or else on a copy.

A worker has no way to the network. It asks over a line (`graphsvc.workers.line`), and what it asks is a query.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import (
    GraphsvcError,
    NotFound,
    NotSupported,
    OutOfTime,
    TooLarge,
)
from graphsvc.rdf import Iri, Literal
from graphsvc.sparql import read
from graphsvc.validation.job import judge
from graphsvc.validation.report import Report
from graphsvc.validation.scope import nearest
from graphsvc.validation.setwise.elsewhere import NeedsCopy, TriplesElsewhere
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.stored_job import StoredJob, explained, validate_where_stored
from graphsvc.workers.line import MAX_QUESTION, Line

_MAX_GRAPHS = 1_000
_INSIDE = "The remote store found what may be at fault; what it found was judged here, node by node."


class _Asked:
    """The other server, at the end of a line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def __call__(
        self, query: str, graphs: Sequence[str] | None, values: Mapping[str, Iri | Literal]
    ) -> ox.QuerySolutions:
        try:
            text = read(query, bindings=values, max_bytes=MAX_QUESTION).text
            found = ox.parse_query_results(self.bytes_of(text, graphs), ox.QueryResultsFormat.JSON)
        except OutOfTime:
            raise
        except (GraphsvcError, SyntaxError, ValueError) as error:
            raise NeedsCopy(str(error)) from error
        assert isinstance(found, ox.QuerySolutions)
        return found

    def bytes_of(self, query: str, graphs: Sequence[str] | None = None) -> bytes:
        """Rows in JSON, triples as N-Triples."""
        return self._line.ask(json.dumps({"query": query, "graphs": graphs}).encode())

    def names(self, condition: str = "") -> list[str]:
        """The named graphs that fulfil a condition, and have triples."""
        text = f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} {condition} }} ORDER BY ?g LIMIT {_MAX_GRAPHS + 1}"
        return [row[0].value for row in self(text, None, {})]


def validate_elsewhere(line: Line, job: StoredJob) -> Report:
    """The report on graphs of a store at the other end; its notes say where it was made.

    Raises NotFound for a graph that is not there, NotSupported for the graph without a name, TooLarge where the
    graphs have to be copied and are too large for it, and as `graphsvc.validation.job.validate` does.
    """
    asked = _Asked(line)
    if job.graphs is not None and "" in job.graphs:
        raise NotSupported("The graph without a name of a remote store cannot be asked for by itself.")
    vocabulary: list[str] = []
    if job.graphs is not None:
        _check_there(asked, job.graphs)
        begin = Literal(job.vocabulary).n3()
        vocabulary = asked.names(f"FILTER (STRSTARTS(STR(?g), {begin}))")
    try:
        report, note = _inside(asked, job, vocabulary), _INSIDE
    except NeedsCopy as reason:
        report = _on_a_copy(asked, job, vocabulary)
        note = f"The graphs were read from the remote store and validated here, as it cannot do it: {reason}."
    return replace(report, notes=tuple(sorted({*report.notes, note})))


def _inside(asked: _Asked, job: StoredJob, vocabulary: Sequence[str]) -> Report:
    rules = job.rules
    shapes = Shapes.load(rules.shapes)
    triples = TriplesElsewhere(asked, job.graphs, vocabulary)
    report = judge(triples, shapes, rules.severity, rules.scope.nodes(triples), rules.scope.only(shapes))
    return explained(report, triples, shapes.statements, rules.prefixes)


def _on_a_copy(asked: _Asked, job: StoredJob, vocabulary: Sequence[str]) -> Report:
    """The same on a copy in memory, graph by graph, so that its blank nodes are told apart."""
    names = asked.names() if job.graphs is None else dict.fromkeys([*job.graphs, *vocabulary])
    if len(names) > _MAX_GRAPHS:
        raise TooLarge(
            f"The remote store has more than {_MAX_GRAPHS:,} graphs, which is too much for a copy."
        )
    store = ox.Store()
    for name in names:
        graph = ox.NamedNode(name)
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}"
        store.load(asked.bytes_of(text), ox.RdfFormat.N_TRIPLES, to_graph=graph)
    return validate_where_stored(store, job)


def _check_there(asked: _Asked, graphs: Sequence[str]) -> None:
    for name in graphs:
        found: Any = asked(f"SELECT * {{ GRAPH {Iri(name).n3()} {{ ?s ?p ?o }} }} LIMIT 1", None, {})
        if not any(True for _ in found):
            near = nearest(name, asked.names())
            raise NotFound(f"There is no graph <{name}>{f'; the nearest is <{near}>' if near else ''}.")
