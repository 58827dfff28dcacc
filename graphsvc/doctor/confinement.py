"""Whether the wall around queries stands here: tried out by a process that is confined as a reader is."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
from collections.abc import Callable, Iterator
from typing import Any

from graphsvc.doctor.findings import Finding, ok, wrong
from graphsvc.workers.apart import apart
from graphsvc.workers.sandbox import confine

_MEMORY = 64 << 20
# What a reader may not do, and something harmless that it would take to do it.
_ATTEMPTS: dict[str, Callable[[], object]] = {
    "open a socket": lambda: socket.socket().close(),
    "write a file": lambda: os.close(os.open(os.devnull, os.O_WRONLY)),
    "remove a file": lambda: os.unlink(_NOWHERE),
    "start a program": lambda: os.execv(_NOWHERE, [_NOWHERE]),  # noqa: S606
    "signal a process": lambda: os.kill(os.getpid(), 0),
}
_NOWHERE = "/proc/self/no-such-file"


def examine_sandbox() -> Iterator[Finding]:
    """A finding on the memory limit, and one on what the kernel refuses to a reader."""
    told = _tried()
    machine = f"{platform.system()} on {platform.machine()}"
    if told is None:
        yield wrong(
            "sandbox", "a confined process was lost.", "Queries may not work here: see the kernel's log."
        )
        return
    if told["memory"]:
        yield ok("memory", "a reader that wants more memory than reader_memory is refused it.")
    else:
        yield wrong(
            "memory", "a reader gets more memory than its limit.", "The kernel does not heed RLIMIT_AS."
        )
    allowed = [name for name in _ATTEMPTS if name not in told["refused"]]
    if told["filtered"] and not allowed:
        yield ok(
            "sandbox",
            f"seccomp is in force ({machine}): a reader may not {', '.join(_ATTEMPTS)}.",
            seccomp=True,
            refused=told["refused"],
        )
        return
    yield wrong(
        "sandbox",
        f"seccomp is not in force ({machine}): a reader that was taken over could {', '.join(allowed)}.",
        "Run on Linux on x86_64 or aarch64 with a kernel that has seccomp filters, or let only people whom you "
        "trust send queries.",
        seccomp=False,
        refused=told["refused"],
    )


def _tried() -> dict[str, Any] | None:
    """What a confined process says of itself; None where it says nothing."""
    said = apart(lambda: json.dumps(_try()).encode())
    told: dict[str, Any] | None = json.loads(said) if said else None
    return told


def _try() -> dict[str, Any]:
    filtered = confine(_MEMORY)
    refused = [name for name, attempt in _ATTEMPTS.items() if _is_refused(attempt)]
    try:
        bytearray(1 << 30)
        limited = False
    except MemoryError:
        limited = True
    return {"filtered": filtered, "refused": refused, "memory": limited}


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno == errno.EACCES
    return False
