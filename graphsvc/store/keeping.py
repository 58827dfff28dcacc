"""What the keeper of a store does with writes: the writer's handler, and the commit of what it made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

from graphsvc.errors import StoreError
from graphsvc.store.changes import copied
from graphsvc.store.entries import chained, first_id
from graphsvc.store.journal import Journal, Record
from graphsvc.store.local import LocalStore
from graphsvc.store.port import Receipt, Write
from graphsvc.store.snapshot import load
from graphsvc.workers.memory import give_back
from graphsvc.workers.wire import Job


def write_of(job: Job, payload: bytes) -> Write:
    """The write that a job of `graphsvc.store.pooled` asks for."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in job.fields.items()
    }
    if fields["parts"]:
        fields["parts"] = tuple((media_type, length) for media_type, length in fields["parts"])
    return Write(content=payload, **fields)


def receipt_fields(job: Job, payload: bytes, receipt: Receipt, number: int) -> dict[str, Any]:
    """What is told of a write, and kept of it in the journal: `number` counts the changes.

    A dry run is told with its report, and not kept.
    """
    report = {} if receipt.report is None else {"report": receipt.report}
    return report | {
        "kind": job.fields["kind"],
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "size": len(payload),
        "graphs": receipt.graphs,
        "number": number,
        "epoch": receipt.epoch,
        "added": receipt.added,
        "removed": receipt.removed,
        "created": receipt.created,
        "author": job.fields["author"],
    }


# Once patches of so many bytes removed something, and about half of what there is, the engine is made anew: in
# memory it keeps what was removed for good.
GARBAGE = 8 << 20
_QUAD = 100


def kept_snapshot(journal: Path) -> Path:
    """Where the snapshot is that a replica's journal in memory begins with."""
    return journal.with_name("snapshot")


# Told of each state that is come to, and of the graphs that the change was made to, if that is known.
Watcher = Callable[[str, Iterable[str] | None], None]


class Place:
    """Where a store is in its chain of changes: its epoch, how many changes led to it, and the last one's `id`."""

    def __init__(self, epoch: str, number: int = 0, last: str = "") -> None:
        self.epoch = epoch
        self.number = number
        self.id = last or first_id(epoch)
        self.watcher: Watcher | None = None

    @classmethod
    def after(cls, records: list[Record]) -> Self:
        """The place after all records of a journal, of which there is one at least."""
        place = cls(str(records[0][0]["epoch"]))
        for fields, _ in records:
            place.pass_by(fields)
        return place

    @property
    def about(self) -> dict[str, Any]:
        """The same as fields of a status."""
        return {"epoch": self.epoch, "number": self.number, "id": self.id}

    def pass_by(self, fields: dict[str, Any]) -> None:
        """Move on to what a record of the journal tells."""
        epoch = str(fields["epoch"])
        # A journal of an older release has no chain of entries: it begins where that ended.
        self.id = str(fields.get("id") or (self.id if epoch == self.epoch else first_id(epoch)))
        self.epoch, self.number = epoch, int(fields["number"])
        if self.watcher is not None:
            self.watcher(epoch, fields.get("graphs"))

    def chain(self, changes: list[Record]) -> list[Record]:
        """The changes with their places in the chain, in which they come next."""
        before, last = self.epoch, self.id
        made = []
        for fields, patch in changes:
            linked = chained(fields, patch, before, last)
            before, last = str(linked["epoch"]), str(linked["id"])
            made.append((linked, patch))
        return made


class Keeping:
    """The store of a keeper with its journal.

    What the journal holds is done again at the start, so that the store is where the last acknowledged write
    left it. Where the store was begun from a copy of another one's, `begun` is what a journal says first of that
    state; a journal that does not begin so is thrown away. Raises StoreError for a journal that is damaged, or
    that belongs to other data.
    """

    def __init__(
        self, store: LocalStore, journal: Path, *, sync: bool, begun: dict[str, Any] | None = None
    ) -> None:
        self._store = store
        self._place = Place(store.epoch())
        self._garbage = 0
        self._journal = Journal(journal, sync=sync)
        records = list(self._journal.read())
        if begun is not None and (not records or records[0][0]["epoch"] != begun["epoch"]):
            records = [(begun, b"")]
            self._journal.restart(records)
        if begun is None:
            store.history.record({"epoch": store.epoch()})
        for record in records:
            self._follow(record)
        self._tidy()

    @property
    def about(self) -> dict[str, Any]:
        """The present state: its epoch, how many changes led to it, and the `id` of the last of them."""
        return self._place.about

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of each state from now on, before anybody else."""
        self._place.watcher = watcher

    def write(self, job: Job, payload: bytes, out: IO[bytes]) -> dict[str, Any]:
        """In the writer: make the change that a job of `graphsvc.store.pooled` asks for, and write its patch."""
        receipt, patch = self._store.write_and_tell(write_of(job, payload))
        out.write(patch)
        self._place.number += bool(patch)
        return receipt_fields(job, payload, receipt, self._place.number)

    def commit(self, records: list[Record]) -> dict[str, Any]:
        """Keep changes: in the journal first, then in this process's store; the state since."""
        changes = self._place.chain([record for record in records if record[1]])
        self._journal.append(changes)
        for record in changes:
            self._follow(record)
        self._tidy()
        return self.about

    def begin_anew(self, snapshot: Path) -> dict[str, Any]:
        """Go over to the state of a snapshot; the journal begins with it, and it stays beside the journal."""
        head, state = load(snapshot)
        os.replace(snapshot, kept_snapshot(self._journal.path))
        self._journal.restart([(head.begun, b"")])
        self._store.state = state
        self._place.pass_by(head.begun)
        self._store.history.record(head.begun)
        self._garbage = 0
        give_back()
        return self.about

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def _follow(self, record: Record) -> None:
        fields, patch = record
        epoch = self._store.state.follow(patch, fields.get("graphs", ()))
        if epoch != fields["epoch"]:
            raise StoreError(
                f"{self._journal.path}: the journal does not fit the data: change {fields['number']} leads to "
                f"{fields['epoch']}, and here to {epoch}."
            )
        self._place.pass_by(fields)
        if b"\nD " in patch or patch.startswith(b"D "):
            self._garbage += len(patch)
        self._store.history.record(fields)

    def _tidy(self) -> None:
        """Leave behind what was removed, once it is much."""
        state = self._store.state
        # To count the quads is to go through them all, so that comes second.
        if self._garbage > GARBAGE and self._garbage > len(state.engine) * _QUAD // 2:
            self._garbage = 0
            state.engine = copied(state.engine)
            give_back()
