"""A replica's store on disk: made from a snapshot, and moved on by the entries of the feed.

It has a folder like any store on disk, whose journal begins with the state that was copied.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from graphsvc.errors import ProjectError, StoreError
from graphsvc.feed.primary import News
from graphsvc.store.generations import Generations, Snapshot
from graphsvc.store.inspection import has_store
from graphsvc.store.journal import Journal, read_journal
from graphsvc.store.recovery import prepare, resume
from graphsvc.store.snapshot import Head, read_head, read_quads
from graphsvc.store.writing import State


def resumed(folder: Path, *, sync: bool) -> str | None:
    """The epoch of a replica's store that is ready where it was; None where it has to be begun.

    Raises ProjectError for a folder that has a store of its own: a replica would overwrite it.
    """
    if not has_store(folder):
        return None
    records = read_journal(folder / "journal")[0] if (folder / "journal").exists() else []
    if records and "id" not in records[0][0]:
        raise ProjectError(f"{folder}: this is no replica's store; give the replica a folder of its own")
    return resume(folder, sync=sync)


def begun(folder: Path, path: Path, *, sync: bool) -> str:
    """Make a replica's store of the snapshot at `path`; its epoch. Raises StoreError, StorageFull."""
    head = write_down(folder, path)
    generations = Generations(folder)
    with closing(Journal(folder / "journal", sync=sync)) as journal:
        journal.restart([(head.begun, b"")])
    generations.commit(head.epoch)
    generations.sync(head.epoch)
    generations.clear({head.epoch})
    return head.epoch


def write_down(folder: Path, path: Path) -> Head:
    """The state of a snapshot as one of the folder's, uncommitted. Raises StoreError, StorageFull."""
    head = read_head(path)
    snapshot = Snapshot(head.epoch, head.number, head.first, head.changed)
    try:
        prepare(folder, snapshot, read_quads(path), head.graphs)
    except SyntaxError as error:
        raise StoreError(f"The snapshot cannot be read: {error}") from error
    return head


class Copy:
    """A copy of the state `epoch` that entries are made on, each lot leaving a state to be committed."""

    def __init__(self, folder: Path, epoch: str) -> None:
        self._generations = Generations(folder)
        self._epoch = epoch
        self._state: State | None = None

    def follow(self, news: News) -> None:
        """Make changes, and write down the state since. Raises StoreError, StorageFull; then none was made."""
        state = self._state = self._state or self._opened()
        try:
            for entry in news.entries:
                state.follow(entry.patch, entry.fields()["graphs"])
            last = news.entries[-1]
            if state.epoch != last.epoch:
                raise StoreError(f"Entry {last.number} of the feed does not lead where it says.")
            made = Snapshot(last.epoch, last.number, state.first, dict(state.graphs))
            self._generations.make(state.engine, made)
        except BaseException:
            self._state = None
            raise
        self._epoch = last.epoch

    def forget(self, epoch: str) -> None:
        """Begin with another copy, of the state `epoch`, the next time."""
        self._state, self._epoch = None, epoch

    def _opened(self) -> State:
        start = self._generations.written(self._epoch)
        engine = self._generations.clone(self._epoch)
        return State(engine, self._epoch, dict(start.graphs), start.first)
