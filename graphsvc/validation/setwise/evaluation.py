"""The exact evaluation of shapes on single focus nodes. https://www.w3.org/TR/shacl/#validation"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, lru_cache

from graphsvc.rdf import Iri, Literal, Term
from graphsvc.validation.path import Kind, Path, follow, read_path
from graphsvc.validation.report import Result
from graphsvc.validation.sentences import sentence
from graphsvc.validation.setwise.constraint import Constraint, Found, Shape
from graphsvc.validation.setwise.data_graph import DataGraph
from graphsvc.validation.statements import Statements


class Evaluation:
    """One validation: the data, and what has been found out about them. Not for use by two threads."""

    def __init__(self, data: DataGraph, shapes: Statements) -> None:
        self.data = data
        self.shapes = shapes
        # Nodes that many others refer to are asked about again and again.
        self.conforms = lru_cache(maxsize=50_000)(self._conforms)
        self._values = lru_cache(maxsize=64)(self._value_nodes)
        self._sentence = cache(lambda component, node: sentence(Iri(component), node, shapes))
        self._within = cache(shapes.owner)

    def _conforms(self, shape: Shape, focus: Term) -> bool:
        """Whether the focus node conforms to the shape. https://www.w3.org/TR/shacl/#conforms-focus-node"""
        if shape.deactivated:
            return True
        values = self._values(shape.path, focus)
        return all(next(each.found(shape, focus, values, self), None) is None for each in shape.constraints)

    def results(
        self, shape: Shape, focus: Term, constraints: Collection[Constraint] | None = None
    ) -> Iterator[Result]:
        """The results of the focus node at the shape, or at some of its constraints.

        https://www.w3.org/TR/shacl/#validation-definition
        """
        from graphsvc.validation.setwise.shape_based import PropertyConstraint

        if shape.deactivated:
            return
        values = self._values(shape.path, focus)
        for constraint in shape.constraints if constraints is None else constraints:
            if isinstance(constraint, PropertyConstraint):
                for value in values:
                    yield from self.results(constraint.shape, value)
            else:
                for found in constraint.found(shape, focus, values, self):
                    yield self._result(shape, focus, constraint, found)

    def _value_nodes(self, path: Path | None, focus: Term) -> Collection[Term]:
        """https://www.w3.org/TR/shacl/#value-nodes"""
        if path is None:
            return (focus,)
        if path.kind is Kind.PREDICATE:
            return self.data.objects(focus, path.iri, False)
        return follow(path, {focus}, self.data.step)  # type: ignore[return-value]

    def _result(self, shape: Shape, focus: Term, constraint: Constraint, found: Found) -> Result:
        component = found.component or constraint.component_iri()
        messages = shape.messages if found.messages is None else found.messages
        focus = found.focus_node or focus
        return Result(
            focus_node=focus,
            severity=shape.severity,
            component=Iri(component),
            source_shape=shape.node,
            path=shape.path if found.path is None else self._path(found.path),
            value=found.value,
            messages=_sorted(messages) or (self._sentence(component, shape.node),),
            source_constraint=found.source_constraint,
            details=tuple(sorted(found.details, key=Result.key)),
            within=self._within(shape.node),
            owner=self.data.owner_of(focus),
        )

    def _path(self, node: Term) -> Path | None:
        """A path of the shapes graph, or a predicate that a query gave."""
        known = isinstance(node, Iri) or self.shapes.describes(node)
        return read_path(self.shapes, node) if known else None


def _sorted(messages: Collection[Literal]) -> tuple[Literal, ...]:
    return tuple(sorted(set(messages), key=lambda each: (each.language, each.value)))
