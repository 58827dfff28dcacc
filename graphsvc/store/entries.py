"""A change of the store as an entry of the feed: an RDF Patch with headers that chain it to the one before.

https://afs.github.io/rdf-delta/rdf-patch. The `id` of an entry is the SHA-256 of all its bytes behind that line,
and `prev` is the `id` of the entry before, so who has one `id` can tell whether what follows is what the primary
made. The rows are those of the journal. RDF Patch has no word for an empty named graph: that one is created or
dropped stands in a comment, `#C` or `#X`. Blank nodes have the store's own labels, which never change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphsvc.errors import StoreError
from graphsvc.store.changes import epoch_after

MEDIA_TYPE = "application/rdf-patch"
_ID = "urn:sha-256:"
_HEADER = re.compile(r'H (\w+) (?:<([^>]*)>|("(?:[^"\\]|\\.)*")) \.')
_END = b"TC .\n"
# What an entry says of a change, besides its place in the chain; never who made it.
_TOLD = ("time", "kind", "files", "graphs")


@dataclass(frozen=True)
class Entry:
    """One change: the state that it leads to, with its `number`, and the patch as the journal has it.

    `epoch` follows from `before`, and `id` from `prev` and all the rest.
    """

    id: str
    prev: str
    epoch: str
    before: str
    number: int
    told: dict[str, str]
    patch: bytes

    def text(self) -> bytes:
        """The entry as RDF Patch."""
        return f"H id <{_ID}{self.id}> .\n".encode() + _body(
            self.prev, self.epoch, self.before, self.number, self.told, self.patch
        )

    def fields(self) -> dict[str, Any]:
        """What a journal keeps of this change beside the patch."""
        rows = self.patch.split(b"\n")
        return self.told | {
            "id": self.id,
            "prev": self.prev,
            "before": self.before,
            "epoch": self.epoch,
            "number": self.number,
            "author": "",
            "size": len(self.patch),
            "graphs": json.loads(self.told.get("graphs", "[]")),
            "added": sum(row.startswith(b"A ") for row in rows),
            "removed": sum(row.startswith(b"D ") for row in rows),
            "created": False,
        }


def first_id(epoch: str) -> str:
    """The `prev` of the first entry that follows the state `epoch`."""
    return hashlib.sha256(epoch.encode()).hexdigest()


def chained(fields: dict[str, Any], patch: bytes, before: str, prev: str) -> dict[str, Any]:
    """What a journal keeps of a change, with its place in the chain behind the state `before`."""
    body = _body(prev, str(fields["epoch"]), before, int(fields["number"]), _told(fields), patch)
    return fields | {"before": before, "prev": prev, "id": hashlib.sha256(body).hexdigest()}


def entry_of(fields: dict[str, Any], patch: bytes) -> Entry:
    """The entry of a change that a journal has."""
    return Entry(
        str(fields["id"]),
        str(fields["prev"]),
        str(fields["epoch"]),
        str(fields["before"]),
        int(fields["number"]),
        _told(fields),
        patch,
    )


def read_entries(text: bytes) -> Iterator[Entry]:
    """The entries of a feed. Raises StoreError for one that is not as its primary made it."""
    place = 0
    while place < len(text):
        # No row of a patch begins so: a line feed in a literal is always escaped.
        end = text.find(b"\n" + _END, place)
        if end < 0:
            raise StoreError("The feed breaks off within an entry.")
        end += 1 + len(_END)
        yield _read(text[place:end])
        place = end


def _read(text: bytes) -> Entry:
    line, _, body = text.partition(b"\n")
    head, mark, rows = body.partition(b"TX .\n")
    try:
        said = dict(_header(each.decode()) for each in (line, *head.splitlines()))
        entry = Entry(
            said["id"].removeprefix(_ID),
            said["prev"].removeprefix(_ID),
            said["epoch"],
            said["before"],
            int(said["number"]),
            {name: said[name] for name in _TOLD if name in said},
            _rows(rows.removesuffix(_END), b"#", b""),
        )
    except (KeyError, ValueError):
        raise StoreError("The feed has an entry whose headers cannot be read.") from None
    if not mark or hashlib.sha256(body).hexdigest() != entry.id:
        raise StoreError(f"Entry {entry.number} of the feed is not as its checksum says.")
    if epoch_after(entry.before, entry.patch) != entry.epoch:
        raise StoreError(f"Entry {entry.number} of the feed does not lead where it says.")
    return entry


def _header(line: str) -> tuple[str, str]:
    """The name and the value of a header. Raises ValueError for what is none."""
    found = _HEADER.fullmatch(line)
    if found is None:
        raise ValueError(line)
    return found[1], found[2] if found[3] is None else str(json.loads(found[3]))


def _told(fields: dict[str, Any]) -> dict[str, str]:
    told = {name: fields[name] for name in _TOLD if fields.get(name)}
    return {name: said if isinstance(said, str) else json.dumps(said) for name, said in told.items()}


def _body(prev: str, epoch: str, before: str, number: int, told: dict[str, str], patch: bytes) -> bytes:
    headers = {"epoch": epoch, "before": before, "number": str(number)} | told
    lines = [f"H prev <{_ID}{prev}> ."]
    lines += [f"H {name} {json.dumps(headers[name])} ." for name in headers]
    head = "".join(f"{line}\n" for line in lines).encode()
    return head + b"TX .\n" + _rows(patch, b"", b"#") + _END


def _rows(patch: bytes, old: bytes, new: bytes) -> bytes:
    """The rows with another mark before those that create or drop a graph."""
    if old + b"C " not in patch and old + b"X " not in patch:
        return patch
    signs = (old + b"C ", old + b"X ")
    return b"".join(
        new + line[len(old) :] if line.startswith(signs) else line for line in patch.splitlines(keepends=True)
    )
