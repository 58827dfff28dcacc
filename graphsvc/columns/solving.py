"""Solves a query on columns: its solutions or groups, as numbers, in their order, and as many as are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from graphsvc.columns.column import NONE, Column, Table, Texts
from graphsvc.columns.file import NotHere
from graphsvc.columns.modifiers import modified
from graphsvc.columns.rows import Rows
from graphsvc.columns.terms import MIXED
from graphsvc.sparql.pattern_query import PatternQuery


class Solving(ABC):
    """A query on the columns of a table.

    Raises NotHere where a property has none, or they do not do.
    """

    def __init__(self, query: PatternQuery, table: Table) -> None:
        self.query, self.table = query, table
        self.columns = [(pattern, self._column(pattern.property)) for pattern in query.patterns]
        ordered = {name for name, _ in query.order}
        counted = {one.name for one in query.selected if one.function == "COUNT"}
        least = {one.name: one.of for one in query.selected if one.function in ("MIN", "MAX")}
        # What is put in order, or compared.
        self._compared = {least.get(name, name) for name in ordered - counted} | {*least.values()}
        self._check_kinds()
        if query.is_part and not query.is_unordered_part:
            # A part of the rows can be told if their order tells them all apart.
            many = [p.variable for p, column in self.columns if p.variable and not column.single]
            telling = query.groups if query.grouped else (*query.subjects, *many)
            if not {*telling} <= ordered:
                raise NotHere

    @abstractmethod
    def solutions(self) -> Rows:
        """The solutions of the pattern, in no order."""

    @abstractmethod
    def space(self, name: str) -> Column | None:
        """The column whose codes the numbers of a variable are; None where they are those of subjects."""

    def rows(self) -> Rows:
        """The rows that the query asks for."""
        rows = self.solutions()
        for name in self._compared:
            least = min(rows.columns[name], default=NONE) if self.space(name) is None else NONE
            # Blank nodes have no order.
            if least < self.table.blank:
                raise NotHere
        return modified(self.query, rows)

    def texts(self, name: str) -> Texts:
        """What the numbers of a variable stand for."""
        space = self.space(name)
        return self.table.subjects if space is None else space.values

    def nothing(self) -> Rows:
        """No solutions."""
        return Rows({name: [] for name in {*self.query.subjects, *self.query.variables}})

    def _column(self, name: str) -> Column:
        column = self.table.column(name)
        if column is None:
            raise NotHere
        return column

    def _check_kinds(self) -> None:
        """Refuse an order that is not that of numbers."""
        for name in self._compared - self.query.subjects:
            if any(column.kind == MIXED for pattern, column in self.columns if pattern.variable == name):
                raise NotHere
