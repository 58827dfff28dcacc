"""Who is let in next: jobs that wait, and what is known of those that are likely to take long.

What was long before (`crew.LONG`), or comes from a client who sent long jobs lately and is not known to be
short, is *expected* to be long: it begins only where a place for long jobs is free, within its client's share of
them, and never takes the last idle worker.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator

from graphsvc.errors import GraphsvcError, Saturated, TooManyRequests
from graphsvc.workers import wire
from graphsvc.workers.crew import Task

# How long a job waits for a worker, and one that is expected to be long for its place, in seconds; and how many
# may wait for each worker.
PATIENCE, LONG_PATIENCE = 2.0, 6.0
QUEUE = 4
# Of jobs that take a processor for so many seconds no more are at work at once than there are processors: more
# would only take turns, each with its own part of the store in the processors' memory.
MEDIUM = 0.004
# How many jobs are remembered by their keys, and how long a client by its long jobs, in seconds.
MEMORY = 10_000
RECORD = 30.0


class Admission:
    """The queue of a pool with `size` places for long jobs and `total` workers.

    `share` is how many places one client may have (None: all but one).
    """

    def __init__(self, size: int, total: int, share: int | None = None) -> None:
        self._size = size
        self._room = QUEUE * total
        self._share = share or max(1, size - 1)
        self._waiting: deque[Task] = deque()
        # Whether a job of that key was long the last time, and how many seconds of a processor it took.
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._processors = len(os.sched_getaffinity(0))
        # Until when each client is expected to send long jobs.
        self._clients: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def refusal(self, job: wire.Job) -> GraphsvcError | None:
        """Why a job may not even wait, if so."""
        if len(self._waiting) >= self._room:
            return Saturated("Everything that can do this is busy, and so is the queue; try again.")
        waiting = sum(task.job.client == job.client for task in self._waiting)
        if job.client and waiting >= self._room // 2:
            return TooManyRequests(f"{waiting} requests of yours are waiting already.")
        return None

    def add(self, task: Task) -> None:
        """Let a job wait."""
        self._waiting.append(task)

    def remove(self, task: Task) -> None:
        """A job is no longer wanted."""
        self._waiting.remove(task)

    def take(
        self, idle: int, running: Iterable[wire.Job], others: Iterable[wire.Job] = ()
    ) -> tuple[Task, bool] | None:
        """The first job that may begin, and whether it is expected to be long; none where none may.

        `idle` is how many workers have nothing to do, `running` the long jobs that are under way, `others` those
        that are not long.
        """
        clients = [job.client for job in running]
        full = sum(map(self._is_medium, others)) >= self._processors
        for task in self._waiting:
            if full and self._is_medium(task.job):
                continue
            long = self._expected_long(task.job)
            if not long or (idle > 1 and self.has_place(task.job, clients) is None):
                self._waiting.remove(task)
                return task, long
        return None

    def has_place(self, job: wire.Job, clients: Iterable[str]) -> GraphsvcError | None:
        """Why a job may have no place for long ones beside those of `clients`, if so."""
        taken = list(clients)
        if job.client and taken.count(job.client) >= self._share:
            return TooManyRequests(
                f"This takes long, and {self._share} long requests of yours are under way already."
            )
        if len(taken) >= self._size:
            return Saturated("This takes long, and every place for long requests is taken.")
        return None

    def impatient(self, now: float, running: Iterable[wire.Job]) -> Iterator[tuple[Task, GraphsvcError]]:
        """The jobs that have waited in vain, taken from the queue, each with the reason."""
        clients = [job.client for job in running]
        for task in [task for task in self._waiting if now >= self._until(task)]:
            self._waiting.remove(task)
            found = self.has_place(task.job, clients)
            if isinstance(found, TooManyRequests) and self._expected_long(task.job):
                yield task, found
            else:
                waited = now - task.since
                yield (
                    task,
                    Saturated(f"Everything that can do this stayed busy for {waited:.0f} s; try again."),
                )

    def next_event(self) -> float | None:
        """When the patience of a job that waits is over."""
        return min(map(self._until, self._waiting), default=None)

    def _until(self, task: Task) -> float:
        patience = LONG_PATIENCE if self._expected_long(task.job) else PATIENCE
        return task.since + min(patience, max(PATIENCE, task.job.timeout))

    def remember(self, job: wire.Job, *, long: bool, seconds: float = 0.0) -> None:
        """A job was long, or was not; it took so many seconds of a processor."""
        if long and job.client:
            self._clients[job.client] = time.monotonic() + RECORD
            if len(self._clients) > MEMORY:
                del self._clients[next(iter(self._clients))]
        if job.key:
            self._known[job.key] = (long, seconds)
            self._known.move_to_end(job.key)
            if len(self._known) > MEMORY:
                self._known.popitem(last=False)

    def knows_short(self, job: wire.Job) -> bool:
        """Whether a job of that key was short the last time."""
        known = self._known.get(job.key)
        return known is not None and not known[0]

    def _is_medium(self, job: wire.Job) -> bool:
        long, seconds = self._known.get(job.key, (False, 0.0))
        return not long and seconds >= MEDIUM

    def _expected_long(self, job: wire.Job) -> bool:
        known = self._known.get(job.key) if job.key else None
        if known is not None:
            return known[0]
        return self._clients.get(job.client, 0.0) > time.monotonic()
