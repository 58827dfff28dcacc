"""Writes rows of numbers as the results of a query.

https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO

import pyoxigraph as ox

from graphsvc.columns.column import Table
from graphsvc.columns.solving import Solving
from graphsvc.columns.terms import integer_fragment
from graphsvc.formats import RESULTS_JSON, Format

_BATCH = 1_000


def lines(solving: Solving, table: Table) -> Iterator[bytes]:
    """The solutions as objects of JSON, made one after another; raises NotHere at once or not at all."""
    rows = solving.rows()
    columns: list[Iterator[bytes]] = []
    for one in solving.star.selected:
        numbers = rows.columns[one.name]
        if one.function == "COUNT":
            columns.append(map(integer_fragment, numbers))
        else:
            column = solving.columns.get(one.of)
            texts = table.subjects if column is None else column.values
            columns.append(texts.several(numbers))
    row = b"{%b}" % b",".join(b'"%b":%%b' % one.name.encode() for one in solving.star.selected)
    return map(row.__mod__, zip(*columns, strict=True))


def write(names: list[str], solutions: Iterator[bytes], result: Format, out: IO[bytes]) -> None:
    """Write solutions, of the variables `names`, in the format `result`."""
    chunks = _document(names, solutions)
    if result == RESULTS_JSON:
        for chunk in chunks:
            out.write(chunk)
        return
    wanted = ox.QueryResultsFormat.from_media_type(result.media_type)
    if wanted is None:
        raise ValueError(f"{result.label} cannot carry solutions")
    ox.parse_query_results(b"".join(chunks), ox.QueryResultsFormat.JSON).serialize(out, wanted)


def _document(names: list[str], solutions: Iterator[bytes]) -> Iterator[bytes]:
    yield b'{"head":{"vars":[%b]},"results":{"bindings":[' % ",".join(f'"{name}"' for name in names).encode()
    separator = b""
    while batch := b",".join(islice(solutions, _BATCH)):
        yield separator + batch
        separator = b","
    yield b"]}}"
