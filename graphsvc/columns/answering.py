"""Answers queries from the columns of the present state, and has the engine answer where they cannot tell."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import IO

from graphsvc.columns.column import Table
from graphsvc.columns.file import NotHere, path_of
from graphsvc.columns.joining import JoinSolving
from graphsvc.columns.narrowing import narrowed
from graphsvc.columns.results import lines, triples, write, write_graph
from graphsvc.columns.stars import StarSolving
from graphsvc.errors import QuerySyntaxError
from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.sparql.pattern_query import PatternQuery, read_pattern_query
from graphsvc.sparql.shape import shape
from graphsvc.sparql.text_filter import TextFilter, read_text_filter
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap

# What a reader says beside an answer that columns gave, or helped with, or would have.
USED, WANTED = {"columns": "used"}, {"columns": "wanted"}
# A query that takes the engine no longer, in seconds, is none to make columns for.
WORTH_IT = 0.005
# How often a reader looks whether there are columns now, in seconds.
_LOOK = 0.1
_LONGEST = 4_000
# So many shapes of queries are remembered that are of no kind that columns are for, or that they did not do for:
# the latter are not tried again for so many times.
_SHAPES, _PASSES = 500, 15
_NEVER = 1 << 60
# A query that has none of these is seldom of either kind: nothing is called, there is one statement, and no order.
_SIGNS, _WORDS = ("(", ";", ". ", ".\n", "*", "+", "^"), ("ORDER", "DISTINCT", "GROUP")


class Columns:
    """The columns in `folder`, of whatever state a store is in; up to `room` bytes of them are mapped at once.

    With `least` they leave to the engine what it finds as fast in memory: fewer rows in no order.
    """

    def __init__(self, folder: Path, room: int, *, least: int = 0) -> None:
        self._folder, self._room, self._least = folder, room, least
        self._epoch, self._due = "", 0.0
        self._table: Table | None = None
        # How often a shape is not to be tried.
        self._others: OrderedDict[str, int] = OrderedDict()

    def evaluate(
        self, store: LocalStore, query: Query, result: Format, out: IO[bytes], cap: OutputCap
    ) -> dict[str, str]:
        """Write the answer to a query to `out`; USED, WANTED, or nothing.

        Raises as the store's `evaluate` does.
        """
        table = self._opened(store.epoch())
        if table is not None and self._may_be(query):
            return self._evaluate(table, store, query, result, out, cap)
        begun = time.process_time()
        store.evaluate(query, result, out, cap)
        is_slow = table is None and time.process_time() - begun > WORTH_IT
        return WANTED if is_slow and self._may_be(query) and any(self._read(query)) else {}

    def _evaluate(
        self, table: Table, store: LocalStore, query: Query, result: Format, out: IO[bytes], cap: OutputCap
    ) -> dict[str, str]:
        pattern, asked = self._read(query)
        if pattern is not None:
            found = graph = None
            with suppress(NotHere, MemoryError):
                solving = (StarSolving if pattern.is_star else JoinSolving)(pattern, table, self._least)
                if pattern.template:
                    graph = triples(solving)
                else:
                    found = lines(solving)
            if graph is not None:
                write_graph(graph, result, out, store.setting.prefixes, cap)
                return USED
            if found is not None:
                write([one.name for one in pattern.selected], found, result, cap.file(out, result))
                return USED
            self._pass_by(query, _PASSES)
        narrower = None if asked is None else narrowed(query, asked, table)
        if narrower is not None:
            # What is wrong with a query is said of the text that was sent.
            with suppress(QuerySyntaxError):
                store.evaluate(narrower, result, out, cap)
                return USED
        store.evaluate(query, result, out, cap)
        return {}

    def _opened(self, epoch: str) -> Table | None:
        now = time.monotonic()
        if epoch != self._epoch or (self._table is None and now >= self._due):
            self._table, self._epoch, self._due = None, epoch, now + _LOOK
            with suppress(OSError, ValueError):
                self._table = Table(path_of(self._folder, epoch), self._room)
        return self._table

    def _may_be(self, query: Query) -> bool:
        """Whether nothing tells at first sight that a query is of another kind."""
        text = query.text
        if query.history or len(text) > _LONGEST:
            return False
        if not any(sign in text for sign in _SIGNS):
            upper = text.upper()
            if not any(word in upper for word in _WORDS):
                return False
        form = shape(text)
        left = self._others.get(form, 0)
        if left:
            self._others[form] = left - 1
        return not left

    def _read(self, query: Query) -> tuple[PatternQuery | None, TextFilter | None]:
        pattern = None
        if not query.names_dataset and not query.dataset.given:
            pattern = read_pattern_query(query.text)
        asked = None if pattern else read_text_filter(query.text)
        # Whether an expression can be looked for depends on what is in a string, which a shape leaves open.
        if pattern is None and asked is None and "regex" not in query.text.lower():
            self._pass_by(query, _NEVER)
        return pattern, asked

    def _pass_by(self, query: Query, times: int) -> None:
        self._others[shape(query.text)] = times
        if len(self._others) > _SHAPES:
            self._others.popitem(last=False)
