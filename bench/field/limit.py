"""pyoxigraph in a process, with nothing around it: what no server over it can be faster than.

As a program it reads a line of JSON for each query and answers with a line of JSON: how long each of its
answers took, in seconds. `python -m bench.field.limit TRIPLES.nt` has the store in memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import pyoxigraph as ox

from bench.field.graphs import ROOT
from tests.processes import family


class Limit:
    """The process, from outside."""

    def __init__(self, file: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.field.limit", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        told = self._line()
        self.seconds: float = told["load"]
        # What the store added to an interpreter that has none.
        self.memory = self._process_memory() - int(told["before"])

    def _process_memory(self) -> int:
        return sum(each.memory for each in family(self._process.pid))

    def times(self, text: str, seconds: float) -> list[float]:
        """How long the query takes, again and again for so many seconds, at least once."""
        self._send({"text": text, "seconds": seconds})
        return list(self._line()["times"])

    def answer(self, text: str) -> bytes:
        """What the query answers: JSON, or N-Triples."""
        self._send({"text": text, "answer": True})
        return str(self._line()["answer"]).encode()

    def _send(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _answered(store: ox.Store, text: str) -> bytes:
    solutions = store.query(text)
    if isinstance(solutions, ox.QueryTriples):
        return solutions.serialize(format=ox.RdfFormat.N_TRIPLES) or b""
    return solutions.serialize(format=ox.QueryResultsFormat.JSON) or b""


def _serve(path: str) -> None:
    before = sum(each.memory for each in family(_pid()))
    store = ox.Store()
    begun = time.perf_counter()
    store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES)
    print(json.dumps({"load": time.perf_counter() - begun, "before": before}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("answer"):
            print(json.dumps({"answer": _answered(store, asked["text"]).decode()}), flush=True)
            continue
        times: list[float] = []
        while sum(times) < asked["seconds"] or not times:
            begun = time.perf_counter()
            _answered(store, asked["text"])
            times.append(time.perf_counter() - begun)
        print(json.dumps({"times": times}), flush=True)


def _pid() -> int:
    import os

    return os.getpid()


if __name__ == "__main__":
    _serve(sys.argv[1])
