"""What single engines need, or do, beyond the SPARQL 1.1 Protocol.

From their documentation, and for Oxigraph and Virtuoso from what they were seen to do (`docs/remote-stores.md`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from graphsvc.errors import Conflict, GraphsvcError, NotFound, NotSupported, OutOfTime, UnknownFunction
from graphsvc.formats import RESULTS_JSON, RESULTS_XML, Format


@dataclass(frozen=True)
class Dialect:
    """One engine.

    `unions` tells whether its default graph is always the union of all graphs;
    `union_query` and `union_update` are the parameters of a URL that make it so. `deadline` makes the parameter
    that tells it how many seconds there are. `rows` is the format in which it tells results without a fault, and
    `blank_prefix` what it puts before the labels of blank nodes in it, which no syntax allows. `excuses` are words
    by which its refusals are told apart, with what they mean.
    """

    name: str = ""
    unions: bool = False
    union_query: str = ""
    union_update: str = ""
    deadline: Callable[[float], str] | None = None
    rows: Format = RESULTS_JSON
    blank_prefix: str = ""
    excuses: tuple[tuple[str, type[GraphsvcError]], ...] = ()


_KNOWN = (
    Dialect(),
    Dialect(
        "oxigraph",
        union_query="union-default-graph",
        union_update="using-union-graph",
        excuses=(
            ("is not supported", UnknownFunction),
            ("does not exist", NotFound),
            ("already exists", Conflict),
        ),
    ),
    Dialect(
        "virtuoso",
        unions=True,
        deadline=lambda seconds: f"timeout={max(1000, math.ceil(seconds * 1000))}",
        rows=RESULTS_XML,
        blank_prefix="nodeID://",
        excuses=(
            ("S1T00", OutOfTime),
            ("S1TAT", OutOfTime),
            ("exceeds the limit", OutOfTime),
            ("contains triples already", Conflict),
            ("has not been explicitly created", NotFound),
            ("No plain default graph", NotSupported),
        ),
    ),
    Dialect(
        "fuseki",
        union_query="default-graph-uri=urn:x-arq:UnionGraph",
        union_update="using-graph-uri=urn:x-arq:UnionGraph",
        deadline=lambda seconds: f"timeout={seconds:.3f}",
    ),
    Dialect("graphdb", unions=True, deadline=lambda seconds: f"timeout={math.ceil(seconds)}"),
    Dialect("qlever", unions=True, deadline=lambda seconds: f"timeout={math.ceil(seconds)}s"),
    Dialect("neptune", unions=True),
)
DIALECTS = {each.name: each for each in _KNOWN}
