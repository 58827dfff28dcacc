"""How the service holds out: deadlines, clients that go away, and cheap queries beside hostile ones, in one run.

    python -m bench.siege [SECONDS]

Eight clients send three-way cross products for SECONDS (60) while one asks cheap queries; the same cheap queries
on the idle service, in between, are what their times are compared with.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from tests.hostile.query_cases import FORM, NEVER_ENDING, THREE
from tests.hostile.siege import Siege, besieged
from tests.processes import family

CHEAP = "SELECT ?p ?o {{ <http://example.org/siege/id/thing/{number}> ?p ?o }}"
# Into how many turns, calm and under pressure, a comparison is cut.
TURNS = 6
Times = list[float]


def ask(siege: Siege, text: str, address: str, **parameters: str) -> tuple[int, float]:
    """The status of a query from a client at `address`, 0 where it was broken off, and the seconds it took."""
    begun = time.perf_counter()
    connection = HTTPConnection(siege.host, siege.port, timeout=60, source_address=(address, 0))
    with closing(connection):
        try:
            body = urlencode({"query": text} | parameters)
            connection.request("POST", "/sparql", body, {"Content-Type": FORM})
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except HTTPException:
            status = 0
    return status, time.perf_counter() - begun


def cheap(siege: Siege, seconds: float, address: str, seed: int) -> tuple[Times, int]:
    """The times of cheap queries for so many seconds, and how many of them failed."""
    chance = random.Random(seed)
    times: Times = []
    failed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        status, took = ask(siege, CHEAP.format(number=chance.randrange(3_000)), address)
        times.append(took)
        failed += status != 200
    return times, failed


def hostile(siege: Siege, address: str, stop: threading.Event, ends: list[int], seed: int) -> None:
    """Send one cross product after another, no two of them alike."""
    chance = random.Random(seed)
    while not stop.is_set():
        text = f"SELECT (COUNT(*) AS ?n{chance.randrange(1 << 30)}) {{ {THREE} }}"
        ends.append(ask(siege, text, address)[0])


def percentile(times: Times, share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def saturation(siege: Siege, seconds: float, name: str, address: str) -> None:
    """Compare cheap queries on the idle service with those beside eight hostile clients, in turns.

    A machine may turn slower for half a minute once it has been busy: what is compared must be near in time.
    """
    calm: Times = []
    pressed: Times = []
    ratios, failed, ends = [], 0, []
    for turn in range(TURNS):
        idle, _ = cheap(siege, max(1, seconds / TURNS / 2), address, 2 * turn)
        with enemies(siege, ends):
            under, lost = cheap(siege, seconds / TURNS, address, 2 * turn + 1)
        calm, pressed, failed = calm + idle, pressed + under, failed + lost
        ratios.append(percentile(under, 0.99) / percentile(idle, 0.99))
    counts = {status: ends.count(status) for status in sorted(set(ends))}
    print(f"cheap queries beside 8 clients that send cross products ({name}), {TURNS} turns")
    for share in (0.5, 0.99):
        ratio = percentile(pressed, share) / percentile(calm, share)
        print(
            f"  p{share * 100:g}: {ratio:.2f} x the idle service's "
            f"({percentile(calm, share) * 1e3:.1f} -> {percentile(pressed, share) * 1e3:.1f} ms)"
        )
    print(f"  p99 turn by turn: {', '.join(f'{ratio:.2f}' for ratio in ratios)} x")
    print(f"  {len(pressed)} asked, {failed} failed; the hostile ones ended as {counts}")


@contextmanager
def enemies(siege: Siege, ends: list[int]) -> Iterator[None]:
    """Eight hostile clients, each at its own address, that are at it already."""
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=hostile, args=(siege, f"127.0.0.{number + 2}", stop, ends, number + len(ends))
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def deadlines(siege: Siege) -> None:
    """By how much queries that never end outlive their limit of a second."""
    late: Times = []
    for text in NEVER_ENDING.values():
        status, took = ask(siege, text, "127.0.0.1", timeout="1")
        assert status in (0, 503, 504), status
        late.append(took - 1)
    print(
        f"deadlines: {len(late)} queries that never end, limit 1 s: at most {max(late) * 1e3:.0f} ms over it, "
        f"median {statistics.median(late) * 1e3:.0f} ms"
    )


def busy(siege: Siege) -> int:
    return sum(each.state == "R" and "keeper" in each.command for each in family(siege.process.pid))


def departures(siege: Siege, rounds: int = 20) -> None:
    """How long a reader works on for a client that went away."""
    freed: Times = []
    target = "/sparql?" + urlencode({"query": f"SELECT (COUNT(*) AS ?n) {{ {THREE} }}"})
    for _ in range(rounds):
        connection = HTTPConnection(siege.host, siege.port)
        connection.request("GET", target)
        while not busy(siege):
            time.sleep(0.01)
        time.sleep(0.4)
        connection.close()
        gone = time.monotonic()
        while busy(siege):
            time.sleep(0.005)
        freed.append(time.monotonic() - gone)
    print(
        f"departures: {rounds} clients went away; the reader was free after {statistics.median(freed):.2f} s "
        f"in the median, {max(freed):.2f} s at most"
    )


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    # An answer that is kept would not need a reader.
    with (
        tempfile.TemporaryDirectory() as folder,
        besieged(Path(folder), GRAPHSVC_CACHE_BYTES="0") as siege,
    ):
        deadlines(siege)
        departures(siege)
        saturation(siege, seconds, "from another address", "127.0.0.20")
        saturation(siege, seconds / 3, "from an address of theirs", "127.0.0.2")
        assert json.loads(siege.ask("ASK {}").body)["boolean"] is True


if __name__ == "__main__":
    main()
