"""Writes on a store on disk: the writer's part, on a copy of its own, and the keeper's, which changes no file.

The writer makes each change on its copy and leaves the state since as a new folder. The keeper puts the change
into the journal, opens the new state for reading, and only then is the write acknowledged.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from graphsvc.errors import ProjectError, StoreError
from graphsvc.store.generations import Generations, Snapshot, failed
from graphsvc.store.journal import Journal, Record
from graphsvc.store.keeping import Place, Watcher, receipt_fields, write_of
from graphsvc.store.local import LocalStore
from graphsvc.store.snapshot import read_head
from graphsvc.store.writing import Guard, Setting, State
from graphsvc.workers.wire import Job

# How often to try again where others only look.
_GLANCES = 100


class Lock:
    """That nobody else has the store in a folder, until it is released or this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> Lock | None:
        """The lock of a folder, made if it is not there; None where somebody else has it. Raises ProjectError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise ProjectError(f"{folder}: the store cannot be used: {error.strerror}") from error
        for _ in range(_GLANCES):
            if _locked(descriptor, fcntl.LOCK_EX):
                return cls(descriptor)
            if not _locked(descriptor, fcntl.LOCK_SH):
                break
            # Nobody has it: somebody looked whether anybody has.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            time.sleep(0.01)
        os.close(descriptor)
        return None

    @staticmethod
    def held(folder: Path) -> bool:
        """Whether somebody has the store in a folder, which need not be there. Raises ProjectError."""
        try:
            descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ProjectError(f"{folder}: the store cannot be used: {error.strerror}") from error
        try:
            return not _locked(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Let others have it, even while a fork of this process has the file open too."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class DiskWriter:
    """The handler of the writing process, on a copy of the state `epoch`, which is made when it is first needed.

    Where a disk fails, the copy is thrown away, and the next write begins with another: so that it works again
    when there is room again.
    """

    def __init__(self, folder: Path, epoch: str, setting: Setting, guard: Guard | None = None) -> None:
        self._generations = Generations(folder)
        self._setting = setting
        self._guard = guard
        # The last state that was written down; committed or about to be.
        self._last = epoch
        self._store: LocalStore | None = None
        self._number = 0

    def __call__(self, job: Job, payload: bytes, out: IO[bytes]) -> dict[str, Any]:
        """Make a write, leave the state since, and give the patch."""
        store = self._store = self._store or self._opened()
        try:
            receipt, patch = store.write_and_tell(write_of(job, payload))
            if patch:
                state = store.state
                made = Snapshot(state.epoch, self._number + 1, state.first, dict(state.graphs))
                self._generations.make(state.engine, made)
                self._number, self._last = made.number, made.epoch
        except OSError as error:
            self._store = None
            raise failed("The change could not be written", error) from error
        except StoreError:
            self._store = None
            raise
        out.write(patch)
        return receipt_fields(job, payload, receipt, self._number)

    def _opened(self) -> LocalStore:
        start = self._generations.written(self._last)
        engine = self._generations.clone(self._last)
        store = LocalStore(engine, self._last, setting=self._setting, guard=self._guard)
        store.state.graphs, store.state.first = dict(start.graphs), start.first
        self._number = start.number
        return store


class DiskKeeping:
    """The keeper's part: `store` has the state `epoch` open, and is moved on to each new one.

    A state that is over is removed after `patience` seconds, when no query can be reading it any more; but not the
    one at the start, from which the journal could be done again.
    """

    def __init__(
        self, store: LocalStore, folder: Path, epoch: str, lock: Lock, *, sync: bool, patience: float
    ) -> None:
        self._lock = lock
        self._store = store
        self._generations = Generations(folder)
        self._journal = Journal(folder / "journal", sync=sync)
        self._patience = patience
        # The state that was forced to the disk: after a loss of power the journal is done again from there.
        self._safe = epoch
        self._open(self._generations.commit(epoch))
        self._place = Place(epoch)
        for fields, _ in self._journal.read():
            store.history.record(fields)
            self._place.pass_by(fields)

    @property
    def about(self) -> dict[str, Any]:
        """See `Keeping.about`."""
        return self._place.about

    def watch(self, watcher: Watcher) -> None:
        """See `Keeping.watch`."""
        self._place.watcher = watcher

    def commit(self, records: list[Record]) -> dict[str, Any]:
        """See `Keeping.commit`."""
        changes = self._place.chain([record for record in records if record[1]])
        if changes:
            end = self._journal.append(changes)
            epochs = [str(fields["epoch"]) for fields, _ in changes]
            before = self._store.epoch()
            try:
                self._open(self._generations.commit(epochs[-1]))
            except StoreError:
                # Nobody was told of these changes: they must not be there after the next start either.
                self._journal.cut(end)
                raise
            for fields, _ in changes:
                self._store.history.record(fields)
                self._place.pass_by(fields)
            for epoch in epochs[:-1]:
                self._generations.discard(epoch)
            if before != self._safe:
                self._generations.retire(before, self._patience)
        return self.about

    def begin_anew(self, snapshot: Path) -> dict[str, Any]:
        """Go over to the state of a snapshot that was written down (`prepare`); the journal begins with it."""
        begun = read_head(snapshot).begun
        self._journal.restart([(begun, b"")])
        self._place.pass_by(begun)
        before, epoch = self._store.epoch(), str(begun["epoch"])
        if before == epoch:
            # The same data by another way: what is being read stays.
            self._generations.discard(epoch)
            return self.about
        self._open(self._generations.commit(epoch))
        self._store.history.record(begun)
        self._generations.retire(before, self._patience)
        self._safe = epoch
        return self.about

    def close(self) -> None:
        """Force the state to the disk, if it has room, and let others have the store."""
        with suppress(OSError):
            self._generations.sync(self._store.epoch())
        self._journal.close()
        self._lock.release()

    def _open(self, snapshot: Snapshot) -> None:
        engine = self._generations.open(snapshot.epoch)
        self._store.state = State(engine, snapshot.epoch, dict(snapshot.graphs), snapshot.first)
