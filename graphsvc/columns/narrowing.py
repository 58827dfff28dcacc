"""Narrows a query with a filter for text down to the things that may pass it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from graphsvc.columns.column import Table
from graphsvc.columns.file import NotHere
from graphsvc.sparql import Query
from graphsvc.sparql.text_filter import TextFilter

# So many things at most are named in a query: the engine takes microseconds for each.
MOST = 1_000
# What can stand in a query between < and >.
_IRI = re.compile(rb'[^\x00-\x20<>"{}|^`\\]*')
_BEFORE, _AFTER = b'{"type":"uri","value":"', b'"}'


def narrowed(query: Query, asked: TextFilter, table: Table) -> Query | None:
    """The query with a table of what may pass its filter, which gives the same solutions.

    None where there is too much, or where it cannot be told.
    """
    column = table.column(asked.property)
    found = None
    if column is not None:
        with suppress(NotHere):
            found = column.with_text(asked.text, MOST)
    if found is None:
        return None
    subjects = sorted(found)
    if subjects and subjects[0] < table.blank:
        return None
    iris = [table.subjects[number][len(_BEFORE) : -len(_AFTER)] for number in subjects]
    if not all(map(_IRI.fullmatch, iris)):
        return None
    values = f"VALUES ?{asked.subject} {{ {' '.join(f'<{iri.decode()}>' for iri in iris)} }} "
    return replace(query, text=query.text[: asked.place] + values + query.text[asked.place :])
