"""A pool with a writing lane and a direct reader, as a process of its own for the tests; nothing is kept."""

from __future__ import annotations

import os
import socket
import sys
from typing import IO, Any

from graphsvc.errors import DataSyntaxError
from graphsvc.workers.direct import DirectReaders
from graphsvc.workers.lane import Lane, forked
from graphsvc.workers.pool import Pool
from graphsvc.workers.wire import Job

MEMORY = 256 << 20
# What jobs have taken for good.
_held: list[bytearray] = []


def told(_job: Job, _payload: bytes, _out: IO[bytes]) -> None:
    """Nothing: no job comes to a reader."""


def write(job: Job, _payload: bytes, _out: IO[bytes]) -> dict[str, Any]:
    """Take memory for good, then be done or refused; says which process did it."""
    _held.append(bytearray(b"x") * job.fields.get("keeps", 0))
    if job.fields.get("wrong"):
        raise DataSyntaxError("wrong", source="write", line=1, column=1)
    bytearray(job.fields.get("takes", 0))
    return {"pid": os.getpid()}


def answer(kind: str, content: bytes) -> bytes:
    """Take so many bytes of memory, and let go of it; says which process did it."""
    assert kind == "take"
    _ = bytearray(b"x") * int(content)
    return str(os.getpid()).encode()


if __name__ == "__main__":
    listener = socket.socket(fileno=int(sys.argv[1]))
    pool = Pool(
        listener,
        told,
        size=1,
        reserve=1,
        memory=MEMORY,
        about={"epoch": "e1"},
        lane=Lane(forked(write), lambda _: {"epoch": "e1"}),
        direct=DirectReaders(listener.getsockname(), answer, 1),
    )
    pool.run(lambda: os.write(1, b"ready\n"), grace=5)
