"""How soon the first byte of a long answer comes, and what memory it takes, by the number of its rows.

    python -m bench.streaming [ROWS …]

Each number of rows (from 10,000 to 10,000,000) is asked for in three ways: as by default, with `stream=true`, and
held back as far as that goes (`stream=false`). The goal is the first byte within twice the time of `LIMIT 1` of
the same query plus 50 ms. Memory is how much more the web process, and the largest reader, have at the most while
the answer is taken; the client takes it at once, and in the last row so slowly that everything has to wait for it.
The memory is drawn in `docs/benchmarks/streaming.svg` as well.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from bench.field.plots import growth
from tests.conftest import LIBRARY, running
from tests.processes import family

QUERY = "SELECT ?a ?d {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }} LIMIT {rows}"
# Each way by what `stream` is given.
WAYS = {"by default": "", "`stream=true`": "true", "`stream=false`": "false"}
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
TURNS = 3
# A query may take as long as the largest answer takes here.
SECONDS = 600
PLOT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "streaming.svg"


class Watch:
    """The most memory that the web process, and any reader, had beyond what they had at first."""

    def __init__(self) -> None:
        self.web = self.reader = 0
        self._stop = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look until the end of the block."""
        before = self._now()
        thread = threading.Thread(target=self._look, args=before)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    @staticmethod
    def _now() -> tuple[int, int]:
        everyone = family(os.getpid())
        keepers = {one.pid for one in everyone if "serving.keeper" in one.command}
        web = next(one.memory for one in everyone if "serving.http" in one.command)
        return web, max(one.memory for one in everyone if one.parent in keepers)

    def _look(self, web: int, reader: int) -> None:
        while not self._stop.wait(0.1):
            now = self._now()
            self.web = max(self.web, now[0] - web)
            self.reader = max(self.reader, now[1] - reader)


def asked(
    place: str, rows: int, *, stream: str, pace: float = 0.0, most: int = 1 << 40
) -> tuple[float, float, int]:
    """Seconds to the first byte and to the last, and bytes; between two reads of 1 MB `pace` seconds go by."""
    with closing(HTTPConnection(place, timeout=SECONDS)) as connection:
        parameters = {"query": QUERY.format(rows=rows), "stream": stream}
        begun = time.perf_counter()
        connection.request("GET", "/sparql?" + urlencode(parameters), headers={"Accept": "text/csv"})
        answer = connection.getresponse()
        size = len(answer.read(1))
        first = time.perf_counter() - begun
        try:
            while size < most and (part := answer.read(1 << 20)):
                size += len(part)
                time.sleep(pace)
        except HTTPException as error:
            raise SystemExit(f"{rows} rows were broken off: {error}") from error
        return first, time.perf_counter() - begun, size


def main() -> None:
    """Print the table and draw the curves."""
    numbers = [int(each) for each in sys.argv[1:]] or list(ROWS)
    print("| rows | how | MB | first byte, ms | of the goal | all, s | web, MB more | reader, MB more |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    curves: dict[str, list[float]] = {}
    with running(LIBRARY, GRAPHSVC_CACHE_BYTES="0", GRAPHSVC_QUERY_TIMEOUT=str(SECONDS)) as url:
        place = url.removeprefix("http://")
        for stream in WAYS.values():
            asked(place, 10_000, stream=stream)
        for rows in numbers:
            for how, stream in WAYS.items():
                watch, found, least = Watch(), [], []
                with watch.watching():
                    for _ in range(TURNS if rows <= 1_000_000 else 1):
                        least.append(asked(place, 1, stream=stream)[0])
                        found.append(asked(place, rows, stream=stream))
                _row(f"{rows:,}", how, found, least, watch)
                curves.setdefault(f"web, {how}", []).append(watch.web / 1e6)
                curves.setdefault(f"reader, {how}", []).append(watch.reader / 1e6)
        watch = Watch()
        with watch.watching():
            slow = asked(place, numbers[-1], stream="", pace=0.1, most=30 << 20)
        _row(f"{numbers[-1]:,}", "by default, 10 MB/s taken", [slow], least, watch)
    if len(numbers) > 1:
        title = "MB more while an answer is taken, by its rows"
        PLOT.write_text(
            growth(title, "MB", numbers, {name.replace("`", ""): one for name, one in curves.items()})
        )


def _row(
    rows: str, how: str, found: list[tuple[float, float, int]], least: list[float], watch: Watch
) -> None:
    first, whole = (statistics.median(one[place] for one in found) for place in (0, 1))
    goal = 2 * statistics.median(least) + 0.05
    print(
        f"| {rows} | {how} | {found[0][2] / 1e6:.1f} | {first * 1e3:.0f} | {first / goal:.2f} | {whole:.2f} "
        f"| {watch.web / 1e6:.0f} | {watch.reader / 1e6:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
