"""What grows with the graph and what does not: `python -m bench.growth [--large]`.

On graphs of 10³ to 10⁵ instruments (`--large`: 10⁶): the milliseconds of a point lookup, a page, a search and
an aggregate for one client, each asked for the first time, and the memory of the keeper beside that of the store.
So are the pages of what has the more to say the larger the graph is: an organisation to which a quarter of all
instruments lead, their class, and a named graph of theirs.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from bench.field import client
from bench.field.client import Request
from bench.field.engines import ENGINES, OURS_IN_MEMORY, OURS_ON_DISK, Engine
from bench.field.graphs import ROOT, Graph, graph_of
from bench.field.limit import Limit
from bench.field.machine import await_quiet
from bench.field.questions import Question, questions
from bench.generate import BASE
from graphsvc.columns.tabulating import CALM
from tests.processes import family

BUILD = ROOT / "build" / "bench"
SIZES, LARGE = (1_000, 10_000, 100_000), (1_000_000,)
FLAT = ("point lookup", "page, HTML", "page, Turtle", "search", "search, frequent word")
BOUNDED = ("page of a hub", "page of a class", "page of a named graph")
LINEAR = ("grouped count", "per year aggregate")
# In words of its own each time, so that no answer is one that was kept.
_ANEW = (("Accept-Language", "en,x-@U@;q=0.1"),)
# How long a service may be at its own affairs before it is asked, in seconds.
_PATIENCE = 60.0
# An index of many titles takes its time, once.
_INDEX = 1800.0
_SETTLED = 0.3
_HUB = "/doc/org/org-0"
_CLASS = "/describe?" + urlencode({"iri": f"{BASE}def/dg#Instrument"})
_GRAPH = "/graph/instruments-000"


def growth(sizes: tuple[int, ...], seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Milliseconds by engine, question and size; bytes by size, of our keeper and of the store alone."""
    found: dict[str, Any] = {"sizes": sizes, "triples": {}, "ms": {}, "bytes": {"keeper": {}, "store": {}}}
    for size in sizes:
        graph = graph_of(size, BUILD)
        found["triples"][str(size)] = graph.triples
        with Limit(graph.file) as limit:
            found["bytes"]["store"][str(size)] = limit.memory
        for name in (OURS_IN_MEMORY, OURS_ON_DISK):
            say(f"growth: {size:,} instruments, {name}")
            engine = ENGINES[name](graph, graph.folder / "growth")
            shutil.rmtree(engine.folder, ignore_errors=True)
            engine.make_ready()
            engine.start()
            try:
                if name == OURS_IN_MEMORY:
                    found["bytes"]["keeper"][str(size)] = _keeper(engine)
                # What a service makes unasked of its data, it makes in its first seconds.
                time.sleep(CALM + 1)
                await_quiet(_PATIENCE)
                for question, times in _times(engine, graph, seconds).items():
                    found["ms"].setdefault(name, {}).setdefault(question, {})[str(size)] = times
            finally:
                engine.stop()
                shutil.rmtree(engine.folder, ignore_errors=True)
    return found


def _keeper(engine: Engine) -> int:
    """The memory of the keeper and its readers, before any of these has made a copy its own."""
    assert engine.process is not None
    return sum(each.memory for each in family(engine.process.pid) if "serving.keeper" in each.command)


def _times(engine: Engine, graph: Graph, seconds: float) -> dict[str, float]:
    search = Request("/search?q=trust+@N@", "application/json")
    client.until(lambda: client.ask(engine.url, search, size=graph.size)[0] == 200, _INDEX)
    asked: dict[str, list[Request]] = {"search": [search]}
    asked["search, frequent word"] = [Request("/search?q=digital", "application/json", headers=_ANEW)]
    for name, path in zip(BOUNDED, (_HUB, _CLASS, _GRAPH), strict=True):
        asked[name] = [Request(path, "text/html", headers=_ANEW)]
    by_name: dict[str, Question] = {question.name: question for question in questions()}
    for name in (*FLAT[:3], *LINEAR):
        asked[name] = by_name[name].cold(engine)
    found = {}
    for name, requests in asked.items():
        # Until its like is known, and whoever answers it directly is there.
        client.load(engine.url, requests, clients=1, seconds=_SETTLED, size=graph.size)
        got = client.load(engine.url, requests, clients=1, seconds=seconds, size=graph.size, limit=60)
        found[name] = statistics.median(got.times) * 1e3 if got.times else float("inf")
    return found


def main() -> None:
    """Print what was found, as JSON."""
    begun = time.monotonic()
    sizes = SIZES + LARGE if "--large" in sys.argv[1:] else SIZES
    BUILD.mkdir(parents=True, exist_ok=True)
    found = growth(sizes, 1.0, lambda text: print(f"{time.monotonic() - begun:6.0f} s  {text}", flush=True))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
