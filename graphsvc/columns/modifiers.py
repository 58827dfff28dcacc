"""What a query makes of its solutions: groups and what is counted of them, their order, and a part of it.

https://www.w3.org/TR/sparql11-query/#solutionModifiers
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from itertools import repeat
from typing import Any

from graphsvc.columns.column import FEW, NONE
from graphsvc.columns.file import NotHere
from graphsvc.columns.rows import Numbers, Rows
from graphsvc.sparql.pattern_query import PatternQuery, Selected

_NUMBER = 32


def modified(query: PatternQuery, rows: Rows) -> Rows:
    """The rows that the query asks for; raises NotHere for the least or greatest of nothing."""
    return _ordered(query, _grouped(query, rows) if query.grouped else rows)


def _grouped(query: PatternQuery, rows: Rows) -> Rows:
    count = len(rows)
    if not query.groups:
        if not count and any(one.function != "COUNT" for one in query.selected):
            raise NotHere
        return Rows({one.name: [_folded(one, rows.columns)] for one in query.selected})
    keys = [rows.columns[name] for name in query.groups]
    of: Sequence[Any] = keys[0] if len(keys) == 1 else [*zip(*keys, strict=True)]
    sizes = Counter(of)
    groups = [*sizes]
    told = groups if len(keys) > 1 else [(group,) for group in groups]
    made: dict[str, Numbers] = {name: [group[at] for group in told] for at, name in enumerate(query.groups)}
    for one in query.selected:
        if one.function == "COUNT" and not one.distinct:
            made[one.name] = [*sizes.values()]
        elif one.function:
            folded = _folded_by(one, of, rows.columns[one.of])
            made[one.name] = [folded[group] for group in groups]
    return Rows(made)


def _ordered(query: PatternQuery, rows: Rows) -> Rows:
    start, count = query.offset, len(rows)
    end = count if query.limit is None else min(count, start + query.limit)
    if not query.order or not count:
        return rows.taken(slice(start, end))
    name, descending = query.order[0]
    numbers = rows.columns[name]
    if 0 < end < count // FEW:
        # The rest comes after the last of these, whatever else it is ordered by.
        last = (heapq.nlargest if descending else heapq.nsmallest)(end, numbers)[-1]
        rows.keep(map(last.__le__ if descending else last.__ge__, numbers))
    places = [*range(len(rows))]
    for name, descending in reversed(query.order):
        places.sort(key=rows.columns[name].__getitem__, reverse=descending)
    return rows.taken(places[start:end])


def _folded(one: Selected, columns: dict[str, Numbers]) -> int:
    """The value of a function over all rows."""
    numbers = columns[one.of] if one.of else next(iter(columns.values()))
    if one.function == "COUNT":
        return len(set(numbers)) if one.distinct else len(numbers)
    return min(numbers) if one.function == "MIN" else max(numbers)


def _folded_by(one: Selected, groups: Sequence[Any], numbers: Numbers) -> dict[Any, int]:
    """The value of a function, but for a plain count, by group."""
    if one.function == "COUNT" and isinstance(next(iter(groups), 0), int):
        # A set of pairs of numbers takes four times as long as one of the numbers that are made of them.
        pairs = {*map(int.__add__, map((1 << _NUMBER).__mul__, groups), numbers)}
        return Counter(map(int.__rshift__, pairs, repeat(_NUMBER)))
    if one.function == "COUNT":
        return Counter(group for group, _ in {*zip(groups, numbers, strict=True)})
    found: dict[Any, int] = {}
    if one.function == "MIN":
        for group, number in zip(groups, numbers, strict=True):
            if number < found.get(group, NONE):
                found[group] = number
    else:
        for group, number in zip(groups, numbers, strict=True):
            if number > found.get(group, -1):
                found[group] = number
    return found
