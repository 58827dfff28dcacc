"""How long validation takes, engine against engine on the same graphs in one run, each in a process of its own.

Times of one run are comparable with each other alone. Loading and validation are told apart; `peak` is the largest
memory of the process. The shapes are the shipped ones, or, for engines without SPARQL in shapes, the same without
their four queries.

    python bench/validation.py                      the ratios at 10,000 and the growth curve up to 100,000
    python bench/validation.py --large              up to 1,000,000 instruments, and pyshacl at 100,000
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from generate import TRIPLES, documents

from graphsvc.validation import Document
from graphsvc.validation.shapes import Shapes

ROOT = Path(__file__).resolve().parent.parent
BASE = "https://w3id.org/eu-dg/"
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


Timed = tuple[Callable[[], object], Callable[[object], int]]


def setwise(instruments: int) -> Timed:
    """This package's engine."""
    from graphsvc.validation.job import judge
    from graphsvc.validation.setwise import loaded

    shapes, ontology = Shapes.load(folder("shapes")), folder("ontology")
    given = data(instruments)
    return lambda: loaded.load(given, ontology), lambda graph: len(judge(graph, shapes).results)


def _rdflib(instruments: int, store: str) -> Timed:
    import pyshacl
    import rdflib
    from rdflib.store import Store

    from graphsvc.validation.nodes import node_of
    from graphsvc.validation.statements import read

    def graph(given: list[Document], role: str, kind: str | Store = "default") -> rdflib.Graph:
        made = rdflib.Graph(store=kind)
        for triple in read(given, role=role).triples:
            made.add(tuple(map(node_of, triple)))
        return made

    def validated(loaded: object) -> int:
        _, report, _ = pyshacl.validate(loaded, shacl_graph=shapes, inplace=True)
        return len(list(report.objects(None, rdflib.SH.result)))

    shapes = graph(list(folder("shapes")), "shapes")
    given = [*data(instruments), *folder("ontology")]
    return lambda: graph(given, "data", store), validated


def memory(instruments: int) -> Timed:
    """pyshacl on rdflib's graph in memory."""
    return _rdflib(instruments, "default")


def oxrdflib(instruments: int) -> Timed:
    """pyshacl on a graph of rdflib's that Oxigraph holds."""
    return _rdflib(instruments, "Oxigraph")


ENGINES = {"graphsvc": setwise, "pyshacl": memory, "pyshacl on oxrdflib": oxrdflib}


def measure(engine: str, instruments: int) -> None:
    """One measurement, printed as a line of JSON."""
    load, validate = ENGINES[engine](instruments)
    begun = time.perf_counter()
    graph = load()
    loaded = time.perf_counter()
    results = validate(graph)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"load": loaded - begun, "validate": done - loaded, "results": results, "peak": peak}
    print(json.dumps(figures))


def measured(engine: str, instruments: int) -> dict[str, float] | None:
    """A measurement in a fresh process; None where it took too long or failed."""
    command = [sys.executable, __file__, "--one", engine, str(instruments)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LIMIT, cwd=ROOT)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{engine} on {instruments:,}: {type(error).__name__}")
        return None
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    row = (instruments, instruments * TRIPLES, figures["load"], figures["validate"], figures["peak"])
    print(f"{engine:20} {row[0]:>10,} {row[1]:>11,} {row[2]:9.2f} {row[3]:9.2f} {row[4]:9,.0f}", end=" ")
    print(f"{figures['results']:>8,}", flush=True)
    return figures


def main() -> None:
    """Print one line for each engine and size, and the ratios."""
    large = "--large" in sys.argv
    titles = ("engine", "instruments", "triples", "load s", "valid. s", "peak MB", "results")
    print("{:20} {:>10} {:>11} {:>9} {:>9} {:>9} {:>8}".format(*titles))
    for instruments, engines in {
        1_000: list(ENGINES),
        10_000: list(ENGINES),
        100_000: ["graphsvc", "pyshacl"] if large else ["graphsvc"],
        **({1_000_000: ["graphsvc"]} if large else {}),
    }.items():
        found = {engine: measured(engine, instruments) for engine in engines}
        ours = found.pop("graphsvc")
        for engine, figures in found.items():
            if ours and figures:
                assert figures["results"] == ours["results"], "the engines do not agree"
                validation = figures["validate"] / ours["validate"]
                both = (figures["load"] + figures["validate"]) / (ours["load"] + ours["validate"])
                print(f"  {engine} takes {validation:.0f} times as long to validate, {both:.0f} times in all")


if __name__ == "__main__":
    if "--one" in sys.argv:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main()
