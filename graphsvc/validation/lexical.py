"""Which literals are well-formed, for the datatypes that SPARQL 1.1 supports and their kin, and when a moment is.

A literal outside its datatype's lexical space is ill-typed, whatever a lenient parser would read in it; one inside
is well-typed, however large. https://www.w3.org/TR/shacl/#DatatypeConstraintComponent,
https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes
"""

from __future__ import annotations

import re
from calendar import monthrange
from fractions import Fraction

from graphsvc.vocab import PREFIXES

_XSD = PREFIXES["xsd"]
_INTEGER = r"[+-]?[0-9]+"
_REAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_FLOAT = rf"(?:{_REAL}(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)"
_YEAR = r"(?P<year>-?(?:[1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = rf"{_YEAR}-{_MONTH}-(?P<day>0[1-9]|[12][0-9]|3[01])"
_CLOCK = (
    r"(?:(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9](?:\.[0-9]+)?)|"
    r"(?P<midnight>24:00:00(?:\.0+)?))"
)
_ZONE = r"(?P<zone>Z|(?P<sign>[+-])(?P<ahead>(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_MOMENTS = {
    "date": _DAY + _ZONE,
    "time": _CLOCK + _ZONE,
    "dateTime": f"{_DAY}T{_CLOCK}{_ZONE}",
    "gYear": _YEAR + _ZONE,
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
}
_INTEGERS = {
    **dict.fromkeys("integer long int short byte".split(), _INTEGER),
    "nonNegativeInteger": r"\+?[0-9]+|-0+",
    "positiveInteger": r"\+?0*[1-9][0-9]*",
    "nonPositiveInteger": r"-[0-9]+|\+?0+",
    "negativeInteger": r"-0*[1-9][0-9]*",
    **dict.fromkeys("unsignedLong unsignedInt unsignedShort unsignedByte".split(), r"\+?[0-9]+|-0+"),
}
_LEXICAL = {
    _XSD + name: re.compile(pattern)
    for name, pattern in {
        **_MOMENTS,
        **_INTEGERS,
        "boolean": "true|false|1|0",
        "decimal": _REAL,
        "float": _FLOAT,
        "double": _FLOAT,
    }.items()
}
# The least and the greatest value of a datatype with bounds; the others have none, or their texts tell.
_BOUNDS = {
    _XSD + name: (-(1 << size), (1 << size) - 1)
    for name, size in {"long": 63, "int": 31, "short": 15, "byte": 7}.items()
} | {
    _XSD + name: (0, (1 << size) - 1)
    for name, size in {"unsignedLong": 64, "unsignedInt": 32, "unsignedShort": 16, "unsignedByte": 8}.items()
}
FLOATS = frozenset({_XSD + "float", _XSD + "double"})
NUMBERS = FLOATS | {_XSD + "decimal"} | {_XSD + name for name in _INTEGERS}
MOMENTS = frozenset(_XSD + name for name in _MOMENTS)


def is_known(datatype: str) -> bool:
    """Whether `is_well_formed` can tell for that datatype."""
    return datatype in _LEXICAL


def is_well_formed(lexical: str, datatype: str) -> bool:
    """Whether the text is in the lexical space of the datatype; True for a datatype that is not known here."""
    pattern = _LEXICAL.get(datatype)
    found = pattern.fullmatch(lexical) if pattern else None
    if pattern is None or found is None:
        return pattern is None
    if datatype in _BOUNDS:
        least, greatest = _BOUNDS[datatype]
        return len(lexical.lstrip("+-0")) <= 20 and least <= int(lexical) <= greatest
    part = found.groupdict()
    return "day" not in part or int(part["day"]) <= _days(int(part["year"]), int(part["month"]))


def _days(year: int, month: int) -> int:
    """How many days the month has; the calendar repeats itself every 400 years."""
    return monthrange(2000 + year % 400, month)[1]


def read_moment(lexical: str, datatype: str) -> tuple[Fraction, bool]:
    """A well-formed moment in seconds (from the first day of the year 0, or from midnight), and whether its time
    zone is known; seconds are of UTC then."""
    found = _LEXICAL[datatype].fullmatch(lexical)
    assert found is not None
    part = {name: text for name, text in found.groupdict().items() if text}
    seconds = Fraction(_day_number(part) * 86_400)
    if "midnight" in part:
        seconds += 86_400 if "year" in part else 0
    seconds += int(part.get("hour", 0)) * 3_600 + int(part.get("minute", 0)) * 60
    seconds += Fraction(part.get("second", "0"))
    if "ahead" in part:
        hours, _, minutes = part["ahead"].partition(":")
        offset = int(hours) * 3_600 + int(minutes) * 60
        seconds -= offset if part["sign"] == "+" else -offset
    return seconds, "zone" in part


def _day_number(part: dict[str, str]) -> int:
    """The days from 0000-01-01 in the proleptic Gregorian calendar; 0 where there is no year."""
    if "year" not in part:
        return 0
    cycles, year = divmod(int(part["year"]), 400)
    days = year * 365 + (year + 3) // 4 - (year - 1) // 100 - (0 if year else 1)
    months = sum(_days(year, month) for month in range(1, int(part.get("month", 1))))
    return cycles * 146_097 + days + months + int(part.get("day", 1)) - 1
