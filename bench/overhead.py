"""What the wall around a query costs: each query in this process, behind the wall, and over HTTP, in one run.

The three ways are interleaved, round by round, so that a machine whose speed drifts slows all of them alike.
Ratios are of medians; an absolute time says little on a shared machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from graphsvc.formats import RESULTS_JSON
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import read

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 300
QUERIES = {
    "point lookup": "SELECT ?p ?o { <id/org/cnect> ?p ?o }",
    "grouped count": "SELECT ?c (COUNT(*) AS ?n) { ?s a ?c } GROUP BY ?c",
    "three-way join": "SELECT (COUNT(*) AS ?n) { ?s a ?c . ?s ?p ?o . ?o a ?d }",
}


def started() -> tuple[subprocess.Popen[str], str, float]:
    """A server on the shipped graph, its URL, and the seconds until it said that it is ready."""
    command = [sys.executable, "-m", "graphsvc", "serve", "--project", str(ROOT), "--port", "0"]
    begun = time.perf_counter()
    # An answer that is kept would not pass through the wall.
    environment = os.environ | {"GRAPHSVC_CACHE_BYTES": "0"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, line.removeprefix("Ready at ").strip(), time.perf_counter() - begun


def over_http(connection: HTTPConnection, text: str) -> Callable[[], bytes]:
    """A call that asks the server, on one connection that stays open."""
    target = "/sparql?" + urlencode({"query": text})

    def call() -> bytes:
        connection.request("GET", target, headers={"Accept": RESULTS_JSON.media_type})
        return connection.getresponse().read()

    return call


def measured(ways: dict[str, Callable[[], bytes]]) -> dict[str, float]:
    """The median seconds of each way, after checking that they all give the same answer."""
    answers = {name: json.loads(call()) for name, call in ways.items()}
    reference = next(iter(answers.values()))
    assert all(
        len(a["results"]["bindings"]) == len(reference["results"]["bindings"]) for a in answers.values()
    )
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, call in ways.items():
            begun = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    """Print one line for each query."""
    settings = load(ROOT, os.environ)
    process, url, ready = started()
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port)
    with process, closing(connection), open_store(Project(settings), settings) as store:
        print(f"{os.cpu_count()} cores; ready {ready:.2f} s after the command")
        print(f"{'query':16} {'in process':>12} {'over HTTP':>12} {'ratio':>7}")
        for name, text in QUERIES.items():
            found = measured(
                {
                    "in process": lambda text=text: store.query(read(text), RESULTS_JSON).read(),
                    "over HTTP": over_http(connection, text),
                }
            )
            inside, outside = found["in process"], found["over HTTP"]
            print(f"{name:16} {inside * 1e3:9.3f} ms {outside * 1e3:9.3f} ms {outside / inside:7.1f}")
        process.terminate()


if __name__ == "__main__":
    main()
