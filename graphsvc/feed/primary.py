"""What a replica asks of its primary: a snapshot, and what follows a state."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from graphsvc.errors import Gone, RemoteFailure, StoreError
from graphsvc.exchange import Message, Reply, exchange
from graphsvc.feed.state import State
from graphsvc.store.entries import Entry, read_entries
from graphsvc.store.snapshot import Head, read_head

LOG = logging.getLogger("graphsvc.replica")
# How long a request waits for a change, and how long an answer may take beyond that, in seconds.
WAIT, PATIENCE = 20.0, 60.0
SNAPSHOT_TIME = 3_600.0
_CHUNK = 1 << 20
# Pauses between attempts, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0


@dataclass(frozen=True)
class News:
    """What follows a state, and the number of the primary's last change."""

    entries: tuple[Entry, ...]
    text: bytes
    newest: int


class Primary:
    """The primary at `url`; `authorization` is sent as the header of that name, if it is not empty."""

    def __init__(self, url: str, authorization: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": authorization} if authorization else {}

    def news(self, epoch: str, last: str, wait: float) -> News:
        """What follows the state `epoch`, whose last change has the id `last`; empty if nothing does within
        `wait`.

        Raises Gone where the primary has no such state any more, StoreError where the chain is broken, and
        RemoteFailure or OutOfTime where the primary cannot be asked.
        """
        url = f"{self.url}/changes/feed?after={quote(epoch, safe='')}&wait={wait:g}"
        with exchange(Message("GET", url, self._headers), time.monotonic() + wait + PATIENCE) as reply:
            if reply.status == 410:
                raise Gone("The primary's feed no longer leads on from here.")
            self._check(reply)
            text = reply.read()
            newest = int(reply.headers.get("Feed-Number", "0"))
        entries = tuple(read_entries(text))
        check_chain(entries, epoch, last)
        return News(entries, text, newest)

    def snapshot(self, path: Path) -> Head:
        """Fetch all data into a file. Raises StoreError for what is no whole snapshot, else as `news`."""
        place = path.with_name(f"{path.name}.part")
        message = Message("GET", f"{self.url}/changes/snapshot", self._headers)
        with exchange(message, time.monotonic() + SNAPSHOT_TIME) as reply, open(place, "wb") as file:
            self._check(reply)
            while chunk := reply.read(_CHUNK):
                file.write(chunk)
        head = read_head(place)
        os.replace(place, path)
        return head

    def _check(self, reply: Reply) -> None:
        if reply.status == 404:
            raise RemoteFailure(f"{self.url} offers no feed; its setting `feed_entries` turns it on")
        if reply.status != 200:
            raise RemoteFailure(f"{self.url} answers with status {reply.status}")


def check_chain(entries: Sequence[Entry], epoch: str, last: str) -> None:
    """Make sure that entries follow one another, and the first of them a state. Raises StoreError."""
    if entries and (entries[0].before, entries[0].prev) != (epoch, last):
        raise StoreError(f"Entry {entries[0].number} of the feed does not follow the state {epoch}.")
    for before, after in pairwise(entries):
        if (after.before, after.prev, after.number) != (before.epoch, before.id, before.number + 1):
            raise StoreError(f"Entry {after.number} of the feed does not follow the one before.")


def pause(attempt: int) -> float:
    """How long to wait after so many failures in a row, in seconds."""
    return float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempt - 1, 10)))


def first_snapshot(primary: Primary, path: Path, state: State, board: Path) -> Head:
    """Fetch a snapshot, however long the primary cannot be asked; why it waits is logged."""
    while True:
        try:
            state.doing = "copying"
            state.write(board)
            head = primary.snapshot(path)
        except (RemoteFailure, StoreError, OSError) as error:
            state.failures += 1
            state.doing, state.reason = "waiting", str(error)
            state.write(board)
            LOG.warning("no snapshot yet: %s", error)
            time.sleep(pause(state.failures))
            continue
        state.snapshots += 1
        LOG.info("copied the state %s, number %d, of %s", head.epoch, head.number, primary.url)
        return head
