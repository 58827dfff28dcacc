"""The store: what is on the disk, whether a start would find it whole, and whether there is room."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from graphsvc.doctor.findings import Finding, counted, note, ok, wrong
from graphsvc.errors import GraphsvcError, StoreError
from graphsvc.formats import RESULTS_JSON
from graphsvc.loading import disk_folder, remote_store
from graphsvc.project import Project
from graphsvc.settings import Settings
from graphsvc.sparql import read
from graphsvc.store.disk import Lock
from graphsvc.store.generations import Generations
from graphsvc.store.inspection import Inspection, has_store, inspect
from graphsvc.store.manifest import Manifest
from graphsvc.store.port import Limits

_LEAST_ROOM = 64 << 20
_PATIENCE = 5.0


def examine_store(settings: Settings) -> Iterator[Finding]:
    """What there is to say of the store that the settings name."""
    folder = disk_folder(settings)
    if folder is not None:
        yield from _examine_disk(settings, folder)
    elif settings.store.startswith("remote:"):
        yield _remote(settings)
        yield from _credentials(settings)
    elif settings.store == "memory:":
        yield note("store", "memory: what is written is gone when the service stops.", store="memory")
    else:
        yield wrong(
            "store",
            f"{settings.store!r} names no store.",
            "It is memory:, disk:PATH or remote:URL of an endpoint.",
        )


def examine_backup(backup: Path) -> Iterator[Finding]:
    """Whether a backup is as it was made, and what is in it."""
    try:
        manifest = Manifest.read(backup)
    except StoreError as error:
        yield wrong("backup", str(error), "Take another backup; `graphsvc restore` refuses this one.")
        return
    faults = list(manifest.faults(backup))
    for fault in faults:
        yield wrong("backup", fault, "Take another backup; `graphsvc restore` refuses this one.")
    if not faults:
        yield ok(
            "backup",
            f"{backup} is as graphsvc {manifest.graphsvc} made it at {manifest.time}: "
            f"{manifest.summary} in {counted(len(manifest.files), 'file')}.",
            epoch=manifest.epoch,
            number=manifest.number,
            quads=manifest.quads,
            time=manifest.time,
        )


def _remote(settings: Settings) -> Finding:
    try:
        store = remote_store(settings)
        assert store is not None
        with store:
            store.query(
                read("ASK {}"), RESULTS_JSON, Limits(timeout=min(_PATIENCE, settings.query_timeout))
            ).read()
    except GraphsvcError as error:
        return wrong(
            "store", f"{settings.store}: {error}", "See that the endpoint runs and that the URL is right."
        )
    return ok("store", f"{settings.store} answers.", store="remote")


def _credentials(settings: Settings) -> Iterator[Finding]:
    """Credentials that others on this machine can read."""
    if not settings.remote_credentials:
        return
    path = Path(settings.remote_credentials)
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # the store could not be made, which is told already
    if mode & 0o007:
        yield note("credentials", f"{path} can be read by everybody on this machine.", f"chmod o= {path}")


def _examine_disk(settings: Settings, folder: Path) -> Iterator[Finding]:
    if not has_store(folder):
        yield note("store", f"{folder}: there is no store yet; the first start makes it.")
        yield from _room(folder, 0)
        return
    try:
        held = Lock.held(folder)
        said = "a service has it now" if held else "at rest: no service has it"
        yield ok("store", f"{folder}: {said}.", folder=str(folder), held=held)
        seen = inspect(folder)
        yield _journal(folder, seen)
        yield _state(folder, seen)
        yield _forced(folder, seen)
    except (GraphsvcError, OSError) as error:
        yield wrong(
            "store",
            str(error),
            "Restore a backup: `graphsvc restore DIR --replace` moves what is there aside.",
        )
        yield from _room(folder, 0)
        return
    yield from _project(settings, seen)
    yield from _room(folder, _size(Generations(folder).folder / seen.state.epoch))


def _journal(folder: Path, seen: Inspection) -> Finding:
    whole = seen.ends[-1] if seen.ends else 0
    size = (folder / "journal").stat().st_size
    last = next((str(fields["time"]) for fields, _ in reversed(seen.records) if "time" in fields), None)
    facts = {"bytes": size, "changes": seen.changes, "last": last}
    text = f"{counted(seen.changes, 'change')} in {_bytes(size)}, each as it was written and after the one before"
    text += f"; the last at {last}." if last else "."
    if size > whole and not seen.held:
        return note(
            "journal",
            f"{text} The {counted(size - whole, 'byte')} behind that were acknowledged to nobody.",
            "The next start drops them.",
            **facts,
        )
    return ok("journal", text, **facts)


def _state(folder: Path, seen: Inspection) -> Finding:
    quads = Generations(folder).count(seen.state.epoch)
    facts = {"epoch": seen.state.epoch, "number": seen.state.number, "quads": quads}
    text = f"{seen.state.epoch}, number {seen.state.number:,}, with {counted(quads, 'quad')}"
    if seen.behind and not seen.held:
        return note(
            "state",
            f"{text}; the journal is {counted(seen.behind, 'change')} further.",
            "The next start goes on from it.",
            **facts,
        )
    return ok("state", f"{text}; the journal leads to it.", **facts)


def _forced(folder: Path, seen: Inspection) -> Finding:
    """When a state was last forced to the disk: from there the journal is done again after a loss of power."""
    generations = Generations(folder)
    found: list[tuple[int, float]] = []
    for epoch in generations.epochs():
        state, marker = generations.snapshot(epoch), generations.folder / epoch / "synced"
        if state is not None and marker.exists():
            found.append((state.number, marker.stat().st_mtime))
    if not found:
        return note(
            "forced",
            "no state has been forced to the disk yet.",
            "Start the service again, with room on the disk: a loss of power before that may need a backup.",
        )
    number, when = max(found)
    since = seen.state.number - number
    shown = datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds")
    text = f"a state was forced to the disk at {shown}; the journal has {counted(since, 'change')} since."
    return ok("forced", text, time=shown, age=round(max(0.0, time.time() - when), 1), changes_since=since)


def _project(settings: Settings, seen: Inspection) -> Iterator[Finding]:
    try:
        version = Project(settings).version
    except (GraphsvcError, OSError):
        return
    if version != seen.version:
        yield note(
            "files",
            "the project's files are not those that the store was last made ready with.",
            "The next start takes them into the graphs that nobody wrote to.",
        )


def _room(folder: Path, needed: int) -> Iterator[Finding]:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        yield wrong("disk", f"{place} cannot be written to.", "Give it to the user that runs the service.")
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    text = f"{_bytes(free)} free, and the state takes {_bytes(needed)}."
    facts = {"free": free, "state": needed}
    if free < _LEAST_ROOM or (disk.f_files and not disk.f_favail):
        yield wrong("disk", text, "Make room: writes are about to be refused.", **facts)
    elif free < 2 * needed:
        yield note("disk", text, "When the store is compacted it may need twice its size.", **facts)
    else:
        yield ok("disk", text, **facts)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _bytes(size: int) -> str:
    """A size as people read it."""
    for unit, length in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if size >= length:
            return f"{size / length:,.1f} {unit}"
    return f"{size} bytes"
