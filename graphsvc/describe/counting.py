"""How often something is so, up to a bound, so that the cost does not grow with the graph."""

from __future__ import annotations

from collections.abc import Mapping

from graphsvc.describe.names import batches
from graphsvc.rdf import Iri
from graphsvc.store import Store
from graphsvc.store.rows import select

# What is more often so is not counted to its end.
MOST = 10_000
# How many are counted by one query.
TOGETHER = 40


def counted(store: Store, patterns: Mapping[str, str]) -> dict[str, int]:
    """For each IRI how many solutions its pattern has: MOST + 1 stands for more. Raises as `Store.query`."""
    found: dict[str, int] = {}
    for batch in batches(list(patterns), TOGETHER):
        arms = " UNION ".join(
            f"{{ SELECT ({Iri(iri).n3()} AS ?term) (COUNT(*) AS ?n) "
            f"{{ SELECT * {{ {patterns[iri]} }} LIMIT {MOST + 1} }} }}"
            for iri in batch
        )
        for row in select(store, f"SELECT ?term ?n {{ {arms} }}"):
            found[row["term"].value] = int(row["n"].value)
    return found
