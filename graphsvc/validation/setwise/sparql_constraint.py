"""sh:sparql. https://www.w3.org/TR/shacl/#sparql-constraints"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.messages import fill
from graphsvc.validation.setwise.coarse import Coarse, unknown
from graphsvc.validation.setwise.constraint import Constraint, Found, Shape
from graphsvc.validation.setwise.data_graph import SHAPES_GRAPH
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.sparql_query import NOTHING, NotComputed, Query
from graphsvc.validation.setwise.spelling import from_store, is_stand_in, to_store

_RESULT = ("path", "value", "this")


@dataclass(eq=False)
class SparqlConstraint(Constraint):
    """One query; `messages` are its own, those of the shape are told beside them."""

    node: Term
    query: Query
    messages: tuple[Literal, ...] = ()
    component = "SPARQL"

    def found(
        self,
        shape: Shape,
        focus: Term,
        values: Collection[Term],  # noqa: ARG002
        run: Evaluation,
    ) -> Iterator[Found]:
        """One result for each solution. https://www.w3.org/TR/shacl/#sparql-constraints-validation"""
        seen: list[tuple[Term | None, Term | None, Term | None, Mapping[str, Term]]] = []
        failed = False
        own = focus if shape.path is None else None
        for row in rows(run, self.query, {"this": focus, "currentShape": shape.node}):
            rest = {name: term for name, term in row.items() if name not in _RESULT}
            if "failure" in rest:
                if not failed:
                    failed = True
                    yield Found(own, messages=self._told(shape, row), source_constraint=self.node)
                continue
            path, value, this = (row.get(name) for name in _RESULT)
            if (path, value, this) == (None, None, None) or (path, value, this, rest) in seen:
                continue
            seen.append((path, value, this, rest))
            value = value or own
            bound = {"this": this, "path": path, "value": value}
            yield Found(
                value,
                path=path,
                focus_node=this,
                messages=self._told(shape, rest | {name: term for name, term in bound.items() if term}),
                source_constraint=self.node,
            )

    def _told(self, shape: Shape, values: Mapping[str, Term]) -> tuple[Literal, ...]:
        return tuple(filled(message, values) for message in (*self.messages, *shape.messages))

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """A query is asked by itself, and not as a part of another."""
        return unknown(certain)


def rows(run: Evaluation, query: Query, bound: Mapping[str, Term]) -> Iterator[dict[str, Term]]:
    """The solutions with variables pre-bound, each a dictionary of what is bound in it."""
    solutions = asked(run, query, bound)
    names = [variable.value for variable in solutions.variables]
    always = {"this": bound["this"]} if query.selects_this else {}
    for solution in solutions:
        found = zip(names, solution, strict=True)
        yield always | {
            name: from_store(term)
            for name, term in found
            if term is not None and not name.startswith(NOTHING)
        }


def asked(run: Evaluation, query: Query, bound: Mapping[str, Term]) -> Any:
    """What the store answers with variables pre-bound. https://www.w3.org/TR/shacl/#pre-binding

    A term is written in place of its variable. A blank node cannot be; nor can a literal be where it would be a
    subject. The store can bind `$this` itself, where it stands in a pattern of the outermost group.
    Raises NotComputed where neither will do.
    """
    texts, terms = {}, {}
    for name, term in {**bound, "shapesGraph": SHAPES_GRAPH}.items():
        if not query.mentions(name):
            continue
        known = to_store(term)
        if is_stand_in(known):
            raise NotComputed("a query about a literal which the store respells")
        if not isinstance(term, Iri) and name == "this" and query.is_setwise:
            terms[name] = known
        elif isinstance(term, BlankNode):
            raise NotComputed("a query about a blank node that stands in no pattern of its outermost group")
        else:
            texts[name] = str(known)
    try:
        return run.data.triples.solutions(query.binding(texts), terms)
    except SyntaxError as error:
        raise NotComputed("a query that has no meaning for a literal") from error


def filled(message: Literal, values: Mapping[str, Term]) -> Literal:
    """The message with the values in it. https://www.w3.org/TR/shacl/#sparql-constraints-messages"""
    text = fill(message.value, {name: term.value for name, term in values.items()})
    return Literal(text, message.datatype, message.language) if message.language else Literal(text)
