"""The states of a store on disk: a folder for each, never changed once it is there.

A state that the writer made has a name with a dot until it is committed. The files of one state are, for the most
part, hard links to those of another. What was written before the machine last started counts only if it was
forced to the disk then.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyoxigraph as ox

from graphsvc.errors import StorageFull, StoreError

_BOOT = Path("/proc/sys/kernel/random/boot_id")
# A damaged file is a RuntimeError of the engine's.
_ENGINE_FAILED = (OSError, RuntimeError)
_FULL = frozenset({28, 122})  # ENOSPC, EDQUOT


@dataclass(frozen=True)
class Snapshot:
    """What a state is called, how many changes led to it from `first`, and when which graph last changed.

    `boot` names the run of the machine in which it was written.
    """

    epoch: str
    number: int = 0
    first: str = ""
    graphs: dict[str, str] = field(default_factory=dict)
    boot: str = ""


def stamped(snapshot: Snapshot) -> str:
    """What is written down of a state that is written in this run of the machine."""
    return json.dumps(asdict(snapshot) | {"boot": boot()})


def failed(what: str, error: OSError) -> StoreError:
    """The failure of a disk as an error: StorageFull where it is full."""
    kind = StorageFull if error.errno in _FULL or "No space left" in str(error) else StoreError
    return kind(f"{what}: {error.strerror or error}.")


class Generations:
    """The states below `folder`/generations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "generations"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._retired: list[tuple[float, str]] = []

    def epochs(self) -> list[str]:
        """The committed states, in no order."""
        return [path.name for path in self.folder.iterdir() if not path.name.startswith(".")]

    def snapshot(self, epoch: str) -> Snapshot | None:
        """What is known of a committed state; None where it is not there, or may not have reached the disk."""
        place = self.folder / epoch
        try:
            found = Snapshot(**json.loads((place / "state.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.boot == boot() or (place / "synced").exists() else None

    def newest(self) -> str:
        """The committed state to which the most changes led. Raises StoreError where there is none."""
        found = [one for one in map(self.snapshot, self.epochs()) if one is not None]
        if not found:
            raise StoreError(f"{self.folder}: there is no state to open.")
        return max(found, key=lambda one: one.number).epoch

    def open(self, epoch: str) -> ox.Store:
        """A committed state, for reading. Raises StoreError."""
        try:
            return ox.Store.read_only(str(self.folder / epoch / "store"))
        except _ENGINE_FAILED as error:
            raise StoreError(f"{self.folder / epoch}: the store cannot be opened: {error}") from error

    def count(self, epoch: str) -> int:
        """How many quads a committed state has; all of them are read. Raises StoreError."""
        engine = self.open(epoch)
        try:
            return len(engine)
        except _ENGINE_FAILED as error:
            raise StoreError(f"{self.folder / epoch}: the store cannot be read: {error}") from error

    def clone(self, epoch: str) -> ox.Store:
        """A copy of a state to change, committed or not; it shares the files, and is gone with the next clone."""
        # Never the same place twice: an engine that failed may hold on to its own for a while.
        place = self.folder / f".writer-{uuid.uuid4().hex}"
        try:
            for other in self.folder.glob(".writer-*"):
                shutil.rmtree(other, ignore_errors=True)
            linked_copy(self._place(epoch) / "store", place)
            return ox.Store(str(place))
        except OSError as error:
            raise failed("The writer has no copy of the store", error) from error

    def make(self, engine: ox.Store, snapshot: Snapshot) -> None:
        """Write down the state of an engine, uncommitted. Raises StoreError, StorageFull."""
        place = self._hidden(snapshot.epoch)
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir()
            engine.backup(str(place / "store"))
            (place / "state.json").write_text(stamped(snapshot), encoding="utf-8")
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise failed("The state could not be written", error) from error

    def written(self, epoch: str) -> Snapshot:
        """What is known of a state, committed or not. Raises StoreError."""
        try:
            return Snapshot(**json.loads((self._place(epoch) / "state.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"{self.folder / epoch}: the state is not whole.") from error

    def commit(self, epoch: str) -> Snapshot:
        """Make an uncommitted state a committed one; also one that is committed already. Raises StoreError."""
        place = self.folder / epoch
        try:
            if self._hidden(epoch).exists():
                shutil.rmtree(place, ignore_errors=True)
                self._hidden(epoch).rename(place)
        except OSError as error:
            raise failed("The state could not be committed", error) from error
        found = self.snapshot(epoch)
        if found is None:
            raise StoreError(f"{place}: the state is not whole.")
        return found

    def has_uncommitted(self, epoch: str) -> bool:
        """Whether a state was made that nobody committed."""
        return (self._hidden(epoch) / "state.json").exists()

    def sync(self, epoch: str) -> None:
        """Force a state to the disk."""
        place = self._place(epoch)
        if (place / "synced").exists():
            return
        force_all(place)
        force(self.folder)
        (place / "synced").touch()
        force(place / "synced")
        force(place)

    def retire(self, epoch: str, after: float) -> None:
        """Remove a state once nobody can be reading it, `after` seconds from now, at a later call."""
        now = time.monotonic()
        self._retired.append((now + after, epoch))
        while self._retired and self._retired[0][0] <= now:
            shutil.rmtree(self.folder / self._retired.pop(0)[1], ignore_errors=True)

    def discard(self, epoch: str) -> None:
        """Remove an uncommitted state."""
        shutil.rmtree(self._hidden(epoch), ignore_errors=True)

    def clear(self, kept: set[str]) -> None:
        """Remove every state but those; for a start, when nobody reads any."""
        for path in self.folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _place(self, epoch: str) -> Path:
        committed = self.folder / epoch
        return committed if committed.exists() else self._hidden(epoch)

    def _hidden(self, epoch: str) -> Path:
        return self.folder / f".{epoch}"


def boot() -> str:
    """The name of this run of the machine; empty where the system gives none."""
    return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""


def linked_copy(store: Path, place: Path) -> None:
    """Copy a store that nobody writes to into a new folder; what never changes is shared. Raises OSError."""
    place.mkdir()
    for file in store.iterdir():
        if file.suffix == ".sst":
            os.link(file, place / file.name)
        elif file.name != "LOCK":
            shutil.copyfile(file, place / file.name)


def force(path: Path) -> None:
    """Have a file, or what a folder lists, on the disk before this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def force_all(folder: Path) -> None:
    """Have a folder with all that is in it on the disk: files first."""
    for path in sorted((*folder.rglob("*"), folder), key=lambda path: path.is_dir()):
        force(path)
