"""The in-process adapter: an Oxigraph store in memory or on disk, for embedding, the command line and tests.

A query runs in the calling thread and cannot be stopped; the service puts the wall of `graphsvc/workers`
between itself and the engine.
"""

from __future__ import annotations

import io
import threading
from types import TracebackType
from typing import IO, Self

import pyoxigraph as ox

from graphsvc.errors import NotFound, NotSupported
from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store.evaluation import evaluate, write_graph
from graphsvc.store.history import History
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.port import Answer, Limits, Receipt, Write
from graphsvc.store.writing import Guard, Setting, State, Unguarded, carry_out


class LocalStore:
    """An Oxigraph store in this process, in the state `epoch`.

    `setting` is what reads and writes are understood by, `guard` has a say in writes. A store that is not
    `writable` refuses every write with NotSupported.
    """

    def __init__(
        self,
        engine: ox.Store,
        epoch: str,
        *,
        setting: Setting | None = None,
        guard: Guard | None = None,
        writable: bool = True,
    ) -> None:
        self.state = State(engine, epoch)
        self.setting = setting or Setting()
        self.guard = guard or Unguarded()
        self.history = History(f"{self.setting.reserved or 'urn:x-graphsvc:'}writes")
        self._writable = writable
        self._lock = threading.Lock()

    @property
    def engine(self) -> ox.Store:
        """The engine itself."""
        return self.state.engine

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.query`; within one process there is no limit of time."""
        out = io.BytesIO()
        self.evaluate(query, result, out, OutputCap(limits.max_rows, limits.max_bytes))
        body = out.getvalue()
        return Answer(iter((body,)), self.epoch(), len(body))

    def evaluate(
        self,
        query: Query,
        result: Format,
        out: IO[bytes],
        cap: OutputCap = OutputCap(),  # noqa: B008
    ) -> None:
        """Write the answer to a query to `out`. Raises as `evaluate` does."""
        setting = self.setting
        evaluate(
            self.history.engine if query.history else self.engine,
            query,
            result,
            out,
            base=setting.base,
            prefixes=setting.prefixes,
            union=setting.union,
            cap=cap,
        )

    def graph(self, name: str, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: ARG002, B008
        """See `Store.graph`."""
        record = name == self.history.name
        if not record and not self.state.holds(name):
            raise NotFound(f"There is no graph <{name}>.")
        out = io.BytesIO()
        engine = self.history.engine if record else self.engine
        write_graph(engine, name, result, out, prefixes=self.setting.prefixes)
        body = out.getvalue()
        return Answer(iter((body,)), self.epoch(), len(body), self.state.graph_epoch(name))

    def graph_epoch(self, name: str, limits: Limits = Limits()) -> str:  # noqa: ARG002, B008
        """See `Store.graph_epoch`."""
        if not self.state.holds(name):
            raise NotFound(f"There is no graph <{name}>.")
        return self.state.graph_epoch(name)

    def write(self, write: Write, limits: Limits = Limits()) -> Receipt:  # noqa: ARG002, B008
        """See `Store.write`; kept as long as this process lives, and not in the record of writes."""
        return self.write_and_tell(write)[0]

    def write_and_tell(self, write: Write) -> tuple[Receipt, bytes]:
        """Make a write; what it did, and the patch that does the same elsewhere."""
        if not self._writable:
            raise NotSupported("This store is open for reading alone.")
        with self._lock:
            return carry_out(self.state, write, self.setting, self.guard)

    def epoch(self) -> str:
        """See `Store.epoch`."""
        return self.state.epoch

    def close(self) -> None:
        """See `Store.close`."""
        self.state.engine = ox.Store()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
