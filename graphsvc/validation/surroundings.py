"""The triples by which results are placed and explained: all, or of large documents those around the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphsvc.rdf import Iri, Term
from graphsvc.validation.report import Report, Result
from graphsvc.validation.statements import RDF, Document, Statements, blank_stem, read, read_triples
from graphsvc.vocab import PREFIXES

# Up to so many bytes documents are read whole. An index of triples takes some twenty times their bytes.
WHOLE = 16 << 20
_TYPE, _SUBCLASS = Iri(RDF + "type"), Iri(PREFIXES["rdfs"] + "subClassOf")
_CLASS = Iri(PREFIXES["sh"] + "ClassConstraintComponent")


def surroundings(report: Report, documents: Sequence[Document], *, role: str) -> Statements:
    """The statements of documents that were validated, in their order, with the blank nodes of the report.

    Of documents that are larger than WHOLE together, those about the nodes of the results, and, where a value is
    of the wrong class, those that say what is of which class.
    """
    if sum(len(each.content) for each in documents) <= WHOLE:
        return read(documents, role=role)
    nodes: set[Term] = set()
    classes = False
    for result in _all(report.results):
        nodes.add(result.focus_node)
        if result.value is not None:
            nodes.add(result.value)
        classes = classes or result.component == _CLASS
    return Statements(
        (triple, document.name)
        for number, document in enumerate(documents, start=1)
        for triple in read_triples(document, blank_stem(role, number))
        if triple[0] in nodes or triple[2] in nodes or (classes and triple[1] in (_TYPE, _SUBCLASS))
    )


def _all(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        yield result
        yield from _all(result.details)
