"""sh:minCount and sh:maxCount. https://www.w3.org/TR/shacl/#core-components-count"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from graphsvc.rdf import Term
from graphsvc.validation.setwise.coarse import Coarse, negated, unknown
from graphsvc.validation.setwise.constraint import ALWAYS, NEVER, Constraint, Found, Shape
from graphsvc.validation.setwise.evaluation import Evaluation

# So many different values are told apart in a query; beyond, Python counts.
MAX_DISTINCT = 4


@dataclass(eq=False)
class MinCountConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#MinCountConstraintComponent"""

    least: int
    component = "MinCount"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,  # noqa: ARG002
    ) -> Iterator[Found]:
        """One result where there are too few."""
        if len(values) < self.least:
            yield Found()

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """There are not so many different values."""
        if self.least == 0:
            return NEVER
        if self.least > MAX_DISTINCT and not certain:
            return ALWAYS
        return negated(coarse.distinct(shape, focus, min(self.least, MAX_DISTINCT), lambda _: ALWAYS))


@dataclass(eq=False)
class MaxCountConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#MaxCountConstraintComponent"""

    most: int
    component = "MaxCount"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,  # noqa: ARG002
    ) -> Iterator[Found]:
        """One result where there are too many."""
        if len(values) > self.most:
            yield Found()

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """There is one different value more."""
        if self.most >= MAX_DISTINCT and certain:
            return unknown(certain)
        return coarse.distinct(shape, focus, min(self.most + 1, MAX_DISTINCT), lambda _: ALWAYS)
