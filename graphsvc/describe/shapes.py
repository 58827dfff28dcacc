"""The shapes of the graph as tables: what each holds for, and what it demands of each property.

https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.describe.demands import Demand, cardinality, demands, path_words
from graphsvc.describe.index import Index, Node
from graphsvc.describe.names import OWL, RDFS, SH
from graphsvc.describe.statements import Statement, about
from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.store import Store
from graphsvc.store.rows import select

MAX_SHAPES = 2_000
_TARGETS = {
    "targetClass": "every",
    "targetNode": "the node",
    "targetSubjectsOf": "whatever has",
    "targetObjectsOf": "whatever is a value of",
}


@dataclass(frozen=True)
class PropertyShape:
    """What is demanded of the values at the end of a path, of how many, how gravely, and with which messages."""

    iri: str | None
    name: Literal | None
    path: tuple[Term | str, ...]
    cardinality: str
    demands: tuple[Demand, ...]
    severity: str
    messages: tuple[Literal, ...]
    description: Literal | None
    deactivated: bool


@dataclass(frozen=True)
class NodeShape:
    """A shape, what it holds for, its own demands and its properties; `graphs` are those that speak of it."""

    iri: str
    name: Literal | None
    description: Literal | None
    targets: tuple[tuple[str, Term], ...]
    demands: tuple[Demand, ...]
    severity: str
    messages: tuple[Literal, ...]
    deactivated: bool
    graphs: tuple[str, ...]
    properties: tuple[PropertyShape, ...]


def statements_of_shapes(store: Store) -> list[Statement]:
    """All statements about node shapes and property shapes that have an IRI, with their blank nodes."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?shape {{
          {{ ?shape a <{SH}NodeShape> }} UNION {{ ?shape a <{SH}PropertyShape> }}
          UNION {{ ?any <{SH}property> ?shape }} UNION {{ ?shape <{SH}targetClass> ?class }}
          UNION {{ ?shape <{SH}declare> ?declared }} UNION {{ ?any <{SH}sparql> ?shape }}
          UNION {{ ?any <{SH}group> ?shape }}
          FILTER(isIRI(?shape))
        }} ORDER BY ?shape LIMIT {MAX_SHAPES}""",
    )
    return about(store, [row["shape"].value for row in rows])


def node_shapes(statements: Sequence[Statement], languages: Sequence[str]) -> list[NodeShape]:
    """The node shapes among the statements, by IRI."""
    index = Index(statements)
    graphs: dict[Node, set[str]] = {}
    for statement in statements:
        graphs.setdefault(statement.subject, set()).add(statement.graph)
    used = {value for node in index.subjects() for value in index.values(node, SH + "property")}
    return [
        _node_shape(index, node, languages, tuple(sorted(graphs[node])))
        for node in index.subjects()
        if isinstance(node, Iri) and node not in used and _is_shape(index, node)
    ]


def _is_shape(index: Index, node: Node) -> bool:
    targets = [SH + name for name in _TARGETS]
    return SH + "NodeShape" in index.types(node) or bool(index.values(node, *targets))


def _node_shape(index: Index, node: Iri, languages: Sequence[str], graphs: tuple[str, ...]) -> NodeShape:
    targets = [(words, value) for name, words in _TARGETS.items() for value in index.values(node, SH + name)]
    if index.types(node) & {RDFS + "Class", OWL + "Class"}:
        targets.append(("every", node))
    shapes = [value for value in index.values(node, SH + "property") if isinstance(value, Iri | BlankNode)]
    shapes.sort(key=lambda shape: (_order(index, shape), shape.value))
    return NodeShape(
        node.value,
        index.text(node, (SH + "name", RDFS + "label"), languages),
        index.description(node, languages),
        tuple(targets),
        demands(index, node, languages),
        _severity(index, node),
        _messages(index, node),
        _deactivated(index, node),
        graphs,
        tuple(_property_shape(index, shape, languages) for shape in shapes),
    )


def _property_shape(index: Index, node: Node, languages: Sequence[str]) -> PropertyShape:
    path = index.value(node, SH + "path")
    return PropertyShape(
        node.value if isinstance(node, Iri) else None,
        index.text(node, (SH + "name", RDFS + "label"), languages),
        tuple(path_words(index, path)) if path is not None else (),
        cardinality(index, node),
        demands(index, node, languages),
        _severity(index, node),
        _messages(index, node),
        index.description(node, languages),
        _deactivated(index, node),
    )


def _order(index: Index, node: Node) -> tuple[float, float]:
    """By the order of the group first: https://www.w3.org/TR/shacl/#group"""
    group = index.value(node, SH + "group")
    return _place(index, group) if isinstance(group, Iri | BlankNode) else 0.0, _place(index, node)


def _place(index: Index, node: Node) -> float:
    order = index.value(node, SH + "order")
    try:
        return float(order.value) if order is not None else 0.0
    except ValueError:
        return 0.0


def _severity(index: Index, node: Node) -> str:
    severity = index.value(node, SH + "severity")
    return severity.value.rpartition("#")[2] if severity is not None else "Violation"


def _messages(index: Index, node: Node) -> tuple[Literal, ...]:
    """What is said of a result, by the shape or by one of its queries."""
    queries = [value for value in index.values(node, SH + "sparql") if isinstance(value, Iri | BlankNode)]
    said = [value for each in (node, *queries) for value in index.values(each, SH + "message")]
    return tuple(value for value in said if isinstance(value, Literal))


def _deactivated(index: Index, node: Node) -> bool:
    value = index.value(node, SH + "deactivated")
    return value is not None and value.value in ("true", "1")
