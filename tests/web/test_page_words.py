"""The small choices behind a page: languages, short names, dates, spellings of a path."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from graphsvc.describe.labels import best, shortened
from graphsvc.rdf import Literal
from graphsvc.vocab import PREFIXES
from graphsvc.web.addresses import spellings
from graphsvc.web.values import Reader

XSD = PREFIXES["xsd"]


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ([], "en"),
        (["fr"], "fr-CA"),
        (["fr-be"], "en"),
        (["pt-br"], "pt"),
        (["de", "pt"], "pt"),
        (["de"], "en"),
        (["x-unknown"], "en"),
    ],
)
def test_the_label_is_in_the_best_language_there_is(languages: list[str], expected: str) -> None:
    candidates = [(0, Literal(tag, language=tag)) for tag in ("zh", "fr-CA", "pt", "en", "")]
    assert best(candidates, languages).language == expected


def test_without_english_a_label_of_no_language_beats_a_foreign_one() -> None:
    assert best([(0, Literal("a", language="zh")), (1, Literal("b"))], ["de"]).value == "b"
    assert best([(0, Literal("a", language="zh"))], ["de"]).value == "a"
    assert best([(1, Literal("a")), (0, Literal("b"))], []).value == "b"


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("http://www.w3.org/2004/02/skos/core#definition", "skos:definition"),
        ("http://www.w3.org/2004/02/skos/core#", "w3.org/2004/02/skos/core#"),
        ("http://example.org/id/x", "/id/x"),
        ("http://example.org/", "example.org"),
        ("https://www.elsewhere.example/a/b/", "elsewhere.example/a/b"),
        ("urn:isbn:1", "urn:isbn:1"),
    ],
)
def test_an_iri_without_label_has_a_short_form(iri: str, short: str) -> None:
    assert shortened(iri, "http://example.org", PREFIXES) == short


@pytest.mark.parametrize(
    ("value", "datatype", "text", "machine"),
    [
        ("2021-09-15", "date", "15 September 2021", "2021-09-15"),
        ("2021-09-15Z", "date", "15 September 2021 (Z)", None),
        ("2021-13-15", "date", "2021-13-15", None),
        ("-0044-03-15", "date", "15 March -0044", None),
        ("1815", "gYear", "1815", None),
        ("5026", "integer", "5026", None),
        ("1234567", "integer", "1,234,567", None),
        ("-12345", "int", "-12,345", None),
        ("9" * 5_000, "integer", "9" * 5_000, None),
        ("1.50", "decimal", "1.50", None),
    ],
)
def test_a_value_reads_as_people_write_it(
    people: FlaskClient, value: str, datatype: str, text: str, machine: str | None
) -> None:
    with people.application.app_context():
        shown = Reader(None, []).value(Literal(value, XSD + datatype))  # type: ignore[arg-type]
    assert (shown.text, shown.machine) == (text, machine)


def test_a_path_has_the_spellings_that_mean_the_same_and_no_others() -> None:
    assert set(spellings("/id/caf%c3%a9%7e")) == {
        "/id/café%7E",
        "/id/caf%c3%a9%7e",
        "/id/caf%C3%A9%7E",
        "/id/café~",
        "/id/caf%C3%A9~",
    }
    assert spellings("/id/a%2Fb%25%3F%23") == ["/id/a%2Fb%25%3F%23"]
    assert "/id/%252e" in spellings("/id/%252e")
    assert not any(".." in spelling for spelling in spellings("/id/%252e%252e"))
