"""The follower: asks the primary for what comes next, again and again, and hands it over to be kept."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from graphsvc.errors import Gone, OutOfTime, RemoteFailure, StorageFull, StoreError
from graphsvc.feed.primary import LOG, WAIT, News, Primary, pause
from graphsvc.feed.state import State
from graphsvc.store.keeping import Place

# Snapshots that follow one another within so many seconds are fetched with growing pauses between them.
_SOON = 60.0


class Hands(Protocol):
    """Who keeps what the follower brings. Both raise StoreError where it could not be kept."""

    def take(self, news: News) -> Place:
        """Keep entries, all of them; the place since."""

    def begin_anew(self, primary: Primary) -> Place:
        """Fetch a snapshot and go over to it; the place since."""


class Follower:
    """Follows `primary` from `place` on; what it knows is written to `board`.

    `sleep` waits between attempts.
    """

    def __init__(
        self,
        primary: Primary,
        place: Place,
        hands: Hands,
        board: Path,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._primary = primary
        self._place = place
        self._hands = hands
        self._board = board
        self._sleep = sleep
        self.state = State(primary.url)
        self._failed = 0
        self._copied = (0.0, 0)

    def run(self) -> None:
        """Follow for ever."""
        while True:
            self.step()

    def step(self) -> None:
        """Ask once, and keep what came; where that failed, say why and wait."""
        try:
            # The first answer comes at once, so that it is known how far this node is behind.
            wait = WAIT if self.state.doing == "following" else 0.0
            self._keep(self._primary.news(self._place.epoch, self._place.id, wait))
            self._failed = 0
        except (RemoteFailure, OutOfTime, StorageFull, OSError) as error:
            self._rest(str(error))
        except (Gone, StoreError) as error:
            self._copy(str(error))

    def _keep(self, news: News) -> None:
        state, now = self.state, time.time()
        state.doing, state.reason = "following", ""
        state.newest, state.heard = news.newest, now
        if news.entries:
            state.write(self._board)
            self._place = self._hands.take(news)
            state.entries += len(news.entries)
        if self._place.number >= state.newest:
            state.level = time.time()
        state.write(self._board)

    def _copy(self, reason: str) -> None:
        """Go over to a snapshot, and say why."""
        last, often = self._copied
        often = often + 1 if time.monotonic() - last < _SOON and last else 0
        LOG.warning("a snapshot is needed: %s", reason)
        self.state.doing, self.state.reason = "copying", reason
        self.state.write(self._board)
        if often:
            self._sleep(pause(often))
        try:
            self._place = self._hands.begin_anew(self._primary)
        except (RemoteFailure, OutOfTime, StoreError, OSError) as error:
            self._rest(str(error))
            return
        self._copied = (time.monotonic(), often)
        self.state.snapshots += 1
        LOG.info("copied the state %s, number %d", self._place.epoch, self._place.number)

    def _rest(self, reason: str) -> None:
        self._failed += 1
        self.state.failures += 1
        self.state.doing, self.state.reason = "waiting", reason
        with suppress(OSError):
            self.state.write(self._board)
        LOG.warning("the primary cannot be followed just now: %s", reason)
        # Not all replicas at once when the primary is back.
        self._sleep(pause(self._failed) * random.uniform(0.5, 1.0))  # noqa: S311
