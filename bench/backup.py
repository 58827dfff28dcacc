"""Back up a store in rounds while clients write; how long it takes, what writes notice, and whether each fits.

    python bench/backup.py [TRIPLES] [ROUNDS] [ELSEWHERE]

ELSEWHERE is a folder on another file system (default /dev/shm), where a backup is a copy. Each backup must be as
its manifest says, have every write that was acknowledged before it began, and no half of one.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

import pyoxigraph as ox
from durability import CLIENTS, Service

from graphsvc.store.backup import back_up
from graphsvc.store.generations import Generations
from graphsvc.store.restore import restore, verified


def numbers(backup: Path, epoch: str, name: str) -> set[int]:
    """The numbers that a backup has."""
    engine = Generations(backup / "store").open(epoch)
    rows = engine.query(f"SELECT ?n {{ GRAPH <urn:g> {{ ?s <urn:{name}> ?n }} }}")
    assert isinstance(rows, ox.QuerySolutions)
    return {int(row["n"].value) for row in rows}


def written(service: Service, stop: threading.Event, acknowledged: dict[int, float], start: int) -> None:
    """One client: writes until told to stop, and notes how long each write took."""
    number = start
    while not stop.is_set():
        begun = time.monotonic()
        if service.write(number):
            acknowledged[number] = time.monotonic() - begun
        number += 1


def shown(name: str, times: list[float]) -> None:
    """Print the median and the longest of some times."""
    ordered = sorted(times)
    print(f"{name}: median {ordered[len(ordered) // 2]:.3f} s, longest {ordered[-1]:.3f} s ({len(ordered)})")


def main(triples: int, rounds: int, elsewhere: Path) -> int:
    """Run the rounds; 1 where a backup did not fit."""
    acknowledged: dict[int, float] = {}
    alone: list[float] = []
    took: dict[str, list[float]] = {"linked": [], "copied": [], "restored": []}
    bad = 0
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory(dir=elsewhere) as there:
        data = Path(here) / "project" / "data"
        data.mkdir(parents=True)
        with (data / "many.nt").open("w") as file:
            file.writelines(
                f'<urn:m:{n}> <urn:p:{n % 7}> "{n * 7919 % 1_000_003:x}" .\n' for n in range(triples)
            )
        service, stop = Service(Path(here)), threading.Event()
        threads = [
            threading.Thread(target=written, args=(service, stop, acknowledged, k * 1_000_000), daemon=True)
            for k in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(3)
        alone = list(acknowledged.values())
        for turn in range(rounds):
            for kind, place in (("linked", here), ("copied", there)):
                target, before, begun = Path(place) / f"{kind}-{turn}", set(acknowledged), time.monotonic()
                manifest, shared = back_up(Path(here) / "db", target)
                took[kind].append(time.monotonic() - begun)
                verified(target)
                n, again = (numbers(target, manifest.epoch, name) for name in ("n", "again"))
                bad += bool(before - n) + (n != again) + ((shared > 0) != (kind == "linked"))
        begun = time.monotonic()
        restore(Path(here) / "linked-0", Path(here) / "restored")
        took["restored"].append(time.monotonic() - begun)
        stop.set()
        for thread in threads:
            thread.join()
        service.process.terminate()
        service.process.wait(20)
    print(
        f"{triples:,} triples in files, {len(acknowledged):,} writes by {CLIENTS} clients, {2 * rounds} backups"
    )
    for kind, times in took.items():
        shown(kind, times)
    shown("a write before the backups", alone)
    shown("a write over all", list(acknowledged.values()))
    print(f"backups that did not fit: {bad}")
    return int(bool(bad))


if __name__ == "__main__":
    arguments = sys.argv[1:] + ["300000", "10", "/dev/shm"][len(sys.argv) - 1 :]
    sys.exit(main(int(arguments[0]), int(arguments[1]), Path(arguments[2])))
