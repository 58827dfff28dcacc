"""The in-process adapter: an Oxigraph store in memory or on disk, for embedding, the command line and tests.

A query runs in the calling thread and cannot be stopped; the service puts the wall of `graphsvc/workers`
between itself and the engine.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store.evaluation import evaluate
from graphsvc.store.port import Answer, Limits


class LocalStore:
    """An Oxigraph store in this process, in the state `epoch`; `base` and `prefixes` are those of `evaluate`."""

    def __init__(
        self,
        engine: ox.Store,
        epoch: str,
        *,
        base: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.base = base
        self.prefixes = dict(prefixes or {})
        self._epoch = epoch

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: ARG002, B008
        """See `Store.query`; limits do not apply within one process."""
        out = io.BytesIO()
        evaluate(self.engine, query, result, out, base=self.base, prefixes=self.prefixes)
        body = out.getvalue()
        return Answer(iter((body,)), self._epoch, len(body))

    def epoch(self) -> str:
        """See `Store.epoch`."""
        return self._epoch

    def close(self) -> None:
        """See `Store.close`."""
        self.engine = ox.Store()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
