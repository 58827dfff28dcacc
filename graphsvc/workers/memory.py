"""How much memory a process has, how it makes what it shares its own, and gives back what it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE = 256 << 10
# https://man7.org/linux/man-pages/man2/madvise.2.html
_MADV_POPULATE_WRITE = 23
_SLICE = 1 << 20
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
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


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


def own_pages() -> Iterator[None]:
    """Have a copy made of every page that this process shares with who forked it, a megabyte at each step.

    The engine counts references in what it reads, so each page would be copied when it is first read: a query
    on a new process would take several times as long. Where the kernel cannot do it, nothing is done.
    """
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    with open("/proc/self/maps", encoding="utf-8") as file:
        areas = [line.split() for line in file]
    for span, rights, *_, place in ((*area, "") if len(area) < 6 else area for area in areas):
        # What is anonymous has no place; a library's data has.
        if rights != "rw-p" or place not in ("", "[heap]"):
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        for start in range(begin, end, _SLICE):
            if madvise(start, min(_SLICE, end - start), _MADV_POPULATE_WRITE) != 0:
                return
            yield
