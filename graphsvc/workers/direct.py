"""Direct readers: workers that a client asks over a connection of its own, with no pool between.

They are for queries that are known to take a few milliseconds. Such a reader answers one question after another,
each within `LIMIT` seconds and its memory, or ends; it answers nothing that is not as it is expected to be.
Whoever gets no answer asks the pool, which knows why. One that has grown ends too, once it has answered. A reader
has the state that it was forked with, which is the first thing it says, and is ended when there is another.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, Protocol

from graphsvc.workers import wire
from graphsvc.workers.crew import MAX_GROWTH
from graphsvc.workers.memory import can_have_a_copy, resident
from graphsvc.workers.worker import confine_child, warm_up

# The longest that a question may take, in seconds.
LIMIT = 0.25
# In less than so many seconds no reader grows by what matters.
_GROWING = 0.002
# The longest answer, in bytes, and as much of it as one packet has.
LONGEST = 1 << 20
_PART = 60 << 10
# What is asked: the kind of question, a line end, the question.
Answer = Callable[[str, bytes], bytes]
# Whether there is an answer, the microseconds that it took, and its length.
_HEAD = struct.Struct("!cII")
_YES, _NO = b"+", b"-"


def path(address: str) -> str:
    """Where the direct readers beside the pool at `address` listen."""
    return f"{address}.direct"


def question(kind: str, content: bytes) -> bytes:
    """A question as a packet."""
    return kind.encode() + b"\n" + content


class Reply:
    """The reply to one question, in packets; `whole` once nothing is missing."""

    def __init__(self, packet: bytes) -> None:
        flag, microseconds, length = _HEAD.unpack_from(packet)
        self._length = int(length)
        self.is_answer = bool(flag == _YES)
        self.seconds = microseconds / 1e6
        self._parts = [packet[_HEAD.size :]]
        self._size = len(self._parts[0])

    def add(self, packet: bytes) -> None:
        """Take in one more packet."""
        self._parts.append(packet)
        self._size += len(packet)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self._size >= self._length

    @property
    def body(self) -> bytes:
        """The answer."""
        return b"".join(self._parts)


def read_state(packet: bytes) -> dict[str, Any]:
    """What a reader says first of the state that it has."""
    found: dict[str, Any] = json.loads(packet)
    return found


class Host(Protocol):
    """What the direct readers need of the pool that they stand beside."""

    memory: int

    def child(self, body: Callable[[socket.socket], NoReturn]) -> tuple[int, socket.socket]:
        """Fork a process that does `body` with its end of a channel; the process and our end."""

    def watch(self, channel: socket.socket, action: Callable[[], None]) -> None:
        """Call `action` whenever something can be read."""

    def unwatch(self, channel: socket.socket) -> None:
        """Stop watching, and close the channel."""


class DirectReaders:
    """Forks a reader for each connection to `path(address)`, at most `most` at once; `answer` is what they do."""

    def __init__(self, address: str, answer: Answer, most: int) -> None:
        place = Path(path(address))
        place.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(place))
        self._listener.listen(16)
        self._listener.setblocking(False)
        self._answer = answer
        self._most = most
        self._children: dict[int, socket.socket] = {}
        self._about: dict[str, Any] = {}

    def attach(self, host: Host) -> None:
        """Begin to work beside a pool."""
        self._host = host
        host.watch(self._listener, self._accept)

    def renew(self, about: dict[str, Any]) -> None:
        """The state is another now: end whoever has the one before. Whom they still answer asked before that."""
        before, self._about = self._about, about
        if about != before:
            self._kill()

    def end(self) -> None:
        """End all readers, and see them end."""
        self._kill()
        for pid in list(self._children):
            self._bury(pid)

    def _kill(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def close_descriptors(self) -> None:
        """In a forked child: let go of what is not its own."""
        self._listener.close()
        for channel in self._children.values():
            channel.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                if len(self._children) < self._most:
                    self._fork(connection)

    def _fork(self, connection: socket.socket) -> None:
        about, memory, warm = self._about, self._host.memory, can_have_a_copy()

        def body(_: socket.socket) -> NoReturn:
            confine_child(memory)
            connection.setblocking(True)
            with contextlib.suppress(OSError):
                wire.send(connection, json.dumps(about).encode())
                if warm:
                    warm_up(connection)
                most = resident(os.getpid()) + MAX_GROWTH
                while packet := connection.recv(wire.MAX_PACKET):
                    begun = time.monotonic()
                    for part in _reply(packet, self._answer):
                        connection.send(part)
                    if time.monotonic() > begun + _GROWING and _peak() > most:
                        break
            os._exit(0)

        pid, ours = self._host.child(body)
        self._children[pid] = ours
        self._host.watch(ours, lambda: self._bury(pid))

    def _bury(self, pid: int) -> None:
        """A reader has ended, or is about to."""
        os.waitpid(pid, 0)
        self._host.unwatch(self._children.pop(pid))


def _peak() -> int:
    """The most resident memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _reply(packet: bytes, answer: Answer) -> Iterator[bytes]:
    """The packets of the reply to a question; this process ends where it takes too long."""
    kind, _, content = packet.partition(b"\n")
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    begun = time.process_time()
    found = None
    # Whoever asks again, and not in a hurry, is told what is wrong.
    with contextlib.suppress(Exception):
        try:
            found = answer(kind.decode(), content)
        except MemoryError:
            os._exit(1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if found is None or len(found) > LONGEST:
        yield _HEAD.pack(_NO, 0, 0)
        return
    head = _HEAD.pack(_YES, int((time.process_time() - begun) * 1e6), len(found))
    yield head + found[:_PART]
    for start in range(_PART, len(found), _PART):
        yield found[start : start + _PART]
