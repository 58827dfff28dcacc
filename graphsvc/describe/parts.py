"""The parts of documents: the IRIs that continue a document's with `#`.

No store finds IRIs by how they begin. In a graph of few statements all of them are looked at; in any other the
index of the search tells those that it knows (`graphsvc.search.index`), and links of a document are followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphsvc.describe.names import batches, listed, usable
from graphsvc.rdf import Iri, Literal
from graphsvc.store import Store
from graphsvc.store.rows import select

# In a graph of more statements than this not all of them are looked at for one page.
FEW = 20_000
# A document with more parts than this is still whole in RDF up to here, and paged in HTML.
MAX_PARTS = 20_000


def are_few(store: Store) -> bool:
    """Whether the graph has at most FEW statements; the answer takes as long in a graph of any size."""
    return not select(store, f"SELECT ?s {{ ?s ?p ?o }} LIMIT 1 OFFSET {FEW}")


def documents_with_parts(store: Store, base: str) -> frozenset[str]:
    """The IRIs under `base` that some IRI in the graph continues with `#`.

    It looks at every statement, so the answer is worth keeping for as long as the store's epoch stays.
    """
    found: set[str] = set()
    stem = Literal(base).n3()
    for pattern in ("?iri ?p ?o", "?s ?p ?iri", "{ SELECT DISTINCT ?iri { ?s ?iri ?o } }"):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?document {{
              {pattern}
              FILTER(isIRI(?iri) && CONTAINS(STR(?iri), "#") && STRSTARTS(STR(?iri), {stem}))
              BIND(STRBEFORE(STR(?iri), "#") AS ?document)
            }}""",
        )
        found |= {row["document"].value for row in rows}
    return frozenset(found)


def parts(store: Store, document: str) -> list[str]:
    """The IRIs that continue the document's with `#`, sorted, at most MAX_PARTS. It looks at every statement.

    Those with statements; where there are none, those that are referred to.
    """
    stem = Literal(document + "#").n3()
    for pattern in ("?part ?p ?o", "{ ?s ?p ?part } UNION { ?s ?part ?o }"):
        rows = select(
            store,
            f"""
            SELECT DISTINCT ?part {{
              {{ SELECT DISTINCT ?part {{ {pattern} }} }}
              FILTER(isIRI(?part) && STRSTARTS(STR(?part), {stem}))
            }} ORDER BY ?part LIMIT {MAX_PARTS}""",
        )
        if rows:
            return [row["part"].value for row in rows]
    return []


def linked_parts(store: Store, document: str) -> list[str]:
    """The parts of a document among the first MAX_PARTS that refer to it, and that it refers to; sorted."""
    if not usable(document):
        return []
    name, stem = Iri(document).n3(), Literal(document + "#").n3()
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?part {{
          {{ SELECT ?part {{ ?part ?p {name} }} LIMIT {MAX_PARTS} }}
          UNION {{ SELECT ?part {{ {name} ?p ?part }} LIMIT {MAX_PARTS} }}
          FILTER(isIRI(?part) && STRSTARTS(STR(?part), {stem}))
        }} ORDER BY ?part""",
    )
    return [row["part"].value for row in rows]


def still_there(store: Store, iris: Iterable[str]) -> list[str]:
    """Those of the IRIs that some statement still has, sorted."""
    found: list[str] = []
    for batch in batches(sorted({iri for iri in iris if usable(iri)})):
        rows = select(
            store,
            f"""
            SELECT ?iri {{ VALUES ?iri {{ {listed(batch)} }}
              FILTER(EXISTS {{ ?iri ?p1 ?o1 }} || EXISTS {{ ?s2 ?p2 ?iri }} || EXISTS {{ ?s3 ?iri ?o3 }}) }}""",
        )
        found += [row["iri"].value for row in rows]
    return sorted(found)
