"""A backup of a store on disk, taken beside a service that may be writing to it.

A state never changes once it is there, so a backup of it needs no lock and stops nobody. Its files are held open
while they are copied, and then it does not matter that the keeper removes the state.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, NoReturn

from graphsvc import __version__
from graphsvc.errors import ProjectError, StoreError
from graphsvc.store.generations import Generations, failed, force, force_all, stamped
from graphsvc.store.inspection import Inspection, inspect
from graphsvc.store.manifest import STORE, Manifest, described
from graphsvc.store.recovery import recover
from graphsvc.store.unfinished import unfinished

_TURNS = 3
# How many descriptors are left for everything else.
_SPARE = 64


def back_up(folder: Path, target: Path) -> tuple[Manifest, int]:
    """Back up the store in `folder` to `target`, forced to the disk; its manifest, and how many files it shares.

    `target` is there when it is whole, or not at all. It has the state that was current when this was called, or a
    later one. On one file system the large files, which never change, are shared with the store (hard links).
    Raises ProjectError for a `target` that will not do, StoreError for a store that is damaged, and StorageFull
    where there is no room.
    """
    _check(folder, target)
    try:
        with unfinished(target.absolute().parent) as place:
            store = place / STORE
            shared = _take(folder, store)
            manifest = _described(store)
            manifest.write(place)
            force_all(place)
            os.rename(place, target)
            force(target.absolute().parent)
    except OSError as error:
        raise failed(f"{error.filename or target}: the backup could not be made", error) from error
    return manifest, shared


def _check(folder: Path, target: Path) -> None:
    parent = target.absolute().parent
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ProjectError(f"{target} is there already and no folder; nothing was written")
    if target.is_dir() and any(target.iterdir()):
        raise ProjectError(f"{target} is there already and not empty; nothing was written")
    if not parent.is_dir():
        raise ProjectError(f"{parent}: no such folder; nothing was written")
    if os.path.ismount(target):
        raise ProjectError(f"{target} is where a disk is mounted; name a folder in it")
    if target.resolve().is_relative_to(folder.resolve()):
        raise ProjectError(f"{target} is in the store itself; name a folder elsewhere")


def _take(folder: Path, store: Path) -> int:
    """Copy the present state and its journal, and make them one; how many files are shared."""
    for turn in range(_TURNS):
        try:
            seen = inspect(folder)
            with _open_files(Generations(folder).folder / seen.state.epoch) as files:
                shared = _copy_state(seen, files, folder, store)
            break
        except FileNotFoundError as error:
            # The state was removed before all of it was open: there is a newer one.
            if turn == _TURNS - 1:
                raise StoreError(f"{folder}: the states are removed faster than they are read.") from error
            shutil.rmtree(store, ignore_errors=True)
    # What a service has under way may yet be taken back; what one at rest has was acknowledged.
    count = _length(seen) if seen.held else len(seen.ends)
    _copy_journal(folder / "journal", store / "journal", seen.ends[count - 1] if count else 0)
    epoch = recover(store, seen.version, _never)
    # What makes a store ready goes on without this on a full disk; a backup does not.
    Generations(store).sync(epoch)
    Generations(store).clear({epoch})
    return shared


def _length(seen: Inspection) -> int:
    """How many records lead to the state."""
    places = [
        place for place, (fields, _) in enumerate(seen.records, 1) if fields["epoch"] == seen.state.epoch
    ]
    return places[-1] if places else 0


def _never() -> NoReturn:
    raise StoreError("A backup does not need the project's files.")


@contextmanager
def _open_files(state: Path) -> Iterator[dict[str, IO[bytes]]]:
    """The files of a state by their paths, all open: what is open can be read although it is removed."""
    with ExitStack() as stack:
        paths = sorted((state / "store").iterdir())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = len(paths) + _SPARE
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard >= 0 else wanted, hard))
        yield {path.name: stack.enter_context(open(path, "rb")) for path in paths if path.name != "LOCK"}


def _copy_state(seen: Inspection, files: dict[str, IO[bytes]], folder: Path, store: Path) -> int:
    place = Generations(store).folder / seen.state.epoch
    (place / "store").mkdir(parents=True)
    source = Generations(folder).folder / seen.state.epoch / "store"
    shared = 0
    for name, file in files.items():
        # As a state's own files are shared with the next state.
        if name.endswith(".sst") and _linked(file, source / name, place / "store" / name):
            shared += 1
        else:
            with open(place / "store" / name, "xb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
    (place / "state.json").write_text(stamped(seen.state), encoding="utf-8")
    return shared


def _linked(file: IO[bytes], source: Path, target: Path) -> bool:
    """Whether an open file could be shared: on another file system, or where it has been removed, it cannot."""
    try:
        os.link(source, target)
    except OSError:
        return False
    if os.path.samestat(os.fstat(file.fileno()), target.stat()):
        return True
    target.unlink()
    return False


def _copy_journal(source: Path, target: Path, size: int) -> None:
    with open(source, "rb") as file, open(target, "xb") as copy:
        while size > 0 and (content := file.read(min(size, 1 << 20))):
            copy.write(content)
            size -= len(content)


def _described(store: Path) -> Manifest:
    (epoch,) = Generations(store).epochs()
    state = Generations(store).written(epoch)
    return Manifest(
        epoch,
        state.number,
        Generations(store).count(epoch),
        datetime.now(UTC).isoformat(timespec="seconds"),
        __version__,
        version("pyoxigraph"),
        described(store),
    )
