"""What tells the parts of one list from those of others: its query without the slice."""

from __future__ import annotations

import pytest

from graphsvc.sparql.paging import without_slice

LIST = 'SELECT ?s { ?s <urn:p#limit> "LIMIT 7 # no" ; ?limit ?offset }'


@pytest.mark.parametrize(
    ("text", "total"),
    [
        (LIST, 0),
        (f"{LIST} LIMIT 10", 10),
        (f"{LIST}\nlimit\n10 Offset 20", 30),
        (f"# all\n{LIST}  OFFSET # from\n 20 # to\nLIMIT 10 # end", 30),
        (f"{LIST} LIMIT 12345678901234567890", 1_234_567_890),
    ],
)
def test_all_parts_of_a_list_are_alike(text: str, total: int) -> None:
    assert without_slice(text) == (without_slice(LIST)[0], total)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LIST, LIST.replace("#limit", "#limits")),
        (LIST, LIST.replace("LIMIT 7", "LIMIT 8")),
        (LIST, LIST.replace("?s {", "?s ?limit {")),
        ("SELECT ?s { ?s ?p 1 }", "SELECT ?s { ?s ?p 2 }"),
    ],
)
def test_parts_of_different_lists_are_not(one: str, other: str) -> None:
    assert without_slice(f"{one} LIMIT 5")[0] != without_slice(f"{other} LIMIT 5")[0]


def test_the_slice_of_a_subquery_counts_too() -> None:
    text = "SELECT * {{ {{ SELECT ?s {{ ?s ?p ?o }} LIMIT {} }} }} LIMIT 5"
    assert without_slice(text.format(3))[0] == without_slice(text.format(4))[0]
    assert without_slice(text.format(3))[1] == 8
