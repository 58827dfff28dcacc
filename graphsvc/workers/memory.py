"""How much memory a process has, and how it gives back what it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import resource

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE = 256 << 10


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
