"""Validation of graphs where they are stored: a service's own data, before or after a write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import pyoxigraph as ox

from graphsvc.rdf import Iri, Term
from graphsvc.validation.job import judge
from graphsvc.validation.report import Report, Severity, merged
from graphsvc.validation.shapes import Shapes

if TYPE_CHECKING:
    from graphsvc.validation.setwise.affected import Affected
    from graphsvc.validation.setwise.stored import StoredTriples

Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


def validate_stored(
    store: ox.Store,
    shapes: Shapes,
    *,
    graphs: Sequence[Graph] | None = None,
    ontology: Sequence[Graph] = (),
    focus_nodes: Collection[Term] | None = None,
    only: Collection[Term] | None = None,
    severity: Severity = Severity.INFO,
) -> Report:
    """The report on the merge of some graphs of a store; of all of its graphs where `graphs` is None.

    Nothing is copied and nothing is written, so the store may be read-only. A triple that is in two graphs counts
    once. `ontology` names graphs that the data rely on: their triples count, and a node that only they mention
    gets no result. Terms are as the store gives them back: it has its own spelling of numbers, dates, durations.

    `focus_nodes` restricts the report to what those among these nodes get that are focus nodes of a target, with
    all that follows from it at the nodes that they lead to; it then costs what these nodes cost, and not what the
    graph does. `only` restricts it to the targets of these shapes.

    Shapes that the set-based engine does not compute are judged by pyshacl, for which the graphs are copied into
    memory; the report names them. Raises ShapesError for shapes that cannot be evaluated, and TooComplex for
    shapes or paths that nest too deep.
    """
    from graphsvc.validation.setwise.stored import StoredTriples

    return judge(StoredTriples(store, graphs, ontology), shapes, severity, focus_nodes, only)


def validate_change(
    store: ox.Store,
    shapes: Shapes,
    changed: Iterable[ox.Quad],
    *,
    graphs: Sequence[Graph],
    ontology: Sequence[Graph] = (),
    severity: Severity = Severity.INFO,
) -> Report:
    """The report on what a change may have done to some graphs of a store, which is in the state since the change.

    `changed` are the quads that were added or removed; those of other graphs count for nothing. The report has
    every result that the change made, and no result is missing that a focus node has which the change may affect:
    a node that was at fault before is told again where the change came near it. The cost is that of these nodes;
    of all focus nodes for a shape that pyshacl judges, or with a query that reads more than what is at `$this`.
    Other arguments and errors are those of `validate_stored`.
    """
    triples, found = affected_by(store, shapes, changed, graphs, ontology)
    report = judge(triples, shapes, severity, found.nodes, found.bounded)
    return merged([report, judge(triples, shapes, severity, only=found.wholly)] if found.wholly else [report])


def affected_by(
    store: ox.Store,
    shapes: Shapes,
    changed: Iterable[ox.Quad],
    graphs: Sequence[Graph],
    ontology: Sequence[Graph],
) -> tuple[StoredTriples, Affected]:
    """The merge of graphs since a change, and where it may have done something; see `validate_change`."""
    from graphsvc.validation.setwise.affected import affected
    from graphsvc.validation.setwise.data_graph import DataGraph
    from graphsvc.validation.setwise.spelling import from_store
    from graphsvc.validation.setwise.stored import StoredTriples

    near = {*graphs, *ontology}
    # The store's own spelling, which is what it gives back.
    spelt = ox.Store()
    spelt.extend([quad for quad in changed if quad.graph_name in near])
    triples = StoredTriples(store, graphs, ontology)
    plain = [(from_store(q.subject), Iri(q.predicate.value), from_store(q.object)) for q in spelt]
    strangers = {from_store(node) for node in triples.strangers(spelt)}
    return triples, affected(DataGraph(triples), shapes, plain, strangers)
