"""Indexes that are made in a process of their own: asked for over a socket, read from files.

A packet asks for the index of an epoch; the packet that answers names the newest one, its epoch and its file.
"""

from __future__ import annotations

import json
import logging
import select
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from graphsvc.errors import GraphsvcError, Unavailable
from graphsvc.search.building import build
from graphsvc.search.index import Index
from graphsvc.store import Store

_LOG = logging.getLogger("graphsvc.search")
_MAX_PACKET = 8 << 10
# A remote store does not say when its data change: its index is made again after so many seconds.
REST = 60.0
# A page has the index made anew once in so many seconds, and for so long an index may be on its way.
_SELDOM, _LONG = 60.0, 3600.0


class ServedIndexes:
    """The indexes of the process that listens at `address`.

    Who searches right after a write waits for up to `patience` seconds until the index has it, all together; after
    that they get the index before, while the new one is made. Who searches before there is any index waits for up
    to `first` seconds. An index that is younger than `every` seconds counts as the present one.
    """

    def __init__(
        self, address: str, *, patience: float = 2.0, first: float = 10.0, every: float = 0.0
    ) -> None:
        self._address = address
        self._every, self._had = every, 0.0
        self._patience, self._first = patience, first
        self._lock = threading.Lock()
        self._newest: Index | None = None
        self._wanted, self._since = "", 0.0
        self._called = 0.0

    def newest(self, epoch: str) -> Index:
        """See `Indexes.newest`."""
        with self._lock:
            if self._newest is not None and self._newest.epoch == epoch:
                return self._newest
            now = time.monotonic()
            if self._newest is not None and now < self._had + self._every:
                return replace(self._newest, epoch=epoch)
            if self._wanted != epoch:
                self._wanted, self._since = epoch, now
            left = self._since + (self._patience if self._newest else self._first) - now
        found = self._ask(epoch, max(0.05, left))
        with self._lock:
            if found is not None:
                self._newest, self._had = found, time.monotonic()
                return replace(found, epoch=epoch) if self._every else found
            if self._newest is None:
                raise Unavailable("The index of the search is being made; try again in a moment.")
            return self._newest

    def present(self, epoch: str) -> Index | None:
        """See `Indexes.present`."""
        with self._lock:
            found, now = self._newest, time.monotonic()
            if found is None or (found.epoch != epoch and now >= self._had + _SELDOM):
                if now >= self._called:
                    self._called = now + _LONG
                    threading.Thread(target=self._call, args=(epoch,), daemon=True).start()
            elif self._every:
                return replace(found, epoch=epoch)
            return found

    def _call(self, epoch: str) -> None:
        """Have the index of an epoch made, however long that takes."""
        found = self._ask(epoch, _LONG)
        with self._lock:
            now = time.monotonic()
            self._called = now + 1.0
            if found is not None:
                self._newest, self._had = found, now

    def _ask(self, epoch: str, wait: float) -> Index | None:
        """The newest index that there is within `wait` seconds, if one is there."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
                asked.settimeout(wait)
                asked.connect(self._address)
                asked.send(epoch.encode())
                told = json.loads(asked.recv(_MAX_PACKET) or b"null")
        except OSError:
            return None
        return Index(Path(told["path"]), told["epoch"]) if told else None

    def close(self) -> None:
        """See `Indexes.close`; the other process is not this one's to end."""


class Indexer:
    """Makes indexes in `folder` for whoever asks at `listener`; `opened` gives the store as it is now.
    Things under `base` are found first.

    It rests after each index for as long as making it took, and at least `rest` seconds.
    """

    def __init__(
        self,
        listener: socket.socket,
        opened: Callable[[], Store],
        folder: Path,
        *,
        base: str,
        rest: float,
    ) -> None:
        self._listener = listener
        self._opened = opened
        self._folder = folder
        self._base = base
        self._rest = rest
        self._newest: Index | None = None
        self._made = 0
        self._ready = 0.0

    def run(self) -> None:
        """Make the first index, then answer for ever."""
        for old in self._folder.glob("search-*"):
            old.unlink(missing_ok=True)
        self._make()
        while True:
            waiting: list[tuple[socket.socket, str]] = []
            self._accept(waiting, None)
            if any(self._is_old(epoch) for _, epoch in waiting):
                if self._rest and self._newest:
                    # Too often to follow each change: what there is must do.
                    if time.monotonic() >= self._ready:
                        self._make()
                else:
                    while (left := self._ready - time.monotonic()) > 0:
                        self._accept(waiting, left)
                    self._make()
            for client, _ in waiting:
                self._tell(client)

    def _is_old(self, epoch: str) -> bool:
        return self._newest is None or self._newest.epoch != epoch

    def _accept(self, waiting: list[tuple[socket.socket, str]], timeout: float | None) -> None:
        """Take the next request, and all others that are there."""
        while select.select([self._listener], [], [], timeout)[0]:
            client, _ = self._listener.accept()
            client.settimeout(1)
            try:
                waiting.append((client, client.recv(_MAX_PACKET).decode(errors="replace")))
            except OSError:
                client.close()
            timeout = 0

    def _tell(self, client: socket.socket) -> None:
        told = {"path": str(self._newest.path), "epoch": self._newest.epoch} if self._newest else None
        with client, suppress(OSError):
            client.send(json.dumps(told).encode())

    def _make(self) -> None:
        begun = time.monotonic()
        path = self._folder / f"search-{self._made + 1}.sqlite"
        try:
            with self._opened() as store:
                epoch = build(store, path, self._base)
        except (GraphsvcError, OSError, ValueError, SyntaxError, sqlite3.Error) as error:
            _LOG.warning("no index for the search could be made: %s", error)
            self._ready = time.monotonic() + max(self._rest, 2.0)
            return
        # Somebody may just have been told of the newest; nobody reads the one before it any more.
        (self._folder / f"search-{self._made - 1}.sqlite").unlink(missing_ok=True)
        self._newest, self._made = Index(path, epoch), self._made + 1
        taken = time.monotonic() - begun
        self._ready = time.monotonic() + max(self._rest, taken)
