"""The present epoch in a page of memory that every process of the service sees.

The keeper writes it before a write is acknowledged, so who reads it after that finds the new one, at the cost of
looking into memory. A reader that looks while it is being written may see some of the old name and some of the
new: that is the name of no state, and equals neither.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

_SIZE = 64


def make(path: Path) -> None:
    """Make the page, which names no epoch yet."""
    path.write_bytes(bytes(_SIZE))


def publish(path: Path, epoch: str) -> None:
    """Have `epoch` be the present one. Raises OSError.

    The file is not kept open: a process that is forked later has no way to it.
    """
    name = epoch.encode().ljust(_SIZE, b"\0")
    if len(name) > _SIZE:
        raise ValueError(f"{epoch!r} is longer than a page has room for")
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(descriptor, name, 0)
    finally:
        os.close(descriptor)


class EpochPage:
    """The page as who reads it sees it; safe to use from several threads. Raises OSError where there is none."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._page = mmap.mmap(file.fileno(), _SIZE, prot=mmap.PROT_READ)

    def read(self) -> bytes:
        """The name of the present epoch; empty as long as nobody has said it."""
        return self._page[:_SIZE].rstrip(b"\0")
