"""Bulk loads into a store on disk, engine against engine, in turns: seconds of a whole process that loads.

`python -m bench.field.bulk STORE FILE …` is the measure of the others: pyoxigraph's own bulk loader, alone.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from bench.field.engines import Absent, run
from bench.field.graphs import ROOT, Graph

OURS, ALONE, OXIGRAPH = "graphsvc load", "pyoxigraph bulk_load", "oxigraph load"
GRAPH = "urn:x:bench"
_FORMATS = {".nt": ox.RdfFormat.N_TRIPLES, ".ttl": ox.RdfFormat.TURTLE}


def loads(graph: Graph, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, list[float]]]:
    """Seconds by form of the files and loader, one for each round."""
    packed = graph.folder / "triples.nt.gz"
    if not packed.exists():
        with open(graph.file, "rb") as source, gzip.open(packed, "wb", compresslevel=5) as target:
            shutil.copyfileobj(source, target, 1 << 20)
    forms = {
        "N-Triples": [graph.file],
        "N-Triples, gzip": [packed],
        "Turtle": sorted((graph.project / "data").glob("*.ttl")),
    }
    place = graph.folder / "load"
    found: dict[str, dict[str, list[float]]] = {}
    for form, files in forms.items():
        say(f"{graph.size:,} instruments: bulk load of {form}")
        for _ in range(rounds):
            for name, command in _commands(place, files).items():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                begun = time.perf_counter()
                try:
                    run(command, cwd=ROOT)
                except Absent as error:
                    say(f"  {name}: {error}")
                    continue
                taken = time.perf_counter() - begun
                found.setdefault(form, {}).setdefault(name, []).append(taken)
        shutil.rmtree(place, ignore_errors=True)
    packed.unlink()
    return found


def _commands(place: Path, files: list[Path]) -> dict[str, list[str | Path]]:
    store = place / "store"
    project = place.parent / "load-project"
    if not project.exists():
        project.mkdir()
        # A store of ours has the files of its project too: as few as there can be.
        (project / "ontology").mkdir()
        (project / "ontology" / "small.ttl").write_text("<urn:x:a> <urn:x:b> <urn:x:c> .\n", encoding="ascii")
    found: dict[str, list[str | Path]] = {
        OURS: [
            *(sys.executable, "-m", "graphsvc", "load", *files),
            *("--project", project, "--store", store, "--graph", GRAPH),
        ],
        ALONE: [sys.executable, "-m", "bench.field.bulk", store, *files],
    }
    if all(path.suffix != ".gz" for path in files):
        several = [part for path in files for part in ("--file", path)]
        program = Path(sys.executable).with_name("oxigraph")
        found[OXIGRAPH] = [program, "load", "--location", store, "--graph", GRAPH, *several]
    return found


def _alone(store: str, *files: str) -> None:
    engine = ox.Store(store)
    for name in files:
        path = Path(name)
        syntax = _FORMATS[path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix]
        where = ox.NamedNode(GRAPH)
        if path.suffix == ".gz":
            with gzip.open(path) as content:
                engine.bulk_load(content, syntax, to_graph=where)
        else:
            engine.bulk_load(path=path, format=syntax, to_graph=where)
    engine.flush()


if __name__ == "__main__":
    _alone(*sys.argv[1:])
