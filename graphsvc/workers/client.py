"""The client's end of a pool: hand in a job, get the answer whole, or as a stream, or an error."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from graphsvc.errors import OutOfTime, StoreError, Unavailable
from graphsvc.workers import wire
from graphsvc.workers.holding import Holding
from graphsvc.workers.line import Answerer, answering, hang_up

# So much of an answer is taken at once; of a long one after so many seconds.
_CHUNK, _PAUSE = 3 << 16, 0.001
# How many connections to a pool are kept for the next job.
_IDLE = 64
_PIPE_SIZE = 256 << 10
# How often a client that waits looks whether its own caller is still there, in milliseconds.
_LOOK = 200
# What the pool may take on top of a job's time: its queue, and a margin to say that time is out.
_PATIENCE = 5.0


@dataclass
class Product:
    """What a job made: `length` is known where it is whole; `fields` is what the pool says beside it."""

    chunks: Iterator[bytes]
    length: int | None
    fields: dict[str, Any] = field(default_factory=dict)


class PoolClient:
    """Hands jobs to the pool that listens at `address`; safe to use from several threads.

    Up to `hold_back` bytes an answer is held until it is complete.
    """

    def __init__(self, address: str, *, hold_back: int = 16 << 20) -> None:
        self._address = address
        self._hold_back = hold_back
        # Connections on which nothing is under way; what comes back last is used first.
        self._idle: deque[socket.socket] = deque()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections on which nothing is under way."""
        while self._idle:
            self._idle.pop().close()

    def hello(self, patience: float = _PATIENCE) -> dict[str, Any]:
        """What the pool says of itself, within `patience` seconds. Raises Unavailable."""
        return self._asked("hello", patience)

    def figures(self, patience: float = _PATIENCE) -> dict[str, Any]:
        """What the pool has done and how it stands (`tally`); raises as `hello` does."""
        return self._asked("figures", patience)

    def _asked(self, what: str, patience: float) -> dict[str, Any]:
        with self._connected() as channel:
            channel.settimeout(patience)
            wire.send(channel, wire.Job(what).packet())
            try:
                return wire.read_status(_packet(channel)).fields
            except StoreError as error:
                raise Unavailable("This part of the service is just being started; try again.") from error

    def run(
        self,
        job: wire.Job,
        payload: bytes,
        cancelled: Callable[[], bool] = lambda: False,
        answer: Answerer | None = None,
        hold_back: int | None = None,
        *,
        flowing: bool = False,
    ) -> Product:
        """Have the job done; what the worker asks back, if it may, is given to `answer`.

        `hold_back` takes the place of this client's own. With `flowing` an answer is held no longer than may be
        worth it (`Holding`).

        Raises the error that the job ended with, Saturated or TooManyRequests where it was not begun, and
        Unavailable where there is no pool. If the caller goes away (`cancelled`), the worker is stopped.
        """
        run = self._begun(job, payload, cancelled, answer)
        held: list[bytes] = []
        most = self._hold_back if hold_back is None else hold_back
        holding = Holding(most, job.timeout if flowing else None)
        going_on = True
        try:
            while going_on or run.ended:
                chunk = run.read()
                if not chunk:
                    return Product(iter(held), sum(map(len, held)), run.finish())
                held.append(chunk)
                going_on = going_on and holding.goes_on(len(chunk))
        except BaseException:
            run.close()
            raise
        rest = _stream(run, held)
        # Begun here, so that closing it lets go of the job even before its first bytes are taken.
        next(rest)
        return Product(rest, None)

    def _begun(
        self, job: wire.Job, payload: bytes, cancelled: Callable[[], bool], answer: Answerer | None
    ) -> _Run:
        """The job on a connection that is there; on a new one where there is none, or the pool is another now."""
        while self._idle:
            try:
                channel = self._idle.pop()
            except IndexError:
                break
            with suppress(Unavailable):
                return _Run(channel, job, payload, cancelled, self._keep, answer)
        return _Run(self._connected(), job, payload, cancelled, self._keep, answer)

    def _keep(self, channel: socket.socket) -> None:
        if len(self._idle) < _IDLE:
            self._idle.append(channel)
        else:
            channel.close()

    def _connected(self) -> socket.socket:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        channel.settimeout(_PATIENCE)
        try:
            channel.connect(self._address)
        except OSError as error:
            channel.close()
            raise Unavailable("This part of the service is just being started; try again.") from error
        return channel


