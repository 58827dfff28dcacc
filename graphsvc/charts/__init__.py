"""Charts as geometry: what a template needs to write an SVG that reads well at any width."""

from graphsvc.charts.drawing import Drawing, draw
from graphsvc.charts.figure import BAR, COLUMN, KINDS, STACKED, Figure, Item

__all__ = ["BAR", "COLUMN", "KINDS", "STACKED", "Drawing", "Figure", "Item", "draw"]
