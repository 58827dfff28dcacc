"""The writing lane of a pool: one worker at a time, one job after another, and nothing kept unless committed.

The writer is a fork that makes each change on its own copy and answers with a patch. The pool's process never
runs what a client sent; it *commits* patches, those of several jobs together where several wait, and only then
are their clients told. A writer that is lost, or stopped at its deadline, has changed nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from graphsvc.errors import GraphsvcError, OutOfMemory, OutOfTime, Saturated, StoreError
from graphsvc.workers import wire
from graphsvc.workers.crew import Task
from graphsvc.workers.memory import resident
from graphsvc.workers.verdict import cause
from graphsvc.workers.worker import Handler

# How many jobs may wait, and how many are committed together at most.
QUEUE = 64
GROUP = 20
# The longest patch, in bytes.
MAX_PATCH = 1 << 30
# A writer that has grown by so many bytes is replaced once nothing waits for it.
MAX_GROWTH = 64 << 20

# Takes what the writer said of each change and its patch, keeps all of them, and gives what the pool is to say
# of itself from now on.
Commit = Callable[[list[tuple[dict[str, Any], bytes]]], dict[str, Any]]


class Host(Protocol):
    """What the lane needs of its pool."""

    def fork(self, handler: Handler, max_file: int) -> tuple[int, socket.socket]:
        """Start a worker: its process and the channel to it."""

    def watch(self, channel: socket.socket, action: Callable[[], None]) -> None:
        """Call `action` whenever something can be read."""

    def unwatch(self, channel: socket.socket) -> None:
        """Stop watching, and close the channel."""

    def finish(self, task: Task, status: wire.Status) -> None:
        """Answer the client of a task."""

    def renew(self, about: dict[str, Any]) -> None:
        """Replace every worker that has the old state."""


class Writes(Protocol):
    """What a pool needs of whatever changes its store."""

    def attach(self, host: Host) -> None:
        """Begin to work for a pool."""

    def submit(self, task: Task) -> None:
        """Take a job of kind `write` in, or refuse it."""

    def forget(self, task: Task) -> bool:
        """A client went away; whether its job was here."""

    def busy(self) -> bool:
        """Whether the pool should wait for what is under way before it ends."""

    def waiting(self) -> int:
        """How many jobs wait."""

    def next_event(self) -> float | None:
        """When `tick` has something to do."""

    def tick(self, now: float) -> None:
        """Do what is due."""

    def end(self) -> None:
        """Stop for good."""

    def close_descriptors(self) -> None:
        """In a forked child: let go of descriptors."""


# Starts a writer: its process, and the channel on which it takes jobs.
Start = Callable[[Host], tuple[int, socket.socket]]


def forked(handler: Handler) -> Start:
    """A writer that is a fork of the pool's process."""
    return lambda host: host.fork(handler, MAX_PATCH)


