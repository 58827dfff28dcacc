"""The store port: what every adapter does, and all that the rest of the package knows of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Protocol, Self

from graphsvc.formats import Format
from graphsvc.sparql import Query


class Delivery(Enum):
    """When the first bytes of an answer are given, by a store that can tell: a failure after that breaks it off.

    `WHOLE`: once all are there, as far as there is room for them. `FLOWING`: so too, but no later than it shows
    that there will not be room. `AT_ONCE`: as soon as they are there.
    """

    WHOLE = "whole"
    FLOWING = "flowing"
    AT_ONCE = "at once"


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take: `timeout` in seconds (None: the store's own), whether it is still wanted
    (`cancelled` is asked from time to time and must not block), and whose share it counts against; how many rows
    (or triples) and bytes its answer may have (0: any number), and when it is given."""

    timeout: float | None = None
    cancelled: Callable[[], bool] = lambda: False
    client: str = ""
    max_rows: int = 0
    max_bytes: int = 0
    delivery: Delivery = Delivery.WHOLE


@dataclass(frozen=True)
class Write:
    """One change that is made as a whole or not at all.

    `kind` is `update`, with SPARQL Update text in `content`, or one of the Graph Store Protocol's `put`, `post`,
    `delete` and `patch`, on the graph `graph` (empty: the default graph), with a document of media type `syntax`
    in `content`, or Update text for `patch`. `using` and `using_named` are the request's dataset; `base`
    resolves relative IRIs. `parts` cuts `content` into several documents, each by its media type and its length.
    `if_epochs` are the epochs of which the graph must be at one (`*`: at any, as long as it is there),
    `unless_epochs` those at which it must not be. `author` is who writes, `allowed` how the names of the graphs
    begin that they may write to (None: every graph). With `dry_run` everything is tried, validation too, and
    nothing is changed.
    """

    kind: str
    content: bytes = b""
    graph: str = ""
    syntax: str = ""
    base: str | None = None
    using: tuple[str, ...] | None = None
    using_named: tuple[str, ...] | None = None
    parts: tuple[tuple[str, int], ...] = ()
    if_epochs: tuple[str, ...] | None = None
    unless_epochs: tuple[str, ...] | None = None
    author: str = ""
    allowed: tuple[str, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a write did: the epoch since it, triples added and removed (None where the store does not say), and
    whether it made its graph; `graphs` are those that it changed, the default graph as the empty string.

    Of a dry run that is what would have been, but for the epoch, and `report` is the validation report as an
    object of JSON."""

    epoch: str
    added: int | None = 0
    removed: int | None = 0
    created: bool = False
    graphs: tuple[str, ...] = ()
    report: Mapping[str, Any] | None = None


@dataclass
class Answer:
    """An answer in the asked-for format.

    `length` is the number of bytes where the answer is known to be whole before its first byte is sent, else
    None: then iterating may yet raise, and what came before is not the answer. `epoch` names the state of the
    data that answered, `graph_epoch` the one in which an asked-for graph last changed; `seconds` is how long the
    store was at it, where that is known.
    """

    chunks: Iterator[bytes]
    epoch: str
    length: int | None = None
    graph_epoch: str = ""
    seconds: float | None = None

    def read(self) -> bytes:
        """All bytes at once; raises as the store's `query` does."""
        return b"".join(self.chunks)


class Store(Protocol):
    """A store of one RDF dataset; a context manager; safe to use from several threads.

    The default graph is the union of all named graphs, unless the query or its request names the dataset.
    """

    def query(self, query: Query, result: Format, limits: Limits = ...) -> Answer:
        """Run a query and serialise its solutions or triples.

        `result` is one of RESULTS_FORMATS for SELECT and ASK, of GRAPH_FORMATS for CONSTRUCT and DESCRIBE.
        Raises QuerySyntaxError, TooComplex, OutOfTime, OutOfMemory, ResultTooLarge, Saturated, StoreError.
        """

    def graph(self, name: str, result: Format, limits: Limits = ...) -> Answer:
        """One graph as a document; the empty name is the graph outside all named graphs.

        Raises NotFound for a named graph that is not there, and as `query` does.
        """

    def graph_epoch(self, name: str, limits: Limits = ...) -> str:
        """The epoch in which a graph last changed; empty where the store does not know.

        Raises NotFound for a named graph that is not there, and as `query` does.
        """

    def write(self, write: Write, limits: Limits = ...) -> Receipt:
        """Make a change; when this returns, it will not be lost, and whoever asks next sees it.

        Raises QuerySyntaxError, DataSyntaxError, BadRequest, Conflict, NotFound, Forbidden for a graph that is
        not allowed, PreconditionFailed, ShapesViolated, and as `query` does; then nothing is changed.
        """

    def epoch(self) -> str:
        """The name of the present state of the data: another after each write, the same for the same data."""

    def close(self) -> None:
        """Free what the store holds; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
