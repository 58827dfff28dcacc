"""Solves a star: the rows of its solutions or groups, as numbers, in their order, and as many as are asked for."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from graphsvc.columns.column import FEW, NONE, Column, Table, Texts
from graphsvc.columns.file import NotHere
from graphsvc.columns.terms import MIXED
from graphsvc.sparql.star import Selected, Star

# What a number in a column of rows is.
Numbers = Sequence[int]


@dataclass
class Rows:
    """Rows, one column of numbers for each name: codes, numbers of subjects, or counts."""

    columns: dict[str, Numbers]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def keep(self, flags: Iterable[int]) -> None:
        """Keep the rows that have a flag."""
        flags = bytes(flags)
        self.columns = {name: [*compress(numbers, flags)] for name, numbers in self.columns.items()}

    def taken(self, places: Sequence[int] | slice) -> Rows:
        """The rows at these places."""
        if isinstance(places, slice):
            return Rows({name: numbers[places] for name, numbers in self.columns.items()})
        return Rows({name: [numbers[at] for at in places] for name, numbers in self.columns.items()})


class Solving:
    """One star on the columns of a table.

    Raises NotHere where a property has none, or they do not do; with `least` for fewer rows without an order, and
    for a graph.
    """

    def __init__(self, star: Star, table: Table, least: int = 0) -> None:
        self.star, self._table = star, table
        found = [(pattern, self._column(pattern.property)) for pattern in star.patterns]
        # The column of each variable but the subject.
        self.columns = {pattern.variable: column for pattern, column in found if pattern.variable}
        self._fixed = [(column, column.code(p.constant)) for p, column in found if p.constant]
        self._many = [name for name, column in self.columns.items() if not column.single]
        self._check_order()
        if least and not star.grouped and not star.order and (star.template or self._most() < least):
            raise NotHere

    def _most(self) -> int:
        """How many subjects there are at most."""
        fixed = [0 if code is None else len(column.having(code)) for column, code in self._fixed]
        return min([*fixed, *(len(column.subjects) for column in self.columns.values())])

    def rows(self) -> Rows:
        """The rows that the query asks for."""
        if any(code is None for _, code in self._fixed):
            if self.star.grouped and not self.star.groups:
                raise NotHere
            names = [one.name for one in self.star.selected] + [name for name, _ in self.star.order]
            return Rows({name: [] for name in names})
        rows = self._solutions()
        if self._compares_subjects and min(rows.columns[self.star.subject], default=NONE) < self._table.blank:
            raise NotHere
        if self.star.grouped:
            rows = self._groups(rows)
        return self._ordered(rows)

    def texts(self, name: str) -> Texts:
        """What the numbers of a variable stand for."""
        column = self.columns.get(name)
        return self._table.subjects if column is None else column.values

    def _column(self, name: str) -> Column:
        column = self._table.column(name)
        if column is None:
            raise NotHere
        return column

    def _check_order(self) -> None:
        """Refuse an order that is not that of numbers, and a part of rows that no order tells from the rest."""
        star = self.star
        ordered = {name for name, _ in star.order}
        counted = {one.name for one in star.selected if one.function == "COUNT"}
        least = {one.name: one.of for one in star.selected if one.function in ("MIN", "MAX")}
        compared = {least.get(name, name) for name in ordered - counted} | {*least.values()}
        self._compares_subjects = star.subject in compared
        if any(self.columns[name].kind == MIXED for name in compared - {star.subject}):
            raise NotHere
        if star.is_part:
            telling = star.groups if star.grouped else (star.subject, *self._many)
            if not set(telling) <= ordered:
                raise NotHere

    def _solutions(self) -> Rows:
        rows, left = self._begun()
        for column, code in self._fixed:
            subjects = rows.columns[self.star.subject]
            if (column, code) != left and code is not None and not _are_same(subjects, column.having(code)):
                rows.keep(column.flags(code, subjects))
        for name, column in self.columns.items():
            if name in rows.columns:
                continue
            subjects = rows.columns[self.star.subject]
            if column.single:
                rows.columns[name] = codes = column.codes_of(subjects)
                if NONE in codes:
                    rows.keep(map(NONE.__ne__, codes))
            else:
                rows = self._spread(rows, name, column)
        return rows

    def _begun(self) -> tuple[Rows, tuple[Column, int | None] | None]:
        """The rows of what has the fewest pairs, and which of the fixed values that is, if it is one."""
        subject = self.star.subject
        sizes = [
            (len(column.having(code)), (column, code)) for column, code in self._fixed if code is not None
        ]
        size, first = min(sizes, key=lambda one: one[0], default=(NONE, None))
        name = min(self.columns, key=lambda one: len(self.columns[one].subjects), default="")
        if first is not None and (not name or size < len(self.columns[name].subjects)):
            return Rows({subject: first[0].having(first[1])}), first
        if self._many and len(self.columns[self._many[0]].subjects) < FEW * len(self.columns[name].subjects):
            name = self._many[0]
        column = self.columns[name]
        return Rows({subject: column.subjects, name: column.codes}), None

    def _spread(self, rows: Rows, name: str, column: Column) -> Rows:
        """One row for each value that the subject of a row has."""
        places: list[int] = []
        codes: list[int] = []
        for at, subject in enumerate(rows.columns[self.star.subject]):
            begin = bisect_left(column.subjects, subject)
            end = bisect_right(column.subjects, subject, lo=begin)
            places += [at] * (end - begin)
            codes += column.codes[begin:end]
        spread = rows.taken(places)
        spread.columns[name] = codes
        return spread

    def _groups(self, rows: Rows) -> Rows:
        star = self.star
        count = len(rows)
        if not star.groups:
            if not count and any(one.function != "COUNT" for one in star.selected):
                raise NotHere
            return Rows({one.name: [_folded(one, rows.columns)] for one in star.selected})
        keys = [rows.columns[name] for name in star.groups]
        of: Sequence[Any] = keys[0] if len(keys) == 1 else [*zip(*keys, strict=True)]
        sizes = Counter(of)
        groups = [*sizes]
        told = groups if len(keys) > 1 else [(group,) for group in groups]
        made: dict[str, Numbers] = {
            name: [group[at] for group in told] for at, name in enumerate(star.groups)
        }
        for one in star.selected:
            if one.function == "COUNT" and not one.distinct:
                made[one.name] = [*sizes.values()]
            elif one.function:
                folded = _folded_by(one, of, rows.columns[one.of])
                made[one.name] = [folded[group] for group in groups]
        return Rows(made)

    def _ordered(self, rows: Rows) -> Rows:
        star = self.star
        start, count = star.offset, len(rows)
        end = count if star.limit is None else min(count, start + star.limit)
        if star.order and count:
            name, descending = star.order[0]
            numbers = rows.columns[name]
            if 0 < end < count // FEW:
                # The rest comes after the last of these, whatever else it is ordered by.
                last = (heapq.nlargest if descending else heapq.nsmallest)(end, numbers)[-1]
                rows.keep(map(last.__le__ if descending else last.__ge__, numbers))
            places = [*range(len(rows))]
            for name, descending in reversed(star.order):
                places.sort(key=rows.columns[name].__getitem__, reverse=descending)
            rows = rows.taken(places[start:end])
        else:
            rows = rows.taken(slice(start, end))
        return rows


def _are_same(subjects: Numbers, having: memoryview[int]) -> bool:
    """Whether those are all subjects of a column as it is, and just those that have a value."""
    if not isinstance(subjects, memoryview) or len(subjects) != len(having):
        return False
    return subjects.tobytes() == having.tobytes()


def _folded(one: Selected, columns: dict[str, Numbers]) -> int:
    """The value of a function over all rows."""
    numbers = columns[one.of] if one.of else next(iter(columns.values()))
    if one.function == "COUNT":
        return len(set(numbers)) if one.distinct else len(numbers)
    return min(numbers) if one.function == "MIN" else max(numbers)


def _folded_by(one: Selected, groups: Sequence[Any], numbers: Numbers) -> dict[Any, int]:
    """The value of a function, but for a plain count, by group."""
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
