"""Class diagrams as geometry: boxes apart, every line drawn, the same picture each time."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from graphsvc.charts.class_diagram import draw_classes
from graphsvc.charts.connectors import KIND_OF, Box, Line, PlacedBox

KEYS = [f"class{number}" for number in range(9)]
LABELS = [KIND_OF, "has", "leads to"]
LINES = st.lists(
    st.builds(
        Line,
        st.sampled_from(KEYS),
        st.sampled_from([*KEYS, "nowhere"]),
        st.sampled_from(LABELS),
    ),
    max_size=25,
)


def apart(one: PlacedBox, other: PlacedBox) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@given(LINES)
def test_boxes_are_apart_and_within_the_picture_whatever_circles_there_are(lines: list[Line]) -> None:
    boxes = [Box(key, key, lines=("a", "b") if key.endswith("3") else ()) for key in KEYS]
    drawn = draw_classes(boxes, lines)
    assert [each.box for each in drawn.boxes] == boxes
    assert all(apart(one, other) for one, other in combinations(drawn.boxes, 2))
    for each in drawn.boxes:
        assert each.x >= 0
        assert each.x + each.width <= drawn.width
        assert each.y + each.height <= drawn.height
    known = {
        (line.start, line.end, line.is_kind_of)
        for line in lines
        if line.end != "nowhere" and not (line.is_kind_of and line.start == line.end)
    }
    assert {(each.line.start, each.line.end, each.line.is_kind_of) for each in drawn.lines} == known
    assert draw_classes(boxes, lines) == drawn


def test_a_class_stands_below_what_it_is_a_kind_of_and_above_what_it_leads_to() -> None:
    drawn = draw_classes(
        [Box("dog", "dog"), Box("animal", "animal"), Box("bone", "bone")],
        [Line("dog", "animal"), Line("dog", "bone", "buries")],
    )
    height = {each.box.key: each.y for each in drawn.boxes}
    assert height["animal"] < height["dog"] < height["bone"]


def test_properties_between_the_same_two_classes_share_a_line() -> None:
    drawn = draw_classes(
        [Box("a", "a"), Box("b", "b")], [Line("a", "b", "one"), Line("a", "b", "two"), Line("a", "b")]
    )
    assert sorted(each.line.label for each in drawn.lines) == [KIND_OF, "one, two"]
    assert sorted(each.label for each in drawn.lines) == ["", "one, two"]


def test_labels_of_lines_that_run_together_do_not_cover_each_other() -> None:
    boxes = [Box("top", "top"), *(Box(f"below{n}", f"below {n}") for n in range(5))]
    drawn = draw_classes(boxes, [Line("top", f"below{n}", f"leads to number {n}") for n in range(5)])
    places = [(each.x, each.y) for each in drawn.lines]
    for (x, y), (ox, oy) in combinations(places, 2):
        assert abs(x - ox) >= 17 * 6.8 or abs(y - oy) >= 14
