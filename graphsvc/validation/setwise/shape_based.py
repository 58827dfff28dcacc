"""sh:node, sh:property, sh:qualifiedValueShape. https://www.w3.org/TR/shacl/#core-components-shape"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from graphsvc.rdf import Term
from graphsvc.validation.setwise.cardinality import MAX_DISTINCT
from graphsvc.validation.setwise.coarse import Coarse, all_of, any_of, negated
from graphsvc.validation.setwise.constraint import (
    ALWAYS,
    NEVER,
    SH,
    Constraint,
    Found,
    Shape,
    ValueConstraint,
)
from graphsvc.validation.setwise.evaluation import Evaluation


@dataclass(eq=False)
class NodeConstraint(ValueConstraint):
    """The results of the shape are the details of the one result. https://www.w3.org/TR/shacl/#NodeConstraintComponent"""

    shape: Shape
    component = "Node"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value does not conform to the shape."""
        return not run.conforms(self.shape, value)

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """A result for each value node at fault, with details."""
        for value in values:
            if self.fails(value, run):
                yield Found(value, details=tuple(run.results(self.shape, value)))

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value does not conform."""
        return coarse.violation(self.shape, value, certain)


@dataclass(eq=False)
class PropertyConstraint(ValueConstraint):
    """What the property shape finds stands as it is. https://www.w3.org/TR/shacl/#PropertyConstraintComponent"""

    shape: Shape
    component = "Property"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value does not conform to the property shape."""
        return not run.conforms(self.shape, value)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value does not conform."""
        return coarse.violation(self.shape, value, certain)


@dataclass(eq=False)
class QualifiedConstraint(Constraint):
    """How many values conform to the shape, and, where shapes are disjoint, to none of the siblings.

    https://www.w3.org/TR/shacl/#QualifiedValueShapeConstraintComponent
    """

    shape: Shape
    least: int | None
    most: int | None
    siblings: tuple[Shape, ...] = ()

    def component_iri(self) -> str:
        """The component of the result is told with each."""
        return f"{SH}QualifiedMinCountConstraintComponent"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """One result for too many, one for too few."""
        number = sum(
            run.conforms(self.shape, value)
            and not any(run.conforms(sibling, value) for sibling in self.siblings)
            for value in values
        )
        if self.most is not None and number > self.most:
            yield Found(component=f"{SH}QualifiedMaxCountConstraintComponent")
        if self.least is not None and number < self.least:
            yield Found(component=f"{SH}QualifiedMinCountConstraintComponent")

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """So many different values perhaps count, or do not certainly count."""

        def counts(value: str, surely: bool) -> str:
            others = (coarse.violation(sibling, value, surely) for sibling in self.siblings)
            return all_of([coarse.conformance(self.shape, value, surely), *others])

        found = []
        if self.most is not None:
            number = self.most + 1
            if number <= MAX_DISTINCT or not certain:
                found.append(
                    coarse.distinct(
                        shape, focus, min(number, MAX_DISTINCT), lambda value: counts(value, certain)
                    )
                )
        if self.least:
            if self.least > MAX_DISTINCT and not certain:
                return ALWAYS
            found.append(
                negated(
                    coarse.distinct(
                        shape,
                        focus,
                        min(self.least, MAX_DISTINCT),
                        lambda value: counts(value, not certain),
                    )
                )
            )
        return any_of(found) if found else NEVER
