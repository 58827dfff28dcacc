"""A pool: one single-threaded loop that admits jobs, forks workers, and kills what takes too long.

Up to `size` long jobs run at once, beside `reserve` workers that only short ones may use: a job counts as
long once it has run for `LONG` seconds, and where every place for long jobs is taken it is stopped then and
there. What finds no worker waits its turn for `PATIENCE` seconds, `QUEUE` jobs for each worker at most.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from graphsvc.errors import (
    GraphsvcError,
    OutOfMemory,
    OutOfTime,
    Saturated,
    StoreError,
    TooManyRequests,
)
from graphsvc.workers import wire
from graphsvc.workers.crew import Task, Worker
from graphsvc.workers.lane import Lane
from graphsvc.workers.memory import resident
from graphsvc.workers.verdict import cause
from graphsvc.workers.worker import Handler, work

LONG = 0.3
PATIENCE = 2.0
QUEUE = 4
# A worker is replaced after so many jobs, or once it has grown by so many bytes.
MAX_JOBS = 500
MAX_GROWTH = 64 << 20


class Pool:
    """Runs `handler` in workers forked from this process, for the clients of `listener`.

    `memory` is in bytes beyond what this process has; `share` is how many jobs of one client may be under way
    at once; `about` is what the pool says of itself, and with every status. The process must have one thread.
    """

    def __init__(
        self,
        listener: socket.socket,
        handler: Handler,
        *,
        size: int,
        reserve: int = 2,
        memory: int = 1 << 30,
        share: int | None = None,
        about: dict[str, Any] | None = None,
        lane: Lane | None = None,
    ) -> None:
        self._listener = listener
        self._handler = handler
        self._size = size
        self._total = size + reserve
        self._memory = memory
        self._share = share or self._total * (QUEUE + 1)
        self._about = about or {}
        self._lane = lane
        self._workers: dict[int, Worker] = {}
        self._waiting: deque[Task] = deque()
        self._connections: dict[socket.socket, Task | None] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping: float | None = None
        self._bells = socket.socketpair()

    def run(self, ready: Callable[[], object], grace: float = 30.0) -> None:
        """Serve until SIGTERM or SIGINT; then finish what is under way within `grace` seconds."""
        for bell in self._bells:
            bell.setblocking(False)
        signal.set_wakeup_fd(self._bells[1].fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop(grace))
        self._listener.setblocking(False)
        self.watch(self._listener, self._accept)
        self.watch(self._bells[0], self._drain_bell)
        if self._lane is not None:
            self._lane.attach(self)
        for _ in range(self._total):
            self._fork()
        ready()
        while self._stopping is None or (self._busy() and time.monotonic() < self._stopping):
            for key, _ in self._selector.select(self._next_event()):
                key.data()
            self._tick()
        self._end()

    def watch(self, channel: socket.socket, action: Callable[[], None]) -> None:
        """Call `action` whenever something can be read from the channel."""
        self._selector.register(channel, selectors.EVENT_READ, action)

    def unwatch(self, channel: socket.socket) -> None:
        """Stop watching a channel, and close it."""
        self._selector.unregister(channel)
        channel.close()

    def _drain_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bells[0].recv(4096)

    def _stop(self, grace: float) -> None:
        if self._stopping is None:
            self._stopping = time.monotonic() + grace
            self._selector.unregister(self._listener)
            self._listener.close()

    def _busy(self) -> bool:
        writing = self._lane is not None and self._lane.busy()
        return writing or bool(self._waiting) or any(worker.task for worker in self._workers.values())

    def _end(self) -> None:
        for worker in list(self._workers.values()):
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
        if self._lane is not None:
            self._lane.end()

    # Admission

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            channel, _ = self._listener.accept()
            self._connections[channel] = None
            self.watch(channel, lambda: self._hear(channel))

    def _hear(self, channel: socket.socket) -> None:
        """A client says something: its job, or, by going away, that it no longer wants it."""
        packet, descriptors = wire.receive(channel)
        task = self._connections.get(channel)
        if not packet or task is not None:
            for descriptor in descriptors:
                os.close(descriptor)
            self._abandon(channel, task)
            return
        try:
            job = wire.read_job(packet)
        except (ValueError, TypeError):
            self._forget(channel)
            return
        if job.kind == "hello":
            self._reply(channel, wire.Status(None, self._about))
            return
        task = Task(channel, job, descriptors, time.monotonic())
        self._connections[channel] = task
        refusal = self._refusal(job)
        if refusal is not None:
            self.finish(task, wire.Status(refusal))
        elif self._lane is not None and job.kind == "write":
            self._lane.submit(task)
        else:
            self._waiting.append(task)
            self._dispatch()

    def _refusal(self, job: wire.Job) -> GraphsvcError | None:
        under_way = Counter(task.job.client for task in self._connections.values() if task is not None)
        if job.client and under_way[job.client] > self._share:
            return TooManyRequests(f"{self._share} requests of yours are under way already.")
        if len(self._waiting) >= QUEUE * self._total:
            return Saturated("Everything that can do this is busy, and so is the queue; try again.")
        return None

    def _abandon(self, channel: socket.socket, task: Task | None) -> None:
        worker = next((w for w in self._workers.values() if w.task is not None and w.task is task), None)
        if worker is not None:
            self._kill(worker, OutOfTime("The client went away."))
        elif task is not None:
            if self._lane is None or not self._lane.forget(task):
                self._waiting.remove(task)
            task.close_descriptors()
        self._forget(channel)

    def _forget(self, channel: socket.socket) -> None:
        if channel in self._connections:
            del self._connections[channel]
            self._selector.unregister(channel)
            channel.close()

    def _reply(self, channel: socket.socket, status: wire.Status) -> None:
        with contextlib.suppress(OSError):
            wire.send(channel, status.packet())
        self._forget(channel)

    def finish(self, task: Task, status: wire.Status) -> None:
        """Tell a client how its job ended."""
        task.close_descriptors()
        self._reply(task.channel, status)

    # Workers

    def fork(self, handler: Handler, max_file: int = 0) -> tuple[int, socket.socket]:
        """Start a worker of this state, which may make a file of `max_file` bytes; its process and channel."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._drop_everything()
            work(theirs, handler, self._memory, max_file)
        theirs.close()
        return pid, ours

    def _fork(self) -> None:
        pid, ours = self.fork(self._handler)
        worker = Worker(pid, ours, resident(pid), self._about)
        self._workers[pid] = worker
        self.watch(ours, lambda: self._hear_worker(worker))

    def _drop_everything(self) -> None:
        """In the child: close every descriptor of the pool's, so that a peer's end is noticed by the peer."""
        self._selector.close()
        self._listener.close()
        for channel in (*self._bells, *self._connections, *(w.channel for w in self._workers.values())):
            channel.close()
        for task in self._connections.values():
            if task is not None:
                task.close_descriptors()
        if self._lane is not None:
            self._lane.close_descriptors()

    def renew(self, about: dict[str, Any]) -> None:
        """Say `about` of this process from now on, and replace every worker that was forked before."""
        self._about = about
        for worker in self._workers.values():
            worker.stale = True
            if worker.task is None:
                self._kill(worker, StoreError("The worker was replaced."))

    def _dispatch(self) -> None:
        """Give waiting jobs to idle workers, first come, first served."""
        for worker in self._workers.values():
            if not self._waiting:
                return
            if worker.task is None and worker.verdict is None:
                task = self._waiting.popleft()
                worker.task, worker.long = task, False
                task.since = time.monotonic()
                try:
                    wire.send(worker.channel, task.job.packet(), task.descriptors)
                except OSError:
                    worker.verdict = StoreError("The worker was lost before it began.")
                task.close_descriptors()

    def _hear_worker(self, worker: Worker) -> None:
        packet, _ = wire.receive(worker.channel)
        if not packet:
            self._bury(worker)
            return
        task, worker.task = worker.task, None
        worker.jobs += 1
        status = wire.read_status(packet)
        if task is not None:
            self.finish(task, wire.Status(status.error, worker.about | status.fields))
        grown = int(status.fields.get("peak", 0)) > worker.born + MAX_GROWTH
        if (
            worker.stale
            or worker.long
            or worker.jobs >= MAX_JOBS
            or grown
            or isinstance(status.error, OutOfMemory)
        ):
            self._kill(worker, StoreError("The worker was replaced."))
        self._dispatch()

    def _kill(self, worker: Worker, verdict: GraphsvcError) -> None:
        if worker.verdict is None:
            worker.verdict = verdict
            os.kill(worker.pid, signal.SIGKILL)

    def _bury(self, worker: Worker) -> None:
        """A worker ended: say why to who waits for it, and put another in its place."""
        self._selector.unregister(worker.channel)
        worker.channel.close()
        del self._workers[worker.pid]
        _, status = os.waitpid(worker.pid, 0)
        task, worker.task = worker.task, None
        if task is not None and task.channel in self._connections:
            self.finish(task, wire.Status(worker.verdict or cause(status)))
        if self._stopping is None or self._waiting:
            self._fork()
        self._dispatch()

    # Time

    def _next_event(self) -> float:
        now = time.monotonic()
        times = [task.since + PATIENCE for task in self._waiting]
        writing = self._lane.next_event() if self._lane is not None else None
        if writing is not None:
            times.append(writing)
        for worker in self._workers.values():
            if worker.task is not None and worker.verdict is None:
                times.append(worker.task.since + (worker.task.job.timeout if worker.long else LONG))
                times.append(worker.task.since + worker.task.job.timeout)
        return max(0.0, min(times, default=now + 60) - now)

    def _tick(self) -> None:
        """Stop what is out of time, and what is long where no place for long jobs is left."""
        now = time.monotonic()
        if self._lane is not None:
            self._lane.tick(now)
        while self._waiting and now >= self._waiting[0].since + PATIENCE:
            busy = Saturated(f"Everything that can do this stayed busy for {PATIENCE:g} s; try again.")
            self.finish(self._waiting.popleft(), wire.Status(busy))
        for worker in list(self._workers.values()):
            task = worker.task
            if task is None or worker.verdict is not None:
                continue
            if now >= task.since + task.job.timeout:
                self._kill(worker, OutOfTime(f"The limit of {task.job.timeout:g} s was reached."))
            elif not worker.long and now >= task.since + LONG:
                self._lengthen(worker)

    def _lengthen(self, worker: Worker) -> None:
        if sum(other.long for other in self._workers.values() if other.task) >= self._size:
            self._kill(worker, Saturated("This takes long, and every place for long requests is taken."))
            return
        worker.long = True
        # Short jobs go first on the processor. The worker is replaced afterwards: this cannot be undone.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, 10)
