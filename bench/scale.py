"""Writes the tables of docs/scale.md: `python -m bench.scale`; with `measure`, from figures measured anew.

What is measured is kept in bench/scale.json; the tables are calculated from it and from the model alone.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.scale_model import HIT, MISS, REVALIDATED, Kind, Setting, services_needed, simulated

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "bench" / "scale.json"
DOCUMENT = ROOT / "docs" / "scale.md"
TRIPLES = 1e9
RATE = 10_000.0
# How the requests divide. An assumption: mostly things and their pages, some queries.
SHARES = {
    "a thing as Turtle": 0.35,
    "a page about a thing": 0.30,
    "a look-up by SPARQL": 0.25,
    "a join by SPARQL": 0.10,
}
# A machine of today, and the service's own limit on a query.
MEMORY, PROCESSORS, TIMEOUT = 64e9, 8, 30.0
Figures = dict[str, Any]


def figures() -> Figures:
    """What was measured last."""
    return dict(json.loads(MEASURED.read_text(encoding="utf-8")))


def tables(found: Figures) -> dict[str, str]:
    """The tables of the document by name, in Markdown."""
    return {
        "requests": _requests(found),
        "triples": _triples(found),
        "limits": _limits(found),
        "services": _services(found),
    }


def filled_in(text: str, content: dict[str, str]) -> str:
    """The document with each table between its marks."""

    def put(mark: re.Match[str]) -> str:
        return f"{mark[1]}\n\n{content[mark[2]]}\n\n{mark[3]}"

    return re.sub(r"(<!-- table (\w+) -->).*?(<!-- end -->)", put, text, flags=re.DOTALL)


def setting(found: Figures, **changes: Any) -> Setting:
    """The setting of the plan, with changes."""
    kinds = tuple(
        Kind(name, share, found["requests"][name]["web"], found["requests"][name]["reader"])
        for name, share in SHARES.items()
    )
    plain = Setting(
        RATE, kinds, found["requests"]["not modified"]["web"], 1, PROCESSORS - 1, keys=int(TRIPLES / 100)
    )
    return replace(plain, **changes)


def _table(*rows: tuple[str, ...]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *rest))


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2f}"


def _requests(found: Figures) -> str:
    rows = [
        (
            name,
            _milliseconds(each["web"]),
            _milliseconds(each["reader"]),
            f"{1 / each['web']:,.0f}",
            f"{SHARES[name]:.0%}" if name in SHARES else "",
        )
        for name, each in found["requests"].items()
    ]
    head = (
        "request",
        "web process, ms",
        "behind it, ms",
        "of these a second and web process",
        "share in the plan",
    )
    return _table(head, *rows)


def _triples(found: Figures) -> str:
    each = found["triples"]
    return _table(
        ("", "a triple", "10⁹ triples"),
        (
            "in memory",
            f"{each['bytes in memory']:.0f} bytes",
            f"{each['bytes in memory'] * TRIPLES / 1e9:,.0f} GB",
        ),
        ("on disk", f"{each['bytes on disk']:.0f} bytes", f"{each['bytes on disk'] * TRIPLES / 1e9:,.0f} GB"),
        (
            "to load",
            f"{1e6 * each['seconds to load']:.1f} µs",
            f"{each['seconds to load'] * TRIPLES / 3600:.1f} h",
        ),
        (
            "to count",
            f"{1e6 * each['seconds to count']:.2f} µs",
            f"{each['seconds to count'] * TRIPLES / 60:.1f} min",
        ),
        (
            "to count by property, without doubles",
            f"{1e6 * each['seconds to group']:.2f} µs",
            f"{each['seconds to group'] * TRIPLES / 60:.1f} min",
        ),
        ("in a change that a follower takes", f"{each['bytes in a change']:.0f} bytes", ""),
        (
            "to follow",
            f"{1e6 * each['seconds to follow']:.1f} µs",
            f"{1 / each['seconds to follow']:,.0f} triples a second at most",
        ),
    )


def _limits(found: Figures) -> str:
    """Which parts give out first, each with where."""
    each, requests = found["triples"], found["requests"]
    mean = sum(share * requests[name]["web"] for name, share in SHARES.items())
    behind = sum(share * requests[name]["reader"] for name, share in SHARES.items())
    return _table(
        ("part", "gives out at", "because"),
        (
            "one web process, nothing in front",
            f"{1 / mean:,.0f} requests a second",
            "it is one Python process, so it has one processor",
        ),
        (
            f"the readers of one service on {PROCESSORS} processors",
            f"{(PROCESSORS - 1) / behind:,.0f} requests a second",
            "the other processors do the queries",
        ),
        (
            "the counts on `/dataset` and the home page",
            f"{TIMEOUT / each['seconds to group'] / 1e6:,.0f} million triples",
            f"five queries read everything, each within {TIMEOUT:.0f} s",
        ),
        (
            "the store in memory",
            f"{MEMORY / each['bytes in memory'] / 1e6:,.0f} million triples",
            f"a machine has {MEMORY / 1e9:.0f} GB",
        ),
        (
            "a follower",
            f"{1 / each['seconds to follow']:,.0f} triples written a second",
            "changes are made one after another",
        ),
    )


# Seconds between writes, the skew of popularity, whether there is a cache, how far the last replica is behind, and
# how many seconds are simulated.
RUNS = (
    (1.0, 0.9, False, 0.0, 4.0),
    (1.0, 0.9, True, 0.0, 4.0),
    (10.0, 0.9, True, 0.0, 20.0),
    (10.0, 0.9, True, 5.0, 20.0),
    (10.0, 1.1, True, 0.0, 20.0),
    (10.0, 1.1, True, 5.0, 20.0),
)


def _services(found: Figures) -> str:
    head = (
        "seconds between writes",
        "popularity",
        "cache",
        "last replica behind",
        "from the cache",
        "not modified",
        "asked anew",
        "services",
        "processors busy",
        "p50",
        "p99",
        "p99 with half of them",
    )
    rows = []
    for between, skew, cache, lag, seconds in RUNS:
        plain = setting(found, between_writes=between, skew=skew, cache=cache, lag=lag, seconds=seconds)
        needed = services_needed(plain)
        enough = simulated(replace(plain, services=needed))
        half = simulated(replace(plain, services=max(1, needed // 2), seconds=4.0))
        busy = needed * (enough.web_load + enough.reader_load * plain.processors)
        rows.append(
            (
                f"{between:.0f}" if cache else "any",
                f"1/n^{skew}",
                "yes" if cache else "no",
                f"{lag:.0f} s",
                *(f"{enough.share(how):.0%}" for how in (HIT, REVALIDATED, MISS)),
                str(needed),
                f"{busy:.0f}",
                *(f"{1000 * enough.quantile(share):,.1f} ms" for share in (0.5, 0.99)),
                f"{1000 * half.quantile(0.99):,.0f} ms",
            )
        )
    return _table(head, *rows)


def _rounded(found: Any) -> Any:
    """The figures without digits that mean nothing."""
    if isinstance(found, dict):
        return {name: _rounded(each) for name, each in found.items()}
    return float(f"{found:.3g}") if found > 1e-9 else 0.0


def main() -> None:
    """Write the tables, measuring first where that is asked for."""
    if sys.argv[1:] == ["measure"]:
        from bench.scale_figures import of_requests, of_triples

        found = _rounded({"requests": of_requests(), "triples": of_triples()})
        MEASURED.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(filled_in(text, tables(figures())), encoding="utf-8")


if __name__ == "__main__":
    main()
