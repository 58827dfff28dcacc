"""sh:equals, sh:disjoint, sh:lessThan, sh:lessThanOrEquals.

https://www.w3.org/TR/shacl/#core-components-property-pairs
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from graphsvc.rdf import Iri, Term
from graphsvc.validation.comparison import compare
from graphsvc.validation.setwise.coarse import Coarse, any_of, holds, negated, unknown
from graphsvc.validation.setwise.constraint import Constraint, Found, Shape
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.vocab import PREFIXES

_XSD = PREFIXES["xsd"]
# By parameter: the orders that are not at fault, and SPARQL's operator.
_ORDERS = {"lessThan": (frozenset({-1}), "<"), "lessThanOrEquals": (frozenset({-1, 0}), "<=")}


@dataclass(eq=False)
class EqualsConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#EqualsConstraintComponent"""

    other: Iri
    component = "Equals"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """One result for each value that only one side has."""
        for value in set(values) ^ run.data.objects(focus, self.other.value, False):
            yield Found(value)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """A value on one side is none on the other."""
        other, value = self.other.n3(), coarse.variable()
        theirs = f"{focus} {other} {value}"
        if shape.path is None:
            differs = coarse.exists(theirs, f"!sameTerm({value}, {focus})")
            return any_of([f"NOT EXISTS {{ {focus} {other} {focus} }}", differs])
        mine = f"{focus} {coarse.path(shape)} {value}"
        return any_of(
            [
                coarse.exists(mine, f"NOT EXISTS {{ {theirs} }}"),
                coarse.exists(theirs, f"NOT EXISTS {{ {mine} }}"),
            ]
        )


@dataclass(eq=False)
class DisjointConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#DisjointConstraintComponent"""

    other: Iri
    component = "Disjoint"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """One result for each value that both sides have."""
        for value in set(values) & run.data.objects(focus, self.other.value, False):
            yield Found(value)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """A value on one side is one on the other."""
        if shape.path is None:
            return f"EXISTS {{ {focus} {self.other.n3()} {focus} }}"
        value = coarse.variable()
        return coarse.exists(
            f"{focus} {coarse.path(shape)} {value}", f"EXISTS {{ {focus} {self.other.n3()} {value} }}"
        )


@dataclass(eq=False)
class OrderConstraint(Constraint):
    """Values less than (or equal to) all others; `parameter` tells which. A result for each pair that is not.

    https://www.w3.org/TR/shacl/#LessThanConstraintComponent
    """

    parameter: str
    other: Iri

    def component_iri(self) -> str:
        """The component is named for the parameter."""
        name = self.parameter[0].upper() + self.parameter[1:]
        return f"{PREFIXES['sh']}{name}ConstraintComponent"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,
        values: Collection[Term],
        run: Evaluation,
    ) -> Iterator[Found]:
        """One result for each pair at fault."""
        others = run.data.objects(focus, self.other.value, False)
        for value in values:
            for other in others:
                if compare(value, other) not in _ORDERS[self.parameter][0]:
                    yield Found(value)

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:
        """A pair that the store does not find in order, of kinds that it orders as the standard says."""
        if certain:
            return unknown(certain)
        one, other = coarse.variable(), coarse.variable()
        numbers = f"(<{_XSD}integer>, <{_XSD}decimal>)"
        date = f"<{_XSD}date>"
        trusted = any_of(
            [
                f"DATATYPE({one}) IN {numbers} && DATATYPE({other}) IN {numbers}",
                f"DATATYPE({one}) = {date} && DATATYPE({other}) = {date} && "
                f"STRLEN(STR({one})) = 10 && STRLEN(STR({other})) = 10",
            ]
        )
        ordered = holds(f"({trusted}) && {one} {_ORDERS[self.parameter][1]} {other}")
        pattern = f"{focus} {coarse.path(shape)} {one} . {focus} {self.other.n3()} {other}"
        return coarse.exists(pattern, negated(ordered))
