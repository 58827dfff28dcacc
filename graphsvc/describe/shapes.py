"""The shapes of the graph as tables: what each holds for, and what it demands of each property.

https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphsvc.describe.index import Index, Node
from graphsvc.describe.names import OWL, RDFS, SH, TYPE
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
_SHOWN_APART = {
    SH + name for name in ("path", "minCount", "maxCount", "severity", "message", "name", "order")
}
_SHOWN_APART |= {SH + name for name in ("description", "group", "property", "deactivated", "flags")} | {TYPE}


@dataclass(frozen=True)
class Constraint:
    """One constraint parameter, `datatype` say, and its values."""

    name: str
    values: tuple[Term, ...]


@dataclass(frozen=True)
class PropertyShape:
    """What is demanded of the values at the end of a path."""

    iri: str | None
    name: Literal | None
    path: tuple[Term | str, ...]
    cardinality: str
    constraints: tuple[Constraint, ...]
    severity: str
    messages: tuple[Literal, ...]


@dataclass(frozen=True)
class NodeShape:
    """A shape, what it holds for, its own constraints and its properties."""

    iri: str
    name: Literal | None
    description: Literal | None
    targets: tuple[tuple[str, Term], ...]
    constraints: tuple[Constraint, ...]
    severity: str
    messages: tuple[Literal, ...]
    properties: tuple[PropertyShape, ...]


def statements_of_shapes(store: Store) -> list[Statement]:
    """All statements about node shapes and property shapes that have an IRI, with their blank nodes."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?shape {{
          {{ ?shape a <{SH}NodeShape> }} UNION {{ ?shape a <{SH}PropertyShape> }}
          UNION {{ ?any <{SH}property> ?shape }} UNION {{ ?shape <{SH}targetClass> ?class }}
          UNION {{ ?shape <{SH}declare> ?declared }}
          FILTER(isIRI(?shape))
        }} ORDER BY ?shape LIMIT {MAX_SHAPES}""",
    )
    return about(store, [row["shape"].value for row in rows])


def node_shapes(statements: Sequence[Statement], languages: Sequence[str]) -> list[NodeShape]:
    """The node shapes among the statements, by IRI."""
    index = Index(statements)
    used = {value for node in index.subjects() for value in index.values(node, SH + "property")}
    return [
        _node_shape(index, node, languages)
        for node in index.subjects()
        if isinstance(node, Iri) and node not in used and _is_shape(index, node)
    ]


def _is_shape(index: Index, node: Node) -> bool:
    targets = [SH + name for name in _TARGETS]
    return SH + "NodeShape" in index.types(node) or bool(index.values(node, *targets))


def _node_shape(index: Index, node: Iri, languages: Sequence[str]) -> NodeShape:
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
        _constraints(index, node),
        _severity(index, node),
        _messages(index, node),
        tuple(_property_shape(index, shape, languages) for shape in shapes),
    )


def _property_shape(index: Index, node: Node, languages: Sequence[str]) -> PropertyShape:
    path = index.value(node, SH + "path")
    return PropertyShape(
        node.value if isinstance(node, Iri) else None,
        index.text(node, (SH + "name", RDFS + "label"), languages),
        tuple(_path(index, path)) if path is not None else (),
        _cardinality(index, node),
        _constraints(index, node),
        _severity(index, node),
        _messages(index, node),
    )


def _order(index: Index, node: Node) -> float:
    order = index.value(node, SH + "order")
    try:
        return float(order.value) if order is not None else 0.0
    except ValueError:
        return 0.0


def _cardinality(index: Index, node: Node) -> str:
    least, most = index.value(node, SH + "minCount"), index.value(node, SH + "maxCount")
    if least is None and most is None:
        return "any number"
    low, high = least.value if least else "0", most.value if most else "∞"
    return f"exactly {low}" if low == high else f"{low}–{high}"


def _severity(index: Index, node: Node) -> str:
    severity = index.value(node, SH + "severity")
    return severity.value.rpartition("#")[2] if severity is not None else "Violation"


def _messages(index: Index, node: Node) -> tuple[Literal, ...]:
    return tuple(value for value in index.values(node, SH + "message") if isinstance(value, Literal))


def _constraints(index: Index, node: Node) -> tuple[Constraint, ...]:
    found = []
    for name, values in sorted(index.properties(node).items()):
        if not name.startswith(SH) or name in _SHOWN_APART or name[len(SH) :] in _TARGETS:
            continue
        flat: list[Term] = []
        for value in values:
            members = list(index.members(value)) if isinstance(value, BlankNode) else []
            flat += members or [value]
        found.append(Constraint(name[len(SH) :], tuple(flat)))
    return tuple(found)


def _path(index: Index, node: Term, depth: int = 0) -> list[Term | str]:
    """A property path in SPARQL's notation: https://www.w3.org/TR/shacl/#property-paths"""
    if not isinstance(node, BlankNode) or depth > 8:
        return [node]
    step: Callable[[Term], list[Term | str]] = lambda inner: _path(index, inner, depth + 1)  # noqa: E731
    for name, before, after in (
        ("inversePath", "^", ""),
        ("zeroOrMorePath", "", "*"),
        ("oneOrMorePath", "", "+"),
        ("zeroOrOnePath", "", "?"),
    ):
        inner = index.value(node, SH + name)
        if inner is not None:
            return [before, *step(inner), after]
    alternatives = index.value(node, SH + "alternativePath")
    sign, members = ("|", alternatives) if alternatives is not None else ("/", node)
    joined: list[Term | str] = []
    for member in index.members(members):
        joined += [sign, *step(member)]
    return joined[1:]
