"""The terms that a query over the graph can use: classes and properties, used or only defined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphsvc.describe.labels import labels, shortened
from graphsvc.describe.names import OWL, RDF, RDFS, TYPE, listed
from graphsvc.rdf import Iri
from graphsvc.store import Store
from graphsvc.store.rows import select

# More terms than these are no help to who is typing.
MAX_TERMS = 5_000
CLASSES = (OWL + "Class", RDFS + "Class")
PROPERTIES = (
    RDF + "Property",
    *(OWL + name for name in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")),
)


@dataclass(frozen=True)
class Term:
    """A class or property: its IRI, its short form, its label (or none), and how often it is used."""

    iri: str
    name: str
    label: str
    uses: int


def terms(
    store: Store,
    used: Mapping[str, int],
    kinds: Iterable[str],
    prefixes: Mapping[str, str],
    languages: Sequence[str],
) -> list[Term]:
    """The terms that are used, with their numbers, and those that are only defined as one of `kinds`; the most
    used first. Raises as `Store.query` does."""
    rows = select(
        store,
        f"SELECT DISTINCT ?term {{ VALUES ?kind {{ {listed(kinds)} }} ?term <{TYPE}> ?kind "
        f"FILTER(isIRI(?term)) }} LIMIT {MAX_TERMS}",
    )
    defined = {row["term"].value for row in rows if isinstance(row["term"], Iri)}
    iris = sorted({*used, *defined}, key=lambda iri: (-used.get(iri, 0), iri))[:MAX_TERMS]
    called = labels(store, iris, languages)
    return [
        Term(
            iri,
            shortened(iri, "", prefixes),
            called[iri].value if iri in called else "",
            used.get(iri, 0),
        )
        for iri in iris
    ]
