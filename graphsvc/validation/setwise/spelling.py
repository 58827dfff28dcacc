"""Literals that a store would respell, and what stands in for them.

Oxigraph keeps the values of numbers, dates and durations and forgets how they were written: "01"^^xsd:integer
comes back as "1", "1"^^xsd:int as an xsd:integer. A report must show what the data say, and two spellings are two
terms (https://www.w3.org/TR/rdf11-concepts/#dfn-literal-term-equality). So such a literal is stored with the same
text and a private datatype that names the true one, and tells whether the literal is well-typed.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pyoxigraph as ox

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.lexical import is_well_formed
from graphsvc.vocab import PREFIXES

WELL_TYPED, ILL_TYPED = "urn:graphsvc:well-typed:", "urn:graphsvc:ill-typed:"
_XSD = PREFIXES["xsd"]
_UNTOUCHED = frozenset(_XSD + name for name in "string anyURI token normalizedString language".split())
_DAY = r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
# What certainly comes back as it is, by datatype: the usual case, told without asking the store.
_CANONICAL = {
    _XSD + name: re.compile(pattern)
    for name, pattern in {
        "integer": r"0|-?[1-9][0-9]{0,17}",
        "boolean": "true|false",
        "decimal": r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,7}[1-9]",
        "double": r"-?(?:0|[1-9][0-9]{0,5})\.[0-9]{0,5}[1-9]",
        "date": _DAY,
        "dateTime": rf"{_DAY}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){{2}}Z?",
        "time": r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}Z?",
        "gYear": "[1-9][0-9]{3}",
        "gYearMonth": r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])",
    }.items()
}
_ANY = ox.NamedNode("urn:graphsvc:any")


def survives(value: str, datatype: str) -> bool:
    """Whether a store gives the literal back as it is written."""
    if not datatype.startswith(_XSD) or datatype in _UNTOUCHED:
        return True
    pattern = _CANONICAL.get(datatype)
    return bool(pattern and pattern.fullmatch(value)) or _comes_back(value, datatype)


@lru_cache(maxsize=1 << 16)
def _comes_back(value: str, datatype: str) -> bool:
    literal = ox.Literal(value, datatype=ox.NamedNode(datatype))
    quad = ox.Quad(_ANY, _ANY, literal)
    store = ox.Store()
    store.add(quad)
    [kept] = store
    return bool(kept.object == literal)


def stored(value: str, datatype: str) -> ox.Literal:
    """The typed literal as it is kept in a store: itself, or its stand-in."""
    kept = datatype
    if not survives(value, datatype):
        kept = (WELL_TYPED if is_well_formed(value, datatype) else ILL_TYPED) + datatype
    return ox.Literal(value, datatype=ox.NamedNode(kept))


def is_stand_in(term: object) -> bool:
    """Whether a term of a store stands in for a literal."""
    return isinstance(term, ox.Literal) and term.datatype.value.startswith((WELL_TYPED, ILL_TYPED))


def to_store(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """The store's term for a plain one."""
    match term:
        case Iri(value):
            return ox.NamedNode(value)
        case BlankNode(value):
            return ox.BlankNode(value)
        case Literal(value, _, language) if language:
            return ox.Literal(value, language=language)
        case Literal(value, datatype):
            return stored(value, datatype)
    raise ValueError("SHACL is not defined on triple terms")


def from_store(term: object) -> Term:
    """The plain term of a store's, as it was written."""
    match term:
        case ox.NamedNode(value=value):
            return Iri(value)
        case ox.BlankNode(value=value):
            return BlankNode(value)
        case ox.Literal(value=value):
            datatype = term.datatype.value.removeprefix(WELL_TYPED).removeprefix(ILL_TYPED)
            return Literal(value, datatype, term.language or "")
    raise ValueError("SHACL is not defined on triple terms")


def sparql(term: Iri | Literal) -> str:
    """The term as a query names it, so that it is the one in the store."""
    return str(to_store(term))
