"""Turns: engines are asked one after the other, and each finds the machine as quiet as the others do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from bench.field import client
from bench.field.client import Load, Request
from bench.field.engines import (
    OURS_IN_MEMORY,
    OURS_ON_DISK,
    OXIGRAPH_IN_MEMORY,
    OXIGRAPH_ON_DISK,
    RDFLIB_ENDPOINT,
    VIRTUOSO,
    Engine,
)
from bench.field.found import COLD, WARM, Measured
from bench.field.graphs import Graph
from bench.field.machine import await_quiet
from bench.field.questions import Question

CLIENTS = 8
# How long the clients of a cell wait for their last answers, in seconds.
PATIENCE = 5.0
# Who takes longer than this alone is not asked by eight at once: what it may do in a second is one over its time.
SLOW = 1.5
# One that answers one query at a time is known by one of them, and eight at once would take eight times as long.
SLOW_ONE_AT_A_TIME = 0.15
# Those that are compared within tenths have two turns in each round, cold; of those that are further away few
# rounds tell enough.
_PAIRED = frozenset({OURS_IN_MEMORY, OURS_ON_DISK, OXIGRAPH_IN_MEMORY, OXIGRAPH_ON_DISK})
_ROUNDS = {VIRTUOSO: 2, RDFLIB_ENDPOINT: 1}
# Those that keep answers have each before a warm turn; the others know what they ever will since the comparison.
_KEEPING = frozenset({OURS_IN_MEMORY, OURS_ON_DISK})


@dataclass
class Turns:
    """Asks the engines that run, for `seconds` in each cold turn; `slow` has how long a question takes one alone.

    A turn waits `quiet` seconds at most until nothing else runs on the machine.
    """

    running: list[Engine]
    slow: dict[str, dict[str, float]]
    graph: Graph
    seconds: float
    quiet: float
    found: Measured

    def take(self, question: Question, number: int) -> None:
        """All turns of a question in the round of that number, from 0."""
        for mode in (COLD, WARM):
            loads: dict[str, Load] = {}
            for engines in self._orders(number, mode):
                # Each is asked about the same things, of which some take a hundred times as long as others.
                first = next(client.UNIQUE)
                for engine in engines:
                    wrong = engine.name in self.found.wrong.get(question.name, {})
                    if wrong or not question.asked_of(engine) or self._is_slow(question, mode, engine):
                        continue
                    try:
                        turn = self._turn(question, mode, engine, first)
                        loads.setdefault(engine.name, Load()).add(turn)
                    except OSError as error:
                        fault = f"it broke off: {error}"
                        self.found.wrong.setdefault(question.name, {})[engine.name] = fault
            for name, load in loads.items():
                self.found.keep(mode, question.name, name, load)

    def _orders(self, number: int, mode: str) -> Iterator[list[Engine]]:
        """Who is asked in a round: nobody is first in all; who is paired comes again, the other way round."""
        asked = [one for one in self.running if number < _ROUNDS.get(one.name, number + 1)]
        start = number % max(1, len(asked))
        asked = asked[start:] + asked[:start]
        yield asked
        if mode == COLD:
            yield [one for one in reversed(asked) if one.name in _PAIRED]

    def _is_slow(self, question: Question, mode: str, engine: Engine) -> bool:
        """Whether it is not asked by eight at once; then it has a rate all the same."""
        told = self.slow[engine.name]
        alone = told.get(question.name, 0.0) / max(1, len(question.texts))
        limit = SLOW_ONE_AT_A_TIME if engine.name == RDFLIB_ENDPOINT else SLOW
        if alone > limit and mode == WARM:
            # Who keeps answers is slow once; who does not stays so.
            alone = told.get(again := f"{question.name}, again", 0.0)
            if not alone or alone < limit:
                alone = told[again] = self._alone(question.warm(engine), engine)
        if alone > limit:
            self.found.keep_one(mode, question.name, engine.name, alone)
        return alone > limit

    def _turn(self, question: Question, mode: str, engine: Engine, first: int) -> Load:
        requests = question.warm(engine) if mode == WARM else question.cold(engine)
        if mode == WARM and engine.name in _KEEPING:
            for request in dict.fromkeys(requests):
                client.load(engine.url, [request], clients=1, seconds=0, size=self.graph.size)
        # What others were asked and nobody waits for any longer, they may be at still.
        await_quiet(self.quiet)
        return client.load(
            engine.url,
            requests,
            clients=CLIENTS,
            seconds=self.seconds if mode == COLD else self.seconds / 2,
            size=self.graph.size,
            limit=PATIENCE,
            things=count(first),
        )

    def _alone(self, requests: list[Request], engine: Engine) -> float:
        """How long a request takes one client; the same was sent when answers were compared."""
        got = client.load(engine.url, requests, clients=1, seconds=0, size=self.graph.size, limit=60)
        return got.median
