"""The known deviations of engines, each by the test that shows it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("deviations.toml")


@dataclass(frozen=True)
class Deviation:
    """How `engine` differs in a test; `test` has a part of the case's name in brackets, if only that differs."""

    engine: str
    test: str
    differs: str
    why: str

    def is_of(self, name: str) -> bool:
        """Whether a collected test, by its name with its parameters, is the one."""
        test, _, case = name.rstrip("]").partition("[")
        wanted, _, part = self.test.rstrip("]").partition("[")
        return test == wanted and self.engine in case.split("-") and (not part or part in case)


@cache
def deviations() -> tuple[Deviation, ...]:
    """All that are known."""
    return tuple(Deviation(**entry) for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["deviation"])


def deviation_of(name: str) -> Deviation | None:
    """That of a collected test, if it has one."""
    return next((each for each in deviations() if each.is_of(name)), None)
