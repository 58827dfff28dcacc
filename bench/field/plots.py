"""Plots as SVG that reads on light and dark ground: ratios as bars, growth as lines, by powers of ten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from bench.field.engines import ENGINES, OXIGRAPH_IN_MEMORY
from bench.field.goals import ratio

_COLOURS = (
    *("#2563a8", "#5b9bd5", "#8a8a8a", "#b3b3b3", "#c0722b", "#7a9a3c"),
    *("#a83232", "#8e5bb5", "#2f9c95", "#c9a227"),
)
_STYLE = "<style>text{font:12px sans-serif;fill:#777}line{stroke:#999;stroke-width:.5}</style>"
_LEFT, _WIDTH = 150, 560
_BAR, _GAP = 7, 10


def bars(found: dict[str, Any], mode: str) -> str:
    """How many times as fast as `oxigraph serve` in memory each engine is, by question."""
    engines = [name for name in ENGINES if name in found["engines"] and name != OXIGRAPH_IN_MEMORY]
    values = {
        question: {name: ratio(found, mode, question, name, OXIGRAPH_IN_MEMORY) for name in engines}
        for question in found["rates"].get(mode, {})
    }
    known = [value for row in values.values() for value in row.values() if value]
    low, high = _decades([*known, 1.0])
    y = 24.0 + 16 * len(engines)
    parts = list(_legend(engines))
    top = y
    for question, row in values.items():
        if not any(row.values()):
            continue
        parts.append(_text(_LEFT - 8, y + _BAR * len(engines) / 2 + 4, question, "end"))
        for place, name in enumerate(engines):
            value = row[name]
            if value:
                x = sorted((_across(1.0, low, high), _across(value, low, high)))
                parts.append(
                    f'<rect x="{x[0]:.1f}" y="{y + place * _BAR:.1f}" width="{max(x[1] - x[0], 1):.1f}" '
                    f'height="{_BAR - 1}" fill="{_COLOURS[place]}"><title>{escape(name)}, {escape(question)}: '
                    f"{value:.3g}</title></rect>"
                )
        y += _BAR * len(engines) + _GAP
    parts += _grid(low, high, top - 6, y)
    title = (
        f"Answers per second as a multiple of oxigraph serve in memory, {mode}, {found['size']:,} instruments"
    )
    return _svg(title, y + 22, parts)


def lines(grown: dict[str, Any]) -> str:
    """Milliseconds by the number of instruments, of each question in memory."""
    sizes = [int(size) for size in grown["sizes"]]
    engine, questions = next(iter(grown["ms"].items()))
    low, high = _decades([value for times in questions.values() for value in times.values()])
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    top, height = 24.0 + 16 * len(questions), 240.0
    parts = list(_legend(list(questions)))
    for place, times in enumerate(questions.values()):
        points = " ".join(
            f"{_LEFT + (math.log10(size) - first) / (last - first or 1) * _WIDTH:.1f},"
            f"{top + height * (1 - (math.log10(times[str(size)]) - low) / (high - low)):.1f}"
            for size in sizes
            if times[str(size)] < math.inf
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[place]}" stroke-width="2"/>')
    for power in range(low, high + 1):
        y = top + height * (1 - (power - low) / (high - low))
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{10.0**power:g} ms", "end"))
    for size in sizes:
        x = _LEFT + (math.log10(size) - first) / (last - first or 1) * _WIDTH
        parts.append(_text(x, top + height + 18, f"{size:,}", "middle"))
    return _svg(
        f"Milliseconds by the number of instruments, {engine}, one client, cold", top + height + 26, parts
    )


def growth(title: str, unit: str, numbers: Sequence[int], curves: Mapping[str, Sequence[float]]) -> str:
    """Each curve by the numbers, which are drawn by powers of ten; its values, in the unit, from 0."""
    most = max(1.0, *(max(values) for values in curves.values()))
    step = 10.0 ** math.floor(math.log10(most))
    most = step * math.ceil(most / step)
    first, last = math.log10(numbers[0]), math.log10(numbers[-1])
    top, height = 24.0 + 16 * len(curves), 200.0
    across = [_LEFT + (math.log10(number) - first) / (last - first or 1) * _WIDTH for number in numbers]
    parts = list(_legend(list(curves)))
    for place, values in enumerate(curves.values()):
        points = " ".join(
            f"{x:.1f},{top + height * (1 - value / most):.1f}"
            for x, value in zip(across, values, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[place]}" stroke-width="2"/>')
    for number in range(round(most / step) + 1):
        y = top + height * (1 - number * step / most)
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{number * step:g} {unit}", "end"))
    for x, number in zip(across, numbers, strict=True):
        parts.append(_text(x, top + height + 18, f"{number:,}", "middle"))
    return _svg(title, top + height + 26, parts)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    finite = [value for value in values if 0 < value < math.inf] or [1.0]
    low, high = math.floor(math.log10(min(finite))), math.ceil(math.log10(max(finite)))
    return low, max(high, low + 1)


def _across(value: float, low: int, high: int) -> float:
    return _LEFT + (math.log10(value) - low) / (high - low) * _WIDTH


def _grid(low: int, high: int, top: float, bottom: float) -> Iterator[str]:
    for power in range(low, high + 1):
        x = _across(10.0**power, low, high)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + 14, f"{10.0**power:g}", "middle")


def _legend(names: list[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        yield f'<rect x="{_LEFT}" y="{8 + 16 * place}" width="10" height="10" fill="{_COLOURS[place]}"/>'
        yield _text(_LEFT + 16, 17 + 16 * place, name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    width = _LEFT + _WIDTH + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" role="img">'
        f"<title>{escape(title)}</title>{_STYLE}{''.join(parts)}</svg>\n"
    )
