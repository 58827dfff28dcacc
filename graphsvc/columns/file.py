"""The file that columns are kept in: sections of bytes and of numbers, and a directory of them at the end.

It is written once, and read by many processes, each of which maps the sections that it needs.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import weakref
from array import array
from pathlib import Path
from typing import IO, Any, Literal

# Where a section is: its offset and its length in bytes.
Section = tuple[int, int]
_TRAILER = struct.Struct("<8sQQ")
_MARK = b"columns2"


def path_of(folder: Path, epoch: str) -> Path:
    """Where the columns of an epoch are."""
    return folder / f"columns-{hashlib.sha256(epoch.encode()).hexdigest()[:32]}"


class Writing:
    """A file being written: `put` sections, then `finish`."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def put(self, content: bytes | array[int]) -> Section:
        """Write a section; numbers as they are in this machine's memory, which reads them again."""
        gap = -self._out.tell() % mmap.ALLOCATIONGRANULARITY
        self._out.write(bytes(gap))
        offset = self._out.tell()
        self._out.write(content)
        return offset, self._out.tell() - offset

    def flush(self) -> None:
        """Let what was put be read from the file."""
        self._out.flush()

    def finish(self, directory: dict[str, Any]) -> None:
        """Write what says where everything is."""
        offset, length = self.put(json.dumps(directory).encode())
        self._out.write(_TRAILER.pack(_MARK, offset, length))


class NotHere(Exception):
    """The columns cannot tell: the engine has to."""


class Reading:
    """A file that is there, whole; raises OSError or ValueError where it is not.

    No more than `room` bytes of it are mapped: what is beyond raises NotHere.
    """

    def __init__(self, path: Path, room: int) -> None:
        self._room = room
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        size = os.fstat(self._file).st_size
        trailer = self._read(size - _TRAILER.size, _TRAILER.size)
        if not trailer.startswith(_MARK):
            raise ValueError(f"{path}: no columns")
        _, offset, length = _TRAILER.unpack(trailer)
        self.directory: dict[str, Any] = json.loads(self._read(offset, length))

    def _read(self, offset: int, length: int) -> bytes:
        if offset < 0:
            raise ValueError("too short")
        return os.pread(self._file, length, offset)

    def bytes(self, section: Section) -> mmap.mmap | bytes:
        """The bytes of a section, of which only those that are looked at are read."""
        offset, length = section
        if length > self._room:
            raise NotHere
        self._room -= length
        try:
            return mmap.mmap(self._file, length, prot=mmap.PROT_READ, offset=offset) if length else b""
        except OSError as error:
            # This process may have no more memory.
            raise NotHere from error

    def numbers(self, section: Section, kind: Literal["I", "Q"]) -> memoryview[int]:
        """The numbers of a section that was put as an array of this `kind`."""
        return memoryview(self.bytes(section)).cast(kind)
