"""The adapter that the service uses: queries run in the reader processes of a keeper."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import asdict, replace
from types import TracebackType
from typing import Self

from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store.epoch_page import EpochPage
from graphsvc.store.port import Answer, Limits, Receipt, Write
from graphsvc.workers.client import PoolClient
from graphsvc.workers.wire import Job


class PooledStore:
    """The store behind the pool of readers that listens at `address`.

    A query has `timeout` seconds unless its limits give it less. Up to `hold_back` bytes an answer is whole or
    an error; beyond, it is streamed. `page` names the present state; without it the state is known from the
    writes that were made here.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 30.0,
        hold_back: int = 16 << 20,
        page: EpochPage | None = None,
    ) -> None:
        self._page = page
        self._client = PoolClient(address, hold_back=hold_back)
        self._timeout = timeout
        self._lock = threading.Lock()
        # The newest state that is known: its number, and its name.
        self._known: tuple[int, str] | None = None

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
        with self._lock:
            newest = (int(done["number"]), str(done["epoch"]))
            self._known = max(newest, self._known or newest)
        graphs = tuple(done["graphs"])
        return Receipt(
            done["epoch"], done["added"], done["removed"], done["created"], graphs, done.get("report")
        )

    def _time(self, limits: Limits) -> float:
        return self._timeout if limits.timeout is None else min(limits.timeout, self._timeout)

    def _answer(self, job: Job, payload: str, limits: Limits) -> Answer:
        content = payload.encode()
        key = hashlib.blake2b(repr(job.fields).encode() + content, digest_size=12).hexdigest()
        # Of a stream only its end says which state answered. It is this one or a later one; and the tag of a state
        # that is over does no harm, while that of one that is yet to come would.
        before = self.epoch()
        product = self._client.run(
            replace(job, key=key), content, limits.cancelled, hold_back=0 if limits.stream else None
        )
        epoch = str(product.fields.get("epoch") or before)
        return Answer(product.chunks, epoch, product.length, product.fields.get("graph_epoch", ""))

    def epoch(self) -> str:
        """See `Store.epoch`."""
        present = self._page.read() if self._page is not None else b""
        if present:
            return present.decode()
        if self._known is None:
            told = self._client.hello()
            with self._lock:
                newest = (int(told["number"]), str(told["epoch"]))
                self._known = max(newest, self._known or newest)
        return self._known[1]

    def close(self) -> None:
        """See `Store.close`; the pool is not this adapter's to end."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
