"""sh:not, sh:and, sh:or, sh:xone. https://www.w3.org/TR/shacl/#core-components-logical"""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.rdf import Term
from graphsvc.validation.setwise.coarse import Coarse, all_of, any_of, negated, unknown
from graphsvc.validation.setwise.constraint import Shape, ValueConstraint
from graphsvc.validation.setwise.evaluation import Evaluation

# A choice of one among more than these is left to Python.
_MAX_CHOICES = 4


@dataclass(eq=False)
class NotConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#NotConstraintComponent"""

    shape: Shape
    component = "Not"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value conforms to the shape."""
        return run.conforms(self.shape, value)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value conforms."""
        return coarse.conformance(self.shape, value, certain)


@dataclass(eq=False)
class AndConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#AndConstraintComponent"""

    shapes: tuple[Shape, ...]
    component = "And"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value does not conform to some shape."""
        return not all(run.conforms(shape, value) for shape in self.shapes)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value does not conform to one."""
        return any_of(coarse.violation(shape, value, certain) for shape in self.shapes)


@dataclass(eq=False)
class OrConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#OrConstraintComponent"""

    shapes: tuple[Shape, ...]
    component = "Or"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value conforms to no shape."""
        return not any(run.conforms(shape, value) for shape in self.shapes)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The value conforms to none."""
        return all_of(coarse.violation(shape, value, certain) for shape in self.shapes)


@dataclass(eq=False)
class XoneConstraint(ValueConstraint):
    """A shape that is listed twice counts twice. https://www.w3.org/TR/shacl/#XoneConstraintComponent"""

    shapes: tuple[Shape, ...]
    component = "Xone"

    def fails(self, value: Term, run: Evaluation) -> bool:
        """Whether the value conforms to none, or to several."""
        return sum(run.conforms(shape, value) for shape in self.shapes) != 1

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """It is not so that the value conforms to one and does not conform to the others."""
        if len(self.shapes) > _MAX_CHOICES or certain:
            return unknown(certain)
        certainly = [coarse.conformance(shape, value, True) for shape in self.shapes]
        certainly_not = [coarse.violation(shape, value, True) for shape in self.shapes]
        return negated(
            any_of(
                all_of([one, *certainly_not[:index], *certainly_not[index + 1 :]])
                for index, one in enumerate(certainly)
            )
        )
