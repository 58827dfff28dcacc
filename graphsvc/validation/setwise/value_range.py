"""sh:minExclusive, sh:minInclusive, sh:maxExclusive, sh:maxInclusive.

https://www.w3.org/TR/shacl/#core-components-range
"""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.rdf import Literal, Term
from graphsvc.validation.comparison import compare
from graphsvc.validation.lexical import is_well_formed
from graphsvc.validation.setwise.coarse import Coarse, holds, unless
from graphsvc.validation.setwise.constraint import ValueConstraint
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.spelling import sparql, survives
from graphsvc.vocab import PREFIXES

_XSD = PREFIXES["xsd"]
_EXACT = frozenset({_XSD + "integer", _XSD + "decimal"})
# Moments of these lengths have no time zone, so the store orders them as XML Schema does.
_UNZONED = {_XSD + "date": 10, _XSD + "gYear": 4, _XSD + "gYearMonth": 7, _XSD + "dateTime": 19}
# By parameter: what a value must be to the bound, as `compare` tells it, and as SPARQL asks it.
BOUNDS: dict[str, tuple[frozenset[int], str]] = {
    "minExclusive": (frozenset({1}), ">"),
    "minInclusive": (frozenset({0, 1}), ">="),
    "maxExclusive": (frozenset({-1}), "<"),
    "maxInclusive": (frozenset({-1, 0}), "<="),
}


@dataclass(eq=False)
class RangeConstraint(ValueConstraint):
    """A value on one side of a bound; `parameter` tells the side."""

    parameter: str
    bound: Literal

    def component_iri(self) -> str:
        """The component is named for the parameter."""
        name = self.parameter[0].upper() + self.parameter[1:]
        return f"{PREFIXES['sh']}{name}ConstraintComponent"

    def fails(self, value: Term, run: Evaluation | None = None) -> bool:  # noqa: ARG002
        """Whether the value is on the other side, or cannot be compared."""
        return compare(value, self.bound) not in BOUNDS[self.parameter][0]

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The store compares what it compares exactly, and Python the rest."""
        ours = coarse.function(self.fails, value, certain)
        trusted = trusted_as(value, self.bound)
        if trusted is None:
            return ours
        compared = holds(f"{trusted} && {value} {BOUNDS[self.parameter][1]} {sparql(self.bound)}")
        return unless(compared, ours)


def trusted_as(value: str, bound: Literal) -> str | None:
    """A condition under which the store compares a value with the bound as the standard says; None for never."""
    if not survives(bound.value, bound.datatype) or not is_well_formed(bound.value, bound.datatype):
        return None
    if bound.datatype in _EXACT:
        return f"DATATYPE({value}) IN (<{_XSD}integer>, <{_XSD}decimal>)"
    length = _UNZONED.get(bound.datatype)
    if length == len(bound.value):
        return f"DATATYPE({value}) = <{bound.datatype}> && STRLEN(STR({value})) = {length}"
    return None
