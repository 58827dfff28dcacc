"""What was found on one graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.field.client import Load

COLD, WARM, LIMIT = "cold", "warm", "limit"


@dataclass
class Measured:
    """What was found on one graph.

    `rates` has answers per second by mode, question and engine, one for each round; `alone` has milliseconds by
    question and engine. `by_one` says, by mode and question, which engines were asked by one client,
    `wrong` what of an answer was not as it must be, and `refused` which share was no answer.
    """

    size: int
    triples: int
    engines: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: dict[str, dict[str, float]] = field(default_factory=dict)
    rates: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    by_one: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    alone: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    bytes_per_triple: dict[str, float] = field(default_factory=dict)

    def keep(self, mode: str, question: str, engine: str, load: Load) -> None:
        """Keep the rate of one round, and which share of it was refused."""
        self.rates.setdefault(mode, {}).setdefault(question, {}).setdefault(engine, []).append(load.rate)
        if load.bad:
            share = load.bad / (load.good + load.bad)
            kept = self.refused.setdefault(question, {})
            kept[engine] = max(kept.get(engine, 0.0), share)

    def keep_one(self, mode: str, question: str, engine: str, seconds: float) -> None:
        """Keep what one client may have in a second of what takes it so many, once."""
        known = self.by_one.setdefault(mode, {}).setdefault(question, [])
        if engine not in known:
            known.append(engine)
            self.keep(mode, question, engine, Load(good=1, seconds=seconds))

    def as_object(self) -> dict[str, Any]:
        """The same, for a file of JSON."""
        return dict(vars(self))
