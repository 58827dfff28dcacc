"""A store on disk seen from outside: nothing is changed, and a service may have it and write to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from graphsvc.errors import ProjectError, StoreError
from graphsvc.store.disk import Lock
from graphsvc.store.generations import Generations, Snapshot
from graphsvc.store.journal import Record, read_journal, shortened

_TURNS, _PAUSE = 4, 0.25


@dataclass(frozen=True)
class Inspection:
    """What was found: whether a service has the store, the last state that is whole, and the journal.

    `ends` says where each record ends, in bytes; what is behind the last one was not written to its end.
    """

    held: bool
    state: Snapshot
    records: list[Record]
    ends: list[int]

    @property
    def version(self) -> str:
        """The version of the project's files that the last record goes by."""
        named = (str(fields["files"]) for fields, _ in reversed(self.records) if fields.get("files"))
        copied = any("id" in fields for fields, _ in self.records[:1])
        return next(named, self.state.epoch) if self.changes or copied else self.state.epoch

    @property
    def changes(self) -> int:
        """How many changes the journal holds."""
        return sum(1 for _, patch in self.records if patch)

    @property
    def behind(self) -> int:
        """How many changes of the journal the state does not have yet."""
        later = reversed(self.records)
        count = 0
        for fields, patch in later:
            if fields["epoch"] == self.state.epoch:
                break
            count += bool(patch)
        return count if self.changes else 0


def has_store(folder: Path) -> bool:
    """Whether a folder holds a store, or part of one."""
    return (folder / "journal").exists() or (folder / "generations").exists()


def inspect(folder: Path) -> Inspection:
    """Look at the store in a folder, again where a service was just changing it.

    Raises ProjectError where there is no store, StoreError where a start would find it damaged.
    """
    if not has_store(folder):
        raise ProjectError(f"{folder}: there is no store here")
    for turn in range(_TURNS):
        held = Lock.held(folder)
        try:
            return _seen(folder, held)
        except (StoreError, FileNotFoundError) as error:
            # A start makes the first state before its journal, and a full disk takes back what was written.
            if turn == _TURNS - 1 or not held:
                raise error if isinstance(error, StoreError) else _gone(folder) from error
        time.sleep(_PAUSE)
    raise AssertionError


def _gone(folder: Path) -> StoreError:
    return StoreError(f"{folder}: the states are gone.")


def _seen(folder: Path, held: bool) -> Inspection:
    if not (folder / "generations").is_dir():
        raise _gone(folder)
    generations = Generations(folder)
    # The states first: a state is there only once the journal leads to it.
    epochs = generations.epochs()
    whole = [state for state in map(generations.snapshot, epochs) if state is not None]
    records, ends = read_journal(folder / "journal")
    known = {str(fields["epoch"]) for fields, _ in records}
    begun = any(patch for _, patch in records) or any(state.number for state in whole)
    for epoch in epochs if begun else ():
        if epoch not in known:
            raise shortened(folder / "journal", epoch)
    if not whole:
        raise StoreError(
            f"{generations.folder}: there is no state from which the journal could be done again."
        )
    return Inspection(held, max(whole, key=lambda one: one.number), records, ends)
