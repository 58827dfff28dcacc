"""How long the index of the search takes to make, and a search in it: `python bench/search.py [LABELS …]`.

For each number of labelled things: seconds to make the index in this process, its size, and the time of a search
of each kind (the median and the longest of 15, in milliseconds).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox

from graphsvc.search.building import build
from graphsvc.search.index import Index
from graphsvc.search.searching import search
from graphsvc.store.local import LocalStore

BASE = "http://example.org/bench"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
TEXT = "http://www.w3.org/2004/02/skos/core#definition"
REFERENCE = "http://purl.org/dc/terms/identifier"
DATE = "http://purl.org/dc/terms/date"
THEME = f"{BASE}/theme"
SEARCHES = {
    "a rare word": "w4711x",
    "a frequent word": "regulation",
    "three words": "regulation market digital",
    "the beginning of a word": "reg",
    "a slip": "regulatoin",
    "a reference": "REF(17) 170",
    "a word that nothing has": "qqqqqqqq",
}
SIZES = (10_000, 100_000, 1_000_000)
FREQUENT = "regulation market digital union data service act single network policy".split()


def filled(number: int) -> LocalStore:
    """A store of `number` things, each with a label, a definition, a reference, a class, a theme and a date."""
    choose = random.Random(7)
    words = [f"w{place}x" for place in range(max(5_000, number // 10))]
    lines = []
    for place in range(number):
        thing = f"<{BASE}/id/{place}>"
        label = " ".join([*choose.choices(words, k=3), choose.choice(FREQUENT)])
        text = " ".join([*choose.choices(words, k=10), *choose.choices(FREQUENT, k=2)])
        lines.append(
            f'{thing} <{LABEL}> "{label}"@en ; <{TEXT}> "{text}"@en ; <{REFERENCE}> "ref({place % 97}) {place}" ; '
            f"a <{BASE}/Thing> ; <{THEME}> <{BASE}/id/theme/{place % 40}> ; "
            f'<{DATE}> "{1990 + place % 35}-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .'
        )
    lines += [
        f"<{BASE}/id/theme/{place}> a <http://www.w3.org/2004/02/skos/core#Concept> ." for place in range(40)
    ]
    engine = ox.Store()
    engine.bulk_load(
        "\n".join(lines).encode(), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(f"{BASE}/graph/things")
    )
    return LocalStore(engine, str(number))


def main() -> None:
    """Print a table for each size."""
    for number in [int(given.replace("_", "")) for given in sys.argv[1:]] or SIZES:
        store = filled(number)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index.sqlite"
            begun = time.perf_counter()
            index = Index(path, build(store, path, f"{BASE}/"))
            taken = time.perf_counter() - begun
            print(f"{number:,} labels: made in {taken:.1f} s, {path.stat().st_size >> 20} MB")
            for name, asked in SEARCHES.items():
                times = []
                for _ in range(15):
                    begun = time.perf_counter()
                    found = search(index, asked)
                    times.append((time.perf_counter() - begun) * 1000)
                print(
                    f"  {name:24} {found.total:>7,} found {statistics.median(times):8.1f} ms {max(times):8.1f} ms"
                )


if __name__ == "__main__":
    main()
