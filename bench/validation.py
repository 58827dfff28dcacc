"""How long validation takes, engine against engine on the same graphs in one run, each in a process of its own.

Times of one run are comparable with each other alone. Loading and validation are told apart, each as time on the
clock and as the processor's time of the process (user and system); the ratios are those of the latter, which other
work on the machine disturbs least. `peak` is the largest memory of the process. The shapes are the shipped ones,
with their four queries (which cost pyshacl the most), and without (`core`).

    python bench/validation.py                      the ratios at 1,000 and 10,000, and this engine at 100,000
    python bench/validation.py growth               this engine at 1,000, 10,000 and 100,000, and the exponent
    python bench/validation.py --large              up to 1,000,000 instruments, and pyshacl at 100,000
"""

from __future__ import annotations

import json
import logging
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from generate import TRIPLES, documents

from graphsvc.validation import Document
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Statements, read
from graphsvc.vocab import PREFIXES

ROOT = Path(__file__).resolve().parent.parent
BASE = "https://w3id.org/eu-dg/"
SH = PREFIXES["sh"]
LIMIT = 3600  # seconds for one engine on one graph


def folder(name: str) -> tuple[Document, ...]:
    """The Turtle files of one of the project's folders."""
    files = sorted((ROOT / name).glob("*.ttl"))
    return tuple(Document(str(file), file.read_bytes(), "ttl", BASE) for file in files)


def data(instruments: int) -> list[Document]:
    """The generated graph."""
    return [
        Document(f"generated{number}", content, "ttl", BASE)
        for number, content in enumerate(documents(instruments))
    ]


def shapes_graph(*, core: bool) -> Shapes:
    """The shipped shapes; with `core`, without their queries."""
    shapes = Shapes.load(folder("shapes"))
    if not core:
        return shapes
    kept = ((triple, "") for triple in shapes.statements.triples if triple[1].value != f"{SH}sparql")
    return Shapes(Statements(kept), shapes.queries)


Timed = tuple[Callable[[], object], Callable[[object], int]]


def setwise(instruments: int, *, core: bool) -> Timed:
    """This package's engine."""
    from graphsvc.validation.job import judge
    from graphsvc.validation.setwise import loaded

    shapes, ontology = shapes_graph(core=core), folder("ontology")
    given = data(instruments)
    return lambda: loaded.load(given, ontology), lambda graph: len(judge(graph, shapes).results)


def _as_rdflib(statements: Statements, kind: str = "default") -> Any:
    import rdflib

    from graphsvc.validation.nodes import node_of

    made = rdflib.Graph(store=kind)
    for triple in statements.triples:
        made.add(tuple(map(node_of, triple)))
    return made


def _results(report: Any) -> int:
    """How many results there are, without the details below them."""
    import rdflib

    return len(list(report.objects(None, rdflib.SH.result)))


def _rdflib(instruments: int, store: str, *, core: bool) -> Timed:
    import pyshacl

    def validated(loaded: object) -> int:
        _, report, _ = pyshacl.validate(loaded, shacl_graph=shapes, inplace=True)
        return _results(report)

    shapes = _as_rdflib(shapes_graph(core=core).statements)
    given = [*data(instruments), *folder("ontology")]
    return lambda: _as_rdflib(read(given, role="data"), store), validated


def memory(instruments: int, *, core: bool) -> Timed:
    """pyshacl on rdflib's graph in memory."""
    return _rdflib(instruments, "default", core=core)


def oxrdflib(instruments: int, *, core: bool) -> Timed:
    """pyshacl on a graph of rdflib's that Oxigraph holds."""
    return _rdflib(instruments, "Oxigraph", core=core)


def _store(instruments: int) -> ox.Store:
    store = ox.Store()
    for document in [*data(instruments), *folder("ontology")]:
        store.bulk_load(document.content, ox.RdfFormat.TURTLE, base_iri=BASE)
    return store


def turbo(instruments: int, *, core: bool) -> Timed:
    """pyshacl-turbo, which is made in Rust and takes a store."""
    import pyshacl_turbo

    shapes = _as_rdflib(shapes_graph(core=core).statements)

    def validated(store: object) -> int:
        _, report, _ = pyshacl_turbo.validate(store, shacl_graph=shapes, inplace=True)
        return _results(report)

    return lambda: _store(instruments), validated


