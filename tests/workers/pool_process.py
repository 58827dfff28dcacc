"""A pool whose jobs misbehave in every way, as a process of its own for the tests."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

from graphsvc.errors import DataSyntaxError
from graphsvc.workers.pool import Pool
from graphsvc.workers.wire import Job

Fields = dict[str, Any]


def spin(*_: object) -> None:
    """Never end."""
    while True:
        pass


def count(fields: Fields, _: bytes, out: IO[bytes]) -> None:
    """Write many small lines."""
    for number in range(fields["lines"]):
        out.write(b"%d\n" % number)


def sleep(fields: Fields, _: bytes, out: IO[bytes]) -> None:
    """Take time and no processor."""
    time.sleep(fields["seconds"])
    out.write(b"slept")


def half(_fields: Fields, _: bytes, out: IO[bytes]) -> None:
    """Fail in the middle of an answer."""
    out.write(b"x" * (1 << 20))
    raise DataSyntaxError("broken at the end", source="half.ttl", line=7, column=3)


def trickle(fields: Fields, _: bytes, out: IO[bytes]) -> None:
    """Write parts of one size for ever, a hundredth of a second between them."""
    while True:
        out.write(b"x" * fields["size"])
        time.sleep(0.01)


def surprise(*_: object) -> None:
    """Fail with an error that nobody foresaw."""
    raise KeyError("unforeseen")


def write(fields: Fields, *_: object) -> None:
    """Write a file."""
    Path(fields["path"]).write_text("written")


JOBS: dict[str, Callable[[Fields, bytes, IO[bytes]], object]] = {
    "echo": lambda _, payload, out: out.write(payload),
    "count": count,
    "spin": spin,
    "sleep": sleep,
    "half": half,
    "trickle": trickle,
    "grow": lambda fields, _, out: out.write(str(len(bytearray(fields["bytes"]))).encode()),
    "abort": lambda *_: os.abort(),
    "fault": lambda *_: ctypes.string_at(0),
    "exit": lambda *_: os._exit(1),
    "surprise": surprise,
    "fetch": lambda fields, *_: urlopen(fields["url"], timeout=2),
    "program": lambda *_: os.execv("/bin/true", ["true"]),
    "write": write,
    "kill": lambda *_: os.kill(os.getppid(), 9),
    "read": lambda fields, _, out: out.write(Path(fields["path"]).read_bytes()),
    "pid": lambda _f, _p, out: out.write(f"{os.getpid()} {len(os.listdir('/proc/self/fd'))}".encode()),
}


def handle(job: Job, payload: bytes, out: IO[bytes]) -> None:
    """Do what the job's kind says."""
    JOBS[job.kind](job.fields, payload, out)


if __name__ == "__main__":
    pool = Pool(
        socket.socket(fileno=int(sys.argv[1])),
        handle,
        size=2,
        reserve=1,
        memory=256 << 20,
        share=1,
        about={"epoch": "e1"},
    )
    pool.run(lambda: os.write(1, b"ready\n"), grace=5)
