"""The lines between the boxes of a class diagram, each with a place of its own at both ends and for its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphsvc.charts.drawing import cut

KIND_OF = "kind of"
# A letter of a label takes at most so many pixels, a label so many in height; a longer label is cut.
_LETTER, _HEIGHT, _LONGEST = 6.8, 16, 26
# Where along its line a label may stand, best first.
_PLACES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88)
Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Box:
    """A class: its key, label, where it leads, and lines for its own attributes; `outside` is one of elsewhere."""

    key: str
    label: str
    href: str | None = None
    lines: tuple[str, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class Line:
    """From one box to another: a property by its label, or KIND_OF."""

    start: str
    end: str
    label: str = KIND_OF

    @property
    def is_kind_of(self) -> bool:
        """Whether the line says that what is at its start is a kind of what is at its end."""
        return self.label == KIND_OF


@dataclass(frozen=True)
class PlacedBox:
    """A box with its left upper corner and its size."""

    box: Box
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PlacedLine:
    """A line as an SVG path, and where its label stands."""

    line: Line
    path: str
    x: float
    y: float
    label: str


def connect(lines: Sequence[Line], placed: Mapping[str, PlacedBox]) -> tuple[PlacedLine, ...]:
    """The lines between boxes that have their places."""
    ports = _ports(lines, placed)
    taken: list[tuple[float, float, float]] = []
    found = []
    for number, line in enumerate(lines):
        curve = _curve(line, placed, ports[number, 0], ports[number, 1])
        label = "" if line.is_kind_of else cut(line.label, _LONGEST)
        x, y = _label_place(curve, len(label) * _LETTER, taken) if label else curve[0]
        if label:
            taken.append((x, y, len(label) * _LETTER))
        start, *rest = (f"{x:.1f} {y:.1f}" for x, y in curve)
        found.append(PlacedLine(line, f"M{start} C{' '.join(rest)}", round(x, 1), round(y + 4, 1), label))
    return tuple(found)


def _ports(lines: Sequence[Line], placed: Mapping[str, PlacedBox]) -> dict[tuple[int, int], float]:
    """Where each line leaves and reaches its boxes: side by side, in the order of what is at their other ends."""
    sides: dict[tuple[str, bool], list[tuple[float, int, int]]] = {}
    for number, line in enumerate(lines):
        for end, (here, there) in enumerate(((line.start, line.end), (line.end, line.start))):
            lower = placed[there].y >= placed[here].y
            sides.setdefault((here, lower), []).append((_middle(placed[there]), number, end))
    found: dict[tuple[int, int], float] = {}
    for (key, _), ends in sides.items():
        box = placed[key]
        for place, (_, number, end) in enumerate(sorted(ends), start=1):
            found[number, end] = box.x + box.width * place / (len(ends) + 1)
    return found


def _middle(box: PlacedBox) -> float:
    return box.x + box.width / 2


def _curve(line: Line, placed: Mapping[str, PlacedBox], x1: float, x2: float) -> Curve:
    start, end = placed[line.start], placed[line.end]
    foot1, foot2 = start.y + start.height, end.y + end.height
    if start.y == end.y:
        # Of one row, or one box: round below.
        low = max(foot1, foot2) + 34
        if start is end:
            x1, x2 = start.x + start.width * 0.7, start.x + start.width
            return (x1, foot1), (x1, low), (x2 + 30, low), (x2, foot1 - start.height / 2)
        return (x1, foot1), (x1, low), (x2, low), (x2, foot2)
    y1, y2 = (foot1, end.y) if start.y < end.y else (start.y, foot2)
    bend = (y2 - y1) / 2
    return (x1, y1), (x1, y1 + bend), (x2, y2 - bend), (x2, y2)


def _label_place(curve: Curve, width: float, taken: Sequence[tuple[float, float, float]]) -> Point:
    """The first place along the line where no other label stands, or the one where it covers least."""

    def covered(place: Point) -> float:
        x, y = place
        return sum(
            max(0.0, (width + other) / 2 + 6 - abs(x - ox)) * max(0.0, _HEIGHT - abs(y - oy))
            for ox, oy, other in taken
        )

    return min((_at(curve, t) for t in _PLACES), key=covered)


def _at(curve: Curve, t: float) -> Point:
    """The point of a cubic curve: https://www.w3.org/TR/SVG2/paths.html#PathDataCubicBezierCommands"""
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y
