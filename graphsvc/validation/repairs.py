"""Where pyshacl goes wrong, put right for as long as this package runs it.

Each repair says what it mends; `tests/validation/test_engine.py` and the cases beside it show the fault that it
cures. Who else uses pyshacl in the same process finds it as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import Any, cast

import rdflib
from pyshacl import constraints
from pyshacl import shape as pyshacl_shape
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.constraints.core import property_pair_constraints as pairs
from pyshacl.constraints.core import value_range_constraints as ranges
from pyshacl.constraints.core.value_constraints import DatatypeConstraintComponent
from pyshacl.constraints.sparql import sparql_based_constraint_components as components
from pyshacl.helper.sparql_query_helper import SPARQLQueryHelper
from rdflib.plugins import sparql

from graphsvc.rdf import BlankNode, Iri
from graphsvc.validation.comparison import compare
from graphsvc.validation.lexical import is_well_formed
from graphsvc.validation.messages import fill
from graphsvc.validation.nodes import term_of
from graphsvc.validation.path import follow, read_path
from graphsvc.validation.statements import Statements

# The repairs, and pyshacl's own caches, are the process's: one validation at a time.
_ALONE = RLock()


@contextmanager
def repaired() -> Iterator[None]:
    """Put right what is wrong, and close what is open, while the block runs; one block at a time."""
    made: dict[tuple[Any, int], Any] = {}
    bound = components.BoundShapeValidatorComponent
    validators = components.SPARQLConstraintComponentValidator.validator_cache
    with _ALONE, ExitStack() as undone:
        for owner, name, repair in (
            (sparql, "SPARQL_LOAD_GRAPHS", False),  # rdflib would fetch what a FROM clause names
            # It tells at length, with a traceback, of every value that Python cannot hold.
            (logging.getLogger("rdflib.term"), "disabled", True),
            (ConstraintComponent, "_format_sparql_based_result_message", _with_values),
            (ConstraintComponent, "make_v_result_description", _no_description),
            *((kind, "make_generic_messages", _no_message) for kind in _all_below(ConstraintComponent)),
            (SPARQLQueryHelper, "bind_messages", _bind_messages),
            (bound, "make_v_result", _with_own_messages(bound.make_v_result)),
            (DatatypeConstraintComponent, "_assert_actual_datatype", _is_of_datatype),
            (ranges, "compare_literal", _compare_literals),
            (pairs.LessThanConstraintComponent, "_compare_lt", _comparing(frozenset({-1}))),
            (pairs.LessThanOrEqualsConstraintComponent, "_compare_ltoe", _comparing(frozenset({-1, 0}))),
            (pyshacl_shape, "value_nodes_from_path", _value_nodes),
            (pyshacl_shape, "CONSTRAINT_PARAMS", _made_once(made)),
        ):
            _set(undone, owner, name, repair)
        # Keyed by the address of a graph; a later graph may lie at the same address.
        validators.clear()
        undone.callback(validators.clear)
        yield


def _set(undone: ExitStack, owner: Any, name: str, repair: Any) -> None:
    """Set an attribute until the stack unwinds, and then put back what was there, or nothing."""
    if name in vars(owner):
        undone.callback(setattr, owner, name, vars(owner)[name])
    else:
        undone.callback(delattr, owner, name)
    setattr(owner, name, repair)


def _all_below(kind: Any) -> Iterator[Any]:
    found = dict.fromkeys(kind.__subclasses__())
    for each in found:
        yield each
        yield from _all_below(each)


def _made_once(made: dict[tuple[Any, int], Any]) -> tuple[frozenset[Any], dict[Any, Any]]:
    """Constraints that are made once for each shape; pyshacl makes them, lists and all, for every focus node.

    What pyshacl looks up: the parameters, and by parameter what makes a constraint of a shape. Parameters of
    one component share the maker, since pyshacl tells by it that a component is done.
    """

    def maker(kind: Any) -> Any:
        def make(shape: Any) -> Any:
            key = (kind, id(shape))
            if key not in made:
                made[key] = kind(shape)
            return made[key]

        return make

    known = constraints.CONSTRAINT_PARAMETERS_MAP
    makers = {kind: maker(kind) for kind in known.values()}
    return frozenset(known), {parameter: makers[kind] for parameter, kind in known.items()}


def _no_message(*_: Any) -> list[Any]:
    """pyshacl's own messages write out every list that they name, for every value; `sentences` has others."""
    return []


def _no_description(*_: Any, **__: Any) -> str:
    """The text of a result that nobody reads here costs more than the validation itself."""
    return ""


def _with_values(_: Any, message: str, bound: Any) -> str:
    if isinstance(bound, dict):
        return fill(message, bound)
    if not isinstance(bound, tuple | list) or len(bound) < 3:
        return message
    values = dict(bound[3]) if len(bound) == 4 else {}
    named = zip(("this", "path", "value"), bound, strict=False)
    return fill(message, values | {name: value for name, value in named if value is not None})


def _bind_messages(helper: Any, values: dict[str, Any] | None = None) -> None:
    given = helper.param_bind_map if values is None else values
    helper.bound_messages = {
        rdflib.Literal(fill(str(message), given), lang=message.language, datatype=message.datatype)
        for message in helper.unbound_messages
    }


def _with_own_messages(plain: Any) -> Any:
    """A result of a SPARQL-based component gets its own message; pyshacl adds those of all results before it."""

    def make_v_result(self: Any, *arguments: Any, **options: Any) -> Any:
        return plain(self, *arguments, **options | {"extra_messages": self.query_helper.bound_messages})

    return make_v_result


def _value_nodes(shapes_graph: Any, focus: Any, node: Any, data: Any) -> set[object]:
    """The value nodes of a path: for all nodes at once, of any length, `^(a/b)` in the right order."""
    statements = cast(Statements, shapes_graph.graph.statements)
    term = Iri(str(node)) if isinstance(node, rdflib.URIRef) else BlankNode(str(node))

    def step(start: object, predicate: str, backwards: bool) -> Any:
        iri = rdflib.URIRef(predicate)
        return data.subjects(iri, start) if backwards else data.objects(start, iri)

    return follow(read_path(statements, term), {focus}, step)


def _is_of_datatype(_: Any, node: Any, datatype: Any) -> bool:
    """By its text; pyshacl takes what Python cannot hold, as a year of six digits, for ill-typed."""
    return is_well_formed(str(node), str(datatype))


def _compare_literals(left: Any, right: Any) -> int:
    """As SPARQL does; rdflib puts literals in an order that SPARQL says have none."""
    order = compare(term_of(left), term_of(right))
    if order is None:
        raise TypeError("not comparable")
    return order


def _comparing(passing: frozenset[int]) -> Any:
    """Values that cannot be compared get a result; pyshacl compares IRIs as texts and fails on blank nodes."""

    def compare_values(component: Any, values: Any, others: Any, data: Any, focus: Any) -> Any:
        results = [
            component.make_v_result(data, focus, value_node=value)
            for value in values
            for other in others
            if compare(term_of(value), term_of(other)) not in passing
        ]
        return bool(results), results

    return compare_values
