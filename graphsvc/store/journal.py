"""The journal of a store: every committed change, in order, in a form in which damage shows.

A record is one line of JSON with its own checksum, then the patch that it announces. The epochs form a chain:
each is the hash of the one before and of the patch. What was not wholly written, when the process or the machine
stopped, was acknowledged to nobody and is dropped; anything else that is not as it was written is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from graphsvc.errors import StoreError
from graphsvc.store.changes import epoch_after
from graphsvc.store.generations import failed

Record = tuple[dict[str, Any], bytes]


class Journal:
    """The journal at `path`; with `sync` a change is on the disk before `append` returns."""

    def __init__(self, path: Path, *, sync: bool) -> None:
        self.path = path
        self._sync = sync
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115

    def append(self, records: Sequence[Record]) -> int:
        """Write records, all or none; where the journal ended before.

        Raises StoreError where the disk does not take them.
        """
        end = self._file.tell()
        try:
            self._write(b"".join(_packed(fields, patch) for fields, patch in records))
            if self._sync:
                os.fdatasync(self._file.fileno())
        except OSError as error:
            self.cut(end)
            raise failed("The journal could not be written", error) from error
        return end

    def cut(self, end: int) -> None:
        """Take back what was written behind `end`."""
        self._file.truncate(end)
        self._file.seek(end)
        if self._sync:
            os.fdatasync(self._file.fileno())

    def restart(self, records: Sequence[Record]) -> None:
        """Begin anew with these records alone. Raises StoreError."""
        self._file.truncate(0)
        self._file.seek(0)
        self.append(records)

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]

    def read(self) -> Iterator[Record]:
        """The records from the first to the last, and the unfinished end cut off.

        Raises StoreError for a journal that is damaged.
        """
        content = self.path.read_bytes()
        place = 0
        for record, end in _whole(content, self.path):
            yield record
            place = end
        if place < len(content):
            self._file.truncate(place)
            self._file.seek(place)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_journal(path: Path) -> tuple[list[Record], list[int]]:
    """The whole records of a journal that somebody may be writing to, and where each of them ends, in bytes.

    Raises StoreError for a journal that is damaged, that does not follow from itself, or that cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise failed(f"{path}: the journal cannot be read", error) from error
    found = list(_whole(content, path))
    records = [record for record, _ in found]
    for (before, _), (fields, patch) in pairwise(records):
        if epoch_after(str(before["epoch"]), patch) != fields["epoch"]:
            raise StoreError(
                f"{path}: the journal is damaged: change {fields['number']} does not follow from the one before."
            )
    return records, [end for _, end in found]


def shortened(path: Path, epoch: str) -> StoreError:
    """That a journal does not lead to a state that is there."""
    return StoreError(
        f"{path}: the journal was cut short or taken away: it does not lead to the state {epoch}, "
        "which is there. Bring it back, or remove the whole folder to begin anew from the project's files."
    )


def _whole(content: bytes, path: Path) -> Iterator[tuple[Record, int]]:
    """The records that were written to their end, and where each ends. Raises StoreError."""
    place = 0
    while place < len(content):
        found = _unpacked(content, place, path)
        if found is None:
            return
        place = found[1]
        yield found


def _packed(fields: dict[str, Any], patch: bytes) -> bytes:
    head = json.dumps(
        fields | {"bytes": len(patch), "sha256": hashlib.sha256(patch).hexdigest()}, sort_keys=True
    ).encode()
    return b"%08x %s\n%s\n" % (zlib.crc32(head), head, patch)


def _unpacked(content: bytes, place: int, path: Path) -> tuple[Record, int] | None:
    """The record at `place` and where the next one starts; None where it was not written to its end."""
    end = content.find(b"\n", place)
    if end < 0 or not content[place:].strip(b"\0"):
        return None
    line = content[place:end]
    if line[:8] != b"%08x" % zlib.crc32(line[9:]):
        raise StoreError(
            f"{path}: the journal is damaged at byte {place:,}: a record's head is not as written."
        )
    fields = json.loads(line[9:])
    start, size, digest = end + 1, fields.pop("bytes"), fields.pop("sha256")
    patch = content[start : start + size]
    if len(patch) < size or len(content) == start + size:
        return None
    if hashlib.sha256(patch).hexdigest() != digest or content[start + size : start + size + 1] != b"\n":
        raise StoreError(f"{path}: the journal is damaged at byte {start:,}: a patch is not as written.")
    return (fields, patch), start + size + 1
