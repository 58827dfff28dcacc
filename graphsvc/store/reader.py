"""What a reader process does: one query on the snapshot that it was forked with."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS
from graphsvc.sparql import Dataset, Form, Query
from graphsvc.store.evaluation import evaluate
from graphsvc.store.local import LocalStore
from graphsvc.workers.wire import Job

_FORMATS = {one.media_type: one for one in (*GRAPH_FORMATS, *RESULTS_FORMATS)}


def reader(store: LocalStore) -> Callable[[Job, bytes, IO[bytes]], None]:
    """The handler of a pool of readers on `store`; jobs are those of `graphsvc.store.pooled`."""

    def handle(job: Job, payload: bytes, out: IO[bytes]) -> None:
        fields = job.fields
        query = Query(
            payload.decode(),
            Form[fields["form"]],
            fields["names_dataset"],
            Dataset(_iris(fields["default_graphs"]), _iris(fields["named_graphs"])),
        )
        result = _FORMATS[fields["result"]]
        evaluate(store.engine, query, result, out, base=store.base, prefixes=store.prefixes)

    return handle


def _iris(listed: list[str] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(listed)
