"""A resource in the terms of schema.org, as far as the graph says so.

What counts as which class or property of schema.org is data: a class of the graph is one where the graph says
that it is a sub-class of it or equivalent (`rdfs:subClassOf`, `owl:equivalentClass`), a property likewise
(`rdfs:subPropertyOf`, `owl:equivalentProperty`), over any number of steps; terms of schema.org are themselves.
A resource of no such class has no description here. https://schema.org/docs/datamodel.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphsvc.describe.labels import best
from graphsvc.describe.names import DCT, DESCRIPTIONS, LABELS, OWL, RDFS, SKOS, TYPE, listed
from graphsvc.describe.statements import Statement
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.store import Store
from graphsvc.store.rows import select
from graphsvc.vocab import PREFIXES

SCHEMA = PREFIXES["schema"]
SPELLINGS = (SCHEMA, "http://schema.org/")
MAX_ALIGNMENTS = 20_000
MAX_VALUES = 25
MAX_TEXT = 5_000
_WIDER = tuple(RDFS + name for name in ("subClassOf", "subPropertyOf"))
_SAME = tuple(OWL + name for name in ("equivalentClass", "equivalentProperty"))
# What is true of these properties wherever they stand.
_EVERYWHERE = {
    **dict.fromkeys(DESCRIPTIONS[:6], "description"),
    SKOS + "altLabel": "alternateName",
    DCT + "identifier": "identifier",
    OWL + "sameAs": "sameAs",
}
_NUMBERS = frozenset(
    PREFIXES["xsd"] + name for name in ("integer", "decimal", "nonNegativeInteger", "int", "long")
)
_WHOLE = re.compile(r"-?\d{1,15}\Z")


@dataclass(frozen=True)
class Alignment:
    """What the graph's classes and properties are in schema.org: the wider terms of each term."""

    wider: Mapping[str, frozenset[str]]

    def terms(self, iri: str) -> list[str]:
        """The nearest terms of schema.org, by their local names, sorted."""
        level, seen = {iri}, {iri}
        while level:
            found = sorted({name for each in level if (name := local_name(each))})
            if found:
                return found
            level = {wide for each in level for wide in self.wider.get(each, ())} - seen
            seen |= level
        return []

    def classes(self, types: Iterable[str]) -> list[str]:
        """The classes of schema.org for a resource of these types, without those that another one implies."""
        found = {name for kind in types for name in self.terms(kind)}
        implied = {name for each in found for name in self._above(SCHEMA + each)}
        return sorted(found - implied) or sorted(found)

    def _above(self, iri: str) -> set[str]:
        seen: set[str] = set()
        level = set(self.wider.get(iri, ()))
        while level:
            seen |= level
            level = {wide for each in level for wide in self.wider.get(each, ())} - seen
        return {name for each in seen - {iri} if (name := local_name(each))}


def local_name(iri: str) -> str:
    """The name of a term of schema.org; '' for any other IRI."""
    for space in SPELLINGS:
        if iri.startswith(space) and iri[len(space) :].isalnum():
            return iri[len(space) :]
    return ""


def alignment(store: Store) -> Alignment:
    """What the whole graph says of classes and properties: one query, worth keeping for an epoch."""
    rows = select(
        store,
        f"SELECT DISTINCT ?term ?says ?wider {{ VALUES ?says {{ {listed((*_WIDER, *_SAME))} }} "
        f"?term ?says ?wider FILTER(isIRI(?term) && isIRI(?wider)) }} LIMIT {MAX_ALIGNMENTS}",
    )
    wider: dict[str, set[str]] = {}
    for row in rows:
        wider.setdefault(row["term"].value, set()).add(row["wider"].value)
        if row["says"].value in _SAME:
            wider.setdefault(row["wider"].value, set()).add(row["term"].value)
    return Alignment({term: frozenset(found) for term, found in wider.items()})


def in_schema_org(
    iri: str,
    own: Sequence[Statement],
    known: Alignment,
    labels: Mapping[str, Literal],
    languages: Sequence[str],
    url: str | None,
) -> dict[str, Any] | None:
    """The resource as a JSON-LD object, or None where no class of its is one of schema.org.

    `own` are its statements, `labels` the names of what they mention, `url` its page, if it has one. Blank nodes
    are left out, and so is every property that the graph does not align. The context names schema.org as the
    vocabulary, so that nothing has to be fetched to read it.
    """
    statements = [each for each in own if each.subject == Iri(iri)]
    classes = known.classes(each.object.value for each in statements if each.predicate == TYPE)
    if not classes:
        return None
    values: dict[str, list[Term]] = {}
    for each in sorted(statements, key=lambda each: (each.predicate, each.object.n3())):
        if each.predicate in (TYPE, *LABELS):
            continue
        for name in known.terms(each.predicate) or [_EVERYWHERE.get(each.predicate, "")]:
            if name and each.object not in values.setdefault(name, []):
                values[name].append(each.object)
    found: dict[str, Any] = {
        "@context": {"@vocab": SCHEMA, "sameAs": {"@type": "@id"}, "url": {"@type": "@id"}},
        "@id": iri,
        "@type": classes[0] if len(classes) == 1 else classes,
    }
    if url is not None:
        found["url"] = url
    if iri in labels:
        found["name"] = _value(labels[iri], labels, "name")
    for name, terms in sorted(values.items()):
        told = [_value(term, labels, name) for term in _chosen(name, terms, languages)[:MAX_VALUES]]
        told = [each for each in told if each is not None]
        if told and name not in found:
            found[name] = told[0] if len(told) == 1 else told
    return found


def _chosen(name: str, terms: list[Term], languages: Sequence[str]) -> list[Term]:
    """All values; of descriptions the one that suits the reader."""
    texts = [(0, term) for term in terms if isinstance(term, Literal)]
    return [best(texts, languages)] if name == "description" and texts else terms


def _value(term: Term, labels: Mapping[str, Literal], name: str) -> Any:
    """A term as a value of JSON-LD; None for one that cannot be told here.

    https://www.w3.org/TR/json-ld11/#value-objects
    """
    if isinstance(term, Iri):
        if not term.value.lower().startswith(("http://", "https://", "urn:")):
            return None
        if name in ("sameAs", "url"):
            return term.value
        called = labels.get(term.value)
        return {"@id": term.value} | ({"name": _value(called, labels, "name")} if called is not None else {})
    if not isinstance(term, Literal) or len(term.value) > MAX_TEXT:
        return None
    if term.language:
        return {"@language": term.language, "@value": term.value}
    if term.datatype.startswith(PREFIXES["xsd"]):
        return int(term.value) if term.datatype in _NUMBERS and _WHOLE.match(term.value) else term.value
    return None
