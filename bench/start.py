"""From `graphsvc serve` to its first answer: `python -m bench.start [INSTRUMENTS] [TIMES]`.

The shipped graph in memory, and a store on disk of so many instruments (a million, which is nine million triples).
That store is made by `graphsvc load` where it is not there, which takes minutes, and stays. *Cold* is with none of
the store's files in the page cache.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.field import client
from bench.field.client import Request
from bench.field.engines import run
from bench.field.graphs import ROOT, Graph, graph_of

BUILD = ROOT / "build" / "bench"
WARM, COLD = "warm", "cold"
_READY = "Ready at "
_FIRST = Request("/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D", "application/sparql-results+json")


def first_answer(project: Path, *more: str | Path) -> float:
    """Seconds from the command until a query is answered."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", project, "--port", "0", *more]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = next((line for line in process.stdout if line.startswith(_READY)), "")
        assert said, "it did not start"
        status, _, _ = client.ask(said.removeprefix(_READY).strip().rstrip("/"), _FIRST, size=1)
        taken = time.perf_counter() - begun
        process.terminate()
    assert status == 200
    return taken


def of_the_shipped_graph(times: int) -> list[float]:
    """Seconds of each start."""
    return [first_answer(ROOT) for _ in range(times)]


def on_disk(graph: Graph, times: int) -> dict[str, Any]:
    """Seconds of each start, warm and cold, on a store of a graph, and how many triples it has."""
    project, store = _store_of(graph)
    found: dict[str, Any] = {"triples": graph.triples, WARM: [], COLD: []}
    for _ in range(times):
        _forget(store)
        for mode in (COLD, WARM):
            found[mode].append(first_answer(project, "--store", f"disk:{store}"))
    return found


def _store_of(graph: Graph) -> tuple[Path, Path]:
    """A project of the shipped ontology and shapes, and a store of it with the graph's triples besides."""
    place = graph.folder / "started"
    project, store, whole = place / "project", place / "store", place / "whole"
    if not whole.exists():
        shutil.rmtree(place, ignore_errors=True)
        for name in ("ontology", "shapes"):
            shutil.copytree(graph.project / name, project / name)
        shutil.copyfile(graph.project / "graphsvc.toml", project / "graphsvc.toml")
        load: Sequence[str | Path] = [
            sys.executable,
            "-m",
            "graphsvc",
            "load",
            graph.file,
            "--project",
            project,
        ]
        run([*load, "--store", f"disk:{store}", "--graph", "urn:x:bench"], cwd=ROOT)
        whole.touch()
    return project, store


def _forget(folder: Path) -> None:
    """Have no file of a folder in the page cache."""
    for path in (each for each in folder.rglob("*") if each.is_file()):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)  # what is not on the disk yet cannot be forgotten
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def main() -> None:
    """Measure, and print the medians with the least and the greatest."""
    given = [int(each) for each in sys.argv[1:]]
    size, times = (*given, *(1_000_000, 5)[len(given) :])
    BUILD.mkdir(parents=True, exist_ok=True)
    rows = {"the shipped graph, in memory": of_the_shipped_graph(times)}
    found = on_disk(graph_of(size, BUILD), times)
    for mode in (WARM, COLD):
        rows[f"{found['triples']:,} triples on disk, {mode}"] = found[mode]
    for name, seconds in rows.items():
        print(f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})")


if __name__ == "__main__":
    main()
