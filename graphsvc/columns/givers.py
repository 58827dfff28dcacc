"""Who gives the parts of a list that nothing puts in order: the engine or columns, and the same for all of them.

The two have such a list in different orders; whoever reads it part by part (`LIMIT`, `OFFSET`) would miss rows,
and have others twice, if one part came from here and the next from there.
"""

from __future__ import annotations

import fcntl
import os
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap

NOBODY, ENGINE, COLUMNS = 0, 1, 2
# Lists that fall on the same slot have the same giver.
_SLOTS = 1 << 16


class Givers:
    """Who gives which list, for one state of the data; shared by all processes that are forked from this one."""

    def __init__(self) -> None:
        # A byte for each slot, in memory that a fork shares.
        self._slots = mmap(-1, _SLOTS)
        self._lock = os.memfd_create("givers", os.MFD_CLOEXEC)
        weakref.finalize(self, os.close, self._lock)

    def of(self, whole: str) -> int:
        """Who gives a list, told by its query without the slice; NOBODY where it was not begun."""
        return self._slots[_slot(whole)]

    def claim(self, whole: str, giver: int) -> int:
        """Who gives a list from now on: `giver`, unless somebody was first."""
        at = _slot(whole)
        if self._slots[at] == NOBODY:
            with self._locked():
                if self._slots[at] == NOBODY:
                    self._slots[at] = giver
        return self._slots[at]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Locks of this kind are those of a process, so they keep forks apart, and end with it.
        # https://man7.org/linux/man-pages/man2/F_SETLK.2const.html
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)


def _slot(whole: str) -> int:
    return zlib.crc32(whole.encode()) % _SLOTS
