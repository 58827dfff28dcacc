"""The parameters of a shape, read into constraints. https://www.w3.org/TR/shacl/#constraints"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import Kind
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
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    from graphsvc.validation.setwise.reading import ShapeReader

_TRUE = Literal("true", PREFIXES["xsd"] + "boolean")
_RDFS = PREFIXES["rdfs"]
# pyshacl takes these for datatypes of many literals.
_ODD_DATATYPES = frozenset({_RDFS + "Literal", _RDFS + "Datatype"})


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


# What reads the constraints of a shape: one function for each section of the standard.
READERS: tuple[Callable[[ShapeReader, Shape], Iterator[Constraint]], ...] = (
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
