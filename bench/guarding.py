"""What it costs to write to a guarded graph, small and large: `python -m bench.guarding`.

Each write adds an instrument to a graph of so many, or changes the reference of one, on a store in this
process: nothing but the write and its validation is measured. The shapes are the shipped ones.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import pyoxigraph as ox

from bench.generate import BASE, PREFIXES, documents
from graphsvc.guarding import Guards, guards_of
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.store import Write
from graphsvc.store.local import LocalStore

ROOT = Path(__file__).resolve().parent.parent
GRAPH = ox.NamedNode(f"{BASE}graph/instruments")
SIZES = tuple(map(int, sys.argv[1:])) or (1_000, 100_000)
ROUNDS = 25
_HEAD = PREFIXES.replace("@prefix", "PREFIX").replace(" .\n", "\n")


def engine_of(instruments: int, project: Project) -> ox.Store:
    """A store with so many instruments in one graph, and the shipped ontology."""
    engine = ox.Store()
    engine.bulk_extend(project.quads("ontology"))
    for document in documents(instruments, faulty=0):
        engine.bulk_load(document, ox.RdfFormat.TURTLE, to_graph=GRAPH)
    return engine


def writes(instruments: int) -> Iterator[tuple[str, str]]:
    """Updates by what they do."""
    for number in range(ROUNDS):
        said = (
            f'a dg:Instrument ; dg:rawTitle "New {number}" ; dct:title "New {number}"@en ; '
            f'dg:year "2024"^^xsd:gYear ; eli:date_document "2024-01-01"^^xsd:date ; dg:statedType "Report" ; '
            f'dct:identifier "com(2024){number + 500}" ; adms:status s:in-force ; '
            f"eli:responsibility_of_agent o:org-{number}"
        )
        yield "add an instrument", f"INSERT DATA {{ GRAPH {GRAPH} {{ i:new-{number} {said} }} }}"
        one = f"i:x-{number * instruments // ROUNDS}"
        yield (
            "change a reference",
            f"WITH {GRAPH} DELETE {{ {one} dct:identifier ?old }} "
            f'INSERT {{ {one} dct:identifier "com(2024){number + 1}" }} '
            f"WHERE {{ {one} dct:identifier ?old }}",
        )


def measured(engine: ox.Store, guards: Guards | None, instruments: int) -> dict[str, float]:
    """The median time of each kind of write, in milliseconds."""
    store = LocalStore(engine, "bench", guard=guards)
    taken: dict[str, list[float]] = {}
    for name, text in writes(instruments):
        write = Write("update", f"{_HEAD}{text}".encode())
        begin = time.perf_counter()
        store.write(write)
        taken.setdefault(name, []).append(1000 * (time.perf_counter() - begin))
    return {name: median(times) for name, times in taken.items()}


def main() -> None:
    """Print a line for each size and kind of write."""
    settings = load(ROOT, {})
    project = Project(settings)
    told = {
        "graphs": GRAPH.value,
        "shapes": "shapes",
        "context": "",
        "severity": "violation",
        "action": "reject",
    }
    guards = guards_of(Project(replace(settings, guards=[told])))
    for size in SIZES:
        plain = measured(engine_of(size, project), None, size)
        guarded = measured(engine_of(size, project), guards, size)
        for name in plain:
            sys.stdout.write(
                f"{size:>7,} instruments, {name}: {plain[name]:.1f} ms, guarded {guarded[name]:.1f} ms\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
