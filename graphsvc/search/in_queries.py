"""What the searches within a query find, written into it before it runs."""

from __future__ import annotations

from dataclasses import replace

from graphsvc.describe.names import usable
from graphsvc.errors import BadRequest, ResultTooLarge
from graphsvc.rdf import Iri
from graphsvc.search.index import Index
from graphsvc.search.searching import best
from graphsvc.search.words import MAX_LENGTH
from graphsvc.sparql import Query, read
from graphsvc.sparql.federated_query import Table, with_tables
from graphsvc.sparql.search_clause import SearchClause

# The most that one search puts into a query, the most searches of a query, and how long it may then be.
MAX_FOUND, MAX_SEARCHES, MAX_BYTES = 10_000, 20, 64 << 20


def with_findings(query: Query, index: Index) -> Query:
    """The query with VALUES in the place of its searches; its SERVICE clauses are still to be answered.

    Raises ResultTooLarge for a search that finds more than MAX_FOUND and says no number, BadRequest for a number
    beyond that, too many searches or too long ones, and as `Index.open` does.
    """
    if len(query.searches) > MAX_SEARCHES:
        raise BadRequest(f"The query searches {len(query.searches)} times; the limit is {MAX_SEARCHES}.")
    text = with_tables(query.text, query.searches, [_table(clause, index) for clause in query.searches])
    again = read(
        text, dataset=query.dataset, max_bytes=MAX_BYTES, endpoints=[call.endpoint for call in query.calls]
    )
    return replace(again, volatile=True, history=query.history)


def _table(clause: SearchClause, index: Index) -> Table:
    if len(clause.words) > MAX_LENGTH:
        raise BadRequest(f"A search is {len(clause.words):,} characters long; the limit is {MAX_LENGTH:,}.")
    number = MAX_FOUND + 1 if clause.number is None else clause.number
    if clause.number is not None and clause.number > MAX_FOUND:
        raise BadRequest(
            f"A search in a query gives at most {MAX_FOUND:,} things; it asks for {clause.number:,}."
        )
    found = best(index, clause.words, number)
    if len(found) > MAX_FOUND:
        raise ResultTooLarge(
            f"The search for {clause.words[:80]!r} finds more than {MAX_FOUND:,} things; "
            "ask for the best of them by a number after the words."
        )
    rows = [
        (Iri(iri).n3(), str(rank))[: len(clause.variables)]
        for rank, iri in enumerate(found, 1)
        if usable(iri)
    ]
    return clause.variables, rows
