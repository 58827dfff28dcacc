"""Charts of stored queries: those that have a line `#+ chart:` in their head.

The last column of the answer is the number, the first what is counted; in a stacked bar the second is the series.
A column named `label`, or `NAMELabel` after a column NAME, is what the one before it is called; of
rows that are about the same (with labels in several languages) the first counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from graphsvc.charts import STACKED, Drawing, Figure, Item, draw
from graphsvc.charts.figure import number
from graphsvc.describe.labels import worded
from graphsvc.errors import BadRequest, GraphsvcError
from graphsvc.rdf import Iri, Literal, Term
from graphsvc.store.port import Limits
from graphsvc.store.rows import Row, table
from graphsvc.stored_queries import StoredQuery
from graphsvc.web.addresses import about_link, link_to
from graphsvc.web.caching import incomplete
from graphsvc.web.memory import remembered
from graphsvc.web.representation import languages
from graphsvc.web.service import local_path, service
from graphsvc.web.values import Reader, printable

# What a chart's query may take: a page waits for it.
LIMITS = Limits(timeout=10.0, max_rows=5_000)


@dataclass(frozen=True)
class ChartView:
    """A chart for the template `chart.html`; `failure` says why there is none."""

    id: str
    title: str
    description: str = ""
    kind: str = ""
    head: str = ""
    figure: Figure | None = None
    drawing: Drawing = field(default_factory=Drawing)
    failure: str = ""
    links: tuple[tuple[str, str], ...] = ()
    number: Callable[[float], str] = number


def chart_of(stored: StoredQuery) -> ChartView:
    """The chart of a stored query that asks for one; its rows are asked for once in each epoch."""
    links = (
        ("The query", local_path(f"/queries/{stored.name}")),
        ("CSV", local_path(f"/queries/{stored.name}.csv")),
    )
    try:
        columns, rows = remembered(
            f"chart {stored.name}", lambda: table(service().store, stored.query, LIMITS)
        )
        reader = Reader(service().store, languages())
        head, figure = figure_of(stored.chart, columns, rows, reader)
    except (GraphsvcError, ValueError) as error:
        incomplete()
        return ChartView(stored.name, stored.summary, failure=printable(str(error)), links=links)
    kind = stored.chart.replace(" ", "-")
    return ChartView(
        stored.name, stored.summary, stored.description, kind, head, figure, draw(figure), links=links
    )


def charts() -> list[ChartView]:
    """The charts of all stored queries that ask for one, in the order of their names."""
    return [chart_of(stored) for stored in service().library.queries() if stored.chart]


def figure_of(kind: str, columns: Sequence[str], rows: Sequence[Row], reader: Reader) -> tuple[str, Figure]:
    """What the first column is about, and the figure of a table.

    Raises BadRequest for a table that has not the columns of its kind of chart, ValueError for numbers that no bar
    can show.
    """
    if len(columns) < 2:
        raise BadRequest("A chart is of at least two columns, the last of which is the number.")
    *keys, value = columns
    names = {key: other for key, other in pairwise(keys) if _labels(other, key)}
    keys = [key for key in keys if key not in names.values()]
    wanted = 2 if kind == STACKED else 1
    if len(keys) < wanted:
        raise BadRequest("A stacked bar is of three columns: what is counted, the series, and the number.")
    reader.learn(row[key].value for row in rows for key in keys[:wanted] if isinstance(row.get(key), Iri))
    series: dict[str, None] = {} if kind == STACKED else {worded(value): None}
    found: dict[Term, dict[str, float]] = {}
    called: dict[Term, str] = {}
    for row in rows:
        key = row.get(keys[0], Literal("(none)"))
        called.setdefault(key, _called(row, keys[0], names, reader))
        name = _called(row, keys[1], names, reader) if kind == STACKED else worded(value)
        series.setdefault(name)
        numbers = found.setdefault(key, {})
        numbers.setdefault(name, _number(row.get(value), value))
    items = (
        Item(called[key], tuple(numbers.get(name, 0) for name in series), _href(key))
        for key, numbers in found.items()
    )
    return worded(keys[0]), Figure(kind, tuple(series), tuple(items))


def _labels(column: str, key: str) -> bool:
    return column in ("label", f"{key}Label", f"{key}_label")


def _called(row: Row, key: str, names: Mapping[str, str], reader: Reader) -> str:
    term = row.get(key)
    label = row.get(names[key]) if key in names else None
    if isinstance(term, Iri) and (term.value in reader.known or label is None):
        return reader.link(term.value).text
    if label is not None:
        return printable(label.value)
    if term is None:
        return "(none)"
    return printable(term.value) if isinstance(term, Literal) else reader.value(term).text


def _number(term: Term | None, column: str) -> float:
    try:
        if isinstance(term, Literal):
            return float(term.value)
    except ValueError:
        pass
    raise BadRequest(f"The column ?{column} of a chart is of numbers.")


def _href(term: Term) -> str | None:
    if not isinstance(term, Iri):
        return None
    return link_to(term.value) or about_link(term.value)
