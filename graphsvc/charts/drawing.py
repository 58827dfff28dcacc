"""Where each part of a chart stands: across in per cent of the width that there is, down in pixels.

So an SVG takes the width of its place, and its letters stay as large as they are: it is not scaled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphsvc.charts.figure import COLUMN, Figure, Item, folded, number

# A narrow screen has room for so many letters in a line, and for so many labels side by side.
LINE, LABELS = 40, 7
# How much of the width the longest bar takes; the rest is for its number.
_LONGEST = 84.0
_THICK, _LETTERS, _GAP = 16, 18, 12
_HEIGHT, _LEFT, _TOP = 180, 8.0, 20
# Above so many columns, numbers on top of them would touch each other.
_NUMBERED = 14


@dataclass(frozen=True)
class Bar:
    """A rectangle: across and wide in per cent, down and high in pixels; of which series, and what it says."""

    x: float
    y: float
    width: float
    height: float
    series: int
    says: str


@dataclass(frozen=True)
class Text:
    """Letters at a place: `kind` is label, number or tick; `shift` pixels to the right; `middle` is centred."""

    x: float
    y: float
    text: str
    kind: str
    shift: int = 0
    middle: bool = False


@dataclass
class Drawing:
    """The parts of a chart, its height in pixels, and the names of its series where there are several."""

    height: float = 0
    bars: list[Bar] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)
    legend: tuple[str, ...] = ()


def draw(figure: Figure) -> Drawing:
    """The geometry of a figure."""
    narrowed = folded(figure)
    drawing = _columns(narrowed) if narrowed.kind == COLUMN else _bars(narrowed)
    drawing.legend = narrowed.series if len(narrowed.series) > 1 else ()
    return drawing


def _bars(figure: Figure) -> Drawing:
    found = Drawing()
    most = max((sum(item.values) for item in figure.shown), default=0) or 1
    y = 0.0
    for item in figure.shown:
        for line in wrapped(item.label):
            y += _LETTERS
            found.texts.append(Text(0, y - 5, line, "label"))
        x = 0.0
        for bar in _segments(figure, item, most, y):
            found.bars.append(bar)
            x = bar.x + bar.width
        found.texts.append(Text(x, y + _THICK - 3, number(sum(item.values)), "number", shift=6))
        y += _THICK + _GAP
    found.height = max(y - _GAP + 2, 2)
    return found


def _segments(figure: Figure, item: Item, most: float, y: float) -> Iterator[Bar]:
    x = 0.0
    for place, value in enumerate(item.values):
        width = value / most * _LONGEST
        if width > 0:
            name = f"{item.label}, {figure.series[place]}" if len(figure.series) > 1 else item.label
            yield Bar(round(x, 3), y, round(width, 3), _THICK, place, f"{name}: {number(value)}")
            x += width


def _columns(figure: Figure) -> Drawing:
    found = Drawing(height=_TOP + _HEIGHT + 22)
    items = figure.shown
    highest, step = _scale(max((sum(item.values) for item in items), default=0))
    for count in range(round(highest / step) + 1):
        y = _TOP + _HEIGHT * (1 - count * step / highest)
        found.lines.append(y)
        found.texts.append(Text(0, y - 3, number(count * step), "tick"))
    pitch = (100 - _LEFT) / max(len(items), 1)
    every = max(1, math.ceil(len(items) / LABELS))
    room = max(2, LINE // max(1, math.ceil(len(items) / every)))
    for place, item in enumerate(items):
        x, value = _LEFT + pitch * place, sum(item.values)
        height = _HEIGHT * value / highest
        middle = round(x + pitch / 2, 3)
        if value > 0:
            top, width = _TOP + _HEIGHT - height, round(min(pitch * 0.76, 12), 3)
            says = f"{item.label}: {number(value)}"
            found.bars.append(
                Bar(round(middle - width / 2, 3), round(top, 1), width, round(height, 1), 0, says)
            )
            if len(items) <= _NUMBERED or _sparse(items):
                found.texts.append(Text(middle, round(top - 5, 1), number(value), "number", middle=True))
        if (len(items) - 1 - place) % every == 0:
            label = cut(item.label, room)
            found.texts.append(Text(middle, _TOP + _HEIGHT + 16, label, "label", middle=True))
    return found


def _sparse(items: tuple[Item, ...]) -> bool:
    """Whether numbers on top of many columns are so short and few that they do not touch."""
    return len(items) <= 30 and all(sum(item.values) < 10 for item in items)


def _scale(most: float) -> tuple[float, float]:
    """The end of the scale and the step between its lines: 1, 2 or 5 times a power of ten, four steps or so."""
    if most <= 0:
        return 1.0, 1.0
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    if float(most).is_integer():
        step = max(step, 1.0)
    return math.ceil(most / step) * step, step


def wrapped(label: str) -> list[str]:
    """A label in one or two lines that a narrow screen has room for."""
    label = " ".join(label.split())
    if len(label) <= LINE:
        return [label]
    at = label.rfind(" ", 0, LINE + 1)
    first, rest = (label[:at], label[at + 1 :]) if at > 0 else (label[:LINE], label[LINE:])
    return [first, cut(rest, LINE)]


def cut(text: str, room: int) -> str:
    """A text, or its beginning where it is longer than `room`."""
    return text if len(text) <= room else f"{text[: max(1, room - 1)].rstrip()}…"
