"""What each type of page weighs and how soon it begins: `python -m bench.pages [ROUNDS]`.

For each: the bytes of the page, the requests that it takes with all that it names, their bytes together, and the
time to the first byte as a ratio to that of a Turtle answer about the same thing (about an instrument, where a
page has no Turtle of its own). Both are asked in turns on one connection, so that a machine whose speed drifts
slows both alike. `anew`: no answer is one that was kept, for each request says its preferences in words that none
before had; `again`: all in the same.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlencode, urljoin, urlsplit

from bench.overhead import started

INSTRUMENT = "/doc/instrument/com-2021-281"
QUERY = "SELECT ?thing ?label { ?thing <http://www.w3.org/2000/01/rdf-schema#label> ?label } LIMIT 50"
# Each type of page, and the Turtle that it is held against.
PAGES = {
    "home": ("/", None),
    "instrument": (INSTRUMENT, INSTRUMENT),
    "organisation": ("/doc/org/cnect", "/doc/org/cnect"),
    "its neighbourhood": ("/doc/org/cnect?view=neighbourhood", "/doc/org/cnect"),
    "source document": ("/doc/source/dg-cnect", "/doc/source/dg-cnect"),
    "named graph": ("/graph/source/dg-cnect", "/graph/source/dg-cnect"),
    "class": ("/describe?" + urlencode({"iri": "https://w3id.org/eu-dg/def/dg#Instrument"}),) * 2,
    "ontology": ("/ontology", "/ontology"),
    "shapes": ("/shapes", "/shapes"),
    "dataset": ("/dataset", "/dataset"),
    "search": ("/search?q=digital", None),
    "query form": ("/sparql", "/sparql"),
    "query answer": ("/sparql?" + urlencode({"query": QUERY}), None),
    "library": ("/queries", None),
    "stored query": ("/queries/count-instruments-by-year", None),
    "validation": ("/validate", None),
    "conformance": ("/conformance", None),
}
_NUMBERS = count(1)
_NAMED = re.compile(r'<(?:link rel="(?:stylesheet|icon)" href|script [^>]*src)="([^"]+)"')


def fetch(connection: HTTPConnection, path: str, headers: dict[str, str]) -> tuple[float, bytes]:
    """The seconds to the first byte of an answer, and its body. Raises RuntimeError where it is none."""
    begun = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    first = time.perf_counter() - begun
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return first, body


def preferences(place: int) -> Iterator[dict[str, str]]:
    """How a browser and a program ask, in words of that number's own."""
    yield {"Accept": "text/html", "Accept-Language": f"en,x-{place};q=0.1"}
    yield {"Accept": f"text/turtle,application/x-{place};q=0.1"}


def ratio(connection: HTTPConnection, page: str, turtle: str, rounds: int, *, anew: bool) -> float:
    """The median of the times to the first byte of the page over that of the Turtle."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        asked = preferences(next(_NUMBERS) if anew else 0)
        for path, headers, found in zip((page, turtle), asked, times, strict=True):
            found.append(fetch(connection, path, headers)[0])
    return statistics.median(times[0]) / statistics.median(times[1])


def main() -> None:
    """Measure every type of page of a server on the shipped graph, and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    process, url, _ = started()
    try:
        address = urlsplit(url)
        with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
            print(f"{'page':20} {'bytes':>9} {'requests':>9} {'in all':>9} {'anew':>7} {'again':>7}")
            for name, (path, thing) in PAGES.items():
                _, body = fetch(connection, path, {"Accept": "text/html"})
                named = {urljoin(url, each) for each in _NAMED.findall(body.decode())}
                parts = [fetch(connection, urlsplit(each).path, {})[1] for each in named]
                whole = len(body) + sum(map(len, parts))
                shares = [
                    ratio(connection, path, thing or INSTRUMENT, rounds, anew=anew) for anew in (True, False)
                ]
                print(
                    f"{name:20} {len(body):9,} {1 + len(named):9} {whole:9,} {shares[0]:7.2f} {shares[1]:7.2f}",
                    flush=True,
                )
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
