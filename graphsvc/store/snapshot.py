"""All that a store holds in one state, as one document: N-Quads, with what else a copy needs in comments before
it.

The comments are `# epoch`, `# number` and `# id` (the place in the chain of changes), `# first` (the epoch of the
graphs that never changed), `# files` (the version of the project's files in it), a `# changed EPOCH GRAPH` for
each graph that did, and a `# graph GRAPH` for each named graph, as some may be empty. The last line is `# end`,
with the number of quads: a document without it is not whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyoxigraph as ox

from graphsvc.errors import StoreError
from graphsvc.store.changes import GraphName
from graphsvc.store.entries import first_id
from graphsvc.store.writing import State

_FORM = "# graphsvc snapshot 1"
_TAIL = 64


@dataclass
class Head:
    """What a snapshot says of its state before its quads."""

    epoch: str = ""
    number: int = 0
    id: str = ""
    first: str = ""
    files: str = ""
    changed: dict[str, str] = field(default_factory=dict)
    graphs: list[GraphName] = field(default_factory=list)

    @property
    def begun(self) -> dict[str, Any]:
        """What the journal of a copy says first."""
        return {"epoch": self.epoch, "number": self.number, "id": self.id, "files": self.files}


def write_snapshot(state: State, about: dict[str, Any], files: str, out: IO[bytes]) -> None:
    """Write the state of a store that is in the place `about` of its chain."""
    lines = [
        _FORM,
        f"# epoch {state.epoch}",
        f"# number {about.get('number', 0)}",
        f"# id {about.get('id') or first_id(state.epoch)}",
        f"# first {state.first}",
        f"# files {files}",
        *(f"# changed {epoch} <{graph}>" for graph, epoch in sorted(state.graphs.items())),
        *(f"# graph {graph}" for graph in state.engine.named_graphs()),
    ]
    out.write("".join(f"{line}\n" for line in lines).encode())
    count = 0

    def counted() -> Iterator[ox.Quad]:
        nonlocal count
        for quad in state.engine.quads_for_pattern(None, None, None, None):
            count += 1
            yield quad

    ox.serialize(counted(), out, ox.RdfFormat.N_QUADS)
    out.write(f"# end {count}\n".encode())


def read_head(path: Path) -> Head:
    """What the snapshot at `path` says of itself. Raises StoreError for one that is not whole."""
    head = Head()
    with open(path, "rb") as file:
        if file.readline().decode(errors="replace").rstrip() != _FORM:
            raise StoreError("The primary sent something else than a snapshot.")
        for line in file:
            if not line.startswith(b"# ") or line.startswith(b"# end "):
                break
            _take(head, *line[2:].decode().rstrip("\n").split(" ", 1))
        file.seek(max(0, path.stat().st_size - _TAIL))
        if not file.read().rpartition(b"\n# end ")[2].strip().isdigit() or not head.epoch:
            raise StoreError("The snapshot breaks off.")
    return head


def read_quads(path: Path) -> Iterator[ox.Quad]:
    """The quads of a snapshot. Raises StoreError where there are not as many as it says."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        wanted = int(file.read().rpartition(b"# end ")[2])
        file.seek(0)
        count = 0
        for quad in ox.parse(file, ox.RdfFormat.N_QUADS, rename_blank_nodes=False):
            count += 1
            yield quad
    if count != wanted:
        raise StoreError(f"The snapshot has {count:,} quads, and should have {wanted:,}.")


def load(path: Path) -> tuple[Head, State]:
    """The state of a snapshot, in memory. Raises StoreError."""
    head = read_head(path)
    engine = ox.Store()
    for graph in head.graphs:
        if not isinstance(graph, ox.DefaultGraph):
            engine.add_graph(graph)
    try:
        engine.extend(read_quads(path))
    except SyntaxError as error:
        raise StoreError(f"The snapshot cannot be read: {error}") from error
    return head, State(engine, head.epoch, dict(head.changed), head.first)


def _take(head: Head, name: str, value: str = "") -> None:
    if name == "changed":
        epoch, _, graph = value.partition(" ")
        head.changed[graph[1:-1]] = epoch
    elif name == "graph":
        head.graphs.append(ox.BlankNode(value[2:]) if value.startswith("_:") else ox.NamedNode(value[1:-1]))
    elif name == "number":
        head.number = int(value)
    elif name in ("epoch", "id", "first", "files"):
        setattr(head, name, value)
