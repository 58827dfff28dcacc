"""A line from a worker, which has no way to the network, to who handed in its job: questions, and their answers.

Frames on a stream socket: a length and that many bytes; an answer is two, how it went and what it is. Who answers
decides what may be asked.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from graphsvc.errors import GraphsvcError, StoreError, TooLarge
from graphsvc.workers import wire

# The longest question; an answer has the bound of who gives it.
MAX_QUESTION = 4 << 20
_LENGTH = struct.Struct("!Q")
Answerer = Callable[[bytes], bytes]


def answering(answer: Answerer) -> tuple[socket.socket, socket.socket]:
    """The two ends of a new line: one to keep, and to close when the job is over; one to hand over.

    A thread gives what comes over it to `answer`, until it is closed.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    threading.Thread(target=_serve, args=(ours.dup(), answer), daemon=True).start()
    return ours, theirs


def hang_up(ours: socket.socket) -> None:
    """End a line: the thread that answers ends too."""
    # The other end may have been first.
    with suppress(OSError):
        ours.shutdown(socket.SHUT_RDWR)
    ours.close()


def _serve(channel: socket.socket, answer: Answerer) -> None:
    with channel:
        try:
            while (question := _received(channel, MAX_QUESTION)) is not None:
                content, status = b"", wire.Status()
                try:
                    content = answer(question)
                except GraphsvcError as error:
                    status = wire.Status(error)
                except Exception as error:
                    # The question came from a worker, which may ask for anything.
                    status = wire.Status(StoreError(f"It could not be answered: {type(error).__name__}"))
                for part in (status.packet(), content):
                    channel.sendall(_LENGTH.pack(len(part)) + part)
        except (OSError, TooLarge):
            pass
        with suppress(OSError):
            channel.shutdown(socket.SHUT_RDWR)


class Line:
    """The worker's end, by its descriptor, which stays open."""

    def __init__(self, descriptor: int) -> None:
        self._channel = socket.socket(fileno=os.dup(descriptor))

    def ask(self, question: bytes) -> bytes:
        """The answer. Raises the error that it was answered with, StoreError where the line is gone."""
        try:
            self._channel.sendall(_LENGTH.pack(len(question)) + question)
            status, content = _received(self._channel), _received(self._channel)
        except OSError:
            status = content = None
        if status is None or content is None:
            raise StoreError("The way to the store was lost.")
        error = wire.read_status(status).error
        if error is not None:
            raise error
        return content

    def close(self) -> None:
        """Hang up."""
        self._channel.close()


def _received(channel: socket.socket, most: int | None = None) -> bytes | None:
    """One frame; None at the end."""
    head = _exactly(channel, _LENGTH.size)
    if head is None:
        return None
    [size] = _LENGTH.unpack(head)
    if most is not None and size > most:
        raise TooLarge("The question is too long.")
    return _exactly(channel, size)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        chunk = channel.recv(min(size - len(parts), 1 << 20))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)
