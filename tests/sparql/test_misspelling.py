"""Names that nothing in the data has, and the nearest that there is."""

from __future__ import annotations

import pytest

from graphsvc.sparql.misspelling import unknown_names

KNOWN = {f"http://x/def#{name}" for name in ("title", "Instrument", "hasStage", "café")}
PROLOGUE = "PREFIX d: <http://x/def#> PREFIX o: <http://other/> "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s d:titel ?o }", ["Nothing here is called d:titel; did you mean d:title?"]),
        (
            "SELECT * { ?s a d:instrument }",
            ["Nothing here is called d:instrument; did you mean d:Instrument?"],
        ),
        (
            "SELECT * { ?s <http://x/def#titel> ?o }",
            ["Nothing here is called <http://x/def#titel>; did you mean <http://x/def#title>?"],
        ),
        ("SELECT * { ?s d:zzzzzzzz ?o }", ["Nothing here is called d:zzzzzzzz."]),
        ("SELECT * { ?s d:title ?o ; d:hasStage <http://x/id/1> }", []),
        ("SELECT * { ?s o:titel ?o ; undeclared:titel 'd:titel' } # d:titel", []),
        ("SELECT * FROM <http://x/def#nothing> { ?s d:title ?o }", []),
        ("SELECT * { ?s d:caf\u00e9 ?o . ?s d: ?p }", []),
    ],
)
def test_a_name_that_nothing_has_is_told_with_the_nearest(text: str, expected: list[str]) -> None:
    assert [str(each) for each in unknown_names(PROLOGUE + text, KNOWN)] == expected


def test_each_name_is_told_once_and_no_more_than_five() -> None:
    text = " ".join(f"?s d:nothing{n % 9} ?o ." for n in range(20))
    assert len(unknown_names(f"{PROLOGUE}SELECT * {{ {text} }}", KNOWN)) == 5
