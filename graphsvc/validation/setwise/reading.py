"""Shapes as they stand in a shapes graph, read into constraints. https://www.w3.org/TR/shacl/#shapes

What breaks a rule that SHACL's own shapes do not check is left to pyshacl, which says what it makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.lexical import is_well_formed
from graphsvc.validation.path import Kind, read_path
from graphsvc.validation.setwise.cardinality import MaxCountConstraint, MinCountConstraint
from graphsvc.validation.setwise.constraint import SH, Constraint, Shape
from graphsvc.validation.setwise.logical import AndConstraint, NotConstraint, OrConstraint, XoneConstraint
from graphsvc.validation.setwise.other import ClosedConstraint, HasValueConstraint, InConstraint
from graphsvc.validation.setwise.property_pair import DisjointConstraint, EqualsConstraint, OrderConstraint
from graphsvc.validation.setwise.shape_based import NodeConstraint, PropertyConstraint, QualifiedConstraint
from graphsvc.validation.setwise.sparql_component import components_of
from graphsvc.validation.setwise.sparql_constraint import SparqlConstraint
from graphsvc.validation.setwise.sparql_query import NotComputed, Query
from graphsvc.validation.setwise.string_based import (
    LanguageInConstraint,
    MaxLengthConstraint,
    MinLengthConstraint,
    PatternConstraint,
    UniqueLangConstraint,
)
from graphsvc.validation.setwise.value_range import BOUNDS, RangeConstraint
from graphsvc.validation.setwise.value_type import (
    ClassConstraint,
    DatatypeConstraint,
    NodeKindConstraint,
    node_kind,
)
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import RDF
from graphsvc.vocab import PREFIXES

_TRUE = Literal("true", PREFIXES["xsd"] + "boolean")
_RDFS = PREFIXES["rdfs"]
_TYPE, _CLASS, _SUBCLASS = Iri(RDF + "type"), Iri(_RDFS + "Class"), Iri(_RDFS + "subClassOf")
# pyshacl takes these for datatypes of many literals.
_ODD_DATATYPES = frozenset({_RDFS + "Literal", _RDFS + "Datatype"})
_TARGETS = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")


class ShapeReader:
    """Reads the shapes of one shapes graph, each once."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.statements = shapes.statements
        self._known: dict[Term, Shape | NotComputed] = {}
        # An owl:Class is an rdfs:Class, whether or not the shapes graph says so.
        self._class_like = {_CLASS, Iri(PREFIXES["owl"] + "Class")} | {
            subject for subject, top in self.statements.pairs(_SUBCLASS) if top == _CLASS
        }

    def objects(self, node: Term, name: str) -> list[Term]:
        """The values of a property of SHACL's."""
        return list(self.statements.objects(node, Iri(SH + name)))

    def targeted(self) -> Iterator[tuple[Term, Shape | NotComputed]]:
        """Every shape that has targets and is not deactivated, or why it is not computed."""
        for node in sorted(self._shape_nodes(), key=lambda each: each.n3()):
            targets = [(name, value) for name in _TARGETS for value in self.objects(node, name)]
            if self._class_like.intersection(self.statements.objects(node, _TYPE)):
                targets.append(("targetClass", node))
            if not targets or _TRUE in self.objects(node, "deactivated"):
                continue
            shape: Shape | NotComputed
            try:
                shape = self.shape(node)
                shape.targets = list(dict.fromkeys(targets))
            except NotComputed as reason:
                shape = reason
            yield node, shape

    def _shape_nodes(self) -> set[Term]:
        """The nodes that are shapes and may have targets."""
        kinds = (Iri(SH + "NodeShape"), Iri(SH + "PropertyShape"))
        found = {subject for subject, kind in self.statements.pairs(_TYPE) if kind in kinds}
        for name in (*_TARGETS, "property", "node"):
            found |= {subject for subject, _ in self.statements.pairs(Iri(SH + name))}
        for name in ("property", "node", "not", "qualifiedValueShape"):
            found |= {value for _, value in self.statements.pairs(Iri(SH + name))}
        for name in ("and", "or", "xone"):
            for _, head in self.statements.pairs(Iri(SH + name)):
                found |= set(self.statements.items(head))
        return found

    def shape(self, node: Term) -> Shape:
        """The shape that a node is. Raises NotComputed, each time, for what is left to pyshacl."""
        known = self._known.get(node)
        if known is None:
            try:
                known = self._read(node)
            except NotComputed as reason:
                known = reason
            self._known[node] = known
        if isinstance(known, NotComputed):
            raise known
        return known

    def _read(self, node: Term) -> Shape:
        paths = self.objects(node, "path")
        messages = tuple(each for each in self.objects(node, "message") if isinstance(each, Literal))
        severities = [each for each in self.objects(node, "severity") if isinstance(each, Iri)]
        shape = Shape(
            node,
            read_path(self.statements, paths[0]) if paths else None,
            paths[0] if paths else None,
            (severities or [Iri(SH + "Violation")])[0],
            messages,
            _TRUE in self.objects(node, "deactivated"),
        )
        for read in _READERS:
            shape.constraints += read(self, shape)
        return shape

    def refer(self, shape: Shape, node: Term) -> Shape:
        """A shape that another refers to."""
        found = self.shape(node)
        shape.refers_to.append(found)
        return found

    def one(self, node: Term, name: str) -> Term | None:
        """The one value, if there is one. Raises NotComputed for several."""
        found = self.objects(node, name)
        if len(found) > 1:
            raise NotComputed(f"more than one sh:{name}")
        return found[0] if found else None

    def number(self, node: Term, name: str) -> int | None:
        """The one integer, if there is one."""
        found = self.one(node, name)
        if found is None:
            return None
        if (
            not isinstance(found, Literal)
            or not found.datatype.startswith(PREFIXES["xsd"])
            or not re.fullmatch(r"\+?[0-9]{1,9}|-0+", found.value)
            or not is_well_formed(found.value, found.datatype)
        ):
            raise NotComputed(f"an odd sh:{name}")
        return int(found.value)

    def iris(self, node: Term, name: str) -> list[Iri]:
        """The values, all of which must be IRIs."""
        found = self.objects(node, name)
        if not all(isinstance(each, Iri) for each in found):
            raise NotComputed(f"a value of sh:{name} that is no IRI")
        return [each for each in found if isinstance(each, Iri)]


