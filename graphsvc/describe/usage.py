"""How terms are used in the data, counted up to a bound so that none is dear, and which shapes name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphsvc.describe.counting import MOST, TOGETHER, counted
from graphsvc.describe.names import OWL, RDF, RDFS, SH, SKOS, TYPE, batches, listed, usable
from graphsvc.rdf import Iri
from graphsvc.store import Store
from graphsvc.store.rows import select

EXAMPLES = 5
# How many instances of a class tell what its instances lead to.
_LOOKED_AT = 200
# What only says where a concept stands among others.
_PLACING = (
    "broader narrower broaderTransitive narrowerTransitive broadMatch narrowMatch closeMatch exactMatch "
    "relatedMatch related member hasTopConcept topConceptOf"
).split()


@dataclass(frozen=True)
class Usage:
    """How often a term is used, whether it is used more often than was counted, and some of the resources."""

    number: int = 0
    more: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A shape that demands something of a term: the node shape, and the property shape if it has an IRI."""

    shape: str
    rule: str


def usage(store: Store, classes: Iterable[str], properties: Iterable[str]) -> dict[str, Usage]:
    """The uses of each term: the instances of a class, the statements with a property.

    Each is counted up to MOST; the examples are instances, or subjects, that have an IRI. Raises as `Store.query`.
    """
    patterns = {iri: f"?s <{TYPE}> {Iri(iri).n3()}" for iri in classes if usable(iri)}
    patterns |= {iri: f"?s {Iri(iri).n3()} ?o" for iri in properties if usable(iri)}
    numbers = counted(store, patterns)
    shown = _examples(store, {iri: pattern for iri, pattern in patterns.items() if numbers.get(iri)})
    return {
        iri: Usage(min(number, MOST), number > MOST, tuple(shown.get(iri, ())))
        for iri, number in numbers.items()
    }


def concept_uses(store: Store, concepts: Iterable[str]) -> dict[str, Usage]:
    """How many statements have each concept as their object, apart from those that place it among concepts."""
    apart = ", ".join(f"<{SKOS}{name}>" for name in _PLACING)
    patterns = {iri: f"?s ?p {Iri(iri).n3()} FILTER(?p NOT IN ({apart}))" for iri in concepts if usable(iri)}
    return {iri: Usage(min(number, MOST), number > MOST) for iri, number in counted(store, patterns).items()}


def _examples(store: Store, patterns: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for batch in batches(list(patterns), TOGETHER):
        arms = " UNION ".join(
            f"{{ SELECT DISTINCT ({Iri(iri).n3()} AS ?term) ?s "
            f"{{ {{ SELECT ?s {{ {patterns[iri]} }} LIMIT {MOST} }} FILTER(isIRI(?s)) }} LIMIT {EXAMPLES} }}"
            for iri in batch
        )
        for row in select(store, f"SELECT ?term ?s {{ {arms} }} ORDER BY ?term ?s"):
            found.setdefault(row["term"].value, []).append(row["s"].value)
    return found


def rules_of(store: Store, terms: Sequence[str]) -> dict[str, tuple[Rule, ...]]:
    """The shapes that hold for each class, and the property shapes whose path is each property.

    Only shapes that have an IRI, which are those that a page can name.
    """
    found: dict[str, set[Rule]] = {}
    for batch in batches(sorted({iri for iri in terms if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?term ?shape ?rule {{
              VALUES ?term {{ {listed(batch)} }}
              {{ ?shape <{SH}targetClass> ?term BIND(?shape AS ?rule) }}
              UNION {{ ?rule <{SH}path> ?term . ?shape <{SH}property> ?rule }}
              FILTER(isIRI(?shape) && isIRI(?rule))
            }} LIMIT 5000""",
        )
        for row in rows:
            found.setdefault(row["term"].value, set()).add(Rule(row["shape"].value, row["rule"].value))
    return {term: tuple(sorted(rules, key=lambda r: (r.shape, r.rule))) for term, rules in found.items()}


def demanded_links(store: Store) -> list[tuple[str, str, str]]:
    """Class, property and class: that a shape of the first demands values of the second to be of the third."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?class ?property ?other {{
          ?shape <{SH}targetClass> ?class ; <{SH}property> ?rule .
          ?rule <{SH}path> ?property ; <{SH}class> ?other
          FILTER(isIRI(?class) && isIRI(?property) && isIRI(?other))
        }} ORDER BY ?class ?property ?other LIMIT 1000""",
    )
    return [(row["class"].value, row["property"].value, row["other"].value) for row in rows]


def linked_classes(store: Store, classes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Class, property and class: instances of the first are found to lead by the second to those of the third.

    Some hundred instances of each class are looked at, and what describes vocabularies and shapes is left out.
    """
    found = []
    for iri in sorted(iri for iri in classes if usable(iri)):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?property ?other {{
              {{ SELECT ?s {{ ?s <{TYPE}> {Iri(iri).n3()} }} LIMIT {_LOOKED_AT} }}
              ?s ?property ?o . ?o <{TYPE}> ?other
              FILTER(?property != <{TYPE}> && isIRI(?o) && isIRI(?other))
            }} ORDER BY ?property ?other LIMIT 30""",
        )
        found += [
            (iri, row["property"].value, row["other"].value)
            for row in rows
            if not row["other"].value.startswith((RDF, RDFS, OWL, SH))
        ]
    return found
