"""What was measured as a page of documentation: tables in Markdown, with what was lost in them as well."""

from __future__ import annotations

import math
import statistics
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.field.engines import ENGINES, OURS_IN_MEMORY, OURS_ON_DISK, OXIGRAPH_IN_MEMORY, VIRTUOSO
from bench.field.found import COLD, LIMIT, WARM
from bench.field.goals import goals, middle, ratio, ratios_of
from bench.field.turns import SLOW_ONE_AT_A_TIME

_GAPS: dict[str, str] = tomllib.loads(Path(__file__).with_name("gaps.toml").read_text(encoding="utf-8"))
_HEAD = """# Benchmarks

Written by `make bench` (`make bench-full` for the largest graph); do not edit it.

Each engine answers over HTTP on loopback, on the same machine as those who ask: eight clients that keep their
connections and ask again at once. All have the same triples and give the same answers, which is checked before
anything is timed. They are asked in turns of {seconds} s, half of that warm, in {rounds} rounds, each of which
begins with another engine, and a turn begins once nothing else runs on the machine. Ours and oxigraph, which
are compared within tenths, have two turns in each round, cold; Virtuoso is asked in two rounds, and
rdflib-endpoint in one. A ratio is the median of the rounds' ratios, with the least and the greatest in
brackets: in one round the machine is the same for all. Who was asked in fewer rounds is compared by its median.

*Cold* is a query text that was never sent before, about another thing each time where it is about one, and
about the same things for each engine; *warm* is the same again and again, with nothing changed in between. What
an engine does not have is `–`; an answer that is not the one that pyoxigraph alone gives is `wrong`, and is not
timed. A query that takes an engine more than {slow} s (rdflib-endpoint, which answers one at a time: {one} s)
is timed with one client: `(alone)`. Ours answers what it has no room for with 503, and who gets that does not
ask again in the turn; the share of such answers is given, and only the good ones are counted.

{machine}
"""


def page(results: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        _HEAD.format(
            rounds=results["rounds"],
            seconds=results["seconds"],
            slow=results["slow"],
            one=SLOW_ONE_AT_A_TIME,
            machine=_machine(results),
        ),
        "\n".join(_goals(results)),
    ]
    for found in results["fields"]:
        parts.append("\n".join(_field(found)))
    parts += ["\n".join(_loads(results)), "\n".join(_growth(results)), _VALIDATION]
    return "\n".join(part for part in parts if part)


_VALIDATION = """\
## Validation

`make bench-validation` measures our validation against pyshacl's and others' on generated graphs of the same
model, and checks that the reports are the same. Of the engines above only ours validates what is stored.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown; numbers to the right of the first column."""
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _machine(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {results['date']}: {machine['processors']} processors ({machine['model']}), "
        f"{machine['memory'] / 2**30:.0f} GiB of memory, Linux {machine['kernel']}. {versions}."
    )


def _goals(results: dict[str, Any]) -> Iterator[str]:
    yield "## Goals\n"
    words = {True: "met", False: "**not met**", None: "not told"}
    rows = [(goal.aim, goal.where, words[goal.met], goal.seen) for goal in goals(results)]
    yield "| goal | on | | measured |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
    yield "A ratio is ours to theirs; where a goal is not met, those that fall shortest are named first.\n"


def _field(found: dict[str, Any]) -> Iterator[str]:
    yield f"## {found['size']:,} instruments, {found['triples']:,} triples\n"
    for name, reason in found["absent"].items():
        yield f"{name} is absent: {' '.join(reason.split())}\n"
    engines = [name for name in ENGINES if name in found["engines"]]
    if not engines:
        return
    for mode in (COLD, WARM):
        yield f"### {mode.capitalize()}\n"
        yield (
            f"Answers per second of {OXIGRAPH_IN_MEMORY}, and of each engine as a multiple of that. "
            "Where that one has no answers, answers per second.\n"
        )
        yield f"![{mode}, {found['size']:,} instruments](benchmarks/{mode}-{found['size']}.svg)\n"
        others = [name for name in engines if name != OXIGRAPH_IN_MEMORY]
        rows = []
        for question in found["rates"].get(mode, {}):
            base = middle(found, mode, question, OXIGRAPH_IN_MEMORY)
            cells = [_cell(found, mode, question, name) for name in others]
            rows.append(
                [question, f"{base:,.0f}/s" if base else _why(found, question, OXIGRAPH_IN_MEMORY), *cells]
            )
        yield from table(["", f"{OXIGRAPH_IN_MEMORY} (= 1)", *others], rows)
        if mode == COLD:
            yield from _gaps(found)
    yield from _faults(found)
    yield from _alone(found)
    yield from _costs(found, engines)


def _gaps(found: dict[str, Any]) -> Iterator[str]:
    """Where Virtuoso is ahead, by how much, and what would close it."""
    rows = []
    for question in found["rates"].get(COLD, {}):
        ratios = {
            ours: value
            for ours in (OURS_IN_MEMORY, OURS_ON_DISK)
            if (value := ratio(found, COLD, question, ours, VIRTUOSO))
        }
        if any(value < 1 for value in ratios.values()):
            cells = [
                f"{_number(1 / ratios[ours])} ×" if ratios.get(ours) else "–"
                for ours in (OURS_IN_MEMORY, OURS_ON_DISK)
            ]
            rows.append((question, *cells, _GAPS[question]))
    if rows:
        yield "### Where Virtuoso is ahead, cold\n"
        yield "As a multiple of what ours answer in a second.\n"
        yield "| | of ours in memory | of ours on disk | what would close it |"
        yield "| --- | ---: | ---: | --- |"
        for row in rows:
            yield f"| {' | '.join(row)} |"
        yield ""


