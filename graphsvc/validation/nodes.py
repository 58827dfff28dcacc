"""Between plain terms and rdflib's, so that no literal is respelt on the way.

Imported only where shapes are at work: rdflib takes a third of a second to load.
"""

from __future__ import annotations

import rdflib

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.rdf.terms import XSD_STRING
from graphsvc.validation.lexical import is_known, is_well_formed
from graphsvc.validation.statements import RDF

LANG_STRING = RDF + "langString"


def node_of(term: Term) -> rdflib.term.Identifier:
    """The rdflib node of a term, which is ill-typed exactly where XML Schema says so."""
    match term:
        case Iri(value):
            return rdflib.URIRef(value)
        case BlankNode(value):
            return rdflib.BNode(value)
        case Literal(value, _, language) if language:
            return rdflib.Literal(value, lang=language)
    assert isinstance(term, Literal)
    if term.datatype == XSD_STRING:
        return rdflib.Literal(term.value)
    if not is_well_formed(term.value, term.datatype):
        return _unread(term, value=None, ill_typed=True)
    made = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype), normalize=False)
    if made.value is None and is_known(term.datatype):
        return _unread(term, value=None, ill_typed=False)
    # rdflib rewrites the text of some datatypes (xsd:token) even so.
    return made if str(made) == term.value else _unread(term, value=made.value, ill_typed=False)


def _unread(term: Literal, *, value: object, ill_typed: bool) -> rdflib.Literal:
    """A literal whose text is left alone: rdflib has no constructor that does."""
    made = rdflib.Literal(term.value)
    made._datatype = rdflib.URIRef(term.datatype)
    made._value = value
    made._ill_typed = ill_typed
    return made


def term_of(node: object) -> Term:
    """The plain term of an rdflib node."""
    if isinstance(node, rdflib.Literal):
        datatype = LANG_STRING if node.language else str(node.datatype or XSD_STRING)
        return Literal(str(node), datatype, node.language or "")
    return BlankNode(str(node)) if isinstance(node, rdflib.BNode) else Iri(str(node))
