"""A literal as another datatype has it, where its text leaves no doubt, and an example of each datatype."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphsvc.rdf import Literal, Term
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.validation.lexical import is_known, is_well_formed
from graphsvc.vocab import PREFIXES

_XSD = PREFIXES["xsd"]
_LANG_STRING = PREFIXES["rdf"] + "langString"
_DATE = re.compile(r"(-?[0-9]{4,}-[0-9]{2}-[0-9]{2})T[0-9:.]+(?:Z|[+-][0-9:]+)?\Z")
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0*\Z")
_TRUTHS = {"yes": "true", "true": "true", "no": "false", "false": "false"}
_EXAMPLES = {
    "date": "2021-04-21",
    "dateTime": "2021-04-21T09:30:00Z",
    "time": "09:30:00",
    "gYear": "2021",
    "gYearMonth": "2021-04",
    "boolean": "true",
    "decimal": "1.5",
    "float": "1.5",
    "double": "1.5",
    "anyURI": "https://example.org/",
    "negativeInteger": "-1",
    "nonPositiveInteger": "-1",
    "duration": "P1Y2M",
}


def retyped(value: Term, datatype: str) -> Literal | None:
    """The literal of that datatype that the value must have been meant for, or None where that is a guess."""
    if not isinstance(value, Literal) or datatype == _LANG_STRING:
        return None
    if datatype == XSD_STRING:
        return Literal(value.value)
    if not is_known(datatype):
        return None
    for text in _readings(value.value, datatype.removeprefix(_XSD)):
        if is_well_formed(text, datatype) and (text, datatype) != (value.value, value.datatype):
            return Literal(text, datatype)
    return None


def _readings(text: str, name: str) -> Iterator[str]:
    text = text.strip()
    yield text
    if name == "boolean" and text.lower() in _TRUTHS:
        yield _TRUTHS[text.lower()]
    day = _DATE.match(text)
    if day and name == "date":
        yield day[1]
    if name == "dateTime":
        yield f"{text}T00:00:00"
    whole = _WHOLE.match(text)
    if whole:
        yield whole[1]
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+", text):
        yield text.replace(",", "")


def example(datatype: str, value: Term | None) -> Literal | None:
    """A literal of the datatype, with the value's own text where that fits; None for a datatype unknown here."""
    if datatype == _LANG_STRING:
        return Literal(value.value if isinstance(value, Literal) else "text", _LANG_STRING, "en")
    if datatype == XSD_STRING:
        return Literal("text")
    name = datatype.removeprefix(_XSD)
    if name in _EXAMPLES:
        return Literal(_EXAMPLES[name], datatype)
    return Literal("1", datatype) if is_known(datatype) else None
