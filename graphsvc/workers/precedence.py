"""Which jobs the processors serve first: short ones before long ones."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable

from graphsvc.workers.crew import Worker

# How long after a short job the long ones leave room for the next, in seconds.
ROOM = 1.0


class Precedence:
    """Lets long jobs run when nobody else wants a processor, and keeps some free of them while short jobs come.

    The scheduling class alone is not enough: a process that wakes up on a processor where a long job runs may wait
    for the end of its time slice, and an answer takes several such wakings. As long as no short job comes, long
    ones are served like any other.
    """

    def __init__(self) -> None:
        self._all = os.sched_getaffinity(0)
        some = sorted(self._all)
        self._left = set(some[(len(some) + 3) // 4 :]) or self._all
        self._until = 0.0
        self._narrow = False

    def lengthened(self, worker: Worker) -> None:
        """From now on the worker is at a long job."""
        if self._narrow:
            self._put_behind(worker)

    def make_room(self, long: Iterable[Worker]) -> None:
        """A short job was done: the workers at `long` jobs stand behind all others, and leave some processors free
        for a while."""
        self._until = time.monotonic() + ROOM
        if not self._narrow:
            self._narrow = True
            for worker in long:
                self._put_behind(worker)

    def tick(self, now: float, long: Iterable[Worker]) -> None:
        """Let the long jobs have every processor again once no short one has come for a while."""
        if self._narrow and now >= self._until:
            self._narrow = False
            for worker in long:
                if worker.behind:
                    _confine(worker, self._all)

    def next_event(self) -> float | None:
        """When the long jobs may have every processor again, if they may not now."""
        return self._until if self._narrow else None

    def _put_behind(self, worker: Worker) -> None:
        # Who is behind cannot come forward again without rights that the service does not have.
        worker.behind = True
        with contextlib.suppress(OSError):
            os.sched_setscheduler(worker.pid, os.SCHED_IDLE, os.sched_param(0))
        _confine(worker, self._left)


def _confine(worker: Worker, processors: set[int]) -> None:
    # The process may have ended.
    with contextlib.suppress(OSError):
        os.sched_setaffinity(worker.pid, processors)
