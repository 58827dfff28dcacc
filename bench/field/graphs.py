"""The graph that every engine gets: a project for ours, and the same triples in one file for the others."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from bench.generate import BASE, write_folder
from graphsvc.project import Project
from graphsvc.settings import load

ROOT = Path(__file__).resolve().parents[2]
# By this N-Triples file it is told that a graph was made to its end.
_DONE = "triples.nt"


@dataclass(frozen=True)
class Graph:
    """A graph of `size` instruments in a folder: `project/` has it in Turtle, `triples.nt` in N-Triples."""

    size: int
    folder: Path

    @property
    def project(self) -> Path:
        """The project, with the shipped ontology and shapes."""
        return self.folder / "project"

    @property
    def file(self) -> Path:
        """All triples, each once."""
        return self.folder / _DONE

    @cached_property
    def triples(self) -> int:
        """How many there are."""
        with open(self.file, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def graph_of(size: int, build: Path) -> Graph:
    """The graph of so many instruments, made if it is not there."""
    found = Graph(size, build / f"graph-{size}")
    if not found.file.exists():
        shutil.rmtree(found.folder, ignore_errors=True)
        _make_project(found)
        project = Project(load(found.project, os.environ, base=BASE.rstrip("/")))
        store = ox.Store(str(found.folder / "union"))
        for file in project.files:
            store.bulk_load(path=file.path, format=ox.RdfFormat.TURTLE, base_iri=BASE)
        unfinished = found.folder / "triples.part"
        store.dump(unfinished, ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
        del store
        shutil.rmtree(found.folder / "union")
        unfinished.rename(found.file)
    return found


def _make_project(graph: Graph) -> None:
    graph.project.mkdir(parents=True)
    write_folder(graph.project / "data", graph.size)
    for name in ("ontology", "shapes"):
        shutil.copytree(ROOT / name, graph.project / name)
    (graph.project / "queries").mkdir()
    (graph.project / "graphsvc.toml").write_text(
        f'[project]\nbase = "{BASE.rstrip("/")}"\n', encoding="utf-8"
    )