class Lane:
    """Has one job of kind `write` after another done by the writer that `start` gives; `commit` makes what it
    answers last."""

    def __init__(self, start: Start, commit: Commit) -> None:
        self._start_writer = start
        self._commit = commit
        self._waiting: deque[Task] = deque()
        self._done: list[tuple[Task, wire.Status, bytes]] = []
        self._current: Task | None = None
        self._patch = -1
        self._pid = 0
        self._born = 0
        self._channel: socket.socket | None = None
        self._verdict: GraphsvcError | None = None

    def attach(self, host: Host) -> None:
        """Begin to work for a pool."""
        self._host = host

    def submit(self, task: Task) -> None:
        """Take a job in, or refuse it where too many wait."""
        if len(self._waiting) >= QUEUE:
            self._host.finish(task, wire.Status(Saturated("Too many writes are waiting; try again.")))
            return
        self._waiting.append(task)
        self._next()

    def forget(self, task: Task) -> bool:
        """A client went away: its job is not begun, or, if it is begun, goes on. Whether it was in the lane."""
        if task in self._waiting:
            self._waiting.remove(task)
            return True
        return task is self._current or any(task is one for one, _, _ in self._done)

    def busy(self) -> bool:
        """Whether a job waits or is under way."""
        return self._current is not None or bool(self._waiting)

    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return len(self._waiting)

    def next_event(self) -> float | None:
        """When the job that is under way is out of time."""
        if self._current is None or self._verdict is not None:
            return None
        return float(self._current.since + self._current.job.timeout)

    def tick(self, now: float) -> None:
        """Stop what is out of time."""
        limit = self.next_event()
        if limit is not None and now >= limit:
            self._stop(OutOfTime("The time limit of the write was reached."))

    def end(self) -> None:
        """Stop the writer for good."""
        if self._channel is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def close_descriptors(self) -> None:
        """In a forked child: let go of what is the lane's."""
        if self._channel is not None:
            self._channel.close()
        if self._patch >= 0:
            os.close(self._patch)
        for task in self._waiting:
            task.close_descriptors()

    def _next(self) -> None:
        """Begin the next job, or commit what is done where there is none or enough of it."""
        if self._current is not None or self._verdict is not None:
            return  # it is busy, or about to end
        while self._waiting and time.monotonic() > self._waiting[0].since + self._waiting[0].job.timeout:
            late = Saturated("Other writes took all the time that this one had to wait; try again.")
            self._host.finish(self._waiting.popleft(), wire.Status(late))
        if not self._waiting or len(self._done) >= GROUP:
            self._settle()
        if not self._waiting:
            self._replace_grown()
        if not self._waiting or self._verdict is not None:
            return
        if self._channel is None:
            self._settle()
            self._start()
        assert self._channel is not None
        self._current = task = self._waiting.popleft()
        task.since = time.monotonic()
        self._patch = os.memfd_create("patch", os.MFD_CLOEXEC)
        try:
            wire.send(self._channel, task.packet, (self._patch, *task.descriptors[1:]))
        except OSError:
            self._verdict = StoreError("The writer was lost before it began.")

    def _start(self) -> None:
        self._pid, self._channel = self._start_writer(self._host)
        self._verdict = None
        self._born = resident(self._pid)
        self._host.watch(self._channel, self._hear)

    def _hear(self) -> None:
        assert self._channel is not None
        packet, _ = wire.receive(self._channel)
        if not packet:
            self._bury()
            return
        status = wire.read_status(packet)
        task, self._current = self._current, None
        assert task is not None
        patch = self._take_patch()
        if status.error is not None:
            self._host.finish(task, status)
        else:
            self._done.append((task, status, patch))
        if isinstance(status.error, OutOfMemory):
            # It still has much of what it took, so that the next job would have less.
            self._settle()
            self._stop(StoreError("The writer was replaced."))
        self._next()

    def _take_patch(self) -> bytes:
        with open(self._patch, "rb") as file:
            file.seek(0)
            self._patch = -1
            return file.read()

    def _stop(self, verdict: GraphsvcError) -> None:
        if self._verdict is None and self._channel is not None:
            self._verdict = verdict
            os.kill(self._pid, signal.SIGKILL)

    def _bury(self) -> None:
        """The writer ended: say why to who waits, and go on with another."""
        assert self._channel is not None
        self._host.unwatch(self._channel)
        self._channel = None
        _, status = os.waitpid(self._pid, 0)
        task, self._current = self._current, None
        if task is not None:
            self._take_patch()
            self._host.finish(task, wire.Status(self._verdict or cause(status)))
        self._verdict = None
        self._next()

    def _settle(self) -> None:
        """Commit what is done, then say so. What cannot be kept is refused, and the writer that has it ends."""
        done, self._done = self._done, []
        if not done:
            return
        try:
            about = self._commit([(status.fields, patch) for _, status, patch in done])
        except GraphsvcError as error:
            for task, _, _ in done:
                self._host.finish(task, wire.Status(error))
            self._stop(error)
            return
        if any(patch for _, _, patch in done):
            self._host.renew(about)
        for task, status, _ in done:
            self._host.finish(task, status)

    def _replace_grown(self) -> None:
        """End a writer that has become large, whether its last job was done or refused."""
        if self._channel is None:
            return
        # A new writer would be as large as this process, which may have become smaller since the last was forked.
        if resident(self._pid) > min(self._born, resident(os.getpid())) + MAX_GROWTH:
            self._stop(StoreError("The writer was replaced."))
