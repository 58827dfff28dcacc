"""Answers queries from the columns of the present state, and has the engine answer where they cannot tell."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from graphsvc.columns.column import Table
from graphsvc.columns.file import NotHere, path_of
from graphsvc.columns.givers import COLUMNS, ENGINE, NOBODY, Givers
from graphsvc.columns.joining import JoinSolving
from graphsvc.columns.narrowing import narrowed
from graphsvc.columns.results import lines, triples, write, write_graph
from graphsvc.columns.stars import StarSolving
from graphsvc.errors import OutOfMemory, QuerySyntaxError
from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.sparql.paging import without_slice
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
# Parts of a list that end before so many rows are the engine's at the least, which begins sooner.
_FEW = 100
_LONGEST = 4_000
# A part of a list that nothing puts in order is read up to `_LONGEST`, but columns do not begin to give one whose
# text is longer than this: that of its next part may be a little longer.
_LONGEST_LIST = 2_000
# So many shapes of queries are remembered that are of no kind that columns are for, or that they did not do for:
# the latter are not tried again for so many times.
_SHAPES, _PASSES = 500, 15
_NEVER = 1 << 60
# A query that has none of these is seldom of either kind: nothing is called, there is one statement, and no order.
_SIGNS, _WORDS = ("(", ";", ". ", ".\n", "*", "+", "^"), ("ORDER", "DISTINCT", "GROUP")


class Columns:
    """The columns in `folder`, of whatever state a store is in; up to `room` bytes of them are mapped at once.

    With `least` they leave to the engine what it finds as fast in memory: fewer rows in no order. What `givers`
    say of lists holds for all who have the same ones, as forks have.
    """

    def __init__(self, folder: Path, room: int, *, least: int = 0, givers: Givers | None = None) -> None:
        self._folder, self._room, self._least = folder, room, least
        self._givers = givers or Givers()
        self._epoch, self._due = "", 0.0
        self._table: Table | None = None
        # How often a shape is not to be tried.
        self._others: OrderedDict[str, int] = OrderedDict()

    def renew(self) -> None:
        """There is another state now: whoever is forked from now on has that one."""
        self._givers = Givers()

    def evaluate(
        self, store: LocalStore, query: Query, result: Format, out: IO[bytes], cap: OutputCap
    ) -> dict[str, str]:
        """Write the answer to a query to `out`; USED, WANTED, or nothing.

        Raises as the store's `evaluate` does.
        """
        table = self._opened(store.epoch())
        listed = False
        if self._may_be_part(query):
            listed, found = self._part(query, table, store.epoch())
            if found is not None:
                write(*found, result, cap.file(out, result))
                return USED
        if table is not None and not listed and self._may_be(query):
            return self._evaluate(table, store, query, result, out, cap)
        begun = time.process_time()
        store.evaluate(query, result, out, cap)
        is_slow = table is None and time.process_time() - begun > WORTH_IT
        return WANTED if is_slow and (listed or self._may_be(query)) and any(self._read(query)) else {}

    def _part(
        self, query: Query, table: Table | None, epoch: str
    ) -> tuple[bool, tuple[list[str], Iterator[bytes]] | None]:
        """Whether a query is for a part of a list that nothing puts in order; and if columns give that list, names
        and solutions."""
        whole, end = without_slice(query.text)
        few = end < max(_FEW, self._least)
        giver = self._givers.of(whole)
        if _has_no_order(query):
            if giver == NOBODY and few:
                giver = self._givers.claim(whole, ENGINE)
            if giver == ENGINE:
                return True, None
        pattern, _ = self._read(query)
        if pattern is None or not pattern.is_unordered_part:
            return False, None
        names = [one.name for one in pattern.selected]
        if giver == NOBODY:
            some = None if few or len(query.text) > _LONGEST_LIST else self._star(pattern, table, epoch)
            giver = self._givers.claim(whole, ENGINE if some is None else COLUMNS)
            if giver == COLUMNS and some is not None:
                return True, (names, some)
        if giver == ENGINE:
            return True, None
        # Columns began to give it, so they are there.
        some = self._star(pattern, table or self._opened(epoch, at_once=True), epoch)
        if some is None:
            raise OutOfMemory("The work needs more memory than this process has left; try again.")
        return True, (names, some)

    def _star(self, pattern: PatternQuery, table: Table | None, epoch: str) -> Iterator[bytes] | None:
        """The solutions of a star from columns, whatever else of them is in memory; None where they do not do."""
        for one in (table, None):
            fresh = one or (table and self._opened(epoch, at_once=True))
            if fresh is not None:
                with suppress(NotHere, MemoryError):
                    return lines(StarSolving(pattern, fresh, self._least))
        return None

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

    def _opened(self, epoch: str, *, at_once: bool = False) -> Table | None:
        """The columns of a state, looked for from time to time or `at_once`: then anew, with nothing mapped."""
        now = time.monotonic()
        if at_once or epoch != self._epoch or (self._table is None and now >= self._due):
            self._table, self._epoch, self._due = None, epoch, now + _LOOK
            with suppress(OSError, ValueError):
                self._table = Table(path_of(self._folder, epoch), self._room)
        return self._table

    def _may_be_part(self, query: Query) -> bool:
        """Whether a query may be for a part of a list; what is remembered of shapes does not tell lists apart."""
        if query.history or len(query.text) > _LONGEST:
            return False
        upper = query.text.upper()
        return "LIMIT" in upper or "OFFSET" in upper

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
        told = query.dataset.given or "regex" in query.text.lower()
        if pattern is None and asked is None and not told:
            self._pass_by(query, _NEVER)
        return pattern, asked

    def _pass_by(self, query: Query, times: int) -> None:
        self._others[shape(query.text)] = times
        if len(self._others) > _SHAPES:
            self._others.popitem(last=False)


def _has_no_order(query: Query) -> bool:
    """Whether a query for a part plainly has nothing that makes more of solutions than that."""
    upper = query.text.upper()
    return "(" not in upper and not any(word in upper for word in _WORDS)
