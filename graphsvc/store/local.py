"""In-process adapters: an Oxigraph store in memory or on disk, for embedding, the command line and tests.

A query runs in the calling thread and cannot be stopped; the service puts the wall of `graphsvc/workers`
between itself and the engine.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from graphsvc.errors import ProjectError
from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store.evaluation import evaluate
from graphsvc.store.port import Answer, Limits


class LocalStore:
    """An Oxigraph store in this process: in memory, or in the folder `path`.

    `base` and `prefixes` are those of `evaluate`. Raises ProjectError where the folder cannot be opened.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        base: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> None:
        try:
            self.engine = ox.Store(str(path)) if path else ox.Store()
        except OSError as error:
            raise ProjectError(f"{path}: the store cannot be opened: {error}") from error
        self._base = base
        self._prefixes = dict(prefixes or {})
        self._epoch = "0"

    def load(self, quads: Iterable[ox.Quad], epoch: str) -> None:
        """Add quads, all or none, and name the state that follows."""
        self.engine.extend(quads)
        self._epoch = epoch

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: ARG002, B008
        """See `Store.query`; limits do not apply within one process."""
        out = io.BytesIO()
        evaluate(self.engine, query, result, out, base=self._base, prefixes=self._prefixes)
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
