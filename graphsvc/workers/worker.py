"""A worker: a fork of the pool that does one job after another until it is told to stop, or killed."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import select
import signal
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from typing import IO, Any, NoReturn

from graphsvc.errors import GraphsvcError, OutOfMemory, StoreError
from graphsvc.workers import sandbox, wire
from graphsvc.workers.own_pages import own_pages

# Its answer goes to the file; what it returns goes beside the status.
Handler = Callable[[wire.Job, bytes, IO[bytes]], dict[str, Any] | None]
_BUFFER = 1 << 16
# How long what is written waits for more, in seconds.
_DELAY = 0.05
# How long nothing must have come before a new worker sees to its memory, in milliseconds.
_QUIET = 300


def work(
    channel: socket.socket,
    handler: Handler,
    memory: int,
    max_file: int = 0,
    *,
    files: bool = False,
    warm: bool = False,
) -> NoReturn:
    """Do the jobs that come over `channel`, confined to `memory` bytes beyond what the pool has.

    Memory files that it is handed may grow to `max_file` bytes; with `files` it may write files of that size. One
    that is to be `warm` makes all memory its own as soon as nobody asks anything of it.
    """
    confine_child(memory, max_file, files=files)
    if warm:
        warm_up(channel)
    while True:
        packet, descriptors = wire.receive(channel)
        if not packet:
            os._exit(0)
        status = _do(wire.read_job(packet), wire.read_payload(packet), descriptors, handler)
        try:
            wire.send(channel, status.packet())
        except OSError:
            os._exit(0)


def confine_child(memory: int, max_file: int = 0, *, files: bool = False) -> None:
    """Make this process, a fork, one that may do no more than `sandbox.confine` says, and ends with its parent."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    sandbox.die_with_parent()
    sandbox.confine(memory, max_file, files=files)


def warm_up(channel: socket.socket) -> None:
    """Make all memory this process's own while nothing comes over the channel."""
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    steps = own_pages()
    while not poll.poll(_QUIET):
        while not poll.poll(0):
            if next(steps, steps) is steps:
                return


def _do(job: wire.Job, payload: bytes | None, descriptors: list[int], handler: Handler) -> wire.Status:
    target, lines = descriptors[0], descriptors[2:]
    if lines:
        job = replace(job, fields=job.fields | {"line": lines[0]})
    # A second line of defence: should the pool hang, the kernel ends this process.
    signal.setitimer(signal.ITIMER_REAL, job.timeout + 2)
    begun = time.process_time()
    try:
        if payload is None:
            with open(descriptors[1], "rb") as file:
                payload = file.read()
        fields, answer = _run(job, payload, target, handler)
    except GraphsvcError as error:
        return wire.Status(error)
    except MemoryError:
        return wire.Status(OutOfMemory("The work needs more memory than one request may take."))
    except BrokenPipeError:
        return wire.Status(None, {"abandoned": True})
    except Exception as error:
        logging.getLogger("graphsvc").exception("unforeseen error in a worker")
        return wire.Status(StoreError(f"The work failed: {type(error).__name__}"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        with contextlib.suppress(OSError):
            os.close(target)
        for each in lines:
            with contextlib.suppress(OSError):
                os.close(each)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told = {"peak": peak, "seconds": time.process_time() - begun}
    return wire.Status(None, fields | told, answer)


def _run(job: wire.Job, payload: bytes, target: int, handler: Handler) -> tuple[dict[str, Any], bytes]:
    """Run the handler on a buffered pipe; what is in the buffer of a failed job is thrown away.

    A short answer is not written: it is given back, and goes beside the status.
    """
    with open(target, "wb", buffering=0, closefd=False) as raw:
        out = _Pipe(raw)
        fields = handler(job, payload, out)  # type: ignore[arg-type]
        answer = out.take() if stat.S_ISFIFO(os.fstat(target).st_mode) else b""
        out.drain()
    return fields or {}, answer


class _Pipe:
    """A write-only file over a raw pipe that gathers small writes and loses none in a short write."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._parts: list[bytes] = []
        self._size = 0
        self._begun = False
        self._due = 0.0

    def take(self) -> bytes:
        """All that was written, if it is short and nothing of it is gone."""
        if self._begun or self._size > wire.SHORT:
            return b""
        answer = b"".join(self._parts)
        self._parts, self._size = [], 0
        return answer

    def write(self, chunk: bytes) -> int:
        now = time.monotonic()
        if not self._parts:
            self._due = now + _DELAY
        self._parts.append(bytes(chunk))
        self._size += len(chunk)
        if self._size >= _BUFFER or now > self._due:
            self.drain()
        return len(chunk)

    def flush(self) -> None:
        """Nothing: a serialiser calls it at its end, and a short answer is to stay here."""

    def drain(self) -> None:
        """Write what there is."""
        pending = memoryview(b"".join(self._parts))
        self._parts, self._size, self._begun = [], 0, True
        while pending:
            pending = pending[self._raw.write(pending) :]
