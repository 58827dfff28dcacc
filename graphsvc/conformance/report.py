"""The outcomes of the W3C's tests, as `make conformance` wrote them down."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REPORT = Path(__file__).with_name("results.csv")


@dataclass(frozen=True)
class Outcome:
    """One test with one kind of store; `reason` says why it did not pass."""

    test: str
    group: str
    store: str
    outcome: str
    reason: str

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"


def outcomes() -> list[Outcome]:
    """Every outcome, by test and store."""
    with REPORT.open(newline="", encoding="utf-8") as file:
        return [Outcome(**row) for row in csv.DictReader(file)]


def summary(found: Iterable[Outcome]) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """For each group and store: how many passed, of how many."""
    counted: dict[str, dict[str, tuple[int, int]]] = {}
    for one in found:
        stores = counted.setdefault(one.group, {})
        passed, of = stores.get(one.store, (0, 0))
        stores[one.store] = passed + one.passed, of + 1
    return counted
