"""Solutions as columns of numbers, one for each name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, repeat

# What a number in a column of rows is: a code, the number of a subject, or a count.
Numbers = Sequence[int]


@dataclass
class Rows:
    """Rows, one column of numbers for each name; without any name, the one row that says nothing."""

    columns: dict[str, Numbers]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), "1"))

    def keep(self, flags: Iterable[int]) -> None:
        """Keep the rows that have a flag."""
        flags = bytes(flags)
        self.columns = {name: [*compress(numbers, flags)] for name, numbers in self.columns.items()}

    def taken(self, places: Sequence[int] | slice) -> Rows:
        """The rows at these places."""
        if isinstance(places, slice):
            return Rows({name: numbers[places] for name, numbers in self.columns.items()})
        return Rows({name: [numbers[at] for at in places] for name, numbers in self.columns.items()})

    def spread(self, name: str, values: Sequence[Collection[int]]) -> Rows:
        """For each row as many as it has values, each with one of them under a new name."""
        if len(values) == 1:
            # To be had without a look at each row.
            first = {known: [*numbers] * len(values[0]) for known, numbers in self.columns.items()}
            return Rows({**first, name: [*values[0]]})
        counts = [*map(len, values)]
        spread: dict[str, Numbers] = {
            known: [*chain.from_iterable(map(repeat, numbers, counts))]
            for known, numbers in self.columns.items()
        }
        spread[name] = [*chain.from_iterable(values)]
        return Rows(spread)
