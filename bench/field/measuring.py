"""One graph, all engines: checked, then asked in rounds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import repeat

from bench.field import client
from bench.field.answers import difference, read
from bench.field.engines import ENGINES, OURS_IN_MEMORY, OURS_ON_DISK, RDFLIB_ENDPOINT, Absent, Engine
from bench.field.found import LIMIT, WARM, Measured
from bench.field.graphs import Graph
from bench.field.limit import Limit
from bench.field.machine import await_quiet
from bench.field.questions import Question, fixed, questions
from bench.field.turns import CLIENTS, SLOW, SLOW_ONE_AT_A_TIME, Turns


@dataclass(frozen=True)
class Plan:
    """How long to measure: so many rounds, in which a turn has so many seconds.

    It waits `quiet` seconds at most until nothing else runs.
    """

    rounds: int = 3
    seconds: float = 0.4
    quiet: float = 5.0
    engines: tuple[str, ...] = tuple(ENGINES)


def measured(graph: Graph, plan: Plan, say: Callable[[str], None]) -> Measured:
    """Start all engines on a graph, compare their answers, measure in rounds, and stop them."""
    found = Measured(graph.size, graph.triples)
    with ExitStack() as stack:
        limit = stack.enter_context(Limit(graph.file))
        found.seconds["limit"] = {"load": limit.seconds}
        found.bytes_per_triple["limit"] = limit.memory / graph.triples
        running = [
            engine
            for name in plan.engines
            if (engine := stack.enter_context(_running(name, graph, found, say))) is not None
        ]
        asked = questions()
        slow = {engine.name: _checked(engine, limit, asked, found, say) for engine in running}
        _time_slow_again(running, asked, slow, graph)
        turns = Turns(running, slow, graph, plan.seconds, plan.quiet, found)
        for number in range(plan.rounds):
            say(f"{graph.size:,} instruments: round {number + 1} of {plan.rounds}")
            for question in asked:
                turns.take(question, number)
                _alone(question, running, limit, graph, found)
        for engine in running:
            quick = [one for one in asked if slow[engine.name].get(one.name, SLOW) < SLOW_ONE_AT_A_TIME]
            _checked(engine, limit, quick, found, say, again="\n# again")
        say(f"{graph.size:,} instruments: updates")
        for _ in range(plan.rounds):
            for engine in running:
                await_quiet(plan.quiet)
                _updates(engine, graph, plan, found)
    return found


@contextmanager
def _running(name: str, graph: Graph, found: Measured, say: Callable[[str], None]) -> Iterator[Engine | None]:
    """An engine that runs; None where it is absent, with the reason kept."""
    say(f"{graph.size:,} instruments: {name} starts")
    folder = graph.folder / "engines" / name.replace(" ", "-").replace(",", "")
    shutil.rmtree(folder, ignore_errors=True)
    engine = None
    try:
        engine = ENGINES[name](graph, folder)
        engine.make_ready()
        engine.start()
        first = dict(engine.seconds)
        found.bytes_per_triple[name] = engine.memory / graph.triples
        if "disk" in name:
            # The first start of ours fills the store; of a start alone the second tells.
            engine.stop()
            engine.start()
            first["load"] = max(first["load"], first["start"]) if name == OURS_ON_DISK else first["load"]
            first["start"] = engine.seconds["start"]
            found.bytes_per_triple[name] = engine.memory / graph.triples
        found.seconds[name] = first
        found.engines.append(name)
    except (Absent, OSError) as error:
        found.absent[name] = str(error)
        say(f"  absent: {error}")
        if engine is not None:
            engine.stop()
            engine = None
    try:
        yield engine
    finally:
        if engine is not None:
            engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _checked(
    engine: Engine,
    limit: Limit,
    asked: list[Question],
    found: Measured,
    say: Callable[[str], None],
    again: str = "",
) -> dict[str, float]:
    """Compare the engine's answers with the limit's; how many seconds each question took it alone.

    `again` is a comment, for answers that are not the ones before.
    """
    took: dict[str, float] = {}
    # The mix asks what was asked before.
    times: dict[client.Request, float] = {}
    for question in asked:
        if not question.asked_of(engine):
            continue
        requests = question.warm(engine, again)
        fault = ""
        try:
            for request in (one for one in dict.fromkeys(requests) if one not in times):
                begun = time.perf_counter()
                status, body, _ = client.ask(engine.url, request, size=found.size)
                times[request] = time.perf_counter() - begun
                if status != 200:
                    fault = f"status {status}: {' '.join(body[:100].decode(errors='replace').split())}"
                elif question.checked:
                    fault = _fault(fixed(question.texts[0]), body, limit)
        except TimeoutError:
            fault = "no answer in a minute"
        except OSError as error:
            fault = f"no answer: {error}"
        took[question.name] = sum(times.get(request, 0.0) for request in requests)
        if fault:
            found.wrong.setdefault(question.name, {})[engine.name] = fault
            say(f"  {engine.name}, {question.name}: {fault}")
    return took


def _time_slow_again(
    running: list[Engine], asked: list[Question], slow: dict[str, dict[str, float]], graph: Graph
) -> None:
    """An engine that found a query slow when it was first asked may have prepared itself for the next."""
    for engine in (one for one in running if one.name != RDFLIB_ENDPOINT):
        took = slow[engine.name]
        for question in asked:
            if took.get(question.name, 0.0) / max(1, len(question.texts)) > SLOW:
                got = client.load(
                    engine.url, question.cold(engine), clients=1, seconds=0, size=graph.size, limit=60
                )
                took[question.name] = min(took[question.name], got.median)


def _fault(text: str, body: bytes, limit: Limit) -> str:
    expected = read(text, limit.answer(text))
    try:
        given = read(text, body)
    except (ValueError, KeyError, SyntaxError) as error:
        return f"it cannot be read: {type(error).__name__}"
    return "" if given == expected else difference(expected, given)


def _alone(question: Question, running: list[Engine], limit: Limit, graph: Graph, found: Measured) -> None:
    """One client, ours and the limit: milliseconds of an answer that was never given before."""
    if not question.checked:
        return
    kept = found.alone.setdefault(question.name, {})
    about = next(client.UNIQUE)
    for engine in running:
        if engine.name in (OURS_IN_MEMORY, OURS_ON_DISK) and engine.name not in found.wrong.get(
            question.name, {}
        ):
            got = client.load(
                engine.url,
                question.cold(engine),
                clients=1,
                seconds=0.1,
                size=graph.size,
                limit=60,
                things=repeat(about),
            )
            kept.setdefault(engine.name, []).append(got.median * 1e3)
    text = client.filled(question.texts[0].encode(), graph.size, repeat(about)).decode()
    times = sorted(limit.times(text, 0.1))
    kept.setdefault(LIMIT, []).append(times[len(times) // 2] * 1e3)


def _updates(engine: Engine, graph: Graph, plan: Plan, found: Measured) -> None:
    request = engine.update('<urn:x:bench:@U@> <urn:x:says> "@U@"')
    try:
        got = client.load(engine.url, [request], clients=CLIENTS, seconds=2 * plan.seconds, size=graph.size)
    except OSError as error:
        found.wrong.setdefault("updates", {})[engine.name] = f"it broke off: {error}"
        return
    if not got.good:
        found.wrong.setdefault("updates", {})[engine.name] = "no update was taken"
        return
    found.keep(WARM, "updates", engine.name, got)
