"""The adapter that the service uses: queries run in the reader processes of a keeper."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import TracebackType
from typing import Any, Self

from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.sparql.shape import shape
from graphsvc.store.port import Answer, Delivery, Limits, Receipt, Write
from graphsvc.workers.board import Board
from graphsvc.workers.client import PoolClient
from graphsvc.workers.wire import Job

# A copy of all data may take longer than a query, in seconds.
SNAPSHOT_TIMEOUT = 3_600.0


class PooledStore:
    """The store behind the pool of readers that listens at `address`.

    A query has `timeout` seconds unless its limits give it less. Up to `hold_back` bytes an answer is whole or
    an error, unless its limits ask for the first ones earlier; beyond, it is streamed. `tell` is told what is said
    beside each answer that is whole.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 30.0,
        hold_back: int = 16 << 20,
        tell: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        self._client = PoolClient(address, hold_back=hold_back)
        self._board = Board(address)
        self._timeout = timeout
        self._tell = tell

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.query`."""
        fields = {
            "form": query.form.name,
            "names_dataset": query.names_dataset,
            "history": query.history,
            "default_graphs": query.dataset.default_graphs,
            "named_graphs": query.dataset.named_graphs,
            "result": result.media_type,
            "max_rows": limits.max_rows,
            "max_bytes": limits.max_bytes,
        }
        return self._answer(Job("query", fields, self._time(limits), limits.client), query.text, limits)

    def graph(self, name: str, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.graph`."""
        fields = {"graph": name, "result": result.media_type}
        return self._answer(Job("graph", fields, self._time(limits), limits.client), "", limits)

    def graph_epoch(self, name: str, limits: Limits = Limits()) -> str:  # noqa: B008
        """See `Store.graph_epoch`."""
        job = Job("graph epoch", {"graph": name}, self._time(limits), limits.client)
        return str(self._client.run(job, b"", limits.cancelled).fields["graph_epoch"])

    def write(self, write: Write, limits: Limits = Limits()) -> Receipt:  # noqa: B008
        """See `Store.write`."""
        fields = asdict(write)
        content = fields.pop("content")
        job = Job("write", fields, self._time(limits), limits.client)
        done = self._client.run(job, content, limits.cancelled).fields
        graphs = tuple(done["graphs"])
        return Receipt(
            done["epoch"], done["added"], done["removed"], done["created"], graphs, done.get("report")
        )

    def _time(self, limits: Limits) -> float:
        return self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)

    def _answer(self, job: Job, payload: str, limits: Limits) -> Answer:
        content = payload.encode()
        # Queries of one shape take about the same time.
        alike = repr(job.fields) + shape(payload)
        key = hashlib.blake2b(alike.encode(), digest_size=12).hexdigest()
        # Of a stream only its end says which state answered. It is this one or a later one; and the tag of a state
        # that is over does no harm, while that of one that is yet to come would.
        before = self.epoch()
        product = self._client.run(
            replace(job, key=key),
            content,
            limits.cancelled,
            hold_back=0 if limits.delivery is Delivery.AT_ONCE else None,
            # What may turn out to be too large for its caller is held until that is known.
            flowing=limits.delivery is Delivery.FLOWING and not (limits.max_rows or limits.max_bytes),
        )
        epoch = str(product.fields.get("epoch") or before)
        fields = product.fields
        self._tell(fields)
        return Answer(
            product.chunks, epoch, product.length, fields.get("graph_epoch", ""), fields.get("seconds")
        )

    def snapshot(self) -> Answer:
        """All that the store holds in one state, as a document of `graphsvc.store.snapshot`. Raises as `query`."""
        return self._answer(Job("snapshot", {}, SNAPSHOT_TIMEOUT), "", Limits())

    def about(self) -> dict[str, Any]:
        """The present state: its `epoch`, how many changes led to it (`number`), and the `id` of the last one.

        Raises Unavailable before there is any.
        """
        return self._board.read() or self._client.hello()

    def epoch(self) -> str:
        """See `Store.epoch`; to know it takes no more than to read a few bytes."""
        return str(self.about()["epoch"])

    def keeper_state(self, patience: float) -> dict[str, Any]:
        """What the keeper says of the data, within so many seconds. Raises Unavailable, StoreError."""
        return self._client.hello(patience)

    def close(self) -> None:
        """See `Store.close`; the pool is not this adapter's to end."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
