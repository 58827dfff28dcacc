"""Which jobs the processors serve first: short ones before long ones."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable

# How long after a short job the long ones leave room for the next, in seconds.
ROOM = 1.0


class Precedence:
    """Lets long jobs run when nobody else wants a processor, and keeps some free of them while short jobs come.

    The scheduling class alone is not enough: a process that wakes up on a processor where a long job runs may wait
    for the end of its time slice, and an answer takes several such wakings.
    """

    def __init__(self) -> None:
        self._all = os.sched_getaffinity(0)
        some = sorted(self._all)
        self._left = set(some[(len(some) + 3) // 4 :]) or self._all
        self._until = 0.0
        self._narrow = False

    def put_back(self, pid: int) -> None:
        """From now on the process runs a long job; it must be replaced afterwards, for this cannot be undone."""
        # The process may have ended.
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
            if self._narrow:
                os.sched_setaffinity(pid, self._left)

    def make_room(self, long: Iterable[int]) -> None:
        """A short job was done: the processes with `long` jobs leave some processors free for a while."""
        self._until = time.monotonic() + ROOM
        if not self._narrow:
            self._confine(long, narrow=True)

    def tick(self, now: float, long: Iterable[int]) -> None:
        """Let the long jobs have every processor again once no short one has come for a while."""
        if self._narrow and now >= self._until:
            self._confine(long, narrow=False)

    def next_event(self) -> float | None:
        """When the long jobs may have every processor again, if they may not now."""
        return self._until if self._narrow else None

    def _confine(self, long: Iterable[int], *, narrow: bool) -> None:
        self._narrow = narrow
        for pid in long:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(pid, self._left if narrow else self._all)
