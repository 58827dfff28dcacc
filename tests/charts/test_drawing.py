"""Charts as geometry: all of it within its place, and nothing left out silently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.charts import BAR, COLUMN, KINDS, STACKED, Figure, Item, draw
from graphsvc.charts.drawing import wrapped


def figure(kind: str, *values: float, labels: str = "") -> Figure:
    names = labels.split() or [f"item {place}" for place in range(len(values))]
    return Figure(kind, ("number",), tuple(Item(n, (v,)) for n, v in zip(names, values, strict=True)))


def test_bars_are_as_long_as_their_numbers() -> None:
    drawing = draw(figure(BAR, 10, 5, 0))
    assert [bar.width for bar in drawing.bars] == [84, 42]
    assert [text.text for text in drawing.texts if text.kind == "number"] == ["10", "5", "0"]


def test_columns_of_years_leave_room_for_the_years_between() -> None:
    drawing = draw(figure(COLUMN, 1, 2, 4, labels="2018 2020 2024"))
    labels = [text.text for text in drawing.texts if text.kind == "label"]
    assert labels == ["2018", "2019", "2020", "2021", "2022", "2023", "2024"]
    assert len(drawing.bars) == 3
    assert [text.text for text in drawing.texts if text.kind == "tick"] == ["0", "1", "2", "3", "4"]


def test_a_stacked_bar_is_made_of_its_series() -> None:
    drawing = draw(Figure(STACKED, ("a", "b"), (Item("x", (1, 3)), Item("y", (0, 2)))))
    assert [(bar.x, bar.width, bar.series) for bar in drawing.bars] == [(0, 21, 0), (21, 63, 1), (0, 42, 1)]
    assert drawing.legend == ("a", "b")
    assert drawing.bars[0].says == "x, a: 1"


def test_series_that_are_too_many_are_added_up() -> None:
    drawing = draw(Figure(STACKED, tuple("abcdefgh"), (Item("x", (9, 8, 7, 6, 5, 1, 1, 1)),)))
    assert drawing.legend == ("a", "b", "c", "d", "e", "other")
    assert drawing.bars[-1].says == "x, other: 3"


def test_what_is_not_drawn_is_counted() -> None:
    assert figure(BAR, *range(50)).hidden == 10
    assert figure(COLUMN, 1, 2, labels="2018 2020").hidden == 0


def test_a_long_label_has_two_lines() -> None:
    lines = wrapped(
        "A label that is so long that one line of a narrow screen has not the room for all of it at all"
    )
    assert len(lines) == 2
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].endswith("…")


def test_a_chart_says_in_a_sentence_what_it_shows() -> None:
    summary = figure(BAR, 3, 1200, labels="few many").summary
    assert summary == "A chart of 2 values: the largest is many with 1,200, the smallest few with 3."


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_number_that_no_bar_can_show_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no bar can show"):
        figure(BAR, value)


@given(
    kind=st.sampled_from(KINDS),
    items=st.lists(st.tuples(st.text(max_size=90), st.floats(0, 1e15)), max_size=60),
)
def test_every_part_is_within_the_drawing(kind: str, items: list[tuple[str, float]]) -> None:
    drawing = draw(Figure(kind, ("n",), tuple(Item(label, (value,)) for label, value in items)))
    for bar in drawing.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= 100.01
        assert bar.y >= -0.1
        assert bar.y + bar.height <= drawing.height + 0.1
    assert all(0 <= text.x <= 100 and 0 <= text.y <= drawing.height for text in drawing.texts)
