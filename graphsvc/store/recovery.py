"""A store on disk made ready at start: where the last acknowledged write left it, and then what the files say.

The journal decides: what it holds was acknowledged, and is done again where the state that it led to is not there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from graphsvc.errors import StoreError
from graphsvc.store.changes import Draft, GraphName
from graphsvc.store.generations import Generations, Snapshot, failed
from graphsvc.store.journal import Journal, Record, shortened
from graphsvc.store.keeping import Place
from graphsvc.store.writing import State

Quads = Callable[[], Iterable[ox.Quad]]


def recover(folder: Path, version: str, quads: Quads, *, sync: bool = True) -> str:
    """Make the store in `folder` ready; the epoch of the state to open.

    `version` names the project's files and `quads` reads them. Files that changed since replace the graphs that
    they are for, except those that were written to. Nobody else may have the folder. Raises StoreError for a
    journal that is damaged, gone or shorter than the states say, and what `quads` raises.
    """
    generations = Generations(folder)
    with closing(Journal(folder / "journal", sync=sync)) as journal:
        records = list(journal.read())
        # A store that was begun from a copy of another's has an `id` in its first record.
        if not any(patch or "id" in fields for fields, patch in records):
            return _begin(generations, journal, records, version, quads)
        return _go_on(generations, journal, records, version, quads)


def _begin(
    generations: Generations, journal: Journal, records: list[Record], version: str, quads: Quads
) -> str:
    """Nothing was ever written: the files are the state."""
    written = [
        epoch for epoch in generations.epochs() if (generations.snapshot(epoch) or Snapshot("")).number
    ]
    if written:
        raise shortened(journal.path, written[0])
    if generations.snapshot(version) is None:
        engine = _loaded(generations, quads)
        generations.make(engine, Snapshot(version, first=version))
        del engine
        generations.clear({f".{version}"})
        generations.commit(version)
    _settle(generations, version)
    if [fields["epoch"] for fields, _ in records] != [version]:
        journal.restart([({"number": 0, "epoch": version, "files": version}, b"")])
    return version


def _loaded(generations: Generations, quads: Quads) -> ox.Store:
    place = generations.folder / ".load"
    generations.clear(set(generations.epochs()))
    engine = ox.Store(str(place))
    engine.bulk_extend(quads())
    engine.flush()
    return engine


def _go_on(
    generations: Generations, journal: Journal, records: list[Record], version: str, quads: Quads
) -> str:
    known = {str(fields["epoch"]) for fields, _ in records}
    for epoch in generations.epochs():
        if epoch not in known:
            raise shortened(journal.path, epoch)
    last = str(records[-1][0]["epoch"])
    if generations.snapshot(last) is None and generations.has_uncommitted(last):
        generations.commit(last)
    files = next(str(fields["files"]) for fields, _ in reversed(records) if fields.get("files"))
    if files == version and generations.snapshot(last) is not None:
        _settle(generations, last)
        return last
    state, number = _redo(generations, records)
    if files != version:
        patch = _take_files(state, quads())
        number += bool(patch)
        change = (_files_fields(state, number, version, patch), patch)
        journal.append(_end_of(records).chain([change]) if patch else [change])
    if generations.snapshot(state.epoch) is None:
        generations.make(state.engine, Snapshot(state.epoch, number, state.first, state.graphs))
        generations.commit(state.epoch)
    epoch = state.epoch
    state.engine = ox.Store()
    _settle(generations, epoch)
    return epoch


def _end_of(records: list[Record]) -> Place:
    place = Place(str(records[0][0]["epoch"]))
    for fields, _ in records:
        place.pass_by(fields)
    return place


def resume(folder: Path, *, sync: bool = True) -> str | None:
    """Make a replica's store ready where it was; its epoch, or None where it has to be begun.

    Nobody else may have the folder. Raises StoreError for a journal that is damaged.
    """
    generations = Generations(folder)
    with closing(Journal(folder / "journal", sync=sync)) as journal:
        records = list(journal.read())
    if not records:
        return None
    last = str(records[-1][0]["epoch"])
    if generations.snapshot(last) is None and generations.has_uncommitted(last):
        with suppress(StoreError):
            generations.commit(last)
    if generations.snapshot(last) is None:
        if not any(generations.snapshot(str(fields["epoch"])) for fields, _ in records):
            return None
        state, number = _redo(generations, records)
        generations.make(state.engine, Snapshot(state.epoch, number, state.first, state.graphs))
        generations.commit(state.epoch)
        state.engine = ox.Store()
    _settle(generations, last)
    return last


def prepare(folder: Path, snapshot: Snapshot, quads: Iterable[ox.Quad], graphs: Iterable[GraphName]) -> None:
    """Write down a state that was copied from another store, uncommitted, beside those that there are.

    Raises StoreError, StorageFull.
    """
    generations = Generations(folder)
    place = generations.folder / f".copy-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    try:
        engine = ox.Store(str(place))
        for graph in graphs:
            if not isinstance(graph, ox.DefaultGraph):
                engine.add_graph(graph)
        engine.bulk_extend(quads)
        engine.flush()
        generations.make(engine, snapshot)
        del engine
    except OSError as error:
        raise failed("The copy of the primary's data could not be written", error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _settle(generations: Generations, epoch: str) -> None:
    """Force a state to the disk and remove all others; a full disk keeps all, and does not stop the start."""
    try:
        generations.sync(epoch)
    except OSError:
        return
    generations.clear({epoch})


def _redo(generations: Generations, records: list[Record]) -> tuple[State, int]:
    """The state after all records, on an engine that may be changed, and the number of the last."""
    for place in range(len(records) - 1, -1, -1):
        found = generations.snapshot(str(records[place][0]["epoch"]))
        if found is not None:
            break
    else:
        raise StoreError(
            f"{generations.folder}: there is no state from which the journal could be done again."
        )
    state = State(generations.clone(found.epoch), found.epoch, dict(found.graphs), found.first)
    for fields, patch in records[place + 1 :]:
        if state.follow(patch, fields.get("graphs", ())) != fields["epoch"]:
            raise StoreError(f"{generations.folder}: change {fields['number']} of the journal does not fit.")
    return state, int(records[-1][0]["number"])


def _take_files(state: State, quads: Iterable[ox.Quad]) -> bytes:
    """Replace what the files say in graphs that nobody wrote to; the patch."""
    fresh = ox.Store()
    fresh.extend(quad for quad in quads if _name(quad) not in state.graphs)
    draft = Draft(state.engine)
    for quad in list(state.engine.quads_for_pattern(None, None, None, None)):
        if _name(quad) not in state.graphs and quad not in fresh:
            draft.remove([quad])
    draft.add(list(fresh))
    for graph in list(state.engine.named_graphs()):
        if str(graph.value) not in state.graphs and not fresh.contains_named_graph(graph):
            draft.drop(graph)
    patch = draft.patch()
    # The files' graphs stay the files': they do not count as written to.
    state.advance(patch, set())
    return patch


def _files_fields(state: State, number: int, version: str, patch: bytes) -> dict[str, Any]:
    """What the journal keeps of the change of the files; where it changes nothing, the version alone."""
    fields: dict[str, Any] = {"number": number, "epoch": state.epoch, "files": version}
    if not patch:
        return fields
    return fields | {
        "kind": "files",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "author": "",
        "size": len(patch),
        "graphs": [],
        "added": patch.count(b"\nA ") + patch.startswith(b"A "),
        "removed": patch.count(b"\nD ") + patch.startswith(b"D "),
    }


def _name(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else str(quad.graph_name.value)
