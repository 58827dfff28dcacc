"""Columns are made in a process of their own: when a reader has met a query that they would be worth it for, and
unasked of what is not very much and has not changed for a while."""

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
# Unasked they are made of a state that has lasted so many seconds, and has no more than so many triples.
CALM = 5.0
UNASKED = 1_000_000
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
        # The state that was seen last, and the one that is too large to have columns unasked.
        self._seen = self._large = ""

    def run(self) -> None:
        """Make columns when they are wanted, and of what lasts, for ever."""
        self._clear(None)
        called = self._wait(0)
        while True:
            while (left := self._ready - time.monotonic()) > 0:
                called |= self._wait(left)
            self.make(called=called)
            called = self._wait(CALM)

    def _wait(self, timeout: float) -> bool:
        """Take in a call, if one comes, and all others that are there; whether one came."""
        called = False
        while select.select([self._listener], [], [], timeout)[0]:
            self._listener.accept()[0].close()
            called, timeout = True, 0
        return called

    def make(self, *, called: bool = True) -> None:
        """Make the columns of the present state, unless they are there; then those of states before are gone.

        Where nobody has `called`, only if it is the state that was seen last, and not too large.
        """
        begun = time.monotonic()
        with self._opened() as store:
            try:
                epoch = str(store.about()["epoch"])
            except GraphsvcError:
                self._ready = begun + PAUSE
                return
        before, self._seen = self._seen, epoch
        path = path_of(self._folder, epoch)
        if path.exists() or not (called or (before == epoch != self._large)):
            return
        most = self._most if called else min(self._most, UNASKED)
        # What that takes in memory is gone with the process that did it.
        done = apart(lambda: self._build(path, most))
        if done == _TOO_MANY and most < self._most:
            # Whoever calls is to have them.
            self._large = epoch
            return
        taken = time.monotonic() - begun
        if done == _MADE:
            self._clear(path)
            _LOG.info("columns were made in %.1f s", taken)
        pause = {_MADE: 0.0, _CHANGED: 0.0, _TOO_MANY: LONG_PAUSE}.get(done, PAUSE)
        self._ready = time.monotonic() + max(pause, REST * taken)

    def _build(self, path: Path, most: int) -> bytes:
        with self._opened() as store:
            try:
                build(store, path, most, store.about)
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
