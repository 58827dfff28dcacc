"""`python -m bench.field SIZE …`: measure the field on graphs of so many instruments each."""

from __future__ import annotations

import json
import sys
import time

from bench.field.graphs import ROOT, graph_of
from bench.field.measuring import Plan, as_object, measured

BUILD = ROOT / "build" / "bench"


def main() -> None:
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", flush=True)

    BUILD.mkdir(parents=True, exist_ok=True)
    for size in [int(given.replace("_", "")) for given in sys.argv[1:]] or [1000]:
        graph = graph_of(size, BUILD)
        found = measured(graph, Plan(rounds=1, seconds=0.1), say)
        print(json.dumps(as_object(found), indent=1))


if __name__ == "__main__":
    main()
