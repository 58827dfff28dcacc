"""Results by what leads to them, so that those of a report that a change may affect can be replaced by others.

A result is told of the node that is at fault, by the shape that it breaks. What leads to it are a target shape and
a focus node of it, from which nested shapes may have led to other nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import pyoxigraph as ox

from graphsvc.rdf import Term
from graphsvc.validation import engine as pyshacl
from graphsvc.validation.job import notes_on
from graphsvc.validation.report import Result
from graphsvc.validation.setwise import engine as setwise
from graphsvc.validation.setwise.data_graph import DataGraph
from graphsvc.validation.setwise.reading import targeted
from graphsvc.validation.setwise.stored import StoredTriples
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.stored_graph import Graph, affected_by

# A target shape and a focus node of it; None where pyshacl judged the shape, which does not tell.
Cause = tuple[Term, Term | None]


@dataclass(frozen=True)
class Review:
    """The results now, by their causes, of everything that was looked at: all focus nodes of the target shapes in
    `wholly`, and of those in `bounded` the ones among `nodes`. `notes` are those of the whole report."""

    results: Mapping[Cause, Sequence[Result]]
    wholly: frozenset[Term]
    bounded: frozenset[Term]
    nodes: frozenset[Term]
    notes: tuple[str, ...]


def review(store: ox.Store, shapes: Shapes, graph: Graph, ontology: Sequence[Graph]) -> Review:
    """Look at everything. Arguments and errors are those of `validate_stored`."""
    triples = StoredTriples(store, [graph], ontology)
    found, _ = _by_cause(triples, shapes, None, None)
    everything = frozenset(node for node, _ in targeted(shapes))
    return Review(found, everything, frozenset(), frozenset(), _notes(triples, shapes))


def review_change(
    store: ox.Store,
    shapes: Shapes,
    changed: Iterable[ox.Quad],
    graph: Graph,
    ontology: Sequence[Graph],
    unknown: Collection[Term],
) -> Review:
    """Look at what a change may have affected, in the state since it.

    Shapes in `unknown` are looked at wholly if at all: of their results before it is not known what led to them.
    Other arguments and errors are those of `validate_change`.
    """
    triples, found = affected_by(store, shapes, changed, [graph], ontology)
    wholly, bounded = found.wholly, frozenset[Term]()
    results: dict[Cause, list[Result]] = {}
    left = frozenset[Term]()
    if found.nodes:
        wholly |= found.bounded.intersection(unknown)
        results, left = _by_cause(triples, shapes, found.nodes, found.bounded - wholly)
        bounded = found.bounded - wholly - left
    if wholly:
        results |= _by_cause(triples, shapes, None, wholly)[0]
    return Review(results, wholly | left, bounded, found.nodes, _notes(triples, shapes))


def _by_cause(
    triples: StoredTriples,
    shapes: Shapes,
    focus_nodes: Collection[Term] | None,
    only: Collection[Term] | None,
) -> tuple[dict[Cause, list[Result]], frozenset[Term]]:
    """The results, and the target shapes that pyshacl judged: these at all of their focus nodes in any case."""
    found: defaultdict[Cause, list[Result]] = defaultdict(list)
    with closing(DataGraph(triples)) as data:
        judgement = setwise.evaluate(data, shapes, focus_nodes, only)
        for cause, result in zip(judgement.causes, judgement.results, strict=True):
            if data.is_of_data(result.focus_node):
                found[cause].append(result)
        for node in judgement.left:
            for result in pyshacl.evaluate(data.statements(), shapes, [node]):
                if data.is_of_data(result.focus_node):
                    found[node, None].append(result)
    return dict(found), frozenset(judgement.left)


def _notes(triples: StoredTriples, shapes: Shapes) -> tuple[str, ...]:
    with closing(DataGraph(triples)) as data:
        return notes_on(data, shapes)
