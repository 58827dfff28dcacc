"""A board beside a pool's socket: the state that every worker has, to be read by any process without asking.

To read it takes some microseconds. It changes once no worker of the state before is given a job any more, and
before anybody is told of the write that made the new one.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

_SIZE = 1_024


class Board:
    """The board of the pool that listens at `address`."""

    def __init__(self, address: str) -> None:
        self._path = Path(f"{address}.state")
        self._descriptor = -1

    def show(self, about: dict[str, Any]) -> None:
        """Put up a state, in place of the one before. Raises ValueError for one that has no room."""
        content = json.dumps(about).encode()
        record = b"%08x %s" % (zlib.crc32(content), content)
        if len(record) > _SIZE:
            raise ValueError("The state is too long for the board.")
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.pwrite(self._descriptor, record.ljust(_SIZE), 0)

    def read(self) -> dict[str, Any] | None:
        """The state; None where there is no board."""
        if self._descriptor < 0:
            with suppress(FileNotFoundError):
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        while self._descriptor >= 0:
            record = os.pread(self._descriptor, _SIZE, 0)
            content = record[9:].rstrip()
            if not record:
                break
            # It may be read while it is being written.
            if record[:8] == b"%08x" % zlib.crc32(content):
                found: dict[str, Any] = json.loads(content)
                return found
        return None
