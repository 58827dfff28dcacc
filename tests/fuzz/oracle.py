"""The engine in a process of its own, which may be lost: what it says of a query is what the service must say."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

import pyoxigraph as ox

_PATIENCE = 5.0


class Oracle:
    """Answers queries over a Turtle document in the graph `graph`, with the union of graphs as the default."""

    def __init__(self, turtle: str, graph: str) -> None:
        self._told = json.dumps([turtle, graph])
        self._start()

    def ask(self, query: str) -> tuple[str, Any]:
        """`rows`, `triples`, `boolean` or `syntax` with what was found, or `lost` where the process ended."""
        with contextlib.suppress(OSError):
            print(json.dumps(query), file=self._process.stdin, flush=True)
        # The process ends itself when it is out of time.
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            kind, found = json.loads(line)
            return kind, found
        with contextlib.suppress(OSError):
            self._process.communicate()
        self._start()
        return "lost", None

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.oracle"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        print(self._told, file=self._process.stdin, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def _answer(store: ox.Store, query: str) -> tuple[str, Any]:
    try:
        found = store.query(query, use_default_graph_as_union=True)
    except SyntaxError:
        return "syntax", None
    except (ValueError, RuntimeError, OSError) as error:
        return "refused", str(error)
    if isinstance(found, ox.QueryBoolean):
        return "boolean", bool(found)
    if isinstance(found, ox.QueryTriples):
        return "triples", sorted({str(triple) for triple in found})
    return "rows", json.loads(found.serialize(format=ox.QueryResultsFormat.JSON) or b"")["results"][
        "bindings"
    ]


def _serve() -> None:
    import resource
    import signal

    turtle, graph = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    store = ox.Store()
    store.load(turtle.encode(), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(graph))
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
        sys.stdout.write(json.dumps(_answer(store, json.loads(line))) + "\n")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    _serve()
