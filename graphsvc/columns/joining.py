"""Solves a pattern about several things, step by step: what has the fewest solutions comes first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphsvc.columns.column import NONE, Column, Table
from graphsvc.columns.file import NotHere
from graphsvc.columns.following import Following
from graphsvc.columns.rows import Numbers, Rows
from graphsvc.columns.solving import Solving
from graphsvc.sparql.pattern_query import PatternQuery
from graphsvc.sparql.statement import Pattern

# More rows than this are the engine's, which need not have all of them at once.
MOST = 4_000_000
# Of so many rows is added up what each of them leads to.
_COUNTED = 64
# A guess at how many things a path leads to.
_REACHED = 10.0
# How many values of one column are looked up in another one by one.
_LOOKED_UP = 500
_NEVER = float("inf")
# Where the subjects of a pattern are kept while rows are taken away.
_HELD = "/"


class JoinSolving(Solving):
    """A pattern on the columns of a table; with `least` it leaves to the engine what never has so many rows."""

    def __init__(self, query: PatternQuery, table: Table, least: int = 0) -> None:
        super().__init__(query, table)
        self._least = least
        # What the numbers of each variable are, from when it has some.
        self._spaces: dict[str, Column | None] = {}
        self._fixed = {
            pattern: column.code(pattern.constant)
            for pattern, column in self.columns
            if pattern.constant is not None and not pattern.times
        }
        self._about = {
            pattern: table.number(pattern.about) for pattern in query.patterns if pattern.about is not None
        }

    def space(self, name: str) -> Column | None:
        """See Solving."""
        return self._spaces.get(name)

    def solutions(self) -> Rows:
        """See Solving."""
        rows, most = Rows({}), 0.0
        left = list(self.columns)
        while left:
            costs = [self._cost(rows, *one) for one in left]
            cost = min(costs)
            if cost > MOST:
                raise NotHere
            if rows.columns:
                # The engine may well begin with what has more.
                most = max(most, max(one for one in costs if one < _NEVER))
            joined = self._joined(rows, *left.pop(costs.index(cost)))
            if joined is None or not len(joined):
                rows = self.nothing()
                break
            rows = joined
            most = max(most, len(rows))
        if most < self._least:
            raise NotHere
        return rows

    def _cost(self, rows: Rows, pattern: Pattern, column: Column) -> float:
        """About how many rows there would be with a pattern; none where it only takes rows away."""
        begins = pattern.about is not None or pattern.subject in rows.columns
        ends = pattern.constant is not None or pattern.variable in rows.columns
        count = len(rows)
        if begins and ends:
            return 0.0
        if pattern.times:
            return _REACHED * count if begins or ends else _NEVER
        if begins:
            number = self._about.get(pattern)
            several = 1.0 if column.single else 2.0
            return count * (several if number is None else len(column.codes_at(number)))
        if not ends:
            return _NEVER if rows.columns else float(len(column.subjects))
        if pattern.constant is not None:
            code = self._fixed[pattern]
            return _NEVER if rows.columns else 0.0 if code is None else float(len(column.having(code)))
        if count > _COUNTED:
            return count * len(column.subjects) / max(1, column.distinct)
        known, codes = self._moved(rows, pattern.variable, column)
        return 0.0 if not len(known) else float(sum(len(column.having(code)) for code in codes))

    def _joined(self, rows: Rows, pattern: Pattern, column: Column) -> Rows | None:
        """The rows with a pattern; None where it has no solution at all."""
        if pattern.times:
            return self._followed(rows, pattern, column)
        code = self._fixed.get(pattern, NONE)
        number = self._about.get(pattern, NONE)
        if code is None or number is None:
            return None
        if pattern.about is not None:
            return self._told(rows, pattern, column, column.codes_at(number))
        if pattern.subject in rows.columns:
            return self._looked_up(rows, pattern, column)
        self._spaces[pattern.subject] = None
        if pattern.constant is not None:
            return Rows({pattern.subject: column.having(code)})
        if pattern.variable in rows.columns:
            rows, codes = self._moved(rows, pattern.variable, column)
            return self._spread(rows, pattern.subject, [column.having(code) for code in codes])
        self._spaces[pattern.variable] = column
        return Rows({pattern.subject: column.subjects, pattern.variable: column.codes})

    def _told(self, rows: Rows, pattern: Pattern, column: Column, codes: Numbers) -> Rows | None:
        """The rows with a pattern about one subject, which has these values."""
        if pattern.constant is not None:
            return rows if self._fixed[pattern] in codes else None
        name = pattern.variable
        if name in rows.columns:
            rows, known = self._moved(rows, name, column)
            rows.keep(map(set(codes).__contains__, known))
            return rows
        self._spaces[name] = column
        return self._spread(rows, name, [codes] * len(rows))

    def _looked_up(self, rows: Rows, pattern: Pattern, column: Column) -> Rows:
        """The rows with a pattern whose subject they have."""
        name = pattern.variable
        rows, subjects = self._moved(rows, pattern.subject, None)
        code = self._fixed.get(pattern)
        if code is not None:
            rows.keep(column.flags(code, subjects))
        elif name in rows.columns:
            rows.columns[_HELD] = subjects
            self._spaces[_HELD] = None
            rows, codes = self._moved(rows, name, column)
            subjects = rows.columns.pop(_HELD)
            if column.single:
                rows.keep(map(int.__eq__, column.codes_of(subjects), codes))
            else:
                rows.keep(
                    code in column.codes_at(subject) for subject, code in zip(subjects, codes, strict=True)
                )
        else:
            self._spaces[name] = column
            if not column.single:
                return self._spread(rows, name, [column.codes_at(subject) for subject in subjects])
            rows.columns[name] = codes = column.codes_of(subjects)
            if NONE in codes:
                rows.keep(map(NONE.__ne__, codes))
        return rows

    def _followed(self, rows: Rows, pattern: Pattern, column: Column) -> Rows | None:
        """The rows with a property that is followed any number of times."""
        following = Following(column, pattern.times == "+", MOST)
        about = None if pattern.about is None else self._subject(self._about[pattern])
        end = None if pattern.constant is None else self._subject(self.table.number(pattern.constant))
        if about is not None and end is not None:
            return rows if end in following.ahead(about) else None
        begins = self._ends(rows, pattern.subject, about)
        ends = self._ends(rows, pattern.variable, end)
        if begins is None:
            assert ends is not None
            self._spaces[pattern.subject] = None
            return self._spread(rows, pattern.subject, [following.behind(one) for one in ends])
        if ends is None:
            self._spaces[pattern.variable] = None
            return self._spread(rows, pattern.variable, [following.ahead(one) for one in begins])
        rows.keep(last in following.ahead(first) for first, last in zip(begins, ends, strict=True))
        return rows

    def _ends(self, rows: Rows, name: str, number: int | None) -> Sequence[int] | None:
        """The subjects at one end of a path, for each row; None where the rows have none."""
        if number is not None:
            return [number] * len(rows)
        if name not in rows.columns:
            return None
        before = len(rows)
        known, numbers = self._moved(rows, name, None)
        if len(known) < before:
            # A path of no step leads from each term to itself, even where that is no subject.
            raise NotHere
        return numbers

    def _spread(self, rows: Rows, name: str, values: Sequence[Collection[int]]) -> Rows:
        if sum(map(len, values)) > MOST:
            raise NotHere
        return rows.spread(name, values)

    def _subject(self, number: int | None) -> int:
        if number is None:
            raise NotHere
        return number

    def _moved(self, rows: Rows, name: str, space: Column | None) -> tuple[Rows, Numbers]:
        """The rows whose values of a variable are in a space, and what they are there."""
        numbers, home = rows.columns[name], self._spaces[name]
        if home is space:
            return Rows(dict(rows.columns)), numbers
        moved = self._translated(numbers, home, space)
        if NONE not in moved:
            return Rows(dict(rows.columns)), moved
        rows = Rows({**rows.columns, "": moved})
        rows.keep(map(NONE.__ne__, moved))
        return rows, rows.columns.pop("")

    def _translated(self, numbers: Numbers, home: Column | None, space: Column | None) -> list[int]:
        if home is None:
            assert space is not None
            return [*map(space.as_values().__getitem__, numbers)]
        if space is None:
            subjects = home.as_subjects
            return [NONE] * len(numbers) if subjects is None else [*map(subjects.__getitem__, numbers)]
        distinct = {*numbers}
        if len(distinct) > _LOOKED_UP:
            raise NotHere
        codes = {code: space.code_of_term(home.values[code]) for code in distinct}
        return [*map(codes.__getitem__, numbers)]
