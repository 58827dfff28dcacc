"""How many values a resource has by each property, in either direction, and one page of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.store import Store
from graphsvc.store.rows import select

# Up to so many members a page lists them in the order of their names; beyond it, in the store's own.
SORTED_MEMBERS = 5_000


@dataclass(frozen=True)
class Count:
    """How many statements there are by one property."""

    property: str
    number: int


def outgoing_counts(store: Store, iri: str) -> list[Count]:
    """Statements from the resource by property, most first."""
    return _counts(store, f"{Iri(iri).n3()} ?p ?other")


def incoming_counts(store: Store, iri: str) -> list[Count]:
    """Statements to the resource by property, most first."""
    return _counts(store, f"?other ?p {Iri(iri).n3()}")


def _counts(store: Store, pattern: str) -> list[Count]:
    rows = select(store, f"SELECT ?p (COUNT(*) AS ?n) {{ {pattern} }} GROUP BY ?p")
    counts = [Count(row["p"].value, int(row["n"].value)) for row in rows if "p" in row]
    return sorted(counts, key=lambda count: (-count.number, count.property))


def incoming(store: Store, iri: str, counts: Sequence[Count], size: int) -> dict[str, list[Iri | BlankNode]]:
    """For each property, the first `size` resources that point at this one: one query for all properties."""
    if not counts:
        return {}
    arms = " UNION ".join(f"{{ {_members(iri, count, size, 0)} }}" for count in counts)
    found: dict[str, list[Iri | BlankNode]] = {}
    for row in select(store, f"SELECT ?p ?member {{ {arms} }}"):
        member = row["member"]
        if isinstance(member, Iri | BlankNode):
            found.setdefault(row["p"].value, []).append(member)
    return found


def _members(iri: str, count: Count, size: int, offset: int) -> str:
    ordered = "ORDER BY ?member" if count.number <= SORTED_MEMBERS else ""
    target, step = Iri(iri).n3(), Iri(count.property).n3()
    return (
        f"SELECT DISTINCT ?p ?member {{ ?member {step} {target} BIND({step} AS ?p) }} "
        f"{ordered} LIMIT {size} OFFSET {offset}"
    )


def incoming_page(store: Store, iri: str, count: Count, size: int, offset: int) -> list[Term]:
    """Resources that point at this one by one property, from the `offset`-th on."""
    return [row["member"] for row in select(store, _members(iri, count, size, offset))]


def outgoing_page(store: Store, iri: str, count: Count, size: int, offset: int) -> list[Term]:
    """Values of one property of the resource, from the `offset`-th on."""
    ordered = "ORDER BY ?member" if count.number <= SORTED_MEMBERS else ""
    source, step = Iri(iri).n3(), Iri(count.property).n3()
    text = f"SELECT DISTINCT ?member {{ {source} {step} ?member }} {ordered} LIMIT {size} OFFSET {offset}"
    return [row["member"] for row in select(store, text)]


def first_values(store: Store, iri: str, counts: Sequence[Count], size: int) -> list[tuple[str, str, Term]]:
    """Graph, property and value of the first `size` statements of each property: one query for all."""
    if not counts:
        return []
    source = Iri(iri).n3()
    arms = " UNION ".join(
        f"{{ SELECT ?g ?p ?o {{ GRAPH ?g {{ {source} {Iri(c.property).n3()} ?o }} "
        f"BIND({Iri(c.property).n3()} AS ?p) }} LIMIT {size} }}"
        for c in counts
    )
    return [
        (row["g"].value, row["p"].value, row["o"]) for row in select(store, f"SELECT ?g ?p ?o {{ {arms} }}")
    ]


def graph_members(store: Store, graph: str, size: int, offset: int) -> list[str]:
    """The resources that a named graph has statements about, from the `offset`-th on."""
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?member {{ GRAPH {Iri(graph).n3()} {{ ?member ?p ?o }} FILTER(isIRI(?member)) }}
        ORDER BY ?member LIMIT {size} OFFSET {offset}""",
    )
    return [row["member"].value for row in rows]


def graph_size(store: Store, graph: str) -> int:
    """The number of statements in a named graph."""
    rows = select(store, f"SELECT (COUNT(*) AS ?n) {{ GRAPH {Iri(graph).n3()} {{ ?s ?p ?o }} }}")
    return int(rows[0]["n"].value) if rows else 0
