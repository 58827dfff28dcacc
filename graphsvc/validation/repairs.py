"""Where pyshacl goes wrong, put right: applied once, before it first runs.

Each repair says what it mends; `tests/validation/test_engine.py` shows the fault that it cures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import rdflib
from pyshacl import shape as pyshacl_shape
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.constraints.sparql import sparql_based_constraint_components as components
from pyshacl.helper.sparql_query_helper import SPARQLQueryHelper
from pyshacl.rdfutil.stringify import stringify_blank_node
from rdflib.plugins import sparql

from graphsvc.rdf import BlankNode, Iri
from graphsvc.validation.path import follow, read_path
from graphsvc.validation.statements import Statements

# pyshacl's own, for shapes graphs that were not loaded by this package.
_PLAIN_VALUE_NODES: Any = pyshacl_shape.value_nodes_from_path  # type: ignore[attr-defined]
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")


@cache
def repair() -> None:
    """Put right what is wrong, and close what is open."""
    sparql.SPARQL_LOAD_GRAPHS = False  # rdflib would fetch what a FROM clause names
    constraint, helper, shape = cast(Any, (ConstraintComponent, SPARQLQueryHelper, pyshacl_shape))
    constraint._format_sparql_based_result_message = _with_values
    constraint.make_v_result_description = _no_description
    for component in _all_below(ConstraintComponent):
        component.make_generic_messages = _no_message
    helper.bind_messages = _bind_messages
    _wrap_messages(components.BoundShapeValidatorComponent)
    shape.value_nodes_from_path = _value_nodes


def forget() -> None:
    """Empty the caches that are keyed by the address of a graph: a later graph may lie at the same address."""
    components.SPARQLConstraintComponentValidator.validator_cache.clear()
    stringify_blank_node.dict_cache.clear()


def _all_below(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _all_below(each)


def _no_message(*_: Any) -> list[Any]:
    """pyshacl's own messages write out every list that they name, for every value; `sentences` has others."""
    return []


def _no_description(*_: Any, **__: Any) -> str:
    """The text of a result that nobody reads here costs more than the validation itself."""
    return ""


def fill(message: str, values: dict[str, Any]) -> str:
    """The message with the values put in for `{?name}` and `{$name}`, once and as they are.

    https://www.w3.org/TR/shacl/#sparql-constraints-messages. pyshacl takes a value for the replacement
    pattern of a regular expression, and fails on a backslash.
    """
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), message)


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


def _wrap_messages(component: Any) -> None:
    """A result of a SPARQL-based component gets its own message; pyshacl adds those of all results before it."""
    plain = component.make_v_result

    def make_v_result(self: Any, *arguments: Any, **options: Any) -> Any:
        return plain(self, *arguments, **options | {"extra_messages": self.query_helper.bound_messages})

    component.make_v_result = make_v_result


def _value_nodes(shapes_graph: Any, focus: Any, node: Any, data: Any) -> set[object]:
    """The value nodes of a path: for all nodes at once, of any length, `^(a/b)` in the right order."""
    statements = getattr(shapes_graph.graph, "statements", None)
    if not isinstance(statements, Statements):
        return cast("set[object]", _PLAIN_VALUE_NODES(shapes_graph, focus, node, data))
    term = Iri(str(node)) if isinstance(node, rdflib.URIRef) else BlankNode(str(node))

    def step(start: object, predicate: str, backwards: bool) -> Any:
        iri = rdflib.URIRef(predicate)
        return data.subjects(iri, start) if backwards else data.objects(start, iri)

    return follow(read_path(statements, term), {focus}, step)
