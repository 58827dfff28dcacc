"""A pool: one single-threaded loop that admits jobs, forks workers, and kills what takes too long.

Up to `size` long jobs run at once, beside `reserve` workers that only short ones may use: a job that turns long
where every place for long jobs is taken is stopped at once. What finds no worker waits its turn (`admission`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from graphsvc.errors import GraphsvcError, OutOfTime, StoreError
from graphsvc.workers import wire
from graphsvc.workers.admission import Admission
from graphsvc.workers.bell import Bell
from graphsvc.workers.board import Board
from graphsvc.workers.crew import Crew, Task, Worker
from graphsvc.workers.direct import DirectReaders
from graphsvc.workers.lane import Writes
from graphsvc.workers.memory import can_have_a_copy, resident
from graphsvc.workers.precedence import Precedence
from graphsvc.workers.tally import Tally
from graphsvc.workers.verdict import cause
from graphsvc.workers.worker import Handler, work


class Pool:
    """Runs `handler` in workers forked from this process, for the clients of `listener`.

    `memory` is in bytes beyond what this process has; `share` is how many long jobs of one client may be under
    way at once (None: all but one); `about` is what the pool says of itself on its `board` and with every status.
    The process must have one thread.
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
        lane: Writes | None = None,
        board: Board | None = None,
        direct: DirectReaders | None = None,
    ) -> None:
        self._listener, self._handler = listener, handler
        self._total = size + reserve
        self._queue = Admission(size, self._total, share)
        self.memory, self._about = memory, about or {}
        self._lane, self._board, self._direct = lane, board, direct
        self._parts: list[Writes | DirectReaders] = [part for part in (lane, direct) if part is not None]
        self._precedence = Precedence()
        self._tally = Tally()
        self._workers = Crew()
        self._connections: dict[socket.socket, Task | None] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping: float | None = None
        self._bell = Bell()

    def run(self, ready: Callable[[], object], grace: float = 30.0) -> None:
        """Serve until SIGTERM or SIGINT; then finish what is under way within `grace` seconds."""
        self._bell.hang()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop(grace))
        self._listener.setblocking(False)
        self.watch(self._listener, self._accept)
        self.watch(self._bell.channel, self._bell.hush)
        for part in self._parts:
            part.attach(self)
        self.renew(self._about)
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

    def _stop(self, grace: float) -> None:
        if self._stopping is None:
            self._stopping = time.monotonic() + grace
            self.unwatch(self._listener)
            for channel in (one for one, task in list(self._connections.items()) if task is None):
                self._forget(channel)

    def _busy(self) -> bool:
        writing = self._lane is not None and self._lane.busy()
        return writing or bool(self._queue) or self._workers.busy()

    def _end(self) -> None:
        for worker in self._workers:
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
        for part in self._parts:
            part.end()

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
            wire.close_all(descriptors)
            self._abandon(channel, task)
            return
        try:
            job = wire.read_job(packet)
        except (ValueError, TypeError):
            self._forget(channel)
            return
        if job.kind in ("hello", "figures"):
            told = self._about
            if job.kind == "figures":
                writes = self._lane.waiting() if self._lane is not None else 0
                told = told | self._tally.told(self._workers, len(self._queue), writes)
            self._reply(channel, wire.Status(None, told))
            return
        task = Task(channel, job, packet, descriptors, time.monotonic())
        self._connections[channel] = task
        if self._lane is not None and job.kind == "write":
            self._lane.submit(task)
            return
        refusal = self._queue.refusal(job)
        if refusal is not None:
            self.finish(task, wire.Status(refusal))
        else:
            self._queue.add(task)
            self._dispatch()

    def _abandon(self, channel: socket.socket, task: Task | None) -> None:
        worker = self._workers.at(task)
        if worker is not None:
            self._kill(worker, OutOfTime("The client went away."))
        elif task is not None:
            if self._lane is None or not self._lane.forget(task):
                self._queue.remove(task)
                self._tally.done(task, None, wanted=False)
            task.close_descriptors()
        self._forget(channel)

    def _forget(self, channel: socket.socket) -> None:
        if channel in self._connections:
            del self._connections[channel]
            self._selector.unregister(channel)
            channel.close()

    def _reply(self, channel: socket.socket, status: wire.Status) -> None:
        """Tell a client, which may send its next job then."""
        with contextlib.suppress(OSError):
            wire.send(channel, status.packet())
        if channel in self._connections:
            self._connections[channel] = None
        if self._stopping is not None:
            self._forget(channel)

    def finish(self, task: Task, status: wire.Status) -> None:
        """Tell a client how its job ended."""
        self._tally.done(task, status.error)
        task.close_descriptors()
        self._reply(task.channel, status)

    def fork(self, handler: Handler, max_file: int = 0, *, warm: bool = False) -> tuple[int, socket.socket]:
        """Start a worker of this state, which may make a file of `max_file` bytes; its process and channel."""
        return self.child(lambda theirs: work(theirs, handler, self.memory, max_file, warm=warm))

    def child(self, body: Callable[[socket.socket], NoReturn]) -> tuple[int, socket.socket]:
        """Fork a process that does `body` with its end of a channel; the process and our end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._drop_everything()
            body(theirs)
        theirs.close()
        return pid, ours

    def _fork(self) -> None:
        warm = self._workers.wants_warmth() and can_have_a_copy()
        pid, ours = self.fork(self._handler, warm=warm)
        worker = Worker(pid, ours, resident(pid), self._about, warm)
        self._workers.add(worker)
        self._tally.began()
        self.watch(ours, lambda: self._hear_worker(worker))

    def _drop_everything(self) -> None:
        """In the child: close every descriptor of the pool's, so that a peer's end is noticed by the peer."""
        self._selector.close()
        self._listener.close()
        self._bell.close()
        for channel in (*self._connections, *(w.channel for w in self._workers)):
            channel.close()
        for task in self._connections.values():
            if task is not None:
                task.close_descriptors()
        for part in self._parts:
            part.close_descriptors()

    def renew(self, about: dict[str, Any]) -> None:
        """Say `about` of this process from now on, and replace every worker that was forked before."""
        self._about = about
        for worker in self._workers.renew():
            self._kill(worker, StoreError("The worker was replaced."))
        if self._board is not None:
            self._board.show(about)
        if self._direct is not None:
            self._direct.renew(about)

    def _dispatch(self) -> None:
        """Start the workers that are missing, and give waiting jobs to idle ones, first come, first served."""
        if self._stopping is None or self._queue:
            for _ in range(self._workers.missing(self._total, len(self._queue))):
                self._fork()
        idle = self._workers.idle()
        while self._queue and idle:
            found = self._queue.take(len(idle), self._workers.long_jobs(), self._workers.other_jobs())
            if found is None:
                return
            worker = idle.pop()
            task, long = found
            worker.begin(task, trusted=self._queue.knows_short(task.job))
            try:
                wire.send(worker.channel, task.packet, task.descriptors)
            except OSError:
                worker.verdict = StoreError("The worker was lost before it began.")
            task.close_descriptors()
            if long:
                self._lengthened(worker)

    def _hear_worker(self, worker: Worker) -> None:
        packet, _ = wire.receive(worker.channel)
        if not packet:
            self._bury(worker)
            return
        task, worker.task = worker.task, None
        worker.jobs += 1
        status = wire.read_status(packet)
        if task is not None:
            if worker.was_short(task):
                self._queue.remember(task.job, long=False, seconds=worker.used())
            if not worker.long:
                self._precedence.make_room(self._workers.at_length())
            self.finish(task, replace(status, fields=worker.about | status.fields))
        if worker.spent(status):
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
        self._workers.remove(worker)
        _, status = os.waitpid(worker.pid, 0)
        task, worker.task = worker.task, None
        error, wanted = (
            worker.verdict or cause(status),
            task is not None and task.channel in self._connections,
        )
        self._tally.ended(worker, task, error, wanted=wanted)
        if task is not None and wanted:
            self.finish(task, wire.Status(error))
        self._dispatch()

    def _next_event(self) -> float:
        now = time.monotonic()
        writing = self._lane.next_event() if self._lane is not None else None
        others = (self._queue.next_event(), self._precedence.next_event(), self._workers.next_event())
        return max(
            0.0, min((when for when in (writing, *others) if when is not None), default=now + 60) - now
        )

    def _tick(self) -> None:
        """Stop what is out of time, and what is long where no place for long jobs is left."""
        now = time.monotonic()
        if self._lane is not None:
            self._lane.tick(now)
        self._precedence.tick(now, self._workers.at_length())
        for waiting, reason in self._queue.impatient(now, self._workers.long_jobs()):
            self.finish(waiting, wire.Status(reason))
        for worker in self._workers:
            task = worker.task
            if task is None or worker.verdict is not None:
                continue
            if now >= task.since + task.job.timeout:
                self._kill(worker, OutOfTime(f"The limit of {task.job.timeout:g} s was reached."))
            elif not worker.long and now >= worker.look and worker.is_long(now):
                self._lengthen(worker)
        self._dispatch()

    def _lengthen(self, worker: Worker) -> None:
        assert worker.task is not None
        self._queue.remember(worker.task.job, long=True)
        refused = self._queue.has_place(worker.task.job, [job.client for job in self._workers.long_jobs()])
        if refused is not None:
            self._kill(worker, refused)
        else:
            self._lengthened(worker)

    def _lengthened(self, worker: Worker) -> None:
        worker.long = True
        self._precedence.lengthened(worker)
