"""Accept headers that real clients send, and some that nobody should."""

from __future__ import annotations

import pytest

from graphsvc.errors import NotAcceptable
from graphsvc.formats import GRAPH_FORMATS, HTML, RESULTS_FORMATS, by_media_type, by_name, by_suffix
from graphsvc.negotiation import negotiate, preferred_languages

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RDFLIB = (
    "text/turtle, application/rdf+xml;q=0.9, application/n-triples;q=0.8, "
    "application/ld+json;q=0.7, application/json;q=0.6, */*;q=0.1"
)
RAPPER = "application/rdf+xml, text/rdf;q=0.6, application/json;q=0.1, text/html;q=0.3, */*;q=0.1"
JENA = "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,*/*;q=0.3"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "ttl"),
        ("", "ttl"),
        ("*/*", "ttl"),
        (FIREFOX, "html"),
        (RDFLIB, "ttl"),
        (RAPPER, "rdf"),
        (JENA, "ttl"),
        ("application/ld+json", "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("application/json", "jsonld"),
        ("text/turtle;q=0, */*", "jsonld"),
        ("text/*", "ttl"),
        ("text/*;q=0.5, application/n-quads;q=0.6", "nq"),
        ("application/trig, text/turtle", "ttl"),
        ("TEXT/HTML", "html"),
        ("text/turtle;q=0.5;q=abc, application/rdf+xml;q=0.1", "rdf"),
        ("nonsense, application/trig", "trig"),
        ("application/xhtml+xml", "html"),
    ],
)
def test_a_document_is_sent_in_the_form_that_is_preferred(accept: str | None, expected: str) -> None:
    assert negotiate(accept, (*GRAPH_FORMATS, HTML)).name == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("application/xml", "xml"),
        ("application/sparql-results+xml, application/sparql-results+json;q=0.9", "xml"),
        ("*/*", "json"),
    ],
)
def test_results_are_sent_in_the_form_that_is_preferred(accept: str, expected: str) -> None:
    assert negotiate(accept, RESULTS_FORMATS).name == expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "text/turtle;q=2", "nonsense"])
def test_where_nothing_fits_it_is_said_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiate(accept, GRAPH_FORMATS)
    assert caught.value.offers == tuple(offer.media_type for offer in GRAPH_FORMATS)


def test_ten_thousand_elements_are_no_trouble() -> None:
    assert negotiate(", ".join(["a/b"] * 10_000) + ", text/turtle", GRAPH_FORMATS).name == "ttl"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, []),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", ["fr-ch", "fr", "en", "de"]),
        ("en;q=0.1,fr", ["fr", "en"]),
        ("en;q=0", []),
        ("<script>", []),
    ],
)
def test_languages_come_in_the_order_of_preference(header: str | None, expected: list[str]) -> None:
    assert preferred_languages(header) == expected


def test_a_format_is_found_by_name_suffix_and_media_type() -> None:
    for one in GRAPH_FORMATS:
        assert by_name(one.name, GRAPH_FORMATS) is one
        assert by_name(one.suffix, GRAPH_FORMATS) is one
        assert by_name(one.media_type, GRAPH_FORMATS) is one
        assert by_media_type(f"{one.media_type}; charset=utf-8", GRAPH_FORMATS) is one
        assert by_suffix(f"x{one.suffix}.gz", GRAPH_FORMATS) is one
    assert (
        by_name("zip", GRAPH_FORMATS)
        is by_suffix("x.zip")
        is by_media_type("image/png", GRAPH_FORMATS)
        is None
    )
