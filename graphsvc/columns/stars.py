"""Solves a star: a query about the properties of one thing each."""

from __future__ import annotations

from graphsvc.columns.column import FEW, NONE, Column, Table
from graphsvc.columns.file import NotHere
from graphsvc.columns.rows import Numbers, Rows
from graphsvc.columns.solving import Solving
from graphsvc.sparql.pattern_query import PatternQuery

# Where not all solutions are wanted, they are looked for among so many subjects at a time at the least.
_BLOCK = 1_000


class StarSolving(Solving):
    """A star on the columns of a table; with `least` the engine has fewer rows in no order."""

    def __init__(self, query: PatternQuery, table: Table, least: int = 0) -> None:
        super().__init__(query, table)
        # The column of each variable but the subject.
        self._of = {pattern.variable: column for pattern, column in self.columns if pattern.variable}
        self._fixed = [(column, column.code(p.constant)) for p, column in self.columns if p.constant]
        self._many = [name for name, column in self._of.items() if not column.single]
        if least and not query.grouped and not query.order and not query.is_part and self._most() < least:
            raise NotHere

    def space(self, name: str) -> Column | None:
        """See Solving."""
        return self._of.get(name)

    def solutions(self) -> Rows:
        """See Solving."""
        if any(code is None for _, code in self._fixed):
            return self.nothing()
        rows, left = self._begun()
        query = self.query
        if not query.is_unordered_part or query.limit is None:
            return self._completed(rows, left)
        # The first that come are enough.
        found: dict[str, list[int]] = {name: [] for name in (query.subject, *self._of)}
        missing, at = query.offset + query.limit, 0
        while missing > 0 and at < len(rows):
            end = at + max(_BLOCK, missing)
            some = self._completed(rows.taken(slice(at, end)), left)
            for name, numbers in some.columns.items():
                found[name] += numbers
            missing, at = missing - len(some), end
        return Rows({**found})

    def _completed(self, rows: Rows, left: tuple[Column, int | None] | None) -> Rows:
        """Rows of subjects with all that they are asked for, those without it left out."""
        subject = self.query.subject
        for column, code in self._fixed:
            subjects = rows.columns[subject]
            if (column, code) != left and code is not None and not _are_same(subjects, column.having(code)):
                rows.keep(column.flags(code, subjects))
        for name, column in self._of.items():
            if name in rows.columns:
                continue
            subjects = rows.columns[subject]
            if column.single:
                rows.columns[name] = codes = column.codes_of(subjects)
                if NONE in codes:
                    rows.keep(map(NONE.__ne__, codes))
            else:
                rows = rows.spread(name, [column.codes_at(each) for each in subjects])
        return rows

    def _most(self) -> int:
        """How many subjects there are at most."""
        fixed = [0 if code is None else len(column.having(code)) for column, code in self._fixed]
        return min([*fixed, *(len(column.subjects) for column in self._of.values())])

    def _begun(self) -> tuple[Rows, tuple[Column, int | None] | None]:
        """The rows of what has the fewest pairs, and which of the fixed values that is, if it is one."""
        subject = self.query.subject
        sizes = [
            (len(column.having(code)), (column, code)) for column, code in self._fixed if code is not None
        ]
        size, first = min(sizes, key=lambda one: one[0], default=(NONE, None))
        name = min(self._of, key=lambda one: len(self._of[one].subjects), default="")
        if first is not None and (not name or size < len(self._of[name].subjects)):
            return Rows({subject: first[0].having(first[1])}), first
        if self._many and len(self._of[self._many[0]].subjects) < FEW * len(self._of[name].subjects):
            name = self._many[0]
        column = self._of[name]
        return Rows({subject: column.subjects, name: column.codes}), None


def _are_same(subjects: Numbers, having: memoryview[int]) -> bool:
    """Whether those are all subjects of a column as it is, and just those that have a value."""
    if not isinstance(subjects, memoryview) or len(subjects) != len(having):
        return False
    return subjects.tobytes() == having.tobytes()
