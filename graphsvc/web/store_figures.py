"""How large the store is, for the metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from graphsvc.errors import GraphsvcError
from graphsvc.figures import Figure
from graphsvc.rdf.terms import Literal
from graphsvc.sparql import read
from graphsvc.store import Limits, Store
from graphsvc.store.rows import table

_COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
# A count may take so many seconds. One that worked stands for a while, and one that did not is long not tried
# again.
_PATIENCE = 2.0
_STANDS = 60.0
_REST = 3600.0


class StoreSize:
    """Counts what `store` has, and what `folder` (None: there is none) takes on the disk."""

    def __init__(self, store: Store, folder: Path | None) -> None:
        self._store = store
        self._folder = folder
        self._counted = ""
        self._quads: int | None = None
        self._until = 0.0

    def __call__(self) -> Iterator[Figure]:
        """The figures; without the number of quads where it takes too long to count them."""
        quads = self._count()
        if quads is not None:
            yield Figure("store_quads", "Quads in named graphs.", quads)
        if self._folder is not None:
            yield Figure("store_bytes", "What the store takes on the disk.", _size(self._folder))

    def _count(self) -> int | None:
        now = time.monotonic()
        if now < self._until:
            return self._quads
        try:
            epoch = self._store.epoch()
            if epoch != self._counted or self._quads is None:
                _, rows = table(self._store, read(_COUNT), Limits(timeout=_PATIENCE))
                number = rows[0]["n"]
                assert isinstance(number, Literal)
                self._quads, self._counted = int(number.value), epoch
            self._until = now + _STANDS
        except GraphsvcError:
            self._quads, self._until = None, now + _REST
        return self._quads


def _size(folder: Path) -> int:
    """Each file once, by however many names it is there."""
    found: dict[int, int] = {}
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue  # removed meanwhile
        found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())
