"""Answers that are given again without asking the application, as long as the data are what they were.

An entry is of one epoch and is never found at another. The cache is bounded in bytes and in entries; what was not
asked for the longest goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from graphsvc.figures import Figure
from graphsvc.web.observation import Record

MAX_ENTRIES = 20_000
# How many spellings of the same request are remembered, and how long each may be.
MAX_SPELLINGS = 8
MAX_SPELLING = 8 << 10
# What an entry takes beside its bytes.
OVERHEAD = 1_000


@dataclass(eq=False, slots=True)
class Entry:
    """A whole answer of status 200: its header without Date and the empty line, its body, and its entity tag.

    `unmodified` is the header of the 304 that stands for it; `first` is the record of the request that it was
    made for.
    """

    epoch: bytes
    head: bytes
    unmodified: bytes
    body: bytes
    tag: str
    first: Record
    key: Hashable = None
    size: int = 0
    spellings: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request of that method gets of an entry: its status, its header, and its body or none."""

    entry: Entry
    method: str
    status: int
    head: bytes
    body: bytes


@dataclass
class Counters:
    """Requests that were found, that were not, and entries that had to go for want of room."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0


class ResponseCache:
    """Holds up to `limit` bytes, and no answer larger than an eighth of that; safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.largest = limit // 8
        self.counters = Counters()
        self.size = 0
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        # The bytes of a whole request, and what it gets.
        self._spelled: dict[bytes, Reply] = {}
        self._epoch = b""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def spelled(self, request: bytes, epoch: bytes) -> Reply | None:
        """The reply to a request of exactly these bytes, if it was asked so before at this epoch."""
        reply = self._spelled.get(request)
        if reply is None or reply.entry.epoch != epoch:
            return None
        with self._lock:
            if reply.entry.key in self._entries:
                self._entries.move_to_end(reply.entry.key)
            self.counters.hits += 1
        return reply

    def find(self, key: Hashable, epoch: bytes) -> Entry | None:
        """The entry of a key, if there is one of this epoch."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.epoch != epoch:
                self.counters.misses += 1
                return None
            self._entries.move_to_end(key)
            self.counters.hits += 1
            return entry

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Hold an answer, in place of what the key had; what is of another epoch goes."""
        entry.key = key
        entry.size = len(entry.head) + len(entry.unmodified) + len(entry.body) + len(repr(key)) + OVERHEAD
        with self._lock:
            if entry.epoch != self._epoch:
                self._entries.clear()
                self._spelled.clear()
                self.size, self._epoch = 0, entry.epoch
            self._remove(key)
            if entry.size > self.largest:
                return
            self._entries[key] = entry
            self.size += entry.size
            self._make_room()

    def spell(self, request: bytes, reply: Reply) -> None:
        """Remember the bytes of a request that gets this reply."""
        entry = reply.entry
        if len(request) > MAX_SPELLING or len(entry.spellings) >= MAX_SPELLINGS:
            return
        with self._lock:
            if self._entries.get(entry.key) is not entry or request in self._spelled:
                return
            entry.spellings.append(request)
            self._spelled[request] = reply
            more = len(request) + OVERHEAD
            entry.size += more
            self.size += more
            self._make_room()

    def figures(self) -> Iterator[Figure]:
        """How often an answer was found, and how much is held."""
        counted = self.counters
        yield Figure("cache_hits", "Requests answered from the cache.", counted.hits, counter=True)
        yield Figure("cache_misses", "Requests not found in the cache.", counted.misses, counter=True)
        yield Figure("cache_evictions", "Answers dropped for want of room.", counted.evictions, counter=True)
        yield Figure("cache_bytes", "Memory that kept answers take, in bytes.", self.size)
        yield Figure("cache_entries", "Answers that are kept.", len(self._entries))

    def _make_room(self) -> None:
        while self.size > self.limit or len(self._entries) > MAX_ENTRIES:
            self._remove(next(iter(self._entries)))
            self.counters.evictions += 1

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size
            for spelling in entry.spellings:
                del self._spelled[spelling]
