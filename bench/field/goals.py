"""The goals, each held against what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.field.bulk import ALONE, OURS
from bench.field.engines import (
    OURS_IN_MEMORY,
    OURS_ON_DISK,
    OXIGRAPH_IN_MEMORY,
    OXIGRAPH_ON_DISK,
    RDFLIB_ENDPOINT,
    VIRTUOSO,
)
from bench.field.found import COLD, LIMIT, WARM

_LOOKUP = "point lookup"
_AGGREGATES = ("grouped count", "per year aggregate", "dump")
# So many of those that fall short are named here; the tables have all of them.
_NAMED = 6
_FIELD = (OXIGRAPH_IN_MEMORY, OXIGRAPH_ON_DISK, VIRTUOSO, RDFLIB_ENDPOINT)


@dataclass(frozen=True)
class Goal:
    """What is aimed at, where, whether it is met (None: it could not be told), and by what numbers."""

    aim: str
    where: str
    met: bool | None
    seen: str


def middle(found: dict[str, Any], mode: str, question: str, engine: str) -> float | None:
    """The median rate of an engine; None where there is none."""
    rates = found["rates"].get(mode, {}).get(question, {}).get(engine)
    return statistics.median(rates) if rates else None


def ratio(found: dict[str, Any], mode: str, question: str, ours: str, other: str) -> float | None:
    """The median of the ratios of each round; None where one of the two has no rate."""
    ratios = ratios_of(found["rates"].get(mode, {}).get(question, {}), ours, other)
    return statistics.median(ratios) if ratios else None


def ratios_of(rates: dict[str, list[float]], ours: str, other: str) -> list[float]:
    """The ratio of each round, by the rates of engines; where one has fewer rounds, those of all rounds of ours to
    the other's median."""
    mine, others = rates.get(ours, []), rates.get(other, [])
    if mine and others and len(mine) != len(others):
        others = [statistics.median(others)] * len(mine)
    return [one / two for one, two in zip(mine, others, strict=False) if two]


def goals(results: dict[str, Any]) -> Iterator[Goal]:
    """All goals, in order."""
    for found in results["fields"]:
        where = f"{found['size']:,} instruments"
        yield from _cold(found, where)
        yield from _warm(found, where)
        yield from _rdflib(found, where)
        yield from _virtuoso(found, where)
        yield from _limit(found, where)
    yield from _starts(results)
    yield from _loads(results)
    yield from _growth(results)


def _least(aim: str, where: str, ratios: dict[str, float | None], least: float) -> Goal:
    known = {name: value for name, value in ratios.items() if value is not None}
    if not known:
        return Goal(aim, where, None, "there is nothing to compare with")
    missed = sorted((value, name) for name, value in known.items() if value < least)
    seen = f"least: {min(known.values()):.2f} × ({min(known, key=lambda name: known[name])})"
    if missed:
        shown = "; ".join(f"{name} {value:.2f} ×" for value, name in missed[:_NAMED])
        seen = f"{shown}; and {len(missed) - _NAMED} of {len(known)} more" if len(missed) > _NAMED else shown
    return Goal(aim, where, not missed, seen)


def _cold(found: dict[str, Any], where: str) -> Iterator[Goal]:
    for ours, other in ((OURS_IN_MEMORY, OXIGRAPH_IN_MEMORY), (OURS_ON_DISK, OXIGRAPH_ON_DISK)):
        place = ours.partition(", ")[2]
        heavy = [
            name
            for name, times in found["alone"].items()
            if times.get(LIMIT) and statistics.median(times[LIMIT]) > 2
        ]
        yield _least(
            f"Cold, {place}: at least 0.9 × `oxigraph serve` ({place}) where the engine takes over 2 ms",
            where,
            {name: ratio(found, COLD, name, ours, other) for name in heavy},
            0.9,
        )
        yield _least(
            f"Cold, {place}: at least 0.3 × `oxigraph serve` ({place}) on point lookups",
            where,
            {_LOOKUP: ratio(found, COLD, _LOOKUP, ours, other)},
            0.3,
        )


def _warm(found: dict[str, Any], where: str) -> Iterator[Goal]:
    for ours in (OURS_IN_MEMORY, OURS_ON_DISK):
        place = ours.partition(", ")[2]
        asked = [name for name in found["rates"].get(WARM, {}) if name != "updates"]
        ratios = {name: ratio(found, WARM, name, ours, OXIGRAPH_IN_MEMORY) for name in asked}
        aim = f"Warm, {place}: at least 1.0 × `oxigraph serve` in memory on every query"
        yield _least(aim, where, ratios, 1.0)
        ahead = {
            f"{name} ({other})": ratio(found, WARM, name, ours, other) for name in asked for other in _FIELD
        }
        yield _least(f"Warm, {place}: ahead of everyone", where, ahead, 1.0)


