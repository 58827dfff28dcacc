"""SPARQL-based constraint components. https://www.w3.org/TR/shacl/#sparql-constraint-components"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.constraints import QUERIES
from graphsvc.validation.messages import fill
from graphsvc.validation.setwise.coarse import Coarse, unknown
from graphsvc.validation.setwise.constraint import SH, Constraint, Found, Shape
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.sparql_constraint import asked, rows
from graphsvc.validation.setwise.sparql_query import NotComputed, Query
from graphsvc.validation.statements import RDF, Statements
from graphsvc.vocab import PREFIXES

if TYPE_CHECKING:
    from graphsvc.validation.setwise.reading import ShapeReader

_TYPE, _SUBCLASS = Iri(RDF + "type"), Iri(PREFIXES["rdfs"] + "subClassOf")
_COMPONENT = Iri(SH + "ConstraintComponent")
_SELECT, _ASK = (next(name for name in QUERIES if name.value == f"{SH}{form}") for form in ("select", "ask"))
_TRUE = Literal("true", PREFIXES["xsd"] + "boolean")
_RESERVED = frozenset({"this", "shapesGraph", "currentShape", "path", "PATH", "value"})


@dataclass(eq=False)
class ComponentConstraint(Constraint):
    """A use of a component: its validator's query, and the parameters by name."""

    node: Iri
    query: Query
    is_ask: bool
    parameters: Mapping[str, Term]
    messages: tuple[Literal, ...] = ()

    def component_iri(self) -> str:
        """The component is the one that the shapes graph defines."""
        return self.node.value

    def found(self, shape: Shape, focus: Term, values: Collection[Term], run: Evaluation) -> Iterator[Found]:
        """https://www.w3.org/TR/shacl/#sparql-constraint-components-validation"""
        bound = {**self.parameters, "this": focus, "currentShape": shape.node}
        if self.is_ask:
            yield from self._asked(shape, focus, values, run, bound)
            return
        seen = set()
        for row in rows(run, self.query, bound):
            this, path, value = (row.get(name) for name in ("this", "path", "value"))
            key = (this, path, value)
            if key != (None, None, None) and key not in seen:
                seen.add(key)
                value = value or (focus if shape.path is None else None)
                told = self._told(shape, this or focus, value, path)
                yield Found(value, path=path, focus_node=this, messages=told)

    def _asked(
        self, shape: Shape, focus: Term, values: Collection[Term], run: Evaluation, bound: Mapping[str, Term]
    ) -> Iterator[Found]:
        """A result for each value node of which the query says no."""
        for value in values:
            if not bool(asked(run, self.query, {**bound, "value": value})):
                yield Found(value, messages=self._told(shape, focus, value, None))

    def _told(self, shape: Shape, focus: Term, value: Term | None, path: Term | None) -> tuple[Literal, ...]:
        """The messages of the validator with the values in them, and those of the shape as they are."""
        path = path or shape.path_node
        known = {**self.parameters, "this": focus, "value": value, "path": path}
        texts = {name: term.value for name, term in known.items() if term is not None}
        own = (Literal(fill(each.value, texts), each.datatype, each.language) for each in self.messages)
        return (*own, *shape.messages)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """A query is asked by itself, and not as a part of another."""
        return unknown(certain)


def component_nodes(statements: Statements) -> list[Term]:
    """The components that the shapes graph defines; SHACL's own are known."""
    kinds = {_COMPONENT} | {kind for kind, top in statements.pairs(_SUBCLASS) if top == _COMPONENT}
    found = {node for node, kind in statements.pairs(_TYPE) if kind in kinds}
    return sorted((node for node in found if not node.value.startswith(SH)), key=lambda each: each.n3())


def components_of(reader: ShapeReader, shape: Shape) -> Iterator[Constraint]:
    """The components whose mandatory parameters the shape has."""
    for component in reader.components:
        given = _parameters(reader, component, shape)
        if given is None:
            continue
        if not isinstance(component, Iri):
            raise NotComputed("a constraint component without a name")
        yield _made(reader, component, shape, given)


def _parameters(reader: ShapeReader, component: Term, shape: Shape) -> dict[str, Term] | None:
    """The parameters that the shape gives, by name; None where a mandatory one is missing."""
    given: dict[str, Term] = {}
    mandatory = 0
    for parameter in reader.objects(component, "parameter"):
        [path] = reader.objects(parameter, "path")
        optional = reader.objects(parameter, "optional") == [_TRUE]
        mandatory += not optional
        values = reader.statements.objects(shape.node, path)  # type: ignore[arg-type]
        if not values:
            if not optional:
                return None
            continue
        name = path.value[max(path.value.rfind("#"), path.value.rfind("/")) + 1 :]
        if len(values) > 1 or name in _RESERVED or not name.isidentifier():
            raise NotComputed("an odd parameter of a constraint component")
        given[name] = values[0]
    if not mandatory:
        raise NotComputed("a constraint component without a mandatory parameter")
    return given


def _made(
    reader: ShapeReader, component: Iri, shape: Shape, given: Mapping[str, Term]
) -> ComponentConstraint:
    """The constraint, by the validator that fits the shape.

    https://www.w3.org/TR/shacl/#constraint-components-validators
    """
    special = reader.objects(component, "nodeValidator" if shape.path is None else "propertyValidator")
    validators = special or reader.objects(component, "validator")
    if len(validators) != 1:
        raise NotComputed("a constraint component without its one validator")
    [validator] = validators
    form = _SELECT if special else _ASK
    queries = reader.statements.objects(validator, form)
    if len(queries) != 1 or reader.statements.objects(validator, _ASK if special else _SELECT):
        raise NotComputed("a validator without its one query")
    text = reader.shapes.queries[(validator, form, queries[0])].value
    query = Query(text, f"({shape.path.text({})})" if shape.path else None)
    query.check()
    messages = tuple(each for each in reader.objects(validator, "message") if isinstance(each, Literal))
    return ComponentConstraint(component, query, form == _ASK, given, messages)
