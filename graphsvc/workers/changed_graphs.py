"""A second board beside a pool's socket: which graphs the last changes of the store were made to.

It is written before the first board names the state that a change leads to. Its room is bounded: of older changes,
and of one to many graphs, it says nothing, and then every graph may have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections import deque
from collections.abc import Iterable
from pathlib import Path

# How many changes it tells of, how many graphs one of them may have, and how many graphs there may be in all.
CHANGES = 128
GRAPHS = 32
ALL = 1_024


def _path(address: str) -> Path:
    return Path(f"{address}.changed")


def digest(graph: str) -> str:
    """A graph's name in few bytes."""
    return hashlib.blake2b(graph.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class ChangedGraphs:
    """The board of the pool that listens at `address`, for who writes it; `epoch` is the state to begin with."""

    def __init__(self, address: str, epoch: str) -> None:
        self._path = _path(address)
        # Each state, and the graphs that changed on the way there; None: any.
        self._known: deque[tuple[str, list[str] | None]] = deque(maxlen=CHANGES)
        self.add(epoch, None)

    def add(self, epoch: str, graphs: Iterable[str] | None) -> None:
        """Tell of a change that led to `epoch`; without `graphs` any of them may have changed."""
        names = None if graphs is None else sorted(map(digest, graphs))
        # A change of no graph is one of which nobody said what it changed.
        self._known.append((epoch, names if names and len(names) <= GRAPHS else None))
        while sum(len(told or ()) for _, told in self._known) > ALL:
            self._known.popleft()
        content = json.dumps(list(self._known)).encode()
        record = b"%08x %08x %s" % (len(content), zlib.crc32(content), content)
        # Opened each time: a worker that is forked from this process is not to have it.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, record, 0)
        finally:
            os.close(descriptor)


class Unchanged:
    """The same board, for who keeps something that was made of a few graphs; safe to use from several threads."""

    def __init__(self, address: str) -> None:
        self._path = _path(address)
        # What was read last: the states, and for each the graphs that changed on the way there.
        self._read: tuple[dict[str, int], list[frozenset[str] | None]] = ({}, [])

    def between(self, since: str, now: str, graphs: frozenset[str]) -> bool:
        """Whether none of the graphs, given as digests, was changed on the way from one state to a later one.

        Not where that is not known.
        """
        places, changed = self._read
        if now not in places:
            self._read = places, changed = self._found()
        if now not in places or not graphs:
            # Whatever was changed, it was none of no graphs; but only a state that there was may be named.
            return now in places
        start, end = places.get(since), places[now]
        if start is None or start > end:
            return False
        return all(told is not None and told.isdisjoint(graphs) for told in changed[start + 1 : end + 1])

    def _found(self) -> tuple[dict[str, int], list[frozenset[str] | None]]:
        try:
            content = self._path.read_bytes()
            length, check = int(content[:8], 16), int(content[9:17], 16)
        except (OSError, ValueError):
            return {}, []
        text = content[18 : 18 + length]
        if len(text) != length or zlib.crc32(text) != check:
            return {}, []  # it is just being written
        known = json.loads(text)
        places = {epoch: place for place, (epoch, _) in enumerate(known)}
        return places, [None if told is None else frozenset(told) for _, told in known]
