"""What a part of the service counts, in a form that any part can give and the metrics can show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Upper bounds of the classes that durations are counted in, in seconds; the last class has none.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True)
class Figure:
    """One number: `name` as Prometheus spells names, without prefix; a count that only grows is a `counter`.

    Values of `labels` must come from a small set, never from what a client sends.
    https://prometheus.io/docs/practices/naming/
    """

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    counter: bool = False


# Gives the figures of a part of the service at the time of asking; it must not block for long.
Source = Callable[[], Iterable[Figure]]


class Durations:
    """Durations counted by classes, as a histogram needs them."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def told(self) -> dict[str, Any]:
        """The number in each class, and the sum in seconds, as JSON has them."""
        return {"counts": self._counts, "sum": self._sum}
