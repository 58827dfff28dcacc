"""A store on disk made from a backup.

Each step is such that a service that starts after a loss of power between two of them finds the old store or the
new one, or refuses to start: the journal comes before the state to which it leads.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from graphsvc.errors import ProjectError, StoreError
from graphsvc.store.disk import Lock
from graphsvc.store.generations import failed, force, force_all
from graphsvc.store.inspection import has_store
from graphsvc.store.manifest import STORE, Manifest, digest
from graphsvc.store.unfinished import unfinished

# What may be in a folder that is to become a store, beside an old store.
_HARMLESS = ("lock", "lost+found")
_ASIDE = "replaced-"
_FAULTS = 3


def restore(backup: Path, folder: Path, *, replace: bool = False) -> tuple[Manifest, Path | None]:
    """Make the store of a backup in `folder`; the manifest, and where an old store was moved to.

    The backup is verified first, and shares nothing with the store afterwards. Raises ProjectError for a folder
    that somebody has, that holds a store (without `replace`) or anything else, StoreError for a backup that is
    damaged, and StorageFull where there is no room; then nothing is changed.
    """
    manifest = verified(backup)
    if folder.resolve().is_relative_to(backup.resolve()):
        raise ProjectError(f"{folder} is in the backup itself; name a folder elsewhere")
    try:
        with _claimed(folder, replace), unfinished(folder) as place:
            _copy(manifest, backup / STORE, place)
            return manifest, _put_in_place(place, folder)
    except OSError as error:
        raise failed(f"{folder}: the store could not be written", error) from error


def verified(backup: Path) -> Manifest:
    """The manifest of a backup that is as it was made. Raises StoreError."""
    if not backup.is_dir():
        raise StoreError(f"{backup}: no such folder")
    manifest = Manifest.read(backup)
    faults = list(manifest.faults(backup))
    if faults:
        more = f", and {len(faults) - _FAULTS} more" if len(faults) > _FAULTS else ""
        raise StoreError(f"{backup}: the backup is damaged: {'; '.join(faults[:_FAULTS])}{more}")
    return manifest


@contextmanager
def _claimed(folder: Path, replace: bool) -> Iterator[None]:
    """The folder for this process alone; gone again, if it was not there, where what is done in it fails."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    locked = (folder / "lock").exists()
    if not made and not Lock.held(folder):
        # Before a lock is made in it, and again under the lock.
        _check(folder, replace)
    lock = Lock.take(folder)
    if lock is None:
        raise ProjectError(f"{folder}: a service has this store; stop it first. Nothing was changed")
    with lock:
        try:
            _check(folder, replace)
            yield
        except BaseException:
            if not locked:
                (folder / "lock").unlink(missing_ok=True)
            with suppress(OSError):
                for place in made:
                    place.rmdir()
            raise


def _check(folder: Path, replace: bool) -> None:
    if has_store(folder):
        if not replace:
            raise ProjectError(
                f"{folder}: there is a store here already; --replace moves it aside. Nothing was changed"
            )
        return
    others = [
        path.name
        for path in folder.iterdir()
        if not path.name.startswith((".graphsvc-", _ASIDE)) and path.name not in _HARMLESS
    ]
    if others:
        raise ProjectError(
            f"{folder}: there are other things here, such as {min(others)}; nothing was changed"
        )


def _copy(manifest: Manifest, source: Path, place: Path) -> None:
    """Copy what the manifest names, and see that it arrived."""
    for name, known in sorted(manifest.files.items()):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, place / name)
        if digest(place / name) != known["sha256"]:
            raise StoreError(
                f"{source / name}: the file changed while it was read, or was not written as read"
            )
    force_all(place)


def _put_in_place(place: Path, folder: Path) -> Path | None:
    aside = None
    if has_store(folder):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside = folder / f"{_ASIDE}{stamp}"
        aside.mkdir()
        if (folder / "journal").exists():
            os.link(folder / "journal", aside / "journal")
        force(aside)
        force(folder)
    os.rename(place / "journal", folder / "journal")
    force(folder)
    if aside is not None and (folder / "generations").exists():
        os.rename(folder / "generations", aside / "generations")
    os.rename(place / "generations", folder / "generations")
    for changed in filter(None, (aside, folder, folder.absolute().parent)):
        force(changed)
    return aside
