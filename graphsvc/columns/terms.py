"""Terms as they are in results in JSON, and what kinds of them have an order of their own.

https://www.w3.org/TR/sparql11-results-json/#select-encode-terms
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

_XSD = "http://www.w3.org/2001/XMLSchema#"
# Literals of one datatype that are all written so are ordered as their characters are: four digits of a year, and
# the same or no time zone, https://www.w3.org/TR/xpath-functions-31/#comp.datetime
_ORDERED = {
    f"{_XSD}date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    f"{_XSD}gYear": re.compile(r"[0-9]{4}"),
    f"{_XSD}dateTime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
}
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_IRI_BEGINS, _IRI_ENDS = b'{"type":"uri","value":"', b'"}\n'
# All that JSON has as it is, N-Triples has too, where none of these stands in it.
_OTHERWISE = (b"\\", b"\x7f", "\ufffe".encode(), "\uffff".encode())
# How many parts the quotes make of a literal: with its value alone, and with one thing more.
_PLAIN, _TYPED = 9, 13
IRI, STRING, INTEGER, MIXED = "uri", "string", "integer", ""
# What no column is made of: a blank node is another one in each answer to the eye, and a triple term has terms.
_NEVER = frozenset({"bnode", "triple"})


def kind_of(term: dict[str, Any]) -> str | None:
    """Terms of one kind can be put in order; MIXED is none that can be, and None a term that has no column."""
    written = term["type"]
    if written == "uri":
        return IRI
    if written in _NEVER:
        return None
    if "xml:lang" in term:
        return MIXED
    datatype = term.get("datatype")
    if datatype is None:
        return STRING
    value = str(term["value"])
    if datatype == f"{_XSD}integer" and _INTEGER.fullmatch(value):
        return INTEGER
    form = _ORDERED.get(datatype)
    return str(datatype) if form and form.fullmatch(value) else MIXED


def common_kind(kinds: set[str | None]) -> str | None:
    """The kind of a column in which there are values of these kinds; None for one that there cannot be."""
    if None in kinds:
        return None
    return kinds.pop() if len(kinds) == 1 else MIXED


def key_of(kind: str, fragment: bytes) -> Any:
    """What terms of a kind are in order by; the fragment of JSON itself where they have no order of their own."""
    if kind == MIXED:
        return fragment
    value = json.loads(fragment)["value"]
    return int(value) if kind == INTEGER else value


def is_as_it_is(value: str) -> bool:
    """Whether everybody who writes JSON writes these characters in the same way."""
    return value.isascii() and value.isprintable() and not {'"', "\\"} & {*value}


def iri_fragment(iri: str) -> bytes:
    """An IRI as it is in results."""
    return b'{"type":"uri","value":"%b"}' % iri.encode()


def literal_fragment(value: str) -> bytes:
    """A plain literal as it is in results."""
    return b'{"type":"literal","value":%b}' % json.dumps(value, ensure_ascii=False).encode()


def integer_fragment(number: int) -> bytes:
    """An integer as it is in results."""
    return b'{"type":"literal","value":"%d","datatype":"%binteger"}' % (number, _XSD.encode())


def n_triples(fragments: Iterable[bytes]) -> list[bytes]:
    """Terms as they are in N-Triples. https://www.w3.org/TR/n-triples/"""
    told = [*fragments]
    # Nothing that is written in JSON has a line end in it.
    text = b"\n".join((*told, b""))
    if _is_escaped(text):
        return [_written(fragment) if _is_escaped(fragment) else _as_it_is(fragment) for fragment in told]
    if text.count(_IRI_BEGINS) == len(told):
        return text.replace(_IRI_BEGINS, b"<").replace(_IRI_ENDS, b">\n").split(b"\n")[:-1]
    return [*map(_as_it_is, told)]


def _is_escaped(text: bytes) -> bool:
    return any(one in text for one in _OTHERWISE)


def _as_it_is(fragment: bytes) -> bytes:
    """A term whose signs are the same in both."""
    parts = fragment.split(b'"')
    if parts[3] == b"uri":
        return b"<%b>" % parts[7]
    if parts[3] == b"literal":
        if len(parts) == _PLAIN:
            return b'"%b"' % parts[7]
        if len(parts) == _TYPED and parts[9] == b"xml:lang":
            return b'"%b"@%b' % (parts[7], parts[11])
        if len(parts) == _TYPED and parts[9] == b"datatype":
            return b'"%b"^^<%b>' % (parts[7], parts[11])
    return _written(fragment)


def _written(fragment: bytes) -> bytes:
    term = json.loads(fragment)
    value = term["value"]
    if term["type"] == "uri":
        return b"<%b>" % value.encode()
    if term["type"] == "bnode":
        return b"_:%b" % value.encode()
    if "xml:lang" in term:
        direction = term.get("its:dir")
        base = None if direction is None else ox.BaseDirection(direction)
        return str(ox.Literal(value, language=term["xml:lang"], direction=base)).encode()
    datatype = term.get("datatype")
    return str(ox.Literal(value, datatype=ox.NamedNode(datatype) if datatype else None)).encode()


def constant(value: str, *, is_iri: bool) -> bytes:
    """An IRI or a plain literal as it is in N-Triples."""
    return f"<{value}>".encode() if is_iri else str(ox.Literal(value)).encode()
