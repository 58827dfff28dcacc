"""Which of two literals is less, as SPARQL's `<` has it: literals that it cannot compare are not in any order.

https://www.w3.org/TR/sparql11-query/#OperatorMapping; dates, times and years of one datatype are compared too,
as XPath does (https://www.w3.org/TR/xpath-functions-31/#dates-times). Years and digits are not limited.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from graphsvc.rdf import Literal, Term
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.validation.lexical import FLOATS, MOMENTS, NUMBERS, is_well_formed, read_moment
from graphsvc.vocab import PREFIXES

_BOOLEAN = PREFIXES["xsd"] + "boolean"
_ZONES = 14 * 3600


def compare(left: Term, right: Term) -> int | None:
    """Below 0 where the left is less, 0 where they are equal, above 0 where it is greater, None for no order."""
    if not (isinstance(left, Literal) and isinstance(right, Literal)):
        return None
    if not all(is_well_formed(each.value, each.datatype) for each in (left, right)):
        return None
    kinds = {left.datatype, right.datatype}
    if kinds <= NUMBERS:
        number: Any = float if kinds & FLOATS else Decimal
        return _order(number(left.value), number(right.value))
    if len(kinds) > 1 or left.language or right.language:
        return None
    if kinds == {XSD_STRING}:
        return _order(left.value, right.value)
    if kinds == {_BOOLEAN}:
        return _order(*(each.value in ("true", "1") for each in (left, right)))
    return _moments(left, right) if kinds <= MOMENTS else None


def _order(left: Any, right: Any) -> int | None:
    """The order of two values of one type; NaN has none."""
    if left == right:
        return 0
    return -1 if left < right else 1 if left > right else None


def _moments(left: Literal, right: Literal) -> int | None:
    """https://www.w3.org/TR/xmlschema11-2/#vp-dateTime-order"""
    (first, zoned), (second, other_zoned) = (read_moment(each.value, each.datatype) for each in (left, right))
    if zoned == other_zoned:
        return _order(first, second)
    # One of them is in some zone: it may be up to 14 hours earlier or later.
    if first < second - _ZONES:
        return -1
    return 1 if first > second + _ZONES else None
