"""What a pool has done so far: jobs by kind and outcome with their times, workers started and stopped."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from graphsvc.errors import GraphsvcError
from graphsvc.figures import Durations
from graphsvc.outcomes import ABANDONED, ERROR, MEMORY, REFUSED, TIMEOUT, outcome
from graphsvc.workers.crew import Task, Worker
from graphsvc.workers.memory import resident

REPLACED = "replaced"
LOST = "lost"


class Tally:
    """The counts of one pool, since its process began."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Durations] = {}
        self._ended: Counter[str] = Counter()
        self._started = 0

    def began(self) -> None:
        """A worker was started."""
        self._started += 1

    def ended(self, worker: Worker, task: Task | None, error: GraphsvcError, *, wanted: bool) -> None:
        """A worker ended by `error`, at a task or at none, and with it a task that nobody waits for any more."""
        if task is None:
            self._ended[REPLACED if worker.verdict is not None else LOST] += 1
            return
        self._ended[outcome(error) if wanted else ABANDONED] += 1
        if not wanted:
            self.done(task, error, wanted=False)

    def done(self, task: Task, error: GraphsvcError | None, *, wanted: bool = True) -> None:
        """A job ended after its time at work, or, where it was not begun, in the queue."""
        key = (task.job.kind, outcome(error) if wanted else ABANDONED)
        if key not in self._jobs:
            self._jobs[key] = Durations()
        self._jobs[key].add(time.monotonic() - task.since)

    def told(self, workers: Iterable[Worker], waiting: int, writes_waiting: int) -> dict[str, Any]:
        """Everything, as JSON has it, with the present state of the pool; memory is in bytes."""
        there = list(workers)
        return {
            "jobs": [
                {"kind": kind, "outcome": how, **durations.told()}
                for (kind, how), durations in self._jobs.items()
            ],
            "started": self._started,
            "ended": {reason: self._ended[reason] for reason in (*_REASONS, *self._ended)},
            "busy": sum(each.task is not None for each in there),
            "long": sum(each.long for each in there),
            "workers": len(there),
            "waiting": waiting,
            "writes_waiting": writes_waiting,
            "memory": resident(os.getpid()),
        }


# Shown from the start, so that a rate can be had of the first one.
_REASONS = (TIMEOUT, MEMORY, REFUSED, ABANDONED, ERROR, REPLACED, LOST)
