"""Who is at work in a pool: jobs that were handed in, and the processes that do them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

from graphsvc.errors import GraphsvcError, OutOfMemory
from graphsvc.workers import wire

# A worker is replaced after so many jobs, or once it has grown by so many bytes.
MAX_JOBS = 500
MAX_GROWTH = 64 << 20


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
    """A child process, what it is at, and why it was killed if it was."""

    pid: int
    channel: socket.socket
    born: int
    about: dict[str, Any]
    jobs: int = 0
    task: Task | None = None
    long: bool = False
    stale: bool = False
    verdict: GraphsvcError | None = None

    def spent(self, status: wire.Status) -> bool:
        """Whether it has to be replaced, now that its last job ended with `status`."""
        grown = int(status.fields.get("peak", 0)) > self.born + MAX_GROWTH
        over = self.jobs >= MAX_JOBS or isinstance(status.error, OutOfMemory)
        return self.stale or self.long or grown or over
