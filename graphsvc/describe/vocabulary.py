"""The ontologies of the graph: which terms they have, what sort each is, what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphsvc.describe.index import Index
from graphsvc.describe.names import OWL, RDF, RDFS, SKOS, TYPE, listed
from graphsvc.describe.statements import Statement, about
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.store import Store
from graphsvc.store.rows import select

SORTS: dict[str, str] = {
    OWL + "Class": "Classes",
    RDFS + "Class": "Classes",
    OWL + "ObjectProperty": "Properties",
    OWL + "DatatypeProperty": "Properties",
    OWL + "AnnotationProperty": "Properties",
    RDF + "Property": "Properties",
    RDFS + "Datatype": "Datatypes",
    SKOS + "ConceptScheme": "Concept schemes",
}
ORDER = ("Classes", "Properties", "Datatypes", "Concept schemes")
MAX_TERMS = 2_000
_BROADER = (RDFS + "subClassOf", RDFS + "subPropertyOf")


@dataclass(frozen=True)
class VocabularyTerm:
    """One term: IRI, label, definition, and for a property what it holds between.

    `broader` and `narrower` are super- and sub-terms; `has` and `values_of` are, for a class, the properties whose
    domain and whose range it is.
    """

    iri: str
    label: Literal | None
    definition: Literal | None
    note: Literal | None
    domains: tuple[str, ...]
    ranges: tuple[str, ...]
    broader: tuple[str, ...]
    narrower: tuple[str, ...]
    has: tuple[str, ...]
    values_of: tuple[str, ...]
    deprecated: bool


@dataclass(frozen=True)
class Vocabulary:
    """One ontology (None: terms that say no ontology defines them) and its terms by sort."""

    ontology: str | None
    label: Literal | None
    description: Literal | None
    version: str | None
    terms: dict[str, tuple[VocabularyTerm, ...]]
    about: tuple[tuple[str, tuple[Term, ...]], ...] = ()

    def of_sort(self, sort: str) -> tuple[VocabularyTerm, ...]:
        """The terms of one of ORDER."""
        return self.terms.get(sort, ())


def statements_of_terms(store: Store) -> list[Statement]:
    """All statements about ontologies, their terms and concept schemes."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?term {{ VALUES ?type {{ {listed([*SORTS, OWL + "Ontology"])} }}
          ?term <{TYPE}> ?type FILTER(isIRI(?term)) }}
        ORDER BY ?term LIMIT {MAX_TERMS}""",
    )
    return about(store, [row["term"].value for row in rows])


def term_iris(store: Store) -> set[str]:
    """The IRIs of the terms that are declared, in use or not."""
    rows = select(
        store,
        f"SELECT DISTINCT ?term {{ VALUES ?type {{ {listed(SORTS)} }} ?term <{TYPE}> ?type "
        f"FILTER(isIRI(?term)) }} LIMIT {MAX_TERMS}",
    )
    return {row["term"].value for row in rows}


def vocabularies(statements: Sequence[Statement], languages: Sequence[str]) -> list[Vocabulary]:
    """The ontologies among the statements, each with its terms, then the terms of none."""
    index = Index(statements)
    nodes = [node for node in index.subjects() if isinstance(node, Iri)]
    ontologies = [node for node in nodes if OWL + "Ontology" in index.types(node)]
    inverse = _inverse(index, nodes)
    terms: dict[str | None, dict[str, list[VocabularyTerm]]] = {}
    for node in nodes:
        sort = next((SORTS[kind] for kind in sorted(index.types(node)) if kind in SORTS), None)
        if sort is not None:
            home = _home(index, node, ontologies)
            terms.setdefault(home, {}).setdefault(sort, []).append(_term(index, node, languages, inverse))
    found = [_vocabulary(index, node, terms.pop(node.value, {}), languages) for node in ontologies]
    found += [_vocabulary(index, None, left, languages) for left in terms.values()]
    return found


def _home(index: Index, term: Iri, ontologies: Sequence[Iri]) -> str | None:
    """The ontology that a term says defines it, or the one whose IRI the term's continues."""
    known = {ontology.value for ontology in ontologies}
    said = [value.value for value in index.values(term, RDFS + "isDefinedBy") if value.value in known]
    namespace = term.value[: max(term.value.rfind("#"), term.value.rfind("/"))]
    return said[0] if said else next((iri for iri in sorted(known) if iri.rstrip("#/") == namespace), None)


def _inverse(index: Index, nodes: Sequence[Iri]) -> dict[tuple[str, str], list[str]]:
    """For each property of terms and each value of it, the terms that have that value."""
    found: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        for name in (*_BROADER, RDFS + "domain", RDFS + "range"):
            for value in index.values(node, name):
                found.setdefault((name, value.value), []).append(node.value)
    return found


def _term(
    index: Index, node: Iri, languages: Sequence[str], inverse: Mapping[tuple[str, str], list[str]]
) -> VocabularyTerm:
    def iris(*properties: str) -> tuple[str, ...]:
        return tuple(value.value for value in index.values(node, *properties) if isinstance(value, Iri))

    def pointing(*properties: str) -> tuple[str, ...]:
        return tuple(iri for name in properties for iri in inverse.get((name, node.value), ()))

    deprecated = index.value(node, OWL + "deprecated")
    return VocabularyTerm(
        node.value,
        index.label(node, languages),
        index.description(node, languages),
        index.text(node, (SKOS + "scopeNote",), languages),
        iris(RDFS + "domain"),
        iris(RDFS + "range"),
        iris(*_BROADER),
        pointing(*_BROADER),
        pointing(RDFS + "domain"),
        pointing(RDFS + "range"),
        deprecated is not None and deprecated.value in ("true", "1"),
    )


def _vocabulary(
    index: Index, ontology: Iri | None, terms: dict[str, list[VocabularyTerm]], languages: Sequence[str]
) -> Vocabulary:
    ordered = {sort: tuple(terms[sort]) for sort in ORDER if sort in terms}
    if ontology is None:
        return Vocabulary(None, None, None, None, ordered)
    version = index.value(ontology, OWL + "versionInfo")
    return Vocabulary(
        ontology.value,
        index.label(ontology, languages),
        index.description(ontology, languages),
        version.value if version is not None else None,
        ordered,
        tuple((name, tuple(values)) for name, values in sorted(index.properties(ontology).items())),
    )
