"""What a primary offers of its journal: the last changes, in order, each as it was committed.

The journal is the feed, so there is no change that was acknowledged and that the feed lacks, whatever was killed.
What the journal has and the store does not (yet) is not offered.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from graphsvc.errors import Gone
from graphsvc.store.entries import Entry, entry_of

# A record's first bytes, by which a journal that was begun anew is told.
_MARK = 96
# How often somebody who waits looks whether the journal has grown, in seconds, and how many may wait.
_LOOK = 0.01
MAX_WAITING = 16


@dataclass(frozen=True)
class Item:
    """A change in the journal: what is said of it, and where its patch is."""

    fields: dict[str, Any]
    start: int
    size: int


class Feed:
    """The last `entries` changes of the journal at `journal`, of `size` bytes at most; safe from several threads.

    `about` gives the present state of the store: its `epoch`, its `number`, and the `id` of the last change. A
    replica writes to the file `following` how it is doing.
    """

    def __init__(
        self,
        journal: Path,
        about: Callable[[], dict[str, Any]],
        *,
        entries: int,
        size: int,
        following: Path | None = None,
    ) -> None:
        self.path = journal
        self.following = following
        self.about = about
        self._entries = entries
        self._size = size
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(MAX_WAITING)
        self._begin(b"")

    def _begin(self, mark: bytes) -> None:
        self._mark = mark
        self._end = 0
        self._held = 0
        # Whether there were changes before those that are offered.
        self.dropped = False
        self._items: deque[Item] = deque()

    @property
    def offered(self) -> bool:
        """Whether there is any feed."""
        return self._entries > 0

    @property
    def most(self) -> int:
        """How many changes are offered at most."""
        return self._entries

    def items(self) -> list[Item]:
        """The changes that are offered, the oldest first. Raises Unavailable before there is a store."""
        if not self.offered:
            return []
        about = self.about()
        with self._lock, suppress(FileNotFoundError), open(self.path, "rb") as file:
            mark = os.pread(file.fileno(), _MARK, 0)
            if mark[: len(self._mark)] != self._mark or len(self._mark) < len(mark):
                self._begin(mark)
            for item, end in _scan(file, self._end, int(about["number"])):
                self._end = end
                if "id" in item.fields and item.size:
                    self._take(item)
        return list(self._items)

    def _take(self, item: Item) -> None:
        if item.fields.get("kind") == "load":
            # The journal does not have what was loaded: who was there before takes a snapshot.
            self._items.clear()
            self._held = 0
            return
        self._items.append(item)
        self._held += item.size
        while self._items and (len(self._items) > self._entries or self._held > self._size):
            self._held -= self._items.popleft().size
            self.dropped = True

    def entry(self, item: Item) -> Entry:
        """A change as an entry. Raises Gone where the journal was begun anew."""
        with open(self.path, "rb") as file:
            return self._entry(file, item)

    def _entry(self, file: IO[bytes], item: Item) -> Entry:
        entry = entry_of(item.fields, os.pread(file.fileno(), item.size, item.start))
        if len(entry.patch) < item.size:
            raise Gone("The journal was begun anew; take a snapshot.")
        return entry

    def after(self, epoch: str, limit: int) -> bytes:
        """The entries that follow the state `epoch`: of `limit` bytes, or one entry; none for the present state.

        Raises Gone for a state that the feed does not lead away from: its changes are no longer offered, or it was
        never a state of this store.
        """
        items = self.items()
        place = next((n for n, item in enumerate(items) if item.fields["before"] == epoch), None)
        if place is None:
            if epoch in (self.about()["epoch"], items[-1].fields["epoch"] if items else None):
                return b""
            raise Gone("The feed has nothing that follows this state; take a snapshot.")
        parts: list[bytes] = []
        size = 0
        with open(self.path, "rb") as file:
            for item in items[place:]:
                if parts and size + item.size > limit:
                    break
                size += item.size
                parts.append(self._entry(file, item).text())
        return b"".join(parts)

    def wait(self, epoch: str, seconds: float, cancelled: Callable[[], bool]) -> None:
        """Wait until the store is in another state than `epoch`, or for so many seconds; not at all where too
        many do.
        """
        until = time.monotonic() + seconds
        if not self._waiting.acquire(blocking=False):
            return
        try:
            while time.monotonic() < until and self.about()["epoch"] == epoch and not cancelled():
                time.sleep(_LOOK)
        finally:
            self._waiting.release()


def _scan(file: IO[bytes], place: int, number: int) -> Iterator[tuple[Item, int]]:
    """The records from `place` on that lead to change `number` at most, and where each ends."""
    size = os.fstat(file.fileno()).st_size
    while place < size:
        file.seek(place)
        line = file.readline()
        if not line.endswith(b"\n") or line[:8] != b"%08x" % zlib.crc32(line[9:-1]):
            return
        fields: dict[str, Any] = json.loads(line[9:])
        start, length = place + len(line), int(fields["bytes"])
        place = start + length + 1
        if place > size or int(fields["number"]) > number:
            return
        yield Item(fields, start, length), place
