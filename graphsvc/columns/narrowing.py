"""Narrows a query with a filter for text down to the things that may pass it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from graphsvc.columns.column import Table
from graphsvc.columns.file import NotHere
from graphsvc.columns.terms import n_triples
from graphsvc.sparql import Query
from graphsvc.sparql.federated_query import with_tables
from graphsvc.sparql.lexer import IRI
from graphsvc.sparql.text_filter import TextFilter

# So many things at most are named in a query: the engine takes microseconds for each.
MOST = 1_000
_IRI = re.compile(IRI.encode())


def narrowed(query: Query, asked: TextFilter, table: Table) -> Query | None:
    """The query with a table of what may pass its filter, which gives the same solutions.

    None where there is too much, or where it cannot be told.
    """
    column = table.column(asked.predicate)
    found = None
    if column is not None:
        with suppress(NotHere):
            found = column.with_text(asked.text, MOST)
    if found is None:
        return None
    subjects = sorted(found)
    if subjects and subjects[0] < table.blank:
        return None
    iris = n_triples(table.subjects.several(subjects))
    if not all(map(_IRI.fullmatch, iris)):
        return None
    rows = [[iri.decode()] for iri in iris]
    return replace(query, text=with_tables(query.text, [asked], [([asked.subject], rows)]))
