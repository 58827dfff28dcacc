"""A board beside a pool's socket: the state that every worker has, to be read by any process without asking.

It changes once no worker of the state before is given a job any more, and before anybody is told of the write
that made the new one. Its first bytes are the name of the epoch, which `EpochPage` finds by looking into memory;
the rest takes some microseconds to read.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

_NAME = 64
_SIZE = 1_024


def _path(address: str) -> Path:
    return Path(f"{address}.state")


class Board:
    """The board of the pool that listens at `address`."""

    def __init__(self, address: str) -> None:
        self._path = _path(address)
        self._descriptor = -1

    @classmethod
    def make(cls, address: str) -> None:
        """Make a board on which there is nothing yet."""
        _path(address).write_bytes(bytes(_NAME + _SIZE))

    def show(self, about: dict[str, Any]) -> None:
        """Put up a state, in place of the one before. Raises ValueError for one that has no room."""
        content = json.dumps(about).encode()
        name = str(about["epoch"]).encode()
        record = b"%08x %s" % (zlib.crc32(content), content)
        if len(record) > _SIZE or len(name) > _NAME:
            raise ValueError("The state is too long for the board.")
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(self._descriptor, name.ljust(_NAME, b"\0") + record.ljust(_SIZE), 0)

    def read(self) -> dict[str, Any] | None:
        """The state; None where there is no board, or nothing on it."""
        if self._descriptor < 0:
            with suppress(FileNotFoundError):
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        while self._descriptor >= 0:
            record = os.pread(self._descriptor, _SIZE, _NAME)
            content = record[9:].rstrip()
            if not record.rstrip(b"\0"):
                break
            # It may be read while it is being written.
            if record[:8] == b"%08x" % zlib.crc32(content):
                found: dict[str, Any] = json.loads(content)
                return found
        return None


class EpochPage:
    """The name of the present epoch on a pool's board, by a look into memory; safe to use from several threads.

    A look while it is being written may find some of the old name and some of the new: that is the name of no
    state, and equals neither. Raises OSError where there is no board.
    """

    def __init__(self, address: str) -> None:
        with _path(address).open("rb") as file:
            self._page = mmap.mmap(file.fileno(), _NAME, prot=mmap.PROT_READ)

    def read(self) -> bytes:
        """The name of the present epoch; empty as long as nobody has said it."""
        return self._page[:_NAME].rstrip(b"\0")
