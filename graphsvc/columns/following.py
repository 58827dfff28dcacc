"""Follows a property any number of times, from one thing to all that can be reached.

https://www.w3.org/TR/sparql11-query/#defn_PathEval
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from graphsvc.columns.column import NONE, Column
from graphsvc.columns.file import NotHere


class Following:
    """The paths along a column, by the numbers of subjects; `moves` if they have one step at least.

    Raises NotHere where one leads to what is no subject, and once more than `most` steps were taken.
    """

    def __init__(self, column: Column, moves: bool, most: int) -> None:
        self._column, self._moves, self._left = column, moves, most
        self._found: dict[tuple[bool, int], dict[int, None]] = {}

    def ahead(self, number: int) -> dict[int, None]:
        """What can be reached from a subject."""
        return self._reached(number, True)

    def behind(self, number: int) -> dict[int, None]:
        """From what a subject can be reached."""
        return self._reached(number, False)

    def _reached(self, number: int, is_ahead: bool) -> dict[int, None]:
        key = is_ahead, number
        if key not in self._found:
            self._found[key] = self._walked(number, self._next if is_ahead else self._before)
        return self._found[key]

    def _walked(self, number: int, follow: Callable[[int], Iterable[int]]) -> dict[int, None]:
        found: dict[int, None] = {} if self._moves else {number: None}
        waiting = [number]
        while waiting:
            for other in follow(waiting.pop()):
                self._left -= 1
                if self._left < 0:
                    raise NotHere
                if other not in found:
                    found[other] = None
                    waiting.append(other)
        return found

    def _next(self, number: int) -> Iterable[int]:
        codes = self._column.codes_at(number)
        subjects = self._column.as_subjects
        if not codes:
            return ()
        numbers = [NONE] if subjects is None else [subjects[code] for code in codes]
        if NONE in numbers:
            raise NotHere
        return numbers

    def _before(self, number: int) -> Iterable[int]:
        code = self._column.as_values()[number]
        return () if code == NONE else self._column.having(code)
