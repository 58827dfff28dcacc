"""Lines and columns: as an editor counts them, whatever ends a line and however many bytes a character has."""

from __future__ import annotations

import io

import pytest

from graphsvc.positions import regions
from graphsvc.positions.lines import MAX_SHOWN


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_in_an_editor(end: str) -> None:
    text = f"one{end}two{end}{end}thrée X four"
    document = text.encode()
    at = document.index(b"X")
    region = regions(document, [(at, at + 1)])[at, at + 1]
    assert (region.start.line, region.start.column, region.end.column) == (4, 7, 8)
    lines = io.StringIO(text, newline=None).read().split("\n")
    assert region.text == lines[region.start.line - 1]
    assert region.text[region.start.column - 1] == "X"


def test_columns_count_characters_and_no_byte_order_mark() -> None:
    document = "\ufeffé🂡ö X".encode()
    at = document.index(b"X")
    region = regions(document, [(at, at + 1)])[at, at + 1]
    assert (region.start.line, region.start.column) == (1, 5)
    assert region.text == "é🂡ö X"


def test_a_long_line_is_shown_around_the_place() -> None:
    document = ("é" * 100_000 + "X" + "ö" * 100_000).encode()
    at = document.index(b"X")
    region = regions(document, [(at, at + 1)])[at, at + 1]
    assert region.start.column == 100_001
    assert len(region.text) == MAX_SHOWN
    assert region.text[region.start.column - region.text_column] == "X"


def test_many_places_are_found_in_one_walk() -> None:
    document = b"a b\n" * 50_000
    pairs = [(at, at + 1) for at in range(0, len(document), 4)]
    found = regions(document, pairs)
    assert [found[pair].start.line for pair in pairs] == list(range(1, 50_001))


def test_a_region_may_end_on_another_line() -> None:
    region = regions(b'x """a\nb""" .', [(2, 11)])[2, 11]
    assert (region.start.line, region.start.column, region.end.line, region.end.column) == (1, 3, 2, 5)
    assert region.text == 'x """a'
