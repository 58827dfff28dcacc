"""Terms for people: IRIs by their prefixes, literals as Turtle writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from graphsvc.rdf import BlankNode, Iri, Literal, Term, TripleTerm
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.vocab import PREFIXES

# Local names that need no escape in Turtle or SPARQL.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?\Z")
_BARE = {
    PREFIXES["xsd"] + "integer": re.compile(r"[+-]?[0-9]+\Z"),
    PREFIXES["xsd"] + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+\Z"),
    PREFIXES["xsd"] + "boolean": re.compile(r"(true|false)\Z"),
}


def compact_iri(iri: str, prefixes: Mapping[str, str]) -> str:
    """`prefix:local` where a prefix of the table fits, else the IRI in angle brackets."""
    end = max(iri.rfind("#"), iri.rfind("/")) + 1
    for prefix, namespace in sorted(prefixes.items()):
        if namespace == iri[:end] and _LOCAL.match(iri[end:]):
            return f"{prefix}:{iri[end:]}"
    return f"<{iri}>"


def compact(term: Term, prefixes: Mapping[str, str]) -> str:
    """The term as Turtle writes it, in its shortest form, on one line."""
    match term:
        case Iri(value):
            return compact_iri(value, prefixes)
        case BlankNode() | TripleTerm():
            return term.n3()
        case Literal(value, datatype, language):
            if datatype in _BARE and _BARE[datatype].match(value):
                return value
            text = Literal(value).n3()
            if language:
                return f"{text}@{language}"
            return text if datatype == XSD_STRING else f"{text}^^{compact_iri(datatype, prefixes)}"
