"""How a fork makes the memory that it shares with its parent its own, in huge pages where the kernel has them.

The engine counts references in what it reads, so each page that is shared would be copied when it is first read: a
query on a new process would take several times as long.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from itertools import groupby
from typing import IO

# https://man7.org/linux/man-pages/man2/madvise.2.html
_MADV_POPULATE_WRITE, _MADV_COLLAPSE = 23, 25
# What one entry of a page table's middle level spans: the size of a huge page.
_HUGE = 2 << 20
_PAGE = mmap.PAGESIZE
# https://docs.kernel.org/admin-guide/mm/pagemap.html
_ENTRY, _PRESENT = 8, 0x80


def own_pages() -> Iterator[None]:
    """Have a copy made of every page that this process shares with who forked it, two megabytes at each step.

    What no page is behind stays so. Where the kernel cannot do it, nothing is done.
    """
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    def populate(begin: int, end: int) -> bool:
        return bool(madvise(begin, end - begin, _MADV_POPULATE_WRITE) == 0)

    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for begin, end in _areas():
            for start in range(begin - begin % _HUGE, end, _HUGE):
                first, last = max(start, begin), min(start + _HUGE, end)
                runs = _present(pagemap, first, last)
                if not runs:
                    continue
                if not populate(runs[0][0], runs[0][0] + _PAGE):
                    return
                # A huge page that is shared has come apart now, and can be put together as this process's own.
                full = 4 * sum(stop - at for at, stop in runs) >= 3 * _HUGE
                if not full or madvise(start, _HUGE, _MADV_COLLAPSE) != 0:
                    for at, stop in runs:
                        populate(at, stop)
                yield


def _areas() -> list[tuple[int, int]]:
    """Where memory lies that can be written, and is nobody else's and no file's."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        areas = [line.split() for line in file]
    found = []
    for span, rights, *_, place in ((*area, "") if len(area) < 6 else area for area in areas):
        # What is anonymous has no place; a library's data has.
        if rights == "rw-p" and place in ("", "[heap]"):
            begin, end = (int(part, 16) for part in span.split("-"))
            found.append((begin, end))
    return found


def _present(pagemap: IO[bytes], begin: int, end: int) -> list[tuple[int, int]]:
    """The runs of pages from `begin` to `end` that are in memory, as addresses."""
    pagemap.seek(begin // _PAGE * _ENTRY)
    highest = pagemap.read((end - begin) // _PAGE * _ENTRY)[_ENTRY - 1 :: _ENTRY]
    runs, at = [], begin
    for there, pages in groupby(highest, lambda byte: byte >= _PRESENT):
        stop = at + _PAGE * sum(1 for _ in pages)
        if there:
            runs.append((at, stop))
        at = stop
    return runs
