"""Large documents into a store on disk, while no service has it: fast, all or nothing, and resumable.

The documents go into a copy of the store's state, a few parts at a time, side by side. After each few parts the
copy is kept as it is then (hard links, so it costs nothing), with a note of how far it got. A load that was
stopped, however it was, goes on from the last note; if the files, the state or the machine's run are others, it
begins anew. Nobody reads the copy: it becomes a state of the store at the end, in the order of a write, so a start
after a loss of power finds the state before or the state after.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from graphsvc.formats import Kind
from graphsvc.rdf.filling import fill, lines_apart
from graphsvc.rdf.reading import engine_format
from graphsvc.store.changes import epoch_after
from graphsvc.store.generations import Generations, Snapshot, boot, failed, linked_copy
from graphsvc.store.journal import Journal
from graphsvc.store.keeping import Place
from graphsvc.store.parts import (
    Part,
    Reading,
    Source,
    fault_of_lines,
    graph_names,
    part_size,
    parts,
    position,
    quads_of,
    quads_of_lines,
)

_NOTE, _KEPT, _WORK = "note.json", "kept", "work"
# In what place of the store's folder; a start, a backup and a restore leave it alone.
PLACE = ".graphsvc-load"
# So many parts are loaded side by side at most: the engine's writing to the disk is what takes long.
_SIDE_BY_SIDE = 4
# Lines with blank nodes that are less than this share of a part are added with those of the parts beside it.
_FEW = 1 / 16
# Seconds between two looks at how far the engine is.
_LOOK = 0.2

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Loaded:
    """What a load did: the state that it led to, its number, how many quads that has and how many came with it.

    `resumed` is how many bytes of the files a load before had done.
    """

    epoch: str
    number: int
    quads: int
    added: int
    resumed: int


@dataclass
class _Note:
    """How far a load got: the source, the byte in it, the hash of all before, and the bytes of files behind it."""

    plan: list[Any]
    source: int = 0
    position: int = 0
    digest: str = ""
    read: int = 0
    graphs: list[str] = field(default_factory=list)

    def follow(self, place: int, part: Part, done: _Done) -> None:
        """Note that a part is done."""
        for digest in done.digests:
            self.digest = hashlib.sha256(bytes.fromhex(self.digest) + digest).hexdigest()
        self.source, self.position = place, part.end
        self.graphs = sorted({*self.graphs, *done.graphs})


@dataclass(frozen=True)
class _Done:
    """What is known of a part that was added: the graphs that it is about, the hashes of its pieces.

    `left` are the lines of it that are still to be added.
    """

    graphs: set[str]
    digests: list[bytes]
    left: bytes = b""


def load(
    folder: Path,
    epoch: str,
    sources: Sequence[Source],
    *,
    base: str,
    allowed: Callable[[set[str]], None],
    tell: Tell = lambda _: None,
    optimize: bool = False,
    sync: bool = True,
) -> Loaded:
    """Add documents to the state `epoch` of the store in `folder`, which nobody else has.

    With `optimize` the engine merges its files at the end, so that a query looks into fewer of them.
    `allowed` is asked with the names of the graphs that change, and raises for one that must not. `tell` hears now
    and then how many bytes of the files are done. Raises DataSyntaxError with file, line and column, StoreError,
    StorageFull; then the store is as it was, and what was loaded is kept for the next try.
    """
    try:
        return _Load(folder, epoch, sources, base, tell).run(allowed, optimize, sync)
    except OSError as error:
        raise failed(f"{folder}: the documents could not be loaded", error) from error


class _Load:
    """One load, from where the one before was stopped."""

    def __init__(self, folder: Path, epoch: str, sources: Sequence[Source], base: str, tell: Tell) -> None:
        self._folder, self._place = folder, folder / PLACE
        self._generations = Generations(folder)
        self._start = self._generations.written(epoch)
        self._sources, self._base, self._tell = sources, base, tell
        plan = [boot(), epoch, base, *(source.identity for source in sources)]
        self._note = self._noted(plan) or self._anew(plan)
        self._resumed = self._note.read

    def _noted(self, plan: list[Any]) -> _Note | None:
        try:
            note = _Note(**json.loads((self._place / _NOTE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return note if note.plan == plan and self._kept(note).is_dir() else None

    def _anew(self, plan: list[Any]) -> _Note:
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir(parents=True)
        return _Note(plan)

    def _kept(self, note: _Note) -> Path:
        return self._place / f"{_KEPT}-{note.source}-{note.position}"

    def run(self, allowed: Callable[[set[str]], None], optimize: bool, sync: bool) -> Loaded:
        """Load what is left, and make it the state of the store."""
        before = (
            self._kept(self._note)
            if self._resumed
            else self._generations.folder / self._start.epoch / "store"
        )
        work = self._place / _WORK
        shutil.rmtree(work, ignore_errors=True)
        linked_copy(before, work)
        engine = ox.Store(str(work))
        whole = sum(source.size for source in self._sources)
        with ThreadPoolExecutor(_workers()) as pool:
            following = self._parts()
            while self._side_by_side(pool, engine, following):
                if self._note.read < whole:
                    self._keep(engine)
        engine.flush()
        there = {"", *(str(graph.value) for graph in engine.named_graphs())}
        self._note.graphs = [name for name in self._note.graphs if name in there]
        allowed(set(self._note.graphs))
        if optimize:
            engine.optimize()
        done = self._commit(engine, sync)
        del engine
        shutil.rmtree(self._place, ignore_errors=True)
        return done

    def _parts(self) -> Iterator[tuple[int, Part]]:
        size = part_size(self._sources, _workers())
        for place, source in enumerate(self._sources):
            if place >= self._note.source:
                start = self._note.position if place == self._note.source else 0
                for part in parts(source, start, self._place, size):
                    yield place, part

    def _side_by_side(
        self, pool: ThreadPoolExecutor, engine: ox.Store, following: Iterator[tuple[int, Part]]
    ) -> bool:
        """Add the next few parts, each by a processor; whether there were any."""
        running: dict[Future[_Done], tuple[int, Part]] = {}
        # One is being added while the next is read and unpacked.
        for place, part in islice(following, _workers()):
            running[pool.submit(self._add, engine, part)] = place, part
        pending: set[Future[_Done]] = set(running)
        while pending:
            _, pending = wait(pending, timeout=_LOOK)
            self._tell(self._note.read + sum(position(part) for _, part in running.values()))
        left = []
        for future, (place, part) in running.items():
            done = future.result()
            self._note.follow(place, part, done)
            self._note.read = sum(source.size for source in self._sources[:place]) + part.read
            if done.left:
                left.append(quads_of_lines(part, done.left))
        if left:
            engine.bulk_extend(chain.from_iterable(left))
        self._tell(self._note.read)
        return bool(running)

    def _add(self, engine: ox.Store, part: Part) -> _Done:
        source, content = part.source, part.content
        if isinstance(content, bytes):
            return self._add_lines(engine, part, content)
        if source.syntax.kind is Kind.DATASET:
            # Only who reads it knows which graphs it is about.
            names: set[str] = set()
            engine.bulk_extend(_noticed(quads_of(part, self._base), names))
        else:
            names = {source.graph}
            quads = partial(quads_of, part, self._base)
            fill(engine, content, source.syntax, base=self._base, graph=source.graph, quads=quads)
        done = _Done(names, part.digests())
        if content != source.path:
            content.unlink()
        return done

    def _add_lines(self, engine: ox.Store, part: Part, content: bytes) -> _Done:
        """Add lines: natively those without blank nodes; of the others, many now, and few later."""
        source = part.source
        without, within = lines_apart(content)
        where = ox.NamedNode(source.graph) if source.graph else ox.DefaultGraph()
        reading = cast("IO[bytes]", Reading(part, without))
        try:
            if without:
                engine.bulk_load(reading, engine_format(source.syntax), to_graph=where)
        except (SyntaxError, ValueError, MemoryError) as error:
            raise fault_of_lines(part, error) from None
        many = len(within) > len(content) * _FEW
        if many:
            engine.bulk_extend(quads_of_lines(part, within))
        return _Done(graph_names(part), part.digests(), b"" if many else within)

    def _keep(self, engine: ox.Store) -> None:
        """Keep what there is, with a note; then what was kept before is of no use."""
        engine.flush()
        kept = self._kept(self._note)
        shutil.rmtree(kept, ignore_errors=True)
        engine.backup(str(kept))
        unfinished = self._place / f"{_NOTE}.new"
        unfinished.write_text(json.dumps(vars(self._note)), encoding="utf-8")
        unfinished.replace(self._place / _NOTE)
        for other in self._place.glob(f"{_KEPT}-*"):
            if other != kept:
                shutil.rmtree(other, ignore_errors=True)

    def _commit(self, engine: ox.Store, sync: bool) -> Loaded:
        """Make what there is a state of the store, in the order of a write: the state, the journal, its name."""
        quads = len(engine)
        added = quads - self._generations.count(self._start.epoch)
        number = self._start.number + 1
        patch = f"L {self._note.digest}\n".encode()
        epoch = epoch_after(self._start.epoch, patch)
        graphs = self._start.graphs | dict.fromkeys(self._note.graphs, epoch)
        self._generations.make(engine, Snapshot(epoch, number, self._start.first, graphs))
        # The journal cannot do it again, so it has to be on the disk before the journal says that it is there.
        self._generations.sync(epoch)
        fields = {
            "kind": "load",
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "author": "",
            "size": sum(source.size for source in self._sources),
            "graphs": self._note.graphs,
            "number": number,
            "epoch": epoch,
            "added": added,
            "removed": 0,
            "created": False,
        }
        with closing(Journal(self._folder / "journal", sync=sync)) as journal:
            journal.append(Place.after(list(journal.read())).chain([(fields, patch)]))
        self._generations.commit(epoch)
        return Loaded(epoch, number, quads, added, self._resumed)


def _noticed(quads: Iterator[ox.Quad], names: set[str]) -> Iterator[ox.Quad]:
    for quad in quads:
        names.add("" if isinstance(quad.graph_name, ox.DefaultGraph) else str(quad.graph_name.value))
        yield quad


def _workers() -> int:
    return max(1, min(_SIDE_BY_SIDE, len(os.sched_getaffinity(0))))
