"""Columns are made in a process of their own, when a reader has met a query that they would be worth it for."""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from graphsvc.columns.building import Changed, TooMany, build
from graphsvc.columns.file import path_of
from graphsvc.errors import GraphsvcError
from graphsvc.store.port import Store
from graphsvc.workers.apart import apart

_LOG = logging.getLogger("graphsvc.columns")
# After columns were made, none are for so many times as long as that took: whoever writes all the time has none.
REST = 3.0
# After a failure none are made for so many seconds, and where there is too much for so many.
PAUSE, LONG_PAUSE = 2.0, 600.0
_MADE, _CHANGED, _TOO_MANY = b"made", b"changed", b"too many"


class Placed(Store, Protocol):
    """A store that says where it is in its chain of changes, of which the `epoch` is a part."""

    def about(self) -> dict[str, Any]: ...


class Tabulator:
    """Makes columns in `folder` whenever somebody calls at `listener`; `opened` gives the store, of which no more
    than `most` triples have columns."""

    def __init__(
        self,
        listener: socket.socket,
        opened: Callable[[], Placed],
        folder: Path,
        most: int,
    ) -> None:
        self._listener, self._opened = listener, opened
        self._folder, self._most = folder, most
        self._ready = 0.0

    def run(self) -> None:
        """Make columns when they are wanted, for ever."""
        self._clear(None)
        while True:
            self._wait(None)
            while (left := self._ready - time.monotonic()) > 0:
                self._wait(left)
            self.make()

    def _wait(self, timeout: float | None) -> None:
        """Take in a call, if one comes, and all others that are there."""
        while select.select([self._listener], [], [], timeout)[0]:
            self._listener.accept()[0].close()
            timeout = 0

    def make(self) -> None:
        """Make the columns of the present state, unless they are there; then those of states before are gone."""
        begun = time.monotonic()
        with self._opened() as store:
            try:
                path = path_of(self._folder, str(store.about()["epoch"]))
            except GraphsvcError:
                self._ready = begun + PAUSE
                return
        if path.exists():
            return
        # What that takes in memory is gone with the process that did it.
        done = apart(lambda: self._build(path))
        taken = time.monotonic() - begun
        if done == _MADE:
            self._clear(path)
            _LOG.info("columns were made in %.1f s", taken)
        pause = {_MADE: 0.0, _CHANGED: 0.0, _TOO_MANY: LONG_PAUSE}.get(done, PAUSE)
        self._ready = time.monotonic() + max(pause, REST * taken)

    def _build(self, path: Path) -> bytes:
        with self._opened() as store:
            try:
                build(store, path, self._most, store.about)
            except Changed:
                return _CHANGED
            except TooMany:
                return _TOO_MANY
            except (GraphsvcError, OSError, ValueError) as error:
                _LOG.warning("no columns could be made: %s", error)
                return b""
        return _MADE

    def _clear(self, kept: Path | None) -> None:
        for old in self._folder.glob("columns-*"):
            if old != kept:
                old.unlink(missing_ok=True)
