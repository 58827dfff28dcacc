"""What a point lookup costs, layer by layer: each layer called directly, from the engine out to HTTP.

    python -m bench.profile [ROUNDS]

Each row is the median of its layer with all that is below it, all in one run, round by round; the last column is
what the layer adds to the one before. One client asks at a time: this is about latency. Nothing is kept
(`cache_bytes` 0). The last two rows are the ways that go around most of it: a direct reader, which is asked for a
text that was never sent before, and the cache. Both have Python's HTTP client in them, as the row before has.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from itertools import count
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from graphsvc.formats import RESULTS_FORMATS, RESULTS_JSON
from graphsvc.loading import open_store
from graphsvc.negotiation import negotiate
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store.pooled import PooledStore
from graphsvc.web import create_app
from tests.conftest import running
from tests.processes import family

ROOT = Path(__file__).resolve().parent.parent
TEXT = "SELECT ?p ?o { <id/org/cnect> ?p ?o }"
TARGET = "/sparql?" + urlencode({"query": TEXT})
HEADERS = {"Accept": RESULTS_JSON.media_type}
Call = Callable[[], object]
_UNIQUE = count()


def keeper_of(supervisor: int) -> str:
    """Where the keeper of a service listens."""
    for one in family(supervisor):
        if "serving.keeper" in one.command and one.parent == supervisor:
            held = {os.readlink(each) for each in Path(f"/proc/{one.pid}/fd").iterdir()}
            for line in Path("/proc/net/unix").read_text().splitlines():
                fields = line.split()
                if fields[-1].endswith("/keeper") and f"socket:[{fields[6]}]" in held:
                    return fields[-1]
    raise SystemExit("the service has no keeper")


@contextmanager
def layers() -> Iterator[dict[str, Call]]:
    """What is measured, from the inside out."""
    settings = load(ROOT, os.environ)
    with (
        open_store(Project(settings), settings) as local,
        running(ROOT, GRAPHSVC_CACHE_BYTES="0") as url,
        running(ROOT) as keeping,
    ):
        mine = [one.pid for one in family(os.getpid()) if one.parent == os.getpid()]
        pooled = PooledStore(keeper_of(mine[0]))
        engine = local.engine
        based = f"BASE <{settings.base}/> {TEXT}"
        application = create_app(settings, pooled).wsgi_app
        query = read(TEXT)
        places = [urlsplit(one) for one in (url, keeping)]
        with (
            closing(HTTPConnection(places[0].netloc)) as cold,
            closing(HTTPConnection(places[0].netloc)) as direct,
            closing(HTTPConnection(places[1].netloc)) as warm,
        ):
            yield {
                "engine and serialiser": lambda: engine.query(
                    based, use_default_graph_as_union=True
                ).serialize(format=ox.QueryResultsFormat.JSON),
                "store": lambda: local.query(query, RESULTS_JSON).read(),
                "socket, keeper and reader": lambda: pooled.query(query, RESULTS_JSON).read(),
                "gate": lambda: pooled.query(read(TEXT), RESULTS_JSON).read(),
                "negotiation": lambda: pooled.query(
                    read(TEXT), negotiate(RESULTS_JSON.media_type, RESULTS_FORMATS)
                ).read(),
                "Flask and the view": lambda: asked_by_wsgi(application),
                # With one more parameter no direct reader is asked.
                "WSGI server and HTTP": lambda: asked_by_http(cold, f"{TARGET}&timeout=30"),
                "(by a direct reader)": lambda: asked_by_http(direct, f"{TARGET}%20%23{next(_UNIQUE)}"),
                "(from the cache)": lambda: asked_by_http(warm, TARGET),
            }


def asked_by_wsgi(application: Callable[..., Iterator[bytes]]) -> bytes:
    """The answer of the application, called as a server would."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/sparql",
        "SCRIPT_NAME": "",
        "QUERY_STRING": TARGET.partition("?")[2],
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_ACCEPT": RESULTS_JSON.media_type,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "REMOTE_ADDR": "127.0.0.1",
    }
    return b"".join(application(environ, lambda *_: None))


def asked_by_http(connection: HTTPConnection, target: str) -> bytes:
    """The answer of a server, on a connection that stays open."""
    connection.request("GET", target, headers=HEADERS)
    return connection.getresponse().read()


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with layers() as calls:
        times: dict[str, list[float]] = {name: [] for name in calls}
        for number in range(rounds + 20):
            if number == 10:
                time.sleep(1)  # the direct readers are there now
            for name, call in calls.items():
                begun = time.perf_counter()
                call()
                if number >= 20:
                    times[name].append(time.perf_counter() - begun)
    print("| layer | with all below, ms | adds, ms |\n|---|---:|---:|")
    before = 0.0
    for name, found in times.items():
        middle = statistics.median(found) * 1e3
        added = "" if name.startswith("(") else f"{middle - before:.3f}"
        print(f"| {name} | {middle:.3f} | {added} |")
        before = middle


if __name__ == "__main__":
    main()
