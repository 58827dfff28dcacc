"""Writes rows of numbers as the results of a query: solutions, or a graph.

https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice, repeat
from typing import IO

import pyoxigraph as ox

from graphsvc.columns.solving import Solving
from graphsvc.columns.terms import constant, integer_fragment, n_triples
from graphsvc.formats import N_TRIPLES, RESULTS_JSON, Format
from graphsvc.rdf.writing import sorted_lines
from graphsvc.store.evaluation import SORTED_LINES, write_triples
from graphsvc.store.output_cap import OutputCap

_BATCH = 1_000


def lines(solving: Solving) -> Iterator[bytes]:
    """The solutions as objects of JSON, made one after another; raises NotHere at once or not at all."""
    rows = solving.rows()
    columns: list[Iterator[bytes]] = []
    for one in solving.query.selected:
        numbers = rows.columns[one.name]
        if one.function == "COUNT":
            columns.append(map(integer_fragment, numbers))
        else:
            columns.append(solving.texts(one.of).several(numbers))
    row = b"{%b}" % b",".join(b'"%b":%%b' % one.name.encode() for one in solving.query.selected)
    return map(row.__mod__, zip(*columns, strict=True))


def triples(solving: Solving) -> bytes:
    """The graph that a query constructs, in N-Triples, each triple once; raises NotHere."""
    rows = solving.rows()

    @cache
    def terms(name: str) -> list[bytes]:
        numbers = rows.columns[name]
        distinct = [*dict.fromkeys(numbers)]
        known = dict(zip(distinct, n_triples(solving.texts(name).several(distinct)), strict=True))
        return [*map(known.__getitem__, numbers)]

    found: dict[bytes, None] = {}
    for pattern in solving.query.template:
        subjects = terms(pattern.subject)
        middle = b" <%b> " % pattern.property.encode()
        if pattern.constant is None:
            objects: Iterable[bytes] = terms(pattern.variable)
        else:
            objects = repeat(constant(pattern.constant.value, is_iri=pattern.constant.is_iri), len(subjects))
        found |= dict.fromkeys(
            b"%b%b%b .\n" % (subject, middle, value) for subject, value in zip(subjects, objects, strict=True)
        )
    return b"".join(found)


def write_graph(
    content: bytes, result: Format, out: IO[bytes], prefixes: Mapping[str, str], cap: OutputCap
) -> None:
    """Write a graph in N-Triples in the format `result`, as the engine's is written."""
    capped = cap.file(out, result)
    count = content.count(b"\n")
    cap.count(count)
    if result == N_TRIPLES:
        capped.write(sorted_lines(content) if count < SORTED_LINES else content)
        return
    quads = ox.parse(content, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)
    write_triples((quad.triple for quad in quads), result, capped, prefixes)


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
