"""Who is at work in a pool: jobs that were handed in, and the processes that do them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphsvc.errors import GraphsvcError, OutOfMemory
from graphsvc.workers import wire
from graphsvc.workers.processor import Clock

# A job is long once it has been at work for so many seconds. One whose like was short before, once it has had a
# processor for several times as long, since processors are slower when all of them are at work, or has held its
# worker for as many seconds as the last says.
LONG, TRUSTED, BLOCKED = 0.3, 1.0, 3.0
# Who has had a processor for less than this part of the time waits for something else: most likely for its client.
_WAITING = 0.1
# A worker is replaced after so many jobs, or once it has grown by so many bytes.
MAX_JOBS = 20_000
MAX_GROWTH = 64 << 20
# How long a state must have lasted before workers of it are started for whom nothing waits, in seconds.
CALM = 0.05


@dataclass(eq=False)
class Task:
    """A job that was handed in: who waits for it, the packet that it came in, where its answer goes, and since
    when it waits or runs."""

    channel: socket.socket
    job: wire.Job
    packet: bytes
    descriptors: list[int]
    since: float

    def close_descriptors(self) -> None:
        """Let go of where the answer goes and of the payload."""
        wire.close_all(self.descriptors)
        self.descriptors = []


@dataclass(eq=False)
class Worker:
    """A child process, what it is at, and why it was killed if it was.

    `warm` has memory of its own, or will soon have it; `behind` is served by the processors after all others,
    and can do no other job after the one that it is at.
    """

    pid: int
    channel: socket.socket
    born: int
    about: dict[str, Any]
    warm: bool = False
    jobs: int = 0
    task: Task | None = None
    long: bool = False
    behind: bool = False
    stale: bool = False
    verdict: GraphsvcError | None = None
    # When to look again whether its job is long.
    look: float = 0.0
    _trusted: bool = False
    _clock: Clock = field(default_factory=Clock)

    def begin(self, task: Task, *, trusted: bool) -> None:
        """Be at a task from now on; one that is trusted to be short may wait for the processors."""
        task.since = time.monotonic()
        self.task, self.long, self._trusted = task, False, trusted
        self.look = task.since + LONG
        self._clock.begin(self.pid)

    def is_long(self, now: float) -> bool:
        """Whether its job has had a processor for so long, or holds its place for so long, that it is long."""
        assert self.task is not None
        used, waited = self.used(), now - self.task.since
        if not self._trusted or used >= TRUSTED or waited >= BLOCKED:
            return True
        # Others had the processors: what matters is what this one takes of them.
        self.look = min(now + max(TRUSTED - used, LONG / 10), self.task.since + BLOCKED)
        return False

    def is_waiting(self, now: float) -> bool:
        """Whether its job hardly takes a processor, and has not for a while."""
        assert self.task is not None
        waited = now - self.task.since
        return waited >= LONG and self.used() < _WAITING * waited

    def was_short(self, task: Task) -> bool:
        """Whether the job that it has just done was not long, though it may have been expected to be."""
        if self.long:
            return self.used() < LONG and time.monotonic() < task.since + TRUSTED
        return self.used() < (TRUSTED if self._trusted else LONG)

    def used(self) -> float:
        """How many seconds its last job has had a processor."""
        return self._clock.used()

    def spent(self, status: wire.Status) -> bool:
        """Whether it has to be replaced, now that its last job ended with `status`."""
        grown = int(status.fields.get("peak", 0)) > self.born + MAX_GROWTH
        over = self.jobs >= MAX_JOBS or isinstance(status.error, OutOfMemory)
        return self.stale or self.behind or grown or over

    def next_look(self) -> float | None:
        """When its job has to be looked at; None where nothing is to be done about it."""
        if self.task is None or self.verdict is not None:
            return None
        deadline = self.task.since + self.task.job.timeout
        return deadline if self.long else min(deadline, self.look)


class Crew:
    """The workers of a pool, by their processes."""

    def __init__(self) -> None:
        self._workers: dict[int, Worker] = {}
        self._calm = 0.0

    def __iter__(self) -> Iterator[Worker]:
        return iter(list(self._workers.values()))

    def add(self, worker: Worker) -> None:
        """Have one more."""
        self._workers[worker.pid] = worker

    def remove(self, worker: Worker) -> None:
        """One has ended."""
        del self._workers[worker.pid]

    def renew(self) -> list[Worker]:
        """The state is another now; whoever has nothing to do, and is to be ended."""
        self._calm = time.monotonic() + CALM
        for one in self:
            one.stale = True
        return [one for one in self if one.task is None]

    def missing(self, total: int, waiting: int) -> int:
        """How many to start so that there are `total`; just after a write only those for whom jobs wait."""
        living = sum(not one.stale and one.verdict is None for one in self)
        if time.monotonic() >= self._calm:
            return total - living
        return min(total - living, max(0, waiting - len(self.idle())))

    def wants_warmth(self) -> bool:
        """Whether there are fewer that are warm than there are processors."""
        return sum(one.warm for one in self) < len(os.sched_getaffinity(0))

    def at(self, task: Task | None) -> Worker | None:
        """Who is at a task."""
        return next((one for one in self if one.task is not None and one.task is task), None)

    def busy(self) -> bool:
        """Whether anybody is at a task."""
        return any(one.task is not None for one in self)

    def idle(self) -> list[Worker]:
        """Who has nothing to do; last the one to be asked first, which has most of what it needs in memory."""
        free = [one for one in self if one.task is None and one.verdict is None and not one.stale]
        return sorted(free, key=lambda one: (one.warm, one.jobs))

    def at_length(self) -> list[Worker]:
        """Who is at a long job."""
        return [one for one in self if one.long and one.task is not None]

    def long_jobs(self) -> list[wire.Job]:
        """The long jobs that are under way."""
        return [one.task.job for one in self.at_length() if one.task is not None]

    def other_jobs(self) -> list[wire.Job]:
        """The jobs under way that are not long, but for those that do not take a processor."""
        now = time.monotonic()
        return [one.task.job for one in self if one.task and not one.long and not one.is_waiting(now)]

    def next_event(self) -> float | None:
        """When a job has to be looked at, or others are to be started."""
        looks = [look for one in self if (look := one.next_look()) is not None]
        return min([*looks, self._calm] if time.monotonic() < self._calm else looks, default=None)
