"""How soon the first byte of a long answer comes, and what memory it takes, by the number of its rows.

    python -m bench.streaming [ROWS …]

Each number of rows (10,000, 100,000 and 1,000,000) is asked for held back, as by default, and with `stream=true`.
The goal is the first byte within twice the time of `LIMIT 1` of the same query plus 50 ms. Memory is how much more
the web process, and the largest reader, have at the most while the answer is taken; the client takes it at once,
and in the last row so slowly that everything has to wait for it.
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
from urllib.parse import urlencode

from tests.conftest import LIBRARY, running
from tests.processes import family

QUERY = "SELECT * {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }} LIMIT {rows}"
TURNS = 3


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
    place: str, rows: int, *, stream: bool, pace: float = 0.0, most: int = 1 << 40
) -> tuple[float, float, int]:
    """Seconds to the first byte and to the last, and bytes; between two reads of 1 MB `pace` seconds go by."""
    with closing(HTTPConnection(place, timeout=120)) as connection:
        parameters = {"query": QUERY.format(rows=rows), "stream": "true" if stream else "false"}
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
    """Print the table."""
    numbers = [int(each) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    print(
        "| rows | how | MB | first byte, ms | of 2 × LIMIT 1 + 50 ms | all, s | web, MB more | reader, MB more |"
    )
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    with running(LIBRARY, GRAPHSVC_CACHE_BYTES="0") as url:
        place = url.removeprefix("http://")
        asked(place, 1, stream=True)
        for rows in numbers:
            for stream in (False, True):
                watch, found, least = Watch(), [], []
                with watch.watching():
                    for _ in range(TURNS):
                        least.append(asked(place, 1, stream=True)[0])
                        found.append(asked(place, rows, stream=stream))
                first, limit = (statistics.median(each) for each in ([one[0] for one in found], least))
                _row(
                    f"{rows:,}",
                    "streamed" if stream else "held back",
                    found[0][2],
                    first,
                    limit,
                    found,
                    watch,
                )
        watch = Watch()
        with watch.watching():
            slow = asked(place, numbers[-1], stream=True, pace=0.1, most=30 << 20)
        _row(f"{numbers[-1]:,}", "streamed, 10 MB/s taken", slow[2], slow[0], least[-1], [slow], watch)


def _row(
    rows: str,
    how: str,
    size: int,
    first: float,
    limit: float,
    found: list[tuple[float, float, int]],
    watch: Watch,
) -> None:
    whole = statistics.median(one[1] for one in found)
    goal = 2 * limit + 0.05
    print(
        f"| {rows} | {how} | {size / 1e6:.1f} | {first * 1e3:.0f} | {first / goal:.2f} | {whole:.2f} "
        f"| {watch.web / 1e6:.0f} | {watch.reader / 1e6:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
