"""Which literals are well-formed, for the datatypes that SPARQL 1.1 supports and their kin.

A literal outside its datatype's lexical space is ill-typed, whatever a lenient parser would read in it.
https://www.w3.org/TR/shacl/#DatatypeConstraintComponent, https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes
"""

from __future__ import annotations

import re

from graphsvc.vocab import PREFIXES

_XSD = PREFIXES["xsd"]
_INTEGER = r"[+-]?[0-9]+"
_REAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_FLOAT = rf"(?:{_REAL}(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)"
_DAY = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_LEXICAL = {
    _XSD + name: re.compile(pattern)
    for name, pattern in {
        "boolean": "true|false|1|0",
        "integer": _INTEGER,
        "decimal": _REAL,
        "float": _FLOAT,
        "double": _FLOAT,
        "date": _DAY + _ZONE,
        "time": _CLOCK + _ZONE,
        "dateTime": f"{_DAY}T{_CLOCK}{_ZONE}",
        "gYear": rf"-?(?:[1-9][0-9]{{3,}}|0[0-9]{{3}}){_ZONE}",
        **dict.fromkeys(("long", "int", "short", "byte"), _INTEGER),
        "nonNegativeInteger": r"\+?[0-9]+|-0+",
        "positiveInteger": r"\+?0*[1-9][0-9]*",
        "nonPositiveInteger": r"-[0-9]+|\+?0+",
        "negativeInteger": r"-0*[1-9][0-9]*",
        **dict.fromkeys(("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"), r"\+?[0-9]+|-0+"),
    }.items()
}


def is_well_formed(lexical: str, datatype: str) -> bool:
    """Whether the text is in the lexical space of the datatype; True for a datatype that is not known here."""
    pattern = _LEXICAL.get(datatype)
    return pattern is None or pattern.fullmatch(lexical) is not None
