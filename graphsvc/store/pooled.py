"""The adapter that the service uses: queries run in the reader processes of a keeper."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store.port import Answer, Limits
from graphsvc.workers.client import PoolClient
from graphsvc.workers.wire import Job


class PooledStore:
    """The store behind the pool of readers that listens at `address`.

    A query has `timeout` seconds unless its limits give it less. Up to `hold_back` bytes an answer is whole or
    an error; beyond, it is streamed.
    """

    def __init__(self, address: str, *, timeout: float = 30.0, hold_back: int = 16 << 20) -> None:
        self._client = PoolClient(address, hold_back=hold_back)
        self._timeout = timeout
        self._epoch: str | None = None

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        """See `Store.query`."""
        fields = {
            "form": query.form.name,
            "names_dataset": query.names_dataset,
            "default_graphs": query.dataset.default_graphs,
            "named_graphs": query.dataset.named_graphs,
            "result": result.media_type,
        }
        timeout = self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)
        job = Job("query", fields, timeout, limits.client)
        product = self._client.run(job, query.text.encode(), limits.cancelled)
        self._epoch = product.fields.get("epoch", self._epoch)
        return Answer(product.chunks, self.epoch(), product.length)

    def epoch(self) -> str:
        """See `Store.epoch`."""
        if self._epoch is None:
            self._epoch = str(self._client.hello()["epoch"])
        return self._epoch

    def close(self) -> None:
        """See `Store.close`; the pool is not this adapter's to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
