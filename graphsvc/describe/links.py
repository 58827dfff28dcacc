"""How many values a resource has by each property, in either direction, and one page of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphsvc.describe.counting import MOST, TOGETHER, counted
from graphsvc.describe.names import OWL, RDF, RDFS, SH, TYPE, batches, listed, usable
from graphsvc.describe.terms import PROPERTIES
from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.store import Store
from graphsvc.store.rows import select

# Up to so many members a page lists them in the order of their names; beyond it, in the store's own.
SORTED_MEMBERS = 1_000
# How many properties of vocabularies and shapes are tried on a resource that more statements lead to, and how many
# statements of each are looked at.
_TRIED, _LOOKED_AT = 500, 1_000
# By these, vocabularies and shapes speak of a term.
_OF_TERMS = (
    TYPE,
    *(RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range", "isDefinedBy", "seeAlso")),
    *(OWL + name for name in ("equivalentClass", "equivalentProperty", "inverseOf", "sameAs")),
    *(SH + name for name in ("targetClass", "targetNode", "class", "node", "path", "in", "hasValue")),
    *(RDF + name for name in ("subject", "predicate", "object", "first")),
)


@dataclass(frozen=True)
class Count:
    """How many statements there are by one property: `more` than the number, or just as many."""

    property: str
    number: int
    more: bool = False


@dataclass(frozen=True)
class Counts:
    """The counts of the statements to a resource by property; `some` where there may be properties besides."""

    each: tuple[Count, ...] = ()
    some: bool = False


def outgoing_counts(store: Store, iri: str) -> tuple[Count, ...]:
    """Statements from the resource by property, most first."""
    rows = select(store, f"SELECT ?p (COUNT(*) AS ?n) {{ {Iri(iri).n3()} ?p ?other }} GROUP BY ?p")
    return _sorted(Count(row["p"].value, int(row["n"].value)) for row in rows if "p" in row)


def incoming_counts(store: Store, iri: str) -> Counts:
    """Statements to the resource by property, most first.

    Where more than MOST lead to it, the properties are those of the first MOST, and rare ones that vocabularies
    and shapes name: it takes no longer the more there are.
    """
    first = f"SELECT ?p {{ ?other ?p {Iri(iri).n3()} }} LIMIT {MOST + 1}"
    rows = select(store, f"SELECT ?p (COUNT(*) AS ?n) {{ {{ {first} }} }} GROUP BY ?p")
    numbers = {row["p"].value: int(row["n"].value) for row in rows if "p" in row}
    if sum(numbers.values()) <= MOST:
        return Counts(_sorted(Count(*each) for each in numbers.items()))
    names = numbers.keys() | _leading_to(store, iri)
    return Counts(_sorted(_bounded(store, {name: _incoming(iri, name) for name in names})), some=True)


def _leading_to(store: Store, iri: str) -> set[str]:
    """Those of the properties that vocabularies and shapes name, or speak by, that lead to a resource.

    Of each the first statements are looked at: all of a property that is rare, however many lead to the resource.
    """
    rows = select(
        store,
        f"""
        SELECT DISTINCT ?p {{
          {{ VALUES ?kind {{ {listed(PROPERTIES)} }} ?p <{TYPE}> ?kind }} UNION {{ ?shape <{SH}path> ?p }}
          FILTER(isIRI(?p))
        }} LIMIT {_TRIED}""",
    )
    found: set[str] = set()
    for batch in batches(sorted({*_OF_TERMS, *(row["p"].value for row in rows)}), TOGETHER):
        first = {name: f"{{ SELECT ?to {{ ?s {Iri(name).n3()} ?to }} LIMIT {_LOOKED_AT} }}" for name in batch}
        arms = " UNION ".join(
            f"{{ SELECT ({Iri(name).n3()} AS ?p) {{ {first[name]} FILTER(?to = {Iri(iri).n3()}) }} LIMIT 1 }}"
            for name in batch
        )
        found |= {row["p"].value for row in select(store, f"SELECT ?p {{ {arms} }}")}
    return found


def count_of(store: Store, iri: str, name: str, *, incoming: bool) -> Count | None:
    """The statements from the resource by one property, or those to it, up to MOST; None where there are none."""
    if not usable(name):
        return None
    if incoming:
        found = next(_bounded(store, {name: _incoming(iri, name)}))
    else:
        rows = select(store, f"SELECT (COUNT(*) AS ?n) {{ {Iri(iri).n3()} {Iri(name).n3()} ?other }}")
        found = Count(name, int(rows[0]["n"].value))
    return found if found.number else None


def _incoming(iri: str, name: str) -> str:
    return f"?other {Iri(name).n3()} {Iri(iri).n3()}"


def _bounded(store: Store, patterns: Mapping[str, str]) -> Iterator[Count]:
    """How many solutions each property's pattern has, up to MOST."""
    for name, number in counted(store, patterns).items():
        yield Count(name, min(number, MOST), number > MOST)


def _sorted(counts: Iterable[Count]) -> tuple[Count, ...]:
    return tuple(sorted(counts, key=lambda count: (-count.number, count.property)))


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


def graph_members(store: Store, graph: str, size: int, offset: int, *, ordered: bool) -> list[str]:
    """The resources that a named graph has statements about, from the `offset`-th on.

    In the order of their names if `ordered`, which takes the longer the larger the graph is; else in the store's.
    """
    members = (
        f"SELECT DISTINCT ?member {{ GRAPH {Iri(graph).n3()} {{ ?member ?p ?o }} FILTER(isIRI(?member)) }}"
    )
    if ordered:
        # The names alone are sorted, and not the statements.
        members = f"SELECT ?member {{ {{ {members} }} }} ORDER BY ?member"
    rows = select(store, f"{members} LIMIT {size} OFFSET {offset}")
    return [row["member"].value for row in rows]


def graph_size(store: Store, graph: str, most: int = MOST) -> int:
    """The number of statements in a named graph; `most` + 1 where there are more than `most`."""
    first = f"SELECT ?s {{ GRAPH {Iri(graph).n3()} {{ ?s ?p ?o }} }} LIMIT {most + 1}"
    rows = select(store, f"SELECT (COUNT(*) AS ?n) {{ {{ {first} }} }}")
    return int(rows[0]["n"].value) if rows else 0
