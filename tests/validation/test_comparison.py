"""Literals in order, and literals that have none, as SPARQL and XML Schema say."""

from __future__ import annotations

import pytest

from graphsvc.rdf import BlankNode, Iri, Literal, Term
from graphsvc.validation.comparison import compare
from graphsvc.validation.lexical import is_well_formed
from graphsvc.vocab import PREFIXES


def lit(text: str, kind: str = "string", language: str = "") -> Literal:
    return Literal(text, PREFIXES["xsd"] + kind, language)


BIG = "9" * 100_000


@pytest.mark.parametrize(
    ("less", "greater"),
    [
        (lit("9", "integer"), lit("10", "byte")),
        (lit("1.5", "decimal"), lit("2", "integer")),
        (lit("-INF", "double"), lit("0", "integer")),
        (lit(BIG, "integer"), lit(BIG + "9", "integer")),
        (lit("0." + BIG, "decimal"), lit("1", "integer")),
        (lit("a"), lit("b")),
        (lit("Z"), lit("a")),
        (lit("false", "boolean"), lit("1", "boolean")),
        (lit("2020-01-01", "date"), lit("2020-01-02", "date")),
        (lit("-99999999999-01-01", "date"), lit("99999999999-12-31", "date")),
        (lit("2020-01-01T00:00:00+02:00", "dateTime"), lit("2020-01-01T00:00:00Z", "dateTime")),
        (lit("2020-01-01T12:00:00.5", "dateTime"), lit("2020-01-01T12:00:00.50001", "dateTime")),
        (lit("2020-01-01T00:00:00", "dateTime"), lit("2020-01-01T15:00:00Z", "dateTime")),
        (lit("2019-12-31T23:59:59", "dateTime"), lit("2019-12-31T24:00:00", "dateTime")),
        (lit("23:00:00", "time"), lit("23:00:01", "time")),
        (lit("1999", "gYear"), lit("2000", "gYear")),
        (lit("1999-12", "gYearMonth"), lit("2000-01", "gYearMonth")),
    ],
)
def test_one_literal_is_less_than_another(less: Literal, greater: Literal) -> None:
    assert compare(less, greater) == -1
    assert compare(greater, less) == 1
    assert compare(less, less) == compare(greater, greater) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (lit("1", "integer"), lit("1.0", "double")),
        (lit("0.1", "decimal"), lit("0.1", "double")),
        (lit("+01", "integer"), lit("1", "unsignedByte")),
        (lit("true", "boolean"), lit("1", "boolean")),
        (lit("2020-01-01T24:00:00", "dateTime"), lit("2020-01-02T00:00:00", "dateTime")),
        (lit("2020-01-01T14:00:00+14:00", "dateTime"), lit("2020-01-01T00:00:00Z", "dateTime")),
        (lit("24:00:00", "time"), lit("00:00:00", "time")),
    ],
)
def test_different_texts_are_of_one_value(left: Literal, right: Literal) -> None:
    assert compare(left, right) == compare(right, left) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Iri("http://e/a"), Iri("http://e/b")),
        (BlankNode("a"), lit("a")),
        (lit("1", "integer"), lit("2")),
        (lit("a", language="en"), lit("b", language="en")),
        (lit("NaN", "double"), lit("1", "integer")),
        (lit("NaN", "double"), lit("NaN", "double")),
        (lit("2020-01-01", "date"), lit("2020-01-01T00:00:00", "dateTime")),
        (lit("2020-01-01T00:00:00", "dateTime"), lit("2020-01-01T13:59:59Z", "dateTime")),
        (lit("one", "integer"), lit("2", "integer")),
        (lit("a", "anyURI"), lit("b", "anyURI")),
    ],
)
def test_what_cannot_be_compared_is_in_no_order(left: Term, right: Term) -> None:
    assert compare(left, right) is None
    assert compare(right, left) is None


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", "true false 0 1", "TRUE yes 2"),
        ("integer", "0 -7 +7 007", "1.0 1_000 ½"),
        ("decimal", "1 1. .5 -0.0", "1e5 INF . +"),
        ("double", "1 1e5 -1.5E-3 INF -INF NaN", "inf 1e 0x1"),
        (
            "date",
            "2020-02-29 2000-02-29 -0004-02-29 12020-01-01Z",
            "2021-02-29 1900-02-29 2020-2-9 20200209 2020-04-31",
        ),
        (
            "dateTime",
            "2020-01-01T24:00:00 2020-01-01T00:00:00.123+14:00",
            "2020-01-01T24:00:01 2020-01-01 2020-01-01T00:00:00+15:00",
        ),
        ("gYear", "2020 -0001 12020", "20 02020 2020-01"),
        ("nonNegativeInteger", "0 -0 5", "-1"),
        ("positiveInteger", "1 001", "0 -1"),
        ("negativeInteger", "-1", "0 1"),
        ("nonPositiveInteger", "0 -5", "1"),
        ("string", "anything", ""),
    ],
)
def test_a_text_is_in_the_lexical_space_or_not(kind: str, good: str, bad: str) -> None:
    datatype = PREFIXES["xsd"] + kind
    assert [text for text in good.split() if not is_well_formed(text, datatype)] == []
    assert [text for text in bad.split() if is_well_formed(text, datatype)] == []
    if bad:
        assert not is_well_formed(f" {good.split()[0]}", datatype)
