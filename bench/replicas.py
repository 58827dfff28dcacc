"""How far replicas are behind a primary that is written to, and how fast they catch up after a gap.

    python -m bench.replicas [CHANGES]

Three nodes on three loopback addresses: a primary in memory, a replica in memory and one on disk. The lag of a
change is the time from its receipt until a replica says that it is in that state, which is asked every few
milliseconds. Catching up is fetching and checking what was missed, and keeping it as one.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from graphsvc.feed.primary import Primary
from tests.feed.nodes import Line, Node

TRIPLES = 100


def main(changes: int) -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = {"memory": Line(), "disk": Line()}
        with Node(folder / "p", "127.0.0.1", feed_entries="100000") as primary:
            for line in lines.values():
                line.mend(primary.url)
            with (
                Node(folder / "m", "127.0.0.2", follow=lines["memory"].url) as memory,
                Node(
                    folder / "d", "127.0.0.3", f"--store=disk:{folder / 'db'}", follow=lines["disk"].url
                ) as disk,
            ):
                primary.update("INSERT DATA { <urn:first> <urn:p> 1 }")
                for kind, node in (("memory", memory), ("disk", disk)):
                    _lag(kind, primary, node, min(changes, 60))
                    _catch_up(kind, primary, node, lines[kind], changes)


def _lag(kind: str, primary: Node, replica: Node, changes: int) -> None:
    lags = []
    for number in range(changes):
        epoch = primary.update(f"INSERT DATA {{ <urn:lag> <urn:{kind}> {number} }}")
        written = time.perf_counter()
        while replica.status()["epoch"] != epoch:
            time.sleep(0.002)
        lags.append(time.perf_counter() - written)
    print(
        f"{kind}: lag of {changes} changes: median {statistics.median(lags) * 1000:.0f} ms, "
        f"greatest {max(lags) * 1000:.0f} ms"
    )


def _catch_up(kind: str, primary: Node, replica: Node, line: Line, changes: int) -> None:
    about = replica.status()
    line.cut()
    for change in range(changes):
        rows = " ".join(f"<urn:{kind}:{change}:{row}> <urn:p> {row} ." for row in range(TRIPLES))
        epoch = primary.update(f"INSERT DATA {{ GRAPH <urn:{kind}> {{ {rows} }} }}")
    begun = time.perf_counter()
    news = Primary(primary.url).news(about["epoch"], about["id"], 0)
    fetched = time.perf_counter() - begun
    line.mend(primary.url)
    replica.reach(epoch)
    # The first answer tells how far behind it is; then all of it is kept at once.
    while not (told := replica.status()["replica"])["level"] > told["heard"]:
        time.sleep(0.01)
    kept = told["level"] - told["heard"]
    took = fetched + kept
    print(
        f"{kind}: {len(news.entries)} changes of {TRIPLES} triples ({len(news.text) / 1e6:.1f} MB): "
        f"fetched and checked in {fetched:.2f} s, kept in {kept:.2f} s: "
        f"{len(news.entries) / took:,.0f} changes/s, {len(news.entries) * TRIPLES / took:,.0f} triples/s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
