"""Which focus nodes a change of the data may give another verdict: found by walking from the change backwards.

A shape reads the data along its paths. Where a triple that was added or removed lies on such a path, the part of
the path before it leads from the focus node to the triple. The first changed triple on a path has only unchanged
ones before it, so the walk back needs the data since the change alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from graphsvc.rdf import Iri, Term
from graphsvc.validation.path import Kind, Path, follow
from graphsvc.validation.setwise.cardinality import MaxCountConstraint, MinCountConstraint
from graphsvc.validation.setwise.constraint import Constraint, Shape
from graphsvc.validation.setwise.data_graph import DataGraph
from graphsvc.validation.setwise.logical import AndConstraint, NotConstraint, OrConstraint, XoneConstraint
from graphsvc.validation.setwise.other import ClosedConstraint, HasValueConstraint, InConstraint
from graphsvc.validation.setwise.property_pair import DisjointConstraint, EqualsConstraint, OrderConstraint
from graphsvc.validation.setwise.query_reach import hops
from graphsvc.validation.setwise.reading import targeted
from graphsvc.validation.setwise.shape_based import NodeConstraint, PropertyConstraint, QualifiedConstraint
from graphsvc.validation.setwise.sparql_component import ComponentConstraint
from graphsvc.validation.setwise.sparql_constraint import SparqlConstraint
from graphsvc.validation.setwise.sparql_query import NotComputed, Query
from graphsvc.validation.setwise.string_based import (
    LanguageInConstraint,
    MaxLengthConstraint,
    MinLengthConstraint,
    PatternConstraint,
    UniqueLangConstraint,
)
from graphsvc.validation.setwise.value_range import RangeConstraint
from graphsvc.validation.setwise.value_type import ClassConstraint, DatatypeConstraint, NodeKindConstraint
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import RDF
from graphsvc.vocab import PREFIXES

Triple = tuple[Term, Iri, Term]
_TYPE = RDF + "type"
# From a node to its classes. https://www.w3.org/TR/shacl/#dfn-shacl-instance
_CLASSES = Path(
    Kind.SEQUENCE,
    parts=(
        Path(Kind.PREDICATE, _TYPE),
        Path(Kind.ZERO_OR_MORE, parts=(Path(Kind.PREDICATE, PREFIXES["rdfs"] + "subClassOf"),)),
    ),
)
# What looks at the value nodes themselves and at nothing of the data beyond them.
_VALUES_ALONE = (
    DatatypeConstraint,
    HasValueConstraint,
    InConstraint,
    LanguageInConstraint,
    MaxCountConstraint,
    MaxLengthConstraint,
    MinCountConstraint,
    MinLengthConstraint,
    NodeKindConstraint,
    PatternConstraint,
    RangeConstraint,
    UniqueLangConstraint,
)
# After so many steps back the search ends, and a shape counts as affected at all its focus nodes.
MAX_STEPS = 20_000


@dataclass(frozen=True)
class Affected:
    """Nodes that may have another verdict, and the target shapes of which any focus node may.

    `bounded` are the other target shapes.
    """

    nodes: frozenset[Term]
    bounded: frozenset[Term]
    wholly: frozenset[Term]


class _Unbounded(Exception):
    """It cannot be told which focus nodes are affected."""


def affected(
    data: DataGraph, shapes: Shapes, changed: Collection[Triple], strangers: Collection[Term] = ()
) -> Affected:
    """What a change affects, from the data since the change and the triples that it added or removed.

    More nodes may be told than are affected, and never fewer: `changed` may have triples that did not change.
    `strangers` are nodes of which the results may be told now, and were not before, or the other way round.
    """
    search = _Search(data, changed, strangers)
    nodes = set(strangers)
    bounded, wholly = set(), set()
    for node, shape in targeted(shapes):
        try:
            if isinstance(shape, NotComputed):
                raise _Unbounded
            nodes |= search.at_shape(shape) | search.at_targets(shape)
            bounded.add(node)
        except _Unbounded:
            wholly.add(node)
    return Affected(frozenset(nodes), frozenset(bounded), frozenset(wholly))


class _Search:
    """The walk from one change, through any number of shapes."""

    def __init__(self, data: DataGraph, changed: Collection[Triple], strangers: Collection[Term]) -> None:
        self._data = data
        self._strangers = strangers
        self._subjects: defaultdict[str, set[Term]] = defaultdict(set)
        self._objects: defaultdict[str, set[Term]] = defaultdict(set)
        for subject, predicate, value in changed:
            self._subjects[predicate.value].add(subject)
            self._objects[predicate.value].add(value)
        self._everything = {subject for subject, _, _ in changed}
        self._known: dict[int, set[Term]] = {}
        self._steps = 0

    def at_targets(self, shape: Shape) -> set[Term]:
        """Nodes that are a focus node of the shape, or are it no longer. https://www.w3.org/TR/shacl/#targets"""
        found: set[Term] = set()
        for kind, value in shape.targets:
            if kind == "targetClass":
                found |= self._touching(_CLASSES)
            elif kind == "targetSubjectsOf":
                found |= self._subjects[value.value]
            elif kind == "targetObjectsOf":
                found |= self._objects[value.value]
        return found

    def at_shape(self, shape: Shape) -> set[Term]:
        """Nodes that may conform to the shape now and did not, or did and do not, or do not in another way."""
        if shape.deactivated:
            return set()
        known = self._known.get(id(shape))
        if known is None:
            focus, values = self._at_constraints(shape.constraints)
            if shape.path is not None:
                values = self._touching(shape.path) | self._back(shape.path, values)
            known = self._known[id(shape)] = focus | values
        return known

    def _at_constraints(self, constraints: Iterable[Constraint]) -> tuple[set[Term], set[Term]]:
        """Focus nodes of which a constraint reads something changed; value nodes of which it does."""
        focus: set[Term] = set()
        values: set[Term] = set()
        for each in constraints:
            if isinstance(each, EqualsConstraint | DisjointConstraint | OrderConstraint):
                focus |= self._subjects[each.other.value]
            elif isinstance(each, SparqlConstraint | ComponentConstraint):
                focus |= self._asked(each.query)
            elif isinstance(each, ClassConstraint):
                values |= self._touching(_CLASSES)
            elif isinstance(each, ClosedConstraint):
                values |= self._everything
            elif not isinstance(each, _VALUES_ALONE):
                if isinstance(each, PropertyConstraint):
                    values.update(self._strangers)
                for shape in _referred(each):
                    values |= self.at_shape(shape)
        return focus, values

    def _asked(self, query: Query) -> set[Term]:
        """The nodes for which a query may have other solutions."""
        if query.mentions("shapesGraph"):
            raise _Unbounded
        predicates = {*query.iris(), _TYPE}
        changed = predicates.intersection(self._subjects)
        far = hops(query)
        if far is not None:
            found = {node for predicate in changed for node in self._subjects[predicate]}
            for _ in range(far):
                found |= {
                    end for node in found for name in predicates for end in self._step(node, name, True)
                }
            return found
        # A path that may be empty leads from each node to itself, whatever its predicates are.
        empty = any(token.text in ("*", "?") for token in query.body)
        if changed or empty or not query.names_predicates():
            raise _Unbounded
        return set()

    def _touching(self, path: Path, backwards: bool = False) -> set[Term]:
        """The nodes from which the path, as it was or as it is, leads over a changed triple."""
        if path.kind is Kind.PREDICATE:
            return set((self._objects if backwards else self._subjects)[path.iri])
        if path.kind is Kind.INVERSE:
            return self._touching(path.parts[0], not backwards)
        if path.kind is Kind.ALTERNATIVE:
            return {node for part in path.parts for node in self._touching(part, backwards)}
        if path.kind is Kind.SEQUENCE:
            found: set[Term] = set()
            for part in path.parts if backwards else reversed(path.parts):
                found = self._touching(part, backwards) | self._back(part, found, backwards)
            return found
        found = self._touching(path.parts[0], backwards)
        if path.kind is Kind.ZERO_OR_ONE:
            return found
        return self._back(Path(Kind.ZERO_OR_MORE, parts=path.parts), found, backwards)

    def _back(self, path: Path, ends: set[Term], backwards: bool = False) -> set[Term]:
        """The nodes from which the path leads to any of `ends`."""
        if not ends:
            return set()
        return follow(path, ends, self._step, backwards=not backwards)  # type: ignore[arg-type,return-value]

    def _step(self, node: object, predicate: str, backwards: bool) -> Iterable[Term]:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _Unbounded
        return self._data.step(node, predicate, backwards)


def _referred(constraint: Constraint) -> tuple[Shape, ...]:
    """The shapes that value nodes are held against."""
    if isinstance(constraint, NodeConstraint | PropertyConstraint | NotConstraint):
        return (constraint.shape,)
    if isinstance(constraint, QualifiedConstraint):
        return (constraint.shape, *constraint.siblings)
    if isinstance(constraint, AndConstraint | OrConstraint | XoneConstraint):
        return constraint.shapes
    raise _Unbounded
