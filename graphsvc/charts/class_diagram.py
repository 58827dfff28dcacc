"""Where the boxes and lines of a class diagram stand, in pixels: the same boxes and lines, the same picture.

Boxes stand in rows, a class below what it is a kind of and beside what its properties lead to; in a row they are
ordered by the middle of their neighbours above, which keeps lines from crossing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphsvc.charts.connectors import Box, Line, PlacedBox, PlacedLine, connect
from graphsvc.charts.drawing import cut

# A letter of the labels takes at most so many pixels; a label longer than so many letters is cut.
_LETTER, _LONGEST = 7.6, 30
_PAD, _LINE, _HEAD = 10, 18, 30
# Rows stand the further apart the more labels stand between them.
_APART, _BETWEEN, _PER_LABEL = 36, 60, 14
# Boxes of one row beyond these go to the next.
_ROW = 5


@dataclass(frozen=True)
class ClassDiagram:
    """The picture: its size, boxes and lines."""

    width: float = 0
    height: float = 0
    boxes: tuple[PlacedBox, ...] = ()
    lines: tuple[PlacedLine, ...] = field(default=())


def draw_classes(boxes: Sequence[Box], lines: Sequence[Line]) -> ClassDiagram:
    """The diagram of some classes; a line whose ends are not among them is left out."""
    known = {box.key: box for box in boxes}
    merged = _merged([line for line in lines if line.start in known and line.end in known])
    placed = _placed(_rows(list(known), merged), known, merged)
    width = max((each.x + each.width for each in placed.values()), default=0) + _APART
    height = max((each.y + each.height for each in placed.values()), default=0) + _PAD
    drawn = connect(merged, placed)
    lowest = max((each.y for each in drawn), default=0) + _LINE
    return ClassDiagram(
        round(width, 1), round(max(height, lowest), 1), tuple(placed[key] for key in known), drawn
    )


def _merged(lines: Sequence[Line]) -> list[Line]:
    """One line for all properties that lead from one box to another."""
    labels: dict[tuple[str, str, bool], list[str]] = {}
    for line in lines:
        if line.is_kind_of and line.start == line.end:
            continue
        found = labels.setdefault((line.start, line.end, line.is_kind_of), [])
        if line.label not in found:
            found.append(line.label)
    return [Line(start, end, ", ".join(found)) for (start, end, _), found in labels.items()]


def _rows(keys: Sequence[str], lines: Sequence[Line]) -> list[list[str]]:
    """The keys by row. A line that would close a circle does not count."""
    above: dict[str, set[str]] = {key: set() for key in keys}
    for line in sorted(lines, key=lambda each: not each.is_kind_of):
        upper, lower = (line.end, line.start) if line.is_kind_of else (line.start, line.end)
        if upper != lower and not _reaches(above, upper, lower):
            above[lower].add(upper)
    depth: dict[str, int] = {}
    waiting = list(keys)
    while waiting:
        ready = [key for key in waiting if above[key] <= depth.keys()]
        depth |= {key: max((depth[each] + 1 for each in above[key]), default=0) for key in ready}
        waiting = [key for key in waiting if key not in depth]
    # What stands above nothing but one box need not stand at the very top.
    for key in sorted(keys, key=lambda each: depth[each], reverse=True):
        below = [depth[other] for other in keys if key in above[other]]
        if below:
            depth[key] = max(depth[key], min(below) - 1)
    layers: dict[int, list[str]] = {}
    for key in keys:
        layers.setdefault(depth[key], []).append(key)
    return _ordered([layers[number] for number in sorted(layers)], lines)


def _reaches(above: Mapping[str, set[str]], start: str, wanted: str) -> bool:
    """Whether `wanted` is above `start`, any number of steps up."""
    left, seen = [start], set()
    while left:
        key = left.pop()
        if key == wanted:
            return True
        if key not in seen:
            seen.add(key)
            left += above[key]
    return False


def _ordered(layers: Sequence[Sequence[str]], lines: Sequence[Line]) -> list[list[str]]:
    """The layers, each ordered by the middle of the neighbours above, and none longer than a row."""
    neighbours: dict[str, set[str]] = {}
    for line in lines:
        neighbours.setdefault(line.start, set()).add(line.end)
        neighbours.setdefault(line.end, set()).add(line.start)
    place: dict[str, float] = {}
    rows: list[list[str]] = []
    for layer in layers:

        def middle(key: str) -> float:
            near = [place[each] for each in neighbours.get(key, ()) if each in place]
            return sum(near) / len(near) if near else 1.0

        ordered = sorted(layer, key=middle)
        for number, key in enumerate(ordered):
            place[key] = (number + 0.5) / len(ordered)
        rows += [ordered[start : start + _ROW] for start in range(0, len(ordered), _ROW)]
    return rows


def _placed(
    rows: Sequence[Sequence[str]], boxes: Mapping[str, Box], lines: Sequence[Line]
) -> dict[str, PlacedBox]:
    widths = {key: _width(box) for key, box in boxes.items()}
    lengths = [sum(widths[key] for key in row) + _APART * (len(row) - 1) for row in rows]
    found: dict[str, PlacedBox] = {}
    y = float(_PAD)
    for row, length in zip(rows, lengths, strict=True):
        x = _APART + (max(lengths) - length) / 2
        heights = {key: _HEAD + _LINE * len(boxes[key].lines) + (6 if boxes[key].lines else 0) for key in row}
        for key in row:
            found[key] = PlacedBox(boxes[key], round(x, 1), y, widths[key], heights[key])
            x += widths[key] + _APART
        labelled = sum(not line.is_kind_of and line.start in row for line in lines)
        y += max(heights.values()) + _BETWEEN + min(labelled, 8) * _PER_LABEL
    return found


def _width(box: Box) -> float:
    longest = max(len(cut(text, _LONGEST)) for text in (box.label, *box.lines))
    return round(max(90.0, longest * _LETTER + 2 * _PAD), 1)