def _rdflib(found: dict[str, Any], where: str) -> Iterator[Goal]:
    ratios = {name: ratio(found, COLD, name, OURS_IN_MEMORY, RDFLIB_ENDPOINT) for name in _AGGREGATES}
    yield _least("At least 20 × rdflib-endpoint on aggregates and dumps, cold", where, ratios, 20)


def _virtuoso(found: dict[str, Any], where: str) -> Iterator[Goal]:
    warm = [
        value
        for name in found["rates"].get(WARM, {})
        if name != "updates" and (value := ratio(found, WARM, name, OURS_IN_MEMORY, VIRTUOSO)) is not None
    ]
    met = statistics.median(warm) > 1 if warm else None
    seen = f"median {statistics.median(warm):.1f} ×" if warm else "there is nothing to compare with"
    yield Goal("Ahead of Virtuoso on the median of the set, warm", where, met, seen)
    cold = {name: ratio(found, COLD, name, OURS_IN_MEMORY, VIRTUOSO) for name in found["rates"].get(COLD, {})}
    yield _least("Ahead of Virtuoso on each query, cold", where, cold, 1.0)


def _over(name: str, factor: float, digits: int) -> str:
    return f"{name} {factor:.{digits}f} ×" if factor < math.inf else f"{name}: no answer"


def _limit(found: dict[str, Any], where: str) -> Iterator[Goal]:
    over: dict[str, float] = {}
    for name, times in found["alone"].items():
        if times.get(LIMIT) and times.get(OURS_IN_MEMORY):
            limit = statistics.median(times[LIMIT])
            if limit > 20:
                over[name] = statistics.median(times[OURS_IN_MEMORY]) / limit
    aim = "At most 1.25 × the time of pyoxigraph alone where that takes over 20 ms, in memory"
    if not over:
        yield Goal(aim, where, None, "no query takes so long")
        return
    worst = max(over, key=lambda name: over[name])
    seen = "; ".join(_over(name, value, 2) for name, value in over.items() if value > 1.25)
    yield Goal(aim, where, not seen, seen or f"most: {over[worst]:.2f} × ({worst})")


def _starts(results: dict[str, Any]) -> Iterator[Goal]:
    if results.get("start"):
        start = statistics.median(results["start"])
        yield Goal("First answer in under 1 s", "the shipped graph", start < 1, f"{start:.2f} s")
    if found := results.get("start_on_disk"):
        warm, cold = (statistics.median(found[mode]) for mode in (WARM, COLD))
        yield Goal(
            "First answer on disk in under 2 s",
            f"{found['triples']:,} triples",
            max(warm, cold) < 2,
            f"{warm:.2f} s; with nothing in the page cache {cold:.2f} s",
        )


def _loads(results: dict[str, Any]) -> Iterator[Goal]:
    for form, times in results.get("loads", {}).items():
        ratios = [two / one for one, two in zip(times.get(OURS, ()), times.get(ALONE, ()), strict=False)]
        yield _least(
            f"Bulk load of {form}: at least 0.9 × pyoxigraph's bulk_load",
            f"{results['loads_size']:,} instruments",
            {"speed": statistics.median(ratios) if ratios else None},
            0.9,
        )


def _within(aim: str, where: str, factors: dict[str, float], most: float) -> Goal:
    missed = {name: factor for name, factor in factors.items() if factor > most}
    worst = max(factors, key=lambda name: factors[name])
    seen = "; ".join(_over(name, factor, 1) for name, factor in missed.items())
    return Goal(aim, where, not missed, seen or f"most: {factors[worst]:.1f} × ({worst})")


def _growth(results: dict[str, Any]) -> Iterator[Goal]:
    from bench.growth import BOUNDED, FLAT

    grown = results.get("growth")
    if not grown or len(grown["sizes"]) < 2:
        return
    sizes = [str(size) for size in grown["sizes"]]
    where = f"{int(sizes[0]):,} to {int(sizes[-1]):,} instruments"
    for engine, questions in grown["ms"].items():
        factors = {name: questions[name][sizes[-1]] / questions[name][sizes[0]] for name in FLAT}
        yield _within(
            f"Point, page and search within 2 × from the smallest to the largest: {engine}", where, factors, 2
        )
        factors = {name: questions[name][sizes[-1]] / questions[name][sizes[0]] for name in BOUNDED}
        aim = f"Pages of what grows with the graph within 4 × from the smallest to the largest: {engine}"
        yield _within(aim, where, factors, 4)
    more = grown["triples"][sizes[-1]] - grown["triples"][sizes[0]]
    keeper, store = (
        (grown["bytes"][who][sizes[-1]] - grown["bytes"][who][sizes[0]]) / more for who in ("keeper", "store")
    )
    yield Goal(
        "Memory for each further triple within 1.2 × that of the store alone",
        where,
        keeper / store <= 1.2,
        f"{keeper:.0f} bytes against {store:.0f}: {keeper / store:.2f} ×",
    )
