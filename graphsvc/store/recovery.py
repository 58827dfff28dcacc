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
Fill = Callable[[ox.Store], None]


def recover(folder: Path, version: str, quads: Quads, fill: Fill | None = None, *, sync: bool = True) -> str:
    """Make the store in `folder` ready; the epoch of the state to open.

    `version` names the project's files, `quads` reads them, and `fill` adds them to an engine, faster. Files that
    changed since replace the graphs that they are for, except those that were written to. Nobody else may have the
    folder. Raises StoreError for a journal that is damaged, gone or shorter than the states say, and what `quads`
    and `fill` raise.
    """
    generations = Generations(folder)
    with closing(Journal(folder / "journal", sync=sync)) as journal:
        records = list(journal.read())
        # A store that was begun from a copy of another's has an `id` in its first record.
        if not any(patch or "id" in fields for fields, patch in records):
            fill = fill or (lambda engine: engine.bulk_extend(quads()))
            return _begin(generations, journal, records, version, fill)
        return _go_on(generations, journal, records, version, quads)


def _begin(
    generations: Generations, journal: Journal, records: list[Record], version: str, fill: Fill
) -> str:
    """Nothing was ever written: the files are the state."""
    written = [
        epoch for epoch in generations.epochs() if (generations.snapshot(epoch) or Snapshot("")).number
    ]
    if written:
        raise shortened(journal.path, written[0])
    if generations.snapshot(version) is None:
        engine = _loaded(generations, fill)
        generations.make(engine, Snapshot(version, first=version))
        del engine
        generations.clear({f".{version}"})
        generations.commit(version)
    _settle(generations, version)
    if [fields["epoch"] for fields, _ in records] != [version]:
        journal.restart([({"number": 0, "epoch": version, "files": version}, b"")])
    return version


def _loaded(generations: Generations, fill: Fill) -> ox.Store:
    place = generations.folder / ".load"
    generations.clear(set(generations.epochs()))
    engine = ox.Store(str(place))
    fill(engine)
    # Once and for all who read it: a query looks into each file that the engine has not merged.
    engine.optimize()
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
        journal.append(Place.after(records).chain([change]) if patch else [change])
    if generations.snapshot(state.epoch) is None:
        generations.make(state.engine, Snapshot(state.epoch, number, state.first, state.graphs))
        generations.commit(state.epoch)
    epoch = state.epoch
    state.engine = ox.Store()
    _settle(generations, epoch)
    return epoch


def amend(folder: Path, epoch: str, change: Callable[[Draft], None], *, sync: bool = True) -> str:
    """Make a change of the service's own to a state that `recover` gave; the epoch to open since.

    Raises StoreError, and what `change` raises.
    """
    generations = Generations(folder)
    found = generations.written(epoch)
    state = State(generations.clone(epoch), epoch, dict(found.graphs), found.first)
    draft = Draft(state.engine)
    change(draft)
    patch, graphs = draft.patch(), draft.graphs()
    if patch:
        made = Snapshot(state.advance(patch, graphs), found.number + 1, state.first, state.graphs)
        fields = _own_fields("reports", made.number, made.epoch, patch) | {"graphs": sorted(graphs)}
        with closing(Journal(folder / "journal", sync=sync)) as journal:
            journal.append(Place.after(list(journal.read())).chain([(fields, patch)]))
        generations.make(state.engine, made)
        generations.commit(made.epoch)
    # What is open cannot be cleared away.
    state.engine = draft.engine = ox.Store()
    _settle(generations, state.epoch)
    return state.epoch


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
    # A graph that was written to may be as large as it likes: nobody goes through it.
    for graph in (ox.DefaultGraph(), *state.engine.named_graphs()):
        if _name_of(graph) not in state.graphs:
            held = list(state.engine.quads_for_pattern(None, None, None, graph))
            draft.remove(quad for quad in held if quad not in fresh)
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
    return fields | _own_fields("files", number, state.epoch, patch)


def _own_fields(kind: str, number: int, epoch: str, patch: bytes) -> dict[str, Any]:
    """What the journal keeps of a change that nobody asked for."""
    return {
        "number": number,
        "epoch": epoch,
        "kind": kind,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "author": "",
        "size": len(patch),
        "graphs": [],
        "added": patch.count(b"\nA ") + patch.startswith(b"A "),
        "removed": patch.count(b"\nD ") + patch.startswith(b"D "),
    }


def _name(quad: ox.Quad) -> str:
    return _name_of(quad.graph_name)


def _name_of(graph: GraphName) -> str:
    return "" if isinstance(graph, ox.DefaultGraph) else str(graph.value)
