"""The graph at a glance: how much there is, of what classes, with examples."""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.describe.names import OWL, RDF, RDFS, SH
from graphsvc.rdf import Iri
from graphsvc.store import Store
from graphsvc.store.rows import select

EXAMPLES = 5
# Vocabulary, shapes and statements about statements: how the graph is made, not what it is about.
_MACHINERY = (RDF, RDFS, OWL, SH)


@dataclass(frozen=True)
class ClassCount:
    """A class, the number of its instances, and some of them."""

    iri: str
    number: int
    examples: tuple[str, ...]

    @property
    def is_machinery(self) -> bool:
        """Whether the class is of RDF, RDFS, OWL or SHACL itself."""
        return self.iri.startswith(_MACHINERY)


@dataclass(frozen=True)
class Overview:
    """Numbers of the whole graph; a statement counts once for each named graph that it stands in."""

    statements: int
    subjects: int
    classes: tuple[ClassCount, ...]


def overview(store: Store, base: str) -> Overview:
    """Count the graph. Classes under `base` come first, then the larger ones.

    It looks at every statement, so the answer is worth keeping for as long as the store's epoch stays.
    """
    statements = select(store, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
    subjects = select(store, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }")
    counted = select(
        store, f"SELECT ?class (COUNT(DISTINCT ?s) AS ?n) {{ ?s <{RDF}type> ?class }} GROUP BY ?class"
    )
    numbers = {
        row["class"].value: int(row["n"].value) for row in counted if isinstance(row.get("class"), Iri)
    }
    ordered = sorted(numbers, key=lambda iri: (not iri.startswith(base + "/"), -numbers[iri], iri))
    examples = _examples(store, ordered[:40])
    classes = tuple(ClassCount(iri, numbers[iri], tuple(examples.get(iri, ()))) for iri in ordered)
    return Overview(int(statements[0]["n"].value), int(subjects[0]["n"].value), classes)


def _examples(store: Store, classes: list[str]) -> dict[str, list[str]]:
    if not classes:
        return {}
    arms = " UNION ".join(
        f"{{ SELECT DISTINCT ?class ?s {{ ?s <{RDF}type> {Iri(iri).n3()} FILTER(isIRI(?s)) "
        f"BIND({Iri(iri).n3()} AS ?class) }} LIMIT {EXAMPLES} }}"
        for iri in classes
    )
    found: dict[str, list[str]] = {}
    for row in select(store, f"SELECT ?class ?s {{ {arms} }} ORDER BY ?class ?s"):
        found.setdefault(row["class"].value, []).append(row["s"].value)
    return found
