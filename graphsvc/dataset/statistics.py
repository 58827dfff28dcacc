"""How much there is in the graph, counted by SPARQL."""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.rdf import Iri, Literal
from graphsvc.store import Store
from graphsvc.store.rows import Row, select
from graphsvc.vocab import PREFIXES

# Vocabulary, shapes, and statements about statements: how a graph is made, not what it is about.
_MACHINERY = tuple(PREFIXES[name] for name in ("rdf", "rdfs", "owl", "sh", "oa"))


@dataclass(frozen=True)
class PropertyCount:
    """A property, and how many triples, subjects and objects it has."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class ClassCount:
    """A class, how many instances it has, how many of them have an IRI, and the first that the base names."""

    iri: str
    instances: int
    entities: int
    example: str | None


@dataclass(frozen=True)
class Statistics:
    """Counts over the merge of all named graphs, each triple once.

    `entities` are the subjects whose IRI starts with the base; `subjects` counts blank nodes too. Properties
    and classes are sorted by IRI; a class that is a blank node is not among them.
    """

    triples: int
    subjects: int
    objects: int
    entities: int
    properties: tuple[PropertyCount, ...]
    classes: tuple[ClassCount, ...]

    @property
    def examples(self) -> tuple[str, ...]:
        """One instance of each of the five largest classes that tell what the graph is about."""
        telling = [one for one in self.classes if not one.iri.startswith(_MACHINERY)]
        largest = sorted(telling, key=lambda one: (-one.instances, one.iri))
        found = dict.fromkeys(one.example for one in largest if one.example)
        return tuple(iri for iri in found if iri)[:5]


def graph_sizes(store: Store) -> dict[str, int]:
    """The named graphs in order of their names, each with its number of triples."""
    rows = select(store, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    return dict(sorted((row["g"].value, _number(row, "n")) for row in rows if "g" in row))


def graph_names(store: Store, *, remote: bool) -> list[str]:
    """The named graphs that have a triple, in order; unless `remote`, found without a look at all triples.

    Other engines have no answer to a group that is empty, or tell of graphs that are the engine's own. Raises as
    `Store.query` does.
    """
    if remote:
        return list(graph_sizes(store))
    rows = select(store, "SELECT DISTINCT ?g { GRAPH ?g {} FILTER EXISTS { GRAPH ?g { ?s ?p ?o } } }")
    return sorted(row["g"].value for row in rows)


def count(store: Store, base: str) -> Statistics:
    """Count everything in five grouped queries, each of which reads the whole graph once.

    Worth keeping for as long as the store's epoch stays. Raises as `Store.query` does.
    """
    properties = _properties(store)
    subjects, entities = _subjects(store, base)
    objects = select(store, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }")
    return Statistics(
        triples=sum(one.triples for one in properties),
        subjects=subjects,
        objects=_number(objects[0], "n"),
        entities=entities,
        properties=properties,
        classes=_classes(store, base),
    )


def _properties(store: Store) -> tuple[PropertyCount, ...]:
    # A triple that stands in two named graphs is found twice in their union, hence the inner DISTINCT.
    rows = select(
        store,
        """
        SELECT ?p (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
        { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } } GROUP BY ?p""",
    )
    found = [
        PropertyCount(
            row["p"].value, _number(row, "triples"), _number(row, "subjects"), _number(row, "objects")
        )
        for row in rows
        if "p" in row
    ]
    return tuple(sorted(found, key=lambda one: one.iri))


def _subjects(store: Store, base: str) -> tuple[int, int]:
    start = Literal(f"{base}/").n3()
    rows = select(
        store,
        f"""
        SELECT (COUNT(*) AS ?subjects) (SUM(?own) AS ?entities) {{
          {{ SELECT DISTINCT ?s {{ ?s ?p ?o }} }}
          BIND(IF(isIRI(?s) && STRSTARTS(STR(?s), {start}), 1, 0) AS ?own)
        }}""",
    )
    return _number(rows[0], "subjects"), _number(rows[0], "entities")


def _classes(store: Store, base: str) -> tuple[ClassCount, ...]:
    counted = select(
        store,
        """
        SELECT ?class (COUNT(*) AS ?instances) (SUM(IF(isIRI(?s), 1, 0)) AS ?entities)
        { SELECT DISTINCT ?class ?s { ?s a ?class } } GROUP BY ?class""",
    )
    start = Literal(f"{base}/id/").n3()
    shown = select(
        store,
        f"""
        SELECT ?class (MIN(STR(?s)) AS ?first)
        {{ ?s a ?class FILTER(isIRI(?s) && STRSTARTS(STR(?s), {start})) }} GROUP BY ?class""",
    )
    examples = {row["class"].value: row["first"].value for row in shown if "class" in row}
    found = [
        ClassCount(
            row["class"].value,
            _number(row, "instances"),
            _number(row, "entities"),
            examples.get(row["class"].value),
        )
        for row in counted
        if isinstance(row.get("class"), Iri)
    ]
    return tuple(sorted(found, key=lambda one: one.iri))


def _number(row: Row, name: str) -> int:
    return int(row[name].value) if name in row else 0
