"""What a chart shows: items in their order, each with a number for every series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

BAR, COLUMN, STACKED = "bar", "column", "stacked bar"
# The kinds of chart: bars that lie, bars that stand, and bars that lie and are made of the numbers of each series.
KINDS = (BAR, COLUMN, STACKED)
# What is beyond is in the table alone; series beyond are added up.
MAX_BARS, MAX_COLUMNS, MAX_SERIES = 40, 120, 6
_YEAR = re.compile(r"[12]\d{3}\Z")


@dataclass(frozen=True)
class Item:
    """One bar: what it is called, its number in each series, and where it leads."""

    label: str
    values: tuple[float, ...]
    href: str | None = None


@dataclass(frozen=True)
class Figure:
    """The items of a chart and the names of its series (one, without a name that is shown, if it is not stacked).

    Raises ValueError for an unknown kind, a number that is negative or not finite, or an item that has not a
    number for each series.
    """

    kind: str
    series: tuple[str, ...]
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a chart is one of {', '.join(KINDS)}, not {self.kind!r}")
        for item in self.items:
            if len(item.values) != len(self.series):
                raise ValueError(
                    f"{item.label!r} has {len(item.values)} numbers for {len(self.series)} series"
                )
            if not all(0 <= value < float("inf") for value in item.values):
                raise ValueError(f"{item.label!r} has a number that no bar can show")

    @property
    def shown(self) -> tuple[Item, ...]:
        """The items that are drawn: the first of them, and in columns of years those between with nothing."""
        if self.kind != COLUMN:
            return self.items[:MAX_BARS]
        return _with_gaps(self.items)[:MAX_COLUMNS]

    @property
    def hidden(self) -> int:
        """How many items are in the table alone."""
        shown = {item.label for item in self.shown}
        return sum(item.label not in shown for item in self.items)

    @property
    def summary(self) -> str:
        """The chart in a sentence, for who does not see it."""
        if not self.items:
            return "There is nothing to show."
        ordered = sorted(self.items, key=lambda item: sum(item.values))
        most, least = ordered[-1], ordered[0]
        largest = f"{most.label} with {number(sum(most.values))}"
        sentence = f"A chart of {len(self.items)} values: the largest is {largest}"
        if len(self.items) > 1:
            sentence += f", the smallest {least.label} with {number(sum(least.values))}"
        if self.kind == STACKED:
            sentence += f". Each is made of {', '.join(self.series)}"
        return f"{sentence}."


def folded(figure: Figure) -> Figure:
    """The figure with no more series than can be told apart: the smallest are added up as `other`."""
    if len(figure.series) <= MAX_SERIES:
        return figure
    sums = [sum(item.values[place] for item in figure.items) for place in range(len(figure.series))]
    kept = sorted(sorted(range(len(sums)), key=lambda place: (-sums[place], place))[: MAX_SERIES - 1])
    items = tuple(replace(item, values=_folded(item.values, kept)) for item in figure.items)
    return replace(figure, series=(*(figure.series[place] for place in kept), "other"), items=items)


def _folded(values: Sequence[float], kept: Sequence[int]) -> tuple[float, ...]:
    first = [values[place] for place in kept]
    return (*first, sum(values) - sum(first))


def _with_gaps(items: tuple[Item, ...]) -> tuple[Item, ...]:
    years = [int(item.label) for item in items if _YEAR.match(item.label)]
    if len(years) != len(items) or len(set(years)) != len(years) or years != sorted(years):
        return items
    if not years or years[-1] - years[0] >= MAX_COLUMNS:
        return items
    known = dict(zip(years, items, strict=True))
    nothing = (0.0,) * len(items[0].values)
    return tuple(known.get(year, Item(str(year), nothing)) for year in range(years[0], years[-1] + 1))


def number(value: float) -> str:
    """A number as it is read."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")