@lru_cache(maxsize=4)
def target_shapes(shapes: Shapes) -> tuple[tuple[Term, Shape | NotComputed], ...]:
    """`ShapeReader.targeted`, remembered: a small change takes less time to validate than its shapes to read."""
    return tuple(ShapeReader(shapes).targeted())


def _value_types(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    yield from (ClassConstraint(each) for each in reader.iris(shape.node, "class"))
    datatype = reader.one(shape.node, "datatype")
    if datatype is not None:
        if not isinstance(datatype, Iri) or datatype.value in _ODD_DATATYPES:
            raise NotComputed("an odd sh:datatype")
        yield DatatypeConstraint(datatype)
    kind = reader.one(shape.node, "nodeKind")
    if kind is not None:
        name = node_kind(kind)
        if name is None:
            raise NotComputed("an odd sh:nodeKind")
        yield NodeKindConstraint(name)


def _counts(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    least, most = (reader.number(shape.node, name) for name in ("minCount", "maxCount"))
    if shape.path is None and (least is not None or most is not None):
        raise NotComputed("a count in a node shape")
    if least:
        yield MinCountConstraint(least)
    if most is not None:
        yield MaxCountConstraint(most)


def _ranges(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    for name in BOUNDS:
        for bound in reader.objects(shape.node, name):
            if not isinstance(bound, Literal):
                raise NotComputed(f"a value of sh:{name} that is no literal")
            yield RangeConstraint(name, bound)


def _strings(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    least, most = (reader.number(shape.node, name) for name in ("minLength", "maxLength"))
    if least:
        yield MinLengthConstraint(least)
    if most is not None:
        yield MaxLengthConstraint(most)
    patterns, flags = reader.objects(shape.node, "pattern"), reader.one(shape.node, "flags")
    chosen = flags.value.lower() if flags is not None else ""
    for pattern in patterns:
        compiled = re.compile(pattern.value, (re.I if "i" in chosen else 0) | (re.M if "m" in chosen else 0))
        yield PatternConstraint(compiled)
    yield from _languages(reader, shape)


def _languages(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    languages = reader.one(shape.node, "languageIn")
    if languages is not None:
        yield LanguageInConstraint(tuple(each.value for each in reader.statements.items(languages)))
    unique = reader.one(shape.node, "uniqueLang")
    if unique is not None and shape.path is None:
        raise NotComputed("sh:uniqueLang in a node shape")
    if unique == _TRUE:
        yield UniqueLangConstraint()


def _pairs(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    yield from (EqualsConstraint(each) for each in reader.iris(shape.node, "equals"))
    yield from (DisjointConstraint(each) for each in reader.iris(shape.node, "disjoint"))
    for name in ("lessThan", "lessThanOrEquals"):
        for other in reader.iris(shape.node, name):
            if shape.path is None:
                raise NotComputed(f"sh:{name} in a node shape")
            yield OrderConstraint(name, other)


def _logical(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    for node in reader.objects(shape.node, "not"):
        yield NotConstraint(reader.refer(shape, node))
    kinds = (("and", AndConstraint), ("or", OrConstraint), ("xone", XoneConstraint))
    for name, kind in kinds:
        for head in reader.objects(shape.node, name):
            members = tuple(reader.refer(shape, node) for node in reader.statements.items(head))
            if not members:
                raise NotComputed(f"an empty sh:{name}")
            yield kind(members)


def _shapes(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    for node in reader.objects(shape.node, "node"):
        inner = reader.refer(shape, node)
        if inner.path is not None:
            raise NotComputed("sh:node with a property shape")
        yield NodeConstraint(inner)
    for node in reader.objects(shape.node, "property"):
        inner = reader.refer(shape, node)
        if inner.path is None:
            raise NotComputed("sh:property with a node shape")
        yield PropertyConstraint(inner)


def _qualified(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    """Only a property shape counts values; elsewhere the parameters say nothing."""
    nodes = reader.objects(shape.node, "qualifiedValueShape")
    least, most = (reader.number(shape.node, f"qualified{name}Count") for name in ("Min", "Max"))
    disjoint = reader.objects(shape.node, "qualifiedValueShapesDisjoint")
    if shape.path is None or not (nodes or disjoint or least is not None or most is not None):
        return
    if not nodes or (least is None and most is None):
        raise NotComputed("a qualified count without its shape, or a shape without its count")
    for node in nodes:
        siblings = _siblings(reader, shape.node, node) if _TRUE in disjoint else []
        yield QualifiedConstraint(
            reader.refer(shape, node), least, most, tuple(reader.refer(shape, each) for each in siblings)
        )


def _siblings(reader: ShapeReader, shape: Term, counted: Term) -> list[Term]:
    """https://www.w3.org/TR/shacl/#dfn-sibling-shapes"""
    parents = [parent for parent, inner in reader.statements.pairs(Iri(SH + "property")) if inner == shape]
    found = (
        sibling
        for parent in parents
        for inner in reader.objects(parent, "property")
        for sibling in reader.objects(inner, "qualifiedValueShape")
    )
    return [each for each in dict.fromkeys(found) if each != counted]


def _others(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    yield from (HasValueConstraint(each) for each in reader.objects(shape.node, "hasValue"))
    members = reader.one(shape.node, "in")
    if members is not None:
        yield InConstraint(frozenset(reader.statements.items(members)))
    closed = reader.one(shape.node, "closed")
    ignored = reader.objects(shape.node, "ignoredProperties")
    if ignored and closed is None:
        raise NotComputed("sh:ignoredProperties without sh:closed")
    if closed == _TRUE:
        allowed = {each.value for head in ignored for each in reader.statements.items(head)}
        inner = (reader.refer(shape, node) for node in reader.objects(shape.node, "property"))
        paths = (each.path for each in inner)
        allowed |= {path.iri for path in paths if path is not None and path.kind is Kind.PREDICATE}
        yield ClosedConstraint(frozenset(allowed))


def _queries(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    for node in reader.objects(shape.node, "sparql"):
        switch = reader.one(node, "deactivated")
        if switch == _TRUE:
            continue
        [select] = reader.objects(node, "select")
        text = reader.shapes.queries[(node, Iri(SH + "select"), select)].value
        query = Query(text, f"({shape.path.text({})})" if shape.path else None)
        query.check()
        messages = tuple(each for each in reader.objects(node, "message") if isinstance(each, Literal))
        yield SparqlConstraint(node, query, messages)


_READERS: tuple[Callable[[ShapeReader, Shape], Iterator[Constraint]], ...] = (
    _value_types,
    _counts,
    _ranges,
    _strings,
    _pairs,
    _logical,
    _shapes,
    _qualified,
    _others,
    _queries,
    components_of,
)
