"""What the keeper of a store does with writes: the writer's handler, and the commit of what it made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from graphsvc.errors import StoreError
from graphsvc.store.changes import copied
from graphsvc.store.journal import Journal, Record
from graphsvc.store.local import LocalStore
from graphsvc.store.port import Receipt, Write
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


class Keeping:
    """The store of a keeper with its journal.

    What the journal holds is done again at the start, so that the store is where the last acknowledged write
    left it. Raises StoreError for a journal that is damaged, or that belongs to other data.
    """

    def __init__(self, store: LocalStore, journal: Path, *, sync: bool) -> None:
        self._store = store
        self._number = 0
        self._garbage = 0
        self._journal = Journal(journal, sync=sync)
        store.history.record({"epoch": store.epoch()})
        for record in self._journal.read():
            self._follow(record)
        self._tidy()

    @property
    def about(self) -> dict[str, Any]:
        """The present state: its epoch, and how many changes led to it."""
        return {"epoch": self._store.epoch(), "number": self._number}

    def write(self, job: Job, payload: bytes, out: IO[bytes]) -> dict[str, Any]:
        """In the writer: make the change that a job of `graphsvc.store.pooled` asks for, and write its patch."""
        receipt, patch = self._store.write_and_tell(write_of(job, payload))
        out.write(patch)
        self._number += bool(patch)
        return receipt_fields(job, payload, receipt, self._number)

    def commit(self, records: list[Record]) -> dict[str, Any]:
        """Keep changes: in the journal first, then in this process's store; the state since."""
        changes = [record for record in records if record[1]]
        self._journal.append(changes)
        for record in changes:
            self._follow(record)
        self._tidy()
        return self.about

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def _follow(self, record: Record) -> None:
        fields, patch = record
        epoch = self._store.state.follow(patch)
        if epoch != fields["epoch"]:
            raise StoreError(
                f"{self._journal.path}: the journal does not fit the data: change {fields['number']} leads to "
                f"{fields['epoch']}, and here to {epoch}."
            )
        self._number = int(fields["number"])
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
