"""How fast triples are found in documents: megabytes a second, beside what the parser alone takes.

The shipped graph in each syntax, once with one triple wanted (the last), once with all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from graphsvc.formats import N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE
from graphsvc.positions import find
from graphsvc.rdf.reading import engine_format
from graphsvc.validation.statements import Document, read_triples

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def parse(document: Document) -> int:
    """How many triples the document has."""
    return sum(1 for _ in read_triples(document, "d"))


def main() -> None:
    """Print a line for each syntax."""
    quads = [quad for path in (ROOT / "data").glob("*.trig") for quad in ox.parse(path=path)]
    triples = list(dict.fromkeys(quad.triple for quad in quads))
    print(f"{'syntax':10}{'MB':>6}{'triples':>9}{'parser MB/s':>13}{'one MB/s':>10}{'all MB/s':>10}")
    for syntax in (TURTLE, TRIG, N_TRIPLES, N_QUADS, RDF_XML):
        kept = quads if syntax in (TRIG, N_QUADS) else triples
        content = ox.serialize(kept, format=engine_format(syntax)) or b""
        document = Document("d", content, syntax.name)
        known = list(read_triples(document, "d"))
        seconds = (
            fastest(partial(parse, document)),
            fastest(partial(find, content, syntax.name, None, known, known[-1:])),
            fastest(partial(find, content, syntax.name, None, known, known)),
        )
        size = len(content) / 1e6
        speeds = "".join(
            f"{size / each:{width}.1f}" for each, width in zip(seconds, (13, 10, 10), strict=True)
        )
        print(f"{syntax.name:10}{size:6.2f}{len(known):9,}{speeds}")


if __name__ == "__main__":
    main()
