"""What a reader process does: one query, or one graph, of the snapshot that it was forked with."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any

from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS, Format
from graphsvc.sparql import Dataset, Form, Query
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.snapshot import write_snapshot
from graphsvc.workers.direct import Answer
from graphsvc.workers.wire import Job
from graphsvc.workers.worker import Handler

_FORMATS = {one.media_type: one for one in (*GRAPH_FORMATS, *RESULTS_FORMATS)}


# Writes the answer to a query; what is told beside it.
Evaluate = Callable[[LocalStore, Query, Format, IO[bytes], OutputCap], dict[str, Any]]


def by_engine(
    store: LocalStore, query: Query, result: Format, out: IO[bytes], cap: OutputCap
) -> dict[str, Any]:
    """Have the engine answer."""
    store.evaluate(query, result, out, cap)
    return {}


def reader(
    store: LocalStore,
    about: Callable[[], dict[str, Any]] = dict,
    files: str = "",
    evaluate: Evaluate = by_engine,
) -> Handler:
    """The handler of a pool of readers on `store`; jobs are those of `graphsvc.store.pooled`.

    `about` gives the store's place in its chain of changes, `files` is the version of the project's files, and
    queries are answered by `evaluate`.
    """

    def handle(job: Job, payload: bytes, out: IO[bytes]) -> dict[str, Any] | None:
        fields = job.fields
        if job.kind == "graph epoch":
            return {"graph_epoch": store.graph_epoch(fields["graph"])}
        if job.kind == "snapshot":
            write_snapshot(store.state, about(), files, out)
            return None
        result = _FORMATS[fields["result"]]
        if job.kind == "graph":
            answer = store.graph(fields["graph"], result)
            out.write(answer.read())
            return {"graph_epoch": answer.graph_epoch}
        query = Query(
            payload.decode(),
            Form[fields["form"]],
            fields["names_dataset"],
            Dataset(_iris(fields["default_graphs"]), _iris(fields["named_graphs"])),
            history=fields["history"],
        )
        return evaluate(store, query, result, out, OutputCap(fields["max_rows"], fields["max_bytes"]))

    return handle


def direct_reader(store: LocalStore, cap: OutputCap, evaluate: Evaluate = by_engine) -> Answer:
    """What a direct reader does: the kind of question is a query form and a media type, the question a text."""

    def answer(kind: str, content: bytes) -> bytes:
        form, _, media_type = kind.partition(" ")
        out = io.BytesIO()
        evaluate(store, Query(content.decode(), Form[form]), _FORMATS[media_type], out, cap)
        return out.getvalue()

    return answer


def _iris(listed: list[str] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(listed)
