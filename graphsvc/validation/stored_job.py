"""A validation of graphs where they are stored, as a job for a process that has the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import pyoxigraph as ox

from graphsvc.errors import NotFound
from graphsvc.rdf import Iri, Term
from graphsvc.validation.job import ValidationJob, judge
from graphsvc.validation.paging import Page, page_of
from graphsvc.validation.remedy import with_remedies
from graphsvc.validation.report import Report, Result
from graphsvc.validation.scope import nearest
from graphsvc.validation.setwise.data_graph import Triples
from graphsvc.validation.setwise.spelling import from_store, to_store
from graphsvc.validation.setwise.stored import StoredTriples
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Statements, Triple, read

# So many triples about one node are enough to say what to do about it.
_ENOUGH = 1_000


@runtime_checkable
class Stored(Protocol):
    """A store in this process: its engine, and the name of the state that it is in."""

    @property
    def engine(self) -> ox.Store:
        """The engine."""

    def epoch(self) -> str:
        """The name of the present state of the data."""


@dataclass(frozen=True)
class StoredJob:
    """Which graphs to validate, and by what.

    `graphs` are the names of the graphs whose merge is validated, the default graph's the empty string; None for
    the whole dataset. The graphs whose names begin with `vocabulary` are what the data rely on, unless they are
    validated themselves. `rules` says the rest, and holds no data.
    """

    graphs: tuple[str, ...] | None
    vocabulary: str
    rules: ValidationJob

    def to_bytes(self) -> bytes:
        """A line of JSON, and after it the packed rules."""
        header = {"graphs": self.graphs, "vocabulary": self.vocabulary}
        return json.dumps(header).encode() + b"\n" + self.rules.to_bytes()

    @classmethod
    def from_bytes(cls, packed: bytes) -> StoredJob:
        """The job of `to_bytes`."""
        line, _, rest = packed.partition(b"\n")
        header = json.loads(line)
        graphs = None if header["graphs"] is None else tuple(header["graphs"])
        return cls(graphs, header["vocabulary"], ValidationJob.from_bytes(rest))


def validate_where_stored(store: ox.Store, job: StoredJob, page: Page | None = None) -> Report:
    """The report on graphs of a store, or a page of it, each result with what to do about it.

    Raises NotFound for a graph or a page that is not there, and as `graphsvc.validation.job.validate` does.
    """
    report = judge_where_stored(store, job)
    return advised(store, job, report if page is None else page_of(report, page))


def judge_where_stored(store: ox.Store, job: StoredJob) -> Report:
    """The report on graphs of a store as it is judged. Raises as `validate_where_stored` does."""
    shapes, rules = Shapes.load(job.rules.shapes), job.rules
    triples = _triples(store, job)
    return judge(triples, shapes, rules.severity, rules.scope.nodes(triples), rules.scope.only(shapes))


def advised(store: ox.Store, job: StoredJob, report: Report) -> Report:
    """A report on graphs of a store in that same state, each result with what to do about it."""
    if not report.results:
        return report
    shapes = read(job.rules.shapes, role="shapes")
    return explained(report, _triples(store, job), shapes, job.rules.prefixes)


def _triples(store: ox.Store, job: StoredJob) -> StoredTriples:
    graphs = None if job.graphs is None else [_found(store, name) for name in job.graphs]
    vocabulary: list[Any] = []
    if graphs is not None:
        vocabulary = [each for each in store.named_graphs() if each.value.startswith(job.vocabulary)]
    return StoredTriples(store, graphs, vocabulary)


def explained(report: Report, triples: Triples, shapes: Statements, prefixes: Mapping[str, str]) -> Report:
    """The report with what to do about each result, from what the triples say around it."""
    if not report.results:
        return report
    around = Statements((triple, "") for triple in _around(report, triples))
    return with_remedies(report, shapes, around, Statements(), prefixes)


def _found(store: ox.Store, name: str) -> ox.NamedNode | ox.DefaultGraph:
    if not name:
        return ox.DefaultGraph()
    graph = ox.NamedNode(name)
    if not store.contains_named_graph(graph):
        near = nearest(name, [each.value for each in store.named_graphs()])
        raise NotFound(f"There is no graph <{name}>{f'; the nearest is <{near}>' if near else ''}.")
    return graph


def _around(report: Report, triples: Triples) -> Iterator[Triple]:
    """What is said of the nodes and values of the results."""
    nodes: dict[Term, None] = {}
    left = list(report.results)
    while left:
        result: Result = left.pop()
        nodes[result.focus_node] = None
        if result.value is not None:
            nodes[result.value] = None
        left += result.details
    for node in nodes:
        term = to_store(node)
        patterns: list[tuple[Any, Any, Any]] = [(None, None, term)]
        if not isinstance(term, ox.Literal):
            patterns.append((term, None, None))
        for pattern in patterns:
            for subject, predicate, value in islice(triples.match(*pattern), _ENOUGH):
                yield from_store(subject), Iri(predicate.value), from_store(value)
