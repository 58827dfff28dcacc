"""Answers that are given again without asking the application, as long as the data are what they were.

An entry is of one epoch. At another one it is found only if it depends on a few graphs alone and none of them
was changed in between; then it says what the application would say there. The cache is bounded in bytes and in
entries; what was not asked for the longest goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace

from graphsvc.figures import Figure
from graphsvc.web.caching import Files, Scope
from graphsvc.web.observation import Record

MAX_ENTRIES = 20_000
# How many spellings of the same request are remembered, and how long each may be.
MAX_SPELLINGS = 8
MAX_SPELLING = 8 << 10
# An answer of more bytes is large; so many that were asked for are remembered.
LARGE = 1 << 20
MAX_ASKED = 1_000
# What an entry takes beside its bytes.
OVERHEAD = 1_000
# Whether nothing was written to some graphs, given as digests, between one epoch and a later one.
Unwritten = Callable[[str, str, frozenset[str]], bool]


@dataclass(eq=False, slots=True)
class Entry:
    """A whole answer of status 200: its header without Date and the empty line, its body, and its entity tag.

    `unmodified` is the header of the 304 that stands for it; `first` is the record of the request that it was
    made for. `scope` has digests of graphs.
    """

    epoch: bytes
    head: bytes
    unmodified: bytes
    body: bytes
    tag: str
    first: Record
    scope: Scope | None = None
    files: Files | None = None
    key: Hashable = None
    size: int = 0
    spellings: list[bytes] = field(default_factory=list)

    @property
    def is_current(self) -> bool:
        """Whether the files that it was made of are what they were."""
        return self.files is None or self.files.are_the_same()

    def at(self, epoch: bytes, scope: Scope) -> Entry:
        """The same answer as it is given at another epoch."""
        old, new = (scope.tag_at(one.decode()) for one in (self.epoch, epoch))
        tag = new + self.tag.removeprefix(old)
        told = {b"etag": f'"{tag}"'.encode(), b"graph-epoch": epoch}
        return replace(
            self,
            epoch=epoch,
            head=_retold(self.head, told),
            unmodified=_retold(self.unmodified, told),
            tag=tag,
            first=replace(self.first, epoch=epoch.decode()) if self.first.epoch else self.first,
            spellings=[],
        )


def _retold(head: bytes, told: dict[bytes, bytes]) -> bytes:
    """A header with other values for some of its fields, where it has them."""
    lines = head.split(b"\r\n")
    for place, line in enumerate(lines):
        name, sign, _ = line.partition(b": ")
        if sign and name.lower() in told:
            lines[place] = name + sign + told[name.lower()]
    return b"\r\n".join(lines)


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
    """Requests that were found, that were not, entries that had to go for want of room, and those that a write
    left standing."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    survivals: int = 0


def _size(entry: Entry) -> int:
    """How many bytes an entry takes, before its spellings."""
    return len(entry.head) + len(entry.unmodified) + len(entry.body) + _length(entry.key) + OVERHEAD


def _length(key: Hashable) -> int:
    """How long the texts are that a key has."""
    if isinstance(key, (str, bytes)):
        return len(key)
    return sum(map(_length, key)) if isinstance(key, tuple) else 0


class ResponseCache:
    """Holds up to `limit` bytes, and no answer larger than an eighth of that; safe to use from several threads.

    `unwritten` tells what a write may leave standing; without it nothing is.
    """

    def __init__(self, limit: int, unwritten: Unwritten = lambda since, now, graphs: False) -> None:  # noqa: ARG005
        self.limit = limit
        self.largest = limit // 8
        self.counters = Counters()
        self.size = 0
        self._unwritten = unwritten
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        # The bytes of a whole request, and what it gets.
        self._spelled: dict[bytes, Reply] = {}
        # Large answers that were asked for.
        self._asked: OrderedDict[int, None] = OrderedDict()
        self._epoch = b""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def spelled(self, request: bytes, epoch: bytes) -> Reply | None:
        """The reply to a request of exactly these bytes, if it was asked so before at this epoch."""
        reply = self._spelled.get(request)
        if reply is None or reply.entry.epoch != epoch or not reply.entry.is_current:
            return None
        with self._lock:
            if reply.entry.key in self._entries:
                self._entries.move_to_end(reply.entry.key)
            self.counters.hits += 1
        return reply

    def find(self, key: Hashable, epoch: bytes) -> Entry | None:
        """The entry of a key, if there is one of this epoch, or one that is the same there."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.epoch != epoch:
                entry = self._moved(entry, epoch)
            if entry is None or not entry.is_current:
                self.counters.misses += 1
                return None
            self._entries.move_to_end(key)
            self.counters.hits += 1
            return entry

    def is_wanted(self, key: Hashable, size: int) -> bool:
        """Whether an answer of that size is worth to be kept: a large one is from the second time on.

        Else a reader who takes all there is, part by part, would have everything else thrown out.
        """
        if size <= LARGE:
            return True
        mark = hash(key)
        with self._lock:
            known = mark in self._asked
            self._asked[mark] = None
            self._asked.move_to_end(mark)
            if len(self._asked) > MAX_ASKED:
                self._asked.popitem(last=False)
        return known

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Hold an answer, in place of what the key had; what cannot be given at its epoch goes."""
        entry.key = key
        entry.size = _size(entry)
        with self._lock:
            if entry.epoch != self._epoch:
                self._epoch = entry.epoch
                for other in [one for one in self._entries.values() if not self._lasts(one, entry.epoch)]:
                    self._remove(other.key)
            self._remove(key)
            if entry.size > self.largest:
                return
            self._entries[key] = entry
            self.size += entry.size
            self._make_room()

    def _lasts(self, entry: Entry, epoch: bytes) -> bool:
        """Whether an entry is the same at an epoch, but for its tag and the name of the epoch."""
        if entry.epoch == epoch:
            return True
        scope = entry.scope
        return scope is not None and self._unwritten(entry.epoch.decode(), epoch.decode(), scope.graphs)

    def _moved(self, entry: Entry, epoch: bytes) -> Entry | None:
        """The entry as one of another epoch, in its place, if it lasts until then."""
        if entry.scope is None or not self._lasts(entry, epoch):
            return None
        moved = entry.at(epoch, entry.scope)
        key = entry.key
        moved.size = _size(moved)
        self._remove(key)
        self._entries[key] = moved
        self.size += moved.size
        self.counters.survivals += 1
        return moved

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
        yield Figure(
            "cache_survivals", "Kept answers that a write left as they were.", counted.survivals, counter=True
        )
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