def shifty(instruments: int, *, core: bool) -> Timed:
    """pyshifty, which is made in Rust and takes texts, so that it loads while it validates."""
    import shifty as engine

    shapes = _as_rdflib(shapes_graph(core=core).statements)
    given = [each.content for each in data(instruments)]
    given.append(_as_rdflib(read(folder("ontology"), role="ontology")).serialize(format="turtle").encode())

    def validated(_: object) -> int:
        _, report, _ = engine.validate(given, shapes, graph_mode="data", infer=False)
        return _results(report)

    return lambda: None, validated


ENGINES = {
    "graphsvc": setwise,
    "pyshacl": memory,
    "pyshacl on oxrdflib": oxrdflib,
    "pyshacl-turbo": turbo,
    "pyshifty": shifty,
}
# These do not need minutes where pyshacl does.
FAST = ["graphsvc", *(name for name in ("pyshacl_turbo", "shifty") if find_spec(name))]
FAST = [{"pyshacl_turbo": "pyshacl-turbo", "shifty": "pyshifty"}.get(name, name) for name in FAST]
SLOW = ["pyshacl", "pyshacl on oxrdflib"]


def measure(engine: str, instruments: int, *, core: bool) -> None:
    """One measurement, printed as a line of JSON."""
    logging.getLogger("rdflib.term").disabled = True  # it tells of each ill-typed date at length
    load, validate = ENGINES[engine](instruments, core=core)
    begun, spent = time.perf_counter(), time.process_time()
    graph = load()
    loaded, spent_loading = time.perf_counter(), time.process_time()
    results = validate(graph)
    done, spent_all = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "load": loaded - begun,
        "load_cpu": spent_loading - spent,
        "validate": done - loaded,
        "validate_cpu": spent_all - spent_loading,
        "results": results,
        "peak": peak,
    }
    print(json.dumps(figures))


def measured(engine: str, instruments: int, shapes: str) -> dict[str, float] | None:
    """A measurement in a fresh process; None where it took too long or failed."""
    command = [sys.executable, __file__, "--one", engine, str(instruments), shapes]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LIMIT, cwd=ROOT)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{engine:20} {shapes:5} {instruments:>10,}  {type(error).__name__}", flush=True)
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{engine:20} {shapes:5} {instruments:>10,} {instruments * TRIPLES:>11,}", end=" ")
    times = (found[name] for name in ("load", "load_cpu", "validate", "validate_cpu"))
    print(*(f"{seconds:9.2f}" for seconds in times), end=" ")
    print(f"{found['peak']:9,.0f} {found['results']:>8,}", flush=True)
    return found


def compared(instruments: int, shapes: str, engines: list[str]) -> None:
    """The engines on one graph, and how they compare."""
    found = {engine: measured(engine, instruments, shapes) for engine in engines}
    ours = found.pop("graphsvc")
    for engine, figures in found.items():
        if ours and figures:
            if figures["results"] != ours["results"]:
                print(f"  {engine} does not agree", end="; ")
            validation = figures["validate_cpu"] / ours["validate_cpu"]
            both = _spent(figures) / _spent(ours)
            print(
                f"  {engine} takes {validation:.0f} times the processor's time to validate, {both:.0f} in all"
            )


def _spent(figures: dict[str, float]) -> float:
    return figures["load_cpu"] + figures["validate_cpu"]


def growth(sizes: tuple[int, ...] = (1_000, 10_000, 100_000)) -> None:
    """This engine's processor time by size, and the exponent of the curve: 1 is linear."""
    found = [(size, measured("graphsvc", size, "all")) for size in sizes]
    times = [(size, figures["validate_cpu"]) for size, figures in found if figures]
    for (small, before), (large, after) in pairwise(times):
        exponent = math.log(after / before) / math.log(large / small)
        print(f"  from {small:,} to {large:,} instruments the time grows with the power {exponent:.2f}")


def main() -> None:
    """Print one line for each engine, choice of shapes and size, and the ratios."""
    large = "--large" in sys.argv
    titles = ("engine", "shapes", "instruments", "triples", "load s", "CPU s", "valid. s", "CPU s", "peak MB")
    print("{:20} {:5} {:>9} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9}".format(*titles), " results", flush=True)
    if "growth" in sys.argv:
        growth()
        return
    compared(1_000, "all", [*FAST, *SLOW])
    compared(1_000, "core", [*FAST, *SLOW])
    compared(10_000, "all", FAST)
    compared(10_000, "core", [*FAST, *SLOW])
    compared(100_000, "all", FAST)
    compared(100_000, "core", [*FAST, "pyshacl"] if large else FAST)
    if large:
        compared(1_000_000, "all", ["graphsvc"])


if __name__ == "__main__":
    if "--one" in sys.argv:
        measure(sys.argv[2], int(sys.argv[3]), core=sys.argv[4] == "core")
    else:
        main()
