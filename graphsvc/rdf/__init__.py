"""RDF documents and terms: read with positions in the errors; the same graph is written as the same bytes."""

from graphsvc.rdf.reading import read_document
from graphsvc.rdf.terms import BlankNode, Iri, Literal, Term, TripleTerm
from graphsvc.rdf.writing import write_document

__all__ = ["BlankNode", "Iri", "Literal", "Term", "TripleTerm", "read_document", "write_document"]