def _why(found: dict[str, Any], question: str, engine: str) -> str:
    return "wrong" if engine in found["wrong"].get(question, {}) else "–"


def _cell(found: dict[str, Any], mode: str, question: str, engine: str) -> str:
    rates = found["rates"].get(mode, {}).get(question, {})
    own, base = rates.get(engine), rates.get(OXIGRAPH_IN_MEMORY)
    if not own:
        return _why(found, question, engine)
    alone = " (alone)" if engine in found.get("by_one", {}).get(mode, {}).get(question, []) else ""
    if not base:
        return f"{_number(statistics.median(own))}/s{alone}"
    ratios = sorted(ratios_of(rates, engine, OXIGRAPH_IN_MEMORY))
    if not ratios:
        return f"{_number(statistics.median(own))}/s{alone}"
    share = found["refused"].get(question, {}).get(engine, 0.0)
    refused = f", {share:.0%} refused" if share >= 0.005 else ""
    spread = f" ({_number(ratios[0])}–{_number(ratios[-1])})" if len(ratios) > 1 else ""
    return f"{_number(statistics.median(ratios))}{spread}{refused}{alone}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.01 else f"{value:.4f}"


def _faults(found: dict[str, Any]) -> Iterator[str]:
    for question, engines in found["wrong"].items():
        for engine, fault in engines.items():
            yield f"- `wrong`: {engine}, {question}: {fault}"
    if found["wrong"]:
        yield ""


def _alone(found: dict[str, Any]) -> Iterator[str]:
    yield "### One client, against the limit\n"
    yield "Milliseconds of pyoxigraph with nothing around it, and ours over HTTP as a multiple of that, cold.\n"
    rows = []
    for question, times in found["alone"].items():
        limit = statistics.median(times[LIMIT])
        cells = [
            _or_none(statistics.median(times[name]) / limit) if times.get(name) else "–"
            for name in (OURS_IN_MEMORY, OURS_ON_DISK)
        ]
        rows.append([question, f"{limit:,.3f} ms", *cells])
    yield from table(["", "pyoxigraph in memory (= 1)", OURS_IN_MEMORY, OURS_ON_DISK], rows)


def _costs(found: dict[str, Any], engines: list[str]) -> Iterator[str]:
    yield "### Start and memory\n"
    yield (
        "Seconds until the first answer (in memory: with the graph loaded; disk: on a store that is there), "
        "seconds to make the store where there is one, and resident bytes of all processes for each triple. In "
        "memory, ours has one copy more for each of its readers that has looked at everything.\n"
    )
    rows = []
    for name in engines:
        seconds = found["seconds"][name]
        made = f"{seconds['load']:.2f} s" if "disk" in name or name == "Virtuoso" else "–"
        rows.append([name, f"{seconds['start']:.2f} s", made, f"{found['bytes_per_triple'][name]:,.0f}"])
    rows.append(["pyoxigraph in memory, alone", f"{found['seconds']['limit']['load']:.2f} s", "–"])
    rows[-1].append(f"{found['bytes_per_triple']['limit']:,.0f}")
    yield from table(["", "start", "store made", "bytes per triple"], rows)


def _loads(results: dict[str, Any]) -> Iterator[str]:
    if not results.get("loads"):
        return
    yield f"## Bulk load of {results['loads_size']:,} instruments into a store on disk\n"
    yield "Seconds of the whole command, into a named graph. Ours is forced to the disk; the others are not.\n"
    loaders = list(dict.fromkeys(name for times in results["loads"].values() for name in times))
    rows = []
    for form, times in results["loads"].items():
        cells = [
            f"{statistics.median(times[name]):.2f} ({min(times[name]):.2f}–{max(times[name]):.2f})"
            if times.get(name)
            else "–"
            for name in loaders
        ]
        rows.append([form, *cells])
    yield from table(["", *loaders], rows)


def _or_none(value: float) -> str:
    """A number, which is infinite where nothing was answered in time."""
    return f"{value:.2f}" if value < math.inf else "no answer"


def _growth(results: dict[str, Any]) -> Iterator[str]:
    grown = results.get("growth")
    if not grown:
        return
    sizes = [str(size) for size in grown["sizes"]]
    yield "## Growth\n"
    yield (
        "Milliseconds for one client, cold, by the number of instruments (`python -m bench.growth`). Memory is "
        "that of the keeper and its readers at the start; later one reader for each processor has a copy of "
        "its own.\n"
    )
    yield "![growth](benchmarks/growth.svg)\n"
    rows = [
        [f"{question}, {engine.partition(', ')[2]}", *(_or_none(times[size]) for size in sizes)]
        for engine, questions in grown["ms"].items()
        for question, times in questions.items()
    ]
    for who, said in (("keeper", "memory of our keeper, MB"), ("store", "memory of the store alone, MB")):
        rows.append([said, *(f"{grown['bytes'][who][size] / 1e6:,.0f}" for size in sizes)])
    yield from table(["", *(f"{int(size):,}" for size in sizes)], rows)
