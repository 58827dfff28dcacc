"""The statements about resources, each with its named graph, blank nodes followed to their end.

The default graph of every query is the union of the named graphs; a statement that stands in two of them
comes twice, once for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphsvc.describe.names import RDF, batches, listed
from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.store import Store
from graphsvc.store.rows import Row, select

# How deep blank nodes are followed; an RDF list counts as one step, however long it is.
MAX_DEPTH = 8
# More nodes than one step ever finds. A limit tells the engine's planner to look up what follows node by node;
# without one it reads the whole graph and joins.
_STEP = 1_000_000


class Statement(NamedTuple):
    """One triple in one named graph ('' is the default graph)."""

    graph: str
    subject: Iri | BlankNode
    predicate: str
    object: Term


def about(
    store: Store, iris: Iterable[str], predicates: Sequence[str] = (), limit: int | None = None
) -> list[Statement]:
    """Every statement whose subject is one of the IRIs, and those of the blank nodes that they lead to.

    Only statements of `predicates` where some are named, and at most `limit` before blank nodes are followed.
    """
    found: list[Statement] = []
    for batch in batches(sorted(set(iris))):
        own = _statements(store, f"VALUES ?s {{ {listed(batch)} }}", predicates, limit)
        found += own
        found += _closure(store, batch, own)
    return found


def _statements(store: Store, subjects: str, predicates: Sequence[str], limit: int | None) -> list[Statement]:
    only = f"FILTER(?p IN ({', '.join(Iri(p).n3() for p in predicates)}))" if predicates else ""
    bound = f"LIMIT {limit}" if limit is not None else ""
    return [
        _statement(row)
        for row in select(
            store, f"SELECT ?g ?s ?p ?o {{ {subjects} GRAPH ?g {{ ?s ?p ?o }} {only} }} {bound}"
        )
    ]


def _closure(store: Store, roots: Sequence[str], own: Sequence[Statement]) -> list[Statement]:
    """The statements of the blank nodes below `roots`.

    A blank node has no name that a query could use, so each step asks again from the roots, one step deeper,
    until a step finds no blank node that is new.
    """
    found: list[Statement] = []
    described: set[BlankNode] = set()
    waiting = {s.object for s in own if isinstance(s.object, BlankNode)}
    roots_of = f"VALUES ?root {{ {listed(roots)} }} ?root ?p0 ?x0"
    reached = f"SELECT DISTINCT ?s {{ {roots_of} {_step('?x0')} }} LIMIT {_STEP}"
    for depth in range(1, MAX_DEPTH + 1):
        if not waiting - described:
            break
        rows = _statements(store, f"{{ {reached} }}", (), None)
        fresh = [s for s in rows if s.subject not in described]
        found += fresh
        described |= {s.subject for s in fresh if isinstance(s.subject, BlankNode)}
        waiting = {s.object for s in fresh if isinstance(s.object, BlankNode)}
        inner = reached.replace("SELECT DISTINCT ?s", f"SELECT DISTINCT (?s AS ?b{depth})", 1)
        reached = (
            f"SELECT DISTINCT ?s {{ {{ {inner} }} ?b{depth} ?p{depth} ?x{depth} {_step(f'?x{depth}')} }} "
            f"LIMIT {_STEP}"
        )
    return found


def _step(node: str) -> str:
    return f"FILTER(isBlank({node})) {node} <{RDF}rest>* ?s FILTER(isBlank(?s))"


def pointing_at(store: Store, iri: str, limit: int) -> list[Statement]:
    """Statements whose object, or else predicate, is the IRI, in a fixed order, at most `limit` of each."""
    found = []
    for place in ("o", "p"):
        pattern = "?s ?p ?o".replace(f"?{place}", Iri(iri).n3())
        rows = select(
            store,
            f"""
            SELECT ?g ?s ?p ?o {{
              GRAPH ?g {{ {pattern} }} BIND({Iri(iri).n3()} AS ?{place})
            }} ORDER BY ?s ?p ?o ?g LIMIT {limit}""",
        )
        found += [_statement(row) for row in rows]
        if found:
            break
    return found


def in_graph(store: Store, graph: str, limit: int) -> list[Statement]:
    """Statements of one named graph, at most `limit`."""
    name = Iri(graph).n3()
    rows = select(store, f"SELECT ?s ?p ?o {{ GRAPH {name} {{ ?s ?p ?o }} }} LIMIT {limit}")
    return [_statement(row)._replace(graph=graph) for row in rows]


def reifying(store: Store, iris: Iterable[str]) -> list[Statement]:
    """The statements about statements: of each rdf:Statement whose rdf:subject is one of the IRIs."""
    found: list[Statement] = []
    for batch in batches(sorted(set(iris))):
        subjects = f"VALUES ?about {{ {listed(batch)} }} ?s <{RDF}subject> ?about ."
        found += _statements(store, subjects, (), None)
    return found


def _statement(row: Row) -> Statement:
    subject = row["s"]
    assert isinstance(subject, Iri | BlankNode)
    return Statement(row["g"].value if "g" in row else "", subject, row["p"].value, row["o"])
