"""Validation of graphs where they are stored: a service's own data, before or after a write."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyoxigraph as ox

from graphsvc.rdf import Term
from graphsvc.validation.job import judge
from graphsvc.validation.report import Report, Severity
from graphsvc.validation.shapes import Shapes

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
