"""The store port: what every adapter does, and all that the rest of the package knows of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from graphsvc.formats import Format
from graphsvc.sparql import Query


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take: `timeout` in seconds (None: the store's own), whether it is still wanted
    (`cancelled` is asked from time to time and must not block), and whose share it counts against."""

    timeout: float | None = None
    cancelled: Callable[[], bool] = lambda: False
    client: str = ""


@dataclass
class Answer:
    """An answer in the asked-for format.

    `length` is the number of bytes where the answer is known to be whole before its first byte is sent, else
    None: then iterating may yet raise, and what came before is not the answer. `epoch` names the state of the
    data that answered.
    """

    chunks: Iterator[bytes]
    epoch: str
    length: int | None = None

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
        Raises QuerySyntaxError, TooComplex, OutOfTime, OutOfMemory, Saturated, StoreError.
        """

    def epoch(self) -> str:
        """The name of the present state of the data: another after each write, the same for the same data."""

    def close(self) -> None:
        """Free what the store holds; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
