"""Indexes that are made in this process, for embedding and tests."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from graphsvc.search.building import build
from graphsvc.search.index import Index
from graphsvc.store import Store


class LocalIndexes:
    """Makes the index of `store` when it is first asked for in an epoch; whoever asks waits for it.

    Things under `base` are found first.
    """

    def __init__(self, store: Store, base: str = "") -> None:
        self._store, self._base = store, base
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._newest: Index | None = None
        self._made = 0

    def newest(self, epoch: str) -> Index:
        """See `Indexes.newest`."""
        with self._lock:
            if self._newest is None or self._newest.epoch != epoch:
                if self._folder is None:
                    self._folder = tempfile.TemporaryDirectory(prefix="graphsvc-search-")
                before, self._made = self._newest, self._made + 1
                path = Path(self._folder.name) / f"{self._made}.sqlite"
                self._newest = Index(path, build(self._store, path, self._base))
                if before is not None:
                    before.path.unlink(missing_ok=True)
            return self._newest

    def close(self) -> None:
        """See `Indexes.close`."""
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
            self._folder = self._newest = None
