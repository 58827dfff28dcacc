"""Indexes that are made in this process, for embedding and tests."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path

from graphsvc.search.building import build
from graphsvc.search.index import Index
from graphsvc.store import Store


class LocalIndexes:
    """Makes the index of `store` when it is first asked for in an epoch; whoever asks waits for it.

    Things under `base` are found first. The files go with this object, at the latest when the process ends.
    """

    def __init__(self, store: Store, base: str = "") -> None:
        self._store, self._base = store, base
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._newest: Index | None = None
        self._made = 0

    def newest(self, epoch: str) -> Index:
        """See `Indexes.newest`."""
        with self._lock:
            if self._newest is None or self._newest.epoch != epoch:
                if self._folder is None:
                    self._folder = Path(tempfile.mkdtemp(prefix="graphsvc-search-"))
                    self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
                self._made += 1
                path = self._folder / f"{self._made}.sqlite"
                self._newest = Index(path, build(self._store, path, self._base))
                # Another thread may be about to read the one before this; nobody reads the one before that.
                (self._folder / f"{self._made - 2}.sqlite").unlink(missing_ok=True)
            return self._newest

    def present(self, epoch: str) -> Index:
        """See `Indexes.present`; here whoever asks waits, as nobody else could make it."""
        return self.newest(epoch)

    def close(self) -> None:
        """See `Indexes.close`."""
        with self._lock:
            if self._folder is not None:
                self._remove()
            self._folder = self._newest = None