class _Run:
    """One job under way: its channel to the pool, and the pipe that the worker writes to.

    Our own copy of the pipe's end stays open until the pool has said how the job ended, so that one thing is
    waited for and not two: a short answer comes with that.
    """

    def __init__(
        self,
        channel: socket.socket,
        job: wire.Job,
        payload: bytes,
        cancelled: Callable[[], bool],
        give_back: Callable[[socket.socket], None],
        answer: Answerer | None = None,
    ) -> None:
        self._channel = channel
        self._line: socket.socket | None = None
        theirs: socket.socket | None = None
        if answer is not None:
            self._line, theirs = answering(answer)
        self._cancelled = cancelled
        self._give_back = give_back
        self._status: wire.Status | None = None
        self._answer = b""
        self._wide = False
        # A write has its time twice: once to wait for its turn. Who gave up on one that is begun would not know.
        waiting = job.timeout if job.kind == "write" else 0
        self._deadline = time.monotonic() + waiting + job.timeout + _PATIENCE
        self._source, self._target = os.pipe2(os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._poll.register(channel, select.POLLIN)
        content = wire.memory_file(payload) if theirs is not None or len(payload) > wire.SHORT else None
        try:
            if content is None:
                wire.send(channel, job.packet(payload), (self._target,))
            else:
                lines = [theirs.fileno()] if theirs else []
                wire.send(channel, job.packet(), (self._target, content, *lines))
        except OSError as error:
            self.close()
            raise Unavailable("This part of the service is just being started; try again.") from error
        finally:
            if content is not None:
                os.close(content)
            if theirs is not None:
                theirs.close()

    def read(self) -> bytes:
        """The next bytes of the answer; none at its end."""
        if self._wide and self._status is None:
            # What comes meanwhile has room in the pipe, and costs no more to take than a part of it.
            time.sleep(_PAUSE)
        while self._status is None:
            ready = [descriptor for descriptor, _ in self._poll.poll(_LOOK)]
            if self._source in ready:
                self._widen()
                return os.read(self._source, _CHUNK)
            if ready:
                self._settle(wire.read_status(_packet(self._channel)))
            elif self._cancelled():
                raise OutOfTime("The client went away.")
            elif time.monotonic() > self._deadline:
                raise OutOfTime("The work was not done in time.")
        if self._status.error is not None:
            return b""
        answer, self._answer = self._answer, b""
        return answer or os.read(self._source, _CHUNK)

    @property
    def ended(self) -> bool:
        """Whether the job has ended: what is left of its answer is no more than the pipe holds."""
        return self._status is not None

    def _widen(self) -> None:
        """Give an answer that is not short a pipe with room."""
        if not self._wide:
            self._wide = True
            with suppress(OSError):
                fcntl.fcntl(self._source, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)

    def _settle(self, status: wire.Status) -> None:
        """The job has ended: whatever was written to the pipe is in it, and nothing more will be."""
        self._status, self._answer = status, status.answer
        os.close(self._target)
        self._target = -1

    def finish(self) -> dict[str, Any]:
        """How the job ended, once there is nothing left to read: the pool's fields, or the error raised."""
        status = self._status
        assert status is not None
        self._give_back(self._channel)
        self._let_go()
        error, fields = status.error, status.fields
        if error is None:
            return fields
        # A frame that holds what it raises is a cycle, in which the payloads of its callers would stay.
        self._status = status = None
        try:
            raise error
        finally:
            del error

    def close(self) -> None:
        """Let go of the job; the pool stops a worker that is still at it."""
        if self._source >= 0:
            self._channel.close()
            self._let_go()

    def _let_go(self) -> None:
        if self._line is not None:
            hang_up(self._line)
            self._line = None
        for descriptor in (self._source, self._target):
            if descriptor >= 0:
                with suppress(OSError):
                    os.close(descriptor)
        self._source = self._target = -1


def _stream(run: _Run, held: list[bytes]) -> Iterator[bytes]:
    """The rest of an answer that is too large to hold; raises where it turns out not to be whole."""
    try:
        yield b""
        yield from held
        held.clear()
        while chunk := run.read():
            yield chunk
        run.finish()
    finally:
        run.close()


def _packet(channel: socket.socket) -> bytes:
    try:
        packet, _ = wire.receive(channel)
    except TimeoutError:
        packet = b""
    if not packet:
        raise StoreError("The part of the service that did the work was lost.")
    return packet
