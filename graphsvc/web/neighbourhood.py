"""The neighbourhood of a resource as a drawing: the same data always give the same picture.

The resource stands at the left, what is linked with it in rows at the right, by property; an arrow points where
the link points. The drawing is as wide as a narrow screen, so that it need not be scrolled on any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphsvc.describe.neighbourhood import Branch, Neighbourhood
from graphsvc.web.addresses import about_link, document_of, link_to, with_parameters
from graphsvc.web.telling import Teller
from graphsvc.web.values import Reader, Value

WIDTH = 360
ROW, HEADING, GAP, TOP = 26, 20, 6, 8
CENTRE_X, NODE_X = 14, 96
VIEW = "neighbourhood"
# What there is room for in the drawing.
_LETTERS, _HEADING_LETTERS = 36, 38


@dataclass(frozen=True)
class Node:
    """A neighbour: its name, its page, its own neighbourhood, and where it is drawn."""

    name: Value
    short: str
    href: str
    around: str
    said: str
    y: int
    curve: str


@dataclass(frozen=True)
class BranchView:
    """The neighbours by one property; `more` links to all where `hidden` are not drawn, or `at_least` so many."""

    property: Value
    short: str
    incoming: bool
    nodes: tuple[Node, ...]
    hidden: int
    at_least: bool
    more: str
    y: int
    more_y: int


@dataclass(frozen=True)
class Picture:
    """What the template `neighbourhood.html` draws; `full` is the centre's page, `around` its neighbourhood's."""

    centre: Value
    full: str
    around: str
    branches: tuple[BranchView, ...]
    left_out: int
    height: int
    middle: int
    width: int = WIDTH
    centre_x: int = CENTRE_X
    node_x: int = NODE_X


def picture(found: Neighbourhood, reader: Reader, teller: Teller) -> Picture:
    """The drawing of a neighbourhood, whose names the reader has learnt."""
    height = TOP + sum(_height(branch) for branch in found.branches)
    height = max(height, 2 * ROW)
    middle = height // 2
    url = page_of(found.centre)
    return Picture(
        reader.link(found.centre),
        url,
        about_link(found.centre, view=VIEW),
        tuple(_branches(found, reader, teller, url, middle)),
        found.left_out,
        height,
        middle,
    )


def page_of(iri: str) -> str:
    """The page about an IRI on this service, wherever the IRI belongs."""
    return link_to(iri if "#" in iri else document_of(iri)) or about_link(iri)


def _height(branch: Branch) -> int:
    rows = len(branch.nodes) + (branch.number > len(branch.nodes))
    return HEADING + rows * ROW + GAP


def _branches(
    found: Neighbourhood, reader: Reader, teller: Teller, url: str, middle: int
) -> Iterator[BranchView]:
    top = TOP
    for branch in found.branches:
        name = teller.term(branch.property, incoming=branch.incoming)
        first = top + HEADING
        nodes = []
        for place, iri in enumerate(branch.nodes):
            y = first + place * ROW + ROW // 2
            nodes.append(_node(iri, branch, name, reader, middle, y))
        parameter = {"inverse" if branch.incoming else "property": branch.property}
        yield BranchView(
            name,
            shorter(name.text, _HEADING_LETTERS),
            branch.incoming,
            tuple(nodes),
            branch.number - len(nodes),
            branch.more,
            about_link(found.centre, **parameter) if "#" in url else with_parameters(url, **parameter),
            top + HEADING - 6,
            first + len(nodes) * ROW + ROW // 2,
        )
        top += _height(branch)


def _node(iri: str, branch: Branch, name: Value, reader: Reader, middle: int, y: int) -> Node:
    value = reader.link(iri)
    said = f"linked from, by {name.text}: {value.text}" if branch.incoming else f"{name.text}: {value.text}"
    bend = (CENTRE_X + NODE_X) // 2
    ends = (
        ((NODE_X - 6, y), (CENTRE_X + 9, middle))
        if branch.incoming
        else ((CENTRE_X + 9, middle), (NODE_X - 7, y))
    )
    (x1, y1), (x2, y2) = ends
    curve = f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"
    return Node(
        value, shorter(value.text, _LETTERS), page_of(iri), about_link(iri, view=VIEW), said, y, curve
    )


def shorter(text: str, letters: int) -> str:
    """The text as far as there is room for it."""
    line = " ".join(text.split())
    return line if len(line) <= letters else line[: letters - 1].rstrip() + "…"
