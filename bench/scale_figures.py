"""What the plan for scale is calculated from, measured here in a minute.

Processor time of each kind of request in the web process and behind it; what a triple costs in memory, on disk,
to load, to count and to follow.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from bench.generate import BASE, TRIPLES, documents
from graphsvc.store.local import LocalStore
from graphsvc.store.port import Write
from graphsvc.store.writing import State
from graphsvc.workers.memory import resident
from tests.processes import family

INSTRUMENTS = 20_000
ASKED = 300
_TICK = os.sysconf("SC_CLK_TCK")


def requests(base: str) -> dict[str, Callable[[int], tuple[str, dict[str, str]]]]:
    """For each kind of request, the target and the headers of the n-th of them; no two ask for the same."""

    def lookup(number: int) -> tuple[str, dict[str, str]]:
        text = f"SELECT ?p ?o {{ <{base}id/instrument/x-{number}> ?p ?o }}"
        return f"/sparql?query={quote(text)}", {"Accept": "application/sparql-results+json"}

    def join(number: int) -> tuple[str, dict[str, str]]:
        thing = f"{base}id/instrument/x-{number}"
        text = f"SELECT ?other ?p {{ <{thing}> ?p ?o . ?other ?p ?o . ?other a ?kind }} LIMIT 100"
        return f"/sparql?query={quote(text)}", {"Accept": "application/sparql-results+json"}

    return {
        "a thing as Turtle": lambda number: (f"/doc/instrument/x-{number}", {"Accept": "text/turtle"}),
        "a page about a thing": lambda number: (f"/doc/instrument/x-{number}", {"Accept": "text/html"}),
        "a look-up by SPARQL": lookup,
        "a join by SPARQL": join,
    }


def of_requests() -> dict[str, dict[str, float]]:
    """The processor seconds of a request of each kind in the web process and behind it; `not modified` is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        for number, document in enumerate(documents(INSTRUMENTS)):
            (folder / "data" / f"{number}.ttl").write_bytes(document)
        (folder / "graphsvc.toml").write_text(f'[project]\nbase = "{BASE.rstrip("/")}"\n')
        command = [sys.executable, "-m", "graphsvc", "serve", "--project", name, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().removeprefix("Ready at ").strip()
                return _asked(url, process.pid)
            finally:
                process.terminate()
                process.wait(20)


def _asked(url: str, pid: int) -> dict[str, dict[str, float]]:
    names = {each.pid for each in family(pid) if "serving.http" in each.command}
    (web,) = names
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    found: dict[str, dict[str, float]] = {}
    tag = ""

    def ask(target: str, headers: dict[str, str]) -> None:
        nonlocal tag
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 304), (answer.status, target)
        tag = answer.headers["ETag"] or ""

    for kind, request in requests(BASE).items():
        found[kind] = _cost(web, pid, lambda number, request=request: ask(*request(number)))  # type: ignore[misc]
    target, headers = requests(BASE)["a look-up by SPARQL"](1)
    ask(target, headers)
    headers["If-None-Match"] = tag
    found["not modified"] = _cost(web, pid, lambda _: ask(target, headers))
    connection.close()
    return found


def _cost(web: int, pid: int, ask: Callable[[int], None]) -> dict[str, float]:
    for number in range(20):
        ask(INSTRUMENTS - 1 - number)
    before_web, before_all = _processor(web), sum(_processor(each.pid, dead=True) for each in family(pid))
    for number in range(ASKED):
        ask(number)
    after_web, after_all = _processor(web), sum(_processor(each.pid, dead=True) for each in family(pid))
    own = (after_web - before_web) / ASKED
    return {"web": own, "reader": max(0.0, (after_all - before_all) / ASKED - own)}


def _processor(pid: int, *, dead: bool = False) -> float:
    """The processor seconds of a process, with those of the children that it has buried."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11 : 15 if dead else 13]) / _TICK


def of_triples() -> dict[str, float]:
    """What a triple costs: bytes in memory and on disk, processor seconds to load, to count and to follow."""
    content = b"".join(documents(INSTRUMENTS))
    number = INSTRUMENTS * TRIPLES
    before, begun = resident(os.getpid()), time.process_time()
    engine = ox.Store()
    engine.bulk_load(content, ox.RdfFormat.TURTLE)
    loaded, memory = time.process_time() - begun, resident(os.getpid()) - before
    counting = _median(lambda: engine.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    grouping = _median(lambda: engine.query("SELECT ?p (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o } GROUP BY ?p"))
    with tempfile.TemporaryDirectory() as folder:
        kept = ox.Store(folder)
        kept.bulk_load(content, ox.RdfFormat.TURTLE)
        kept.optimize()
        kept.flush()
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        del kept
    store = LocalStore(ox.Store(), "0")
    part = next(documents(2_000))
    receipt, patch = store.write_and_tell(Write("put", part, graph="urn:x:g", syntax="text/turtle"))
    assert receipt.added
    begun = time.process_time()
    State(ox.Store(), "0").follow(patch)
    followed = time.process_time() - begun
    return {
        "bytes in memory": memory / number,
        "bytes on disk": disk / number,
        "seconds to load": loaded / number,
        "seconds to count": counting / number,
        "seconds to group": grouping / number,
        "bytes in a change": len(patch) / receipt.added,
        "seconds to follow": followed / receipt.added,
    }


def _median(act: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.process_time()
        for _ in act():  # type: ignore[attr-defined]
            pass
        return time.process_time() - begun

    return statistics.median(once() for _ in range(3))
