"""`python -m bench.field [--full]`: measure the field, and write docs/benchmarks.md with its plots.

`--size N` (again for each) takes other graphs, `--rounds` and `--seconds` say how long; `--report` writes the page
of what was measured last.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.field.bulk import loads
from bench.field.engines import ENGINES, RDFLIB_ENDPOINT
from bench.field.found import COLD, WARM
from bench.field.graphs import ROOT, graph_of
from bench.field.machine import described
from bench.field.measuring import Plan, measured
from bench.field.plots import bars, lines
from bench.field.reporting import page
from bench.field.turns import SLOW
from bench.growth import LARGE, SIZES, growth
from bench.start import of_the_shipped_graph, on_disk

BUILD, DOCS = ROOT / "build" / "bench", ROOT / "docs"
RESULTS = BUILD / "results.json"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="also a million instruments; takes an hour or two"
    )
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--docs", type=Path, default=DOCS)
    given = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    if not given.report:
        sizes = given.size or [10_000, 100_000, *(LARGE if given.full else ())]
        results = measure(sizes, given.rounds, given.seconds)
        RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
    write(json.loads(RESULTS.read_text(encoding="utf-8")), given.docs)


def measure(sizes: list[int], rounds: int, seconds: float) -> dict[str, Any]:
    """All that there is to measure on graphs of these sizes."""
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", flush=True)

    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": described(BUILD),
        "rounds": rounds,
        "seconds": seconds,
        "slow": SLOW,
        "start": of_the_shipped_graph(rounds + 2),
        "fields": [],
    }
    for size in sizes:
        graph = graph_of(size, BUILD)
        results["fields"].append(measured(graph, _plan(size, rounds, seconds), say).as_object())
        # What was measured so far outlives whatever ends the rest: `--report` writes it.
        RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if max(sizes) >= LARGE[0]:
        say(f"{max(sizes):,} instruments: starts on disk")
        results["start_on_disk"] = on_disk(graph_of(max(sizes), BUILD), rounds + 2)
    results["loads_size"] = max(sizes)
    # Once: a load of the largest takes minutes, and there are eight of them.
    results["loads"] = loads(graph_of(max(sizes), BUILD), 1, say)
    grown = tuple(size for size in (*SIZES, *LARGE) if size <= max(sizes)) or tuple(sizes)
    results["growth"] = growth(grown, seconds, say)
    return results


def _plan(size: int, rounds: int, seconds: float) -> Plan:
    """rdflib would take an hour to read a million instruments, and more memory than most machines have."""
    engines = tuple(name for name in ENGINES if size < LARGE[0] or name != RDFLIB_ENDPOINT)
    return Plan(rounds=rounds, seconds=seconds, engines=engines)


def write(results: dict[str, Any], docs: Path) -> None:
    """Write the page and the plots."""
    plots = docs / "benchmarks"
    plots.mkdir(parents=True, exist_ok=True)
    (docs / "benchmarks.md").write_text(page(results), encoding="utf-8")
    for found in results["fields"]:
        for mode in (COLD, WARM):
            (plots / f"{mode}-{found['size']}.svg").write_text(bars(found, mode), encoding="utf-8")
    if results.get("growth"):
        (plots / "growth.svg").write_text(lines(results["growth"]), encoding="utf-8")
    print(docs / "benchmarks.md")


if __name__ == "__main__":
    main()
