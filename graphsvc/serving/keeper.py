"""The keeper: holds the store, and forks the readers that query it."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from graphsvc.columns import Columns
from graphsvc.errors import GraphsvcError, ProjectError, StoreError
from graphsvc.feed.copies import begun, resumed
from graphsvc.feed.primary import Primary, first_snapshot
from graphsvc.feed.state import State
from graphsvc.guarding import guards_of
from graphsvc.loading import disk_folder, open_store, opened, recover_disk, setting_of
from graphsvc.project import Project
from graphsvc.serving.child import Role, run
from graphsvc.serving.preloading import preload, shapes_of
from graphsvc.serving.replica import Following, told_of
from graphsvc.serving.writer import start_writer
from graphsvc.settings import Settings
from graphsvc.store.disk import DiskKeeping, Lock
from graphsvc.store.keeping import Keeping, kept_snapshot
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap
from graphsvc.store.reader import direct_reader, reader
from graphsvc.store.snapshot import load
from graphsvc.validation.pooled import KIND, validate_stored_job
from graphsvc.workers.allocator import give_back_free
from graphsvc.workers.apart import apart
from graphsvc.workers.board import Board
from graphsvc.workers.changed_graphs import ChangedGraphs
from graphsvc.workers.direct import DirectReaders
from graphsvc.workers.lane import Lane, Writes, forked
from graphsvc.workers.pool import Pool
from graphsvc.workers.wire import Job
from graphsvc.workers.worker import Handler

# From so many rows on that are in no order, they are had sooner from columns than from an engine in memory.
MANY = 300


def keep(role: Role) -> None:
    """Load the project, or the primary's data, and answer queries until told to stop."""
    settings = role.settings
    project = Project(settings)
    folder = disk_folder(settings)
    store: LocalStore
    keeping: Keeping | DiskKeeping
    lane: Writes
    if settings.follow:
        store, keeping, lane = _replica(settings, folder, role.keeper)
    elif folder is None:
        store, keeping, lane = _in_memory(project, settings, Path(role.keeper).with_name("journal"))
    else:
        store, keeping, lane = _on_disk(project, settings, folder)
    # Loaded here once, so that no reader has to.
    importlib.import_module("graphsvc.validation.setwise.engine")
    # What is there now stays: the readers share its pages as long as nobody writes to them.
    give_back_free()
    gc.freeze()
    cap = OutputCap(settings.max_result_rows, settings.max_result_bytes)
    columns = Columns(
        Path(role.keeper).parent, settings.reader_memory // 4, least=MANY if folder is None else 0
    )
    changed = ChangedGraphs(role.keeper, store.epoch())

    def told(epoch: str, graphs: Iterable[str] | None) -> None:
        changed.add(epoch, graphs)
        columns.renew()

    keeping.watch(told)
    pool = Pool(
        role.socket(),
        _handler(store, keeping, project.version, columns),
        size=settings.reader_count,
        memory=settings.reader_memory,
        share=settings.client_share or None,
        about=keeping.about,
        lane=lane,
        board=Board(role.keeper),
        direct=DirectReaders(role.keeper, direct_reader(store, cap, columns.evaluate), os.cpu_count() or 1),
    )

    def ready() -> None:
        role.say_ready()
        # Readers that were forked before do not know the shapes.
        preload(pool, shapes_of(project), lambda: pool.renew(keeping.about))

    pool.run(ready, settings.grace)
    keeping.close()


def _handler(store: LocalStore, keeping: Keeping | DiskKeeping, files: str, columns: Columns) -> Handler:
    """What a reader does: it answers a query, or validates what is stored."""
    query = reader(store, lambda: keeping.about, files, columns.evaluate)

    def handle(job: Job, payload: bytes, out: IO[bytes]) -> dict[str, Any] | None:
        if job.kind != KIND:
            return query(job, payload, out)
        validate_stored_job(store, job, payload, out)
        return None

    return handle


def _in_memory(project: Project, settings: Settings, journal: Path) -> tuple[LocalStore, Keeping, Lane]:
    store = open_store(project, settings)
    # Writes to a store in memory last as long as the service: the journal is for a keeper that ends before it.
    keeping = Keeping(store, journal, sync=False)
    return store, keeping, Lane(forked(keeping.write), keeping.commit)


def _on_disk(project: Project, settings: Settings, folder: Path) -> tuple[LocalStore, DiskKeeping, Lane]:
    lock = _lock(folder)
    guards = guards_of(project)
    project.version  # noqa: B018 - all files are read for it: once here, and not in the child as well
    epoch = _apart(lambda: recover_disk(project, settings, folder), str(folder))
    store = opened(folder, epoch, settings)
    # A query may take its time, and a little more until it is stopped.
    patience = settings.query_timeout + 10
    keeping = DiskKeeping(store, folder, epoch, lock, sync=settings.durable, patience=patience)
    memory = settings.reader_memory
    return (
        store,
        keeping,
        Lane(lambda _: start_writer(folder, store.epoch(), store.setting, memory, guards), keeping.commit),
    )


def _replica(
    settings: Settings, folder: Path | None, address: str
) -> tuple[LocalStore, Keeping | DiskKeeping, Following]:
    """A replica where it was, or of a snapshot of the primary; waits for the primary where it needs one."""
    journal = Path(address).with_name("journal")
    board = Path(f"{address}.following")
    snapshot = kept_snapshot(journal)
    primary = Primary(settings.follow, settings.follow_authorization)

    def copied() -> str:
        epoch = None if folder is None else resumed(folder, sync=settings.durable)
        if epoch is None and not snapshot.exists():
            first_snapshot(primary, snapshot, State(primary.url), board)
        if epoch is None and folder is not None:
            epoch = begun(folder, snapshot, sync=settings.durable)
        return epoch or ""

    keeping: Keeping | DiskKeeping
    if folder is None:
        _apart(copied, str(journal))
        head, state = load(snapshot)
        store = LocalStore(state.engine, head.epoch, setting=setting_of(settings), writable=False)
        store.state = state
        keeping = Keeping(store, journal, sync=False, begun=head.begun)
    else:
        lock = _lock(folder)
        epoch = _apart(copied, str(folder))
        store = opened(folder, epoch, settings)
        patience = settings.query_timeout + 10
        keeping = DiskKeeping(store, folder, epoch, lock, sync=settings.durable, patience=patience)
    told = told_of(settings, folder, snapshot.with_name("snapshot.new"), board)
    return store, keeping, Following(keeping, told, settings.follow)


def _lock(folder: Path) -> Lock:
    lock = Lock.take(folder)
    if lock is None:
        raise ProjectError(f"{folder}: another service has this store")
    return lock


def _apart(work: Callable[[], str], place: str) -> str:
    """What `work` returns in a process of its own; `place` names the store in errors.

    A process that had a store open for writing cannot be forked any more: the store has threads.
    """

    def told() -> bytes:
        try:
            text = f"+{work()}"
        except GraphsvcError as error:
            text = f"-{error}"
        except BaseException as error:
            text = f"-{place}: {type(error).__name__}: {error}"
        return text.encode()[:4000]

    said = apart(told).decode(errors="replace")
    if not said:
        raise StoreError(f"{place}: what makes the store ready was lost")
    if said[0] == "-":
        raise ProjectError(said[1:])
    return said[1:]


if __name__ == "__main__":
    run(keep)
