"""How much memory a process has, and how it gives back what it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from contextlib import suppress
from pathlib import Path

from graphsvc.workers.allocator import give_back_free

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE = 256 << 10
_CGROUP = Path("/sys/fs/cgroup")


def resident(pid: int) -> int:
    """The resident memory of a process, in bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def give_back_large_blocks() -> None:
    """Have every large block go back to the system as soon as it is free; by default each thread keeps some."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Collect what lies in circles of references, and let all that is free go back to the system."""
    gc.collect()
    give_back_free()


def can_have_a_copy() -> bool:
    """Whether there is memory for all that this process has once more, and four times as much for others."""
    return 5 * resident(os.getpid()) <= _available()


def _available() -> int:
    """How many bytes the machine, or the group of this process, has left."""
    found = 0
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                found = int(line.split()[1]) << 10
    # Without a limit the file says `max`; without control groups there is none.
    with suppress(OSError, ValueError):
        most, used = ((_CGROUP / f"memory.{name}").read_text() for name in ("max", "current"))
        found = min(found, int(most) - int(used))
    return found
