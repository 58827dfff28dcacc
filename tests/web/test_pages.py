"""Pages: what people read, in their language, inert and legible."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from page_reading import Page, read_page

from graphsvc import errors
from graphsvc.web.problems import STATUS, slug

PATHS = [
    "/",
    "/alice.html",
    "/ghost.html",
    "/def/likes.html",
    "/doc/nasty.html",
    "/doc/walk.html",
    "/doc/diary.html",
    "/onto.html",
    "/shapes/people.html",
    "/graph/people.html",
    "/ontology?format=html",
    "/shapes?format=html",
    "/problems",
    "/search",
    "/search?q=alice&format=html",
    "/search?q=alcie+nothing&format=html",
    "/conformance",
    "/profiles",
    "/describe?iri=http://elsewhere.example/carol&format=html",
    "/describe?iri=http://example.org/onto%23Place&format=html&inverse=http://www.w3.org/1999/02/22-rdf-syntax-ns%23type",
]


def page(client: FlaskClient, path: str, language: str = "") -> Page:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 200
    return read_page(answer.text)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_valid_and_accessible(people: FlaskClient, path: str) -> None:
    found = page(people, path)
    assert found.all("html") == [{"lang": "en"}]
    assert len(found.all("main")) == 1
    assert found.all("a")[0] == {"class": "skip", "href": "#" + found.all("main")[0]["id"]}
    assert all("aria-label" in nav for nav in found.all("nav"))
    # Nothing runs but files of the service's own; what is embedded is data.
    assert all(
        script.get("src", "").startswith("/static/") or script["type"] == "application/ld+json"
        for script in found.all("script")
    )
    assert not found.all("style")
    assert not [element for element in found.elements if any(a.startswith("on") for a in element[1])]
    assert not [element for element in found.elements if "style" in element[1]]
    assert all(a.get("href") for a in found.all("a"))


def test_a_resource_is_named_in_the_language_of_the_reader(people: FlaskClient) -> None:
    assert page(people, "/alice.html").title == ("en", "Alice")
    assert page(people, "/alice.html", "fr").title == ("fr", "Alix")
    assert page(people, "/alice.html", "de, pl-PL;q=0.8").title == ("pl", "Alicja")
    assert page(people, "/alice.html", "de").title == ("en", "Alice")
    assert page(people, "/doc/münchen.html").title == ("de", "München")
    assert ("fr", "Personne") in page(people, "/alice.html", "fr").texts
    assert ("fr", "Écrit à Bob.") in page(people, "/alice.html").texts


def test_of_several_names_the_preferred_label_is_the_title(people: FlaskClient) -> None:
    assert page(people, "/doc/both.html").title == ("en", "Preferred")


def test_values_read_as_people_write_them(people: FlaskClient) -> None:
    found = page(people, "/alice.html")
    assert found.all("time") == [{"datetime": "1990-02-03"}]
    for text in ("3 February 1990", "12,345", "1.71", "home", "the last line", "born", "knows"):
        assert text in [each for _, each in found.texts]
    assert "rdf:rest" not in found.text


def test_links_go_to_this_service_or_say_that_they_leave_it(people: FlaskClient) -> None:
    links = {link["href"]: link for link in page(people, "/alice.html").all("a")}
    assert "/bob" in links
    assert "/item?id=5" in links
    outside = links["http://elsewhere.example/carol"]
    assert outside["class"] == "external"
    assert set(outside["rel"].split()) >= {"noopener", "nofollow"}
    assert "/describe?iri=http%3A%2F%2Felsewhere.example%2Fcarol" in links
    assert "/alice" in {link["href"] for link in page(people, "/bob.html").all("a")}


def test_hostile_values_are_inert(people: FlaskClient) -> None:
    found = page(people, "/doc/nasty.html")
    assert all(script.get("src", "").startswith("/static/") for script in found.all("script"))
    assert not found.all("img")
    assert len(found.all("svg")) == 1  # the neighbourhood
    assert "<script>alert(1)</script>" in found.text
    assert "{{ 7*7 }} {% raw %}" in found.text
    hrefs = [link["href"] for link in found.all("a")]
    assert not [href for href in hrefs if href.lower().startswith(("javascript:", "data:", "ftp:"))]
    assert "urn:isbn:9780141439587" in hrefs
    assert "mailto:a@example.org" in hrefs
    assert "\x01" not in people.get("/doc/nasty.html").text


def test_inferred_statements_say_why(people: FlaskClient) -> None:
    found = page(people, "/doc/walk.html")
    texts = [text for _, text in found.texts]
    assert texts.count("inferred") == 2
    assert "Heat means summer" in texts
    assert "/id/rule/heat" in {link["href"] for link in found.all("a")}
    assert "hot" in texts
    graphs = texts[texts.index("Named graphs") :]
    assert graphs[1:4] == ["/graph/inferred/diary", "/graph/meta/diary", "What the diary states"]


def test_the_words_of_the_source_are_quoted_with_their_lines(people: FlaskClient) -> None:
    found = page(people, "/doc/walk.html")
    assert "A walk in hot München." in [text for _, text in found.texts]
    assert "A diary, lines 10–11" in [text for _, text in found.texts]
    assert "/doc/diary#char=0,22" in {link["href"] for link in found.all("a")}


def test_what_refers_to_a_resource_is_listed_by_property(people: FlaskClient) -> None:
    found = page(people, "/ghost.html")
    assert (2, "Linked from") in found.headings
    assert "/alice" in {link["href"] for link in found.all("a")}


def test_a_named_graph_lists_its_resources(people: FlaskClient) -> None:
    links = {link["href"] for link in page(people, "/graph/people.html").all("a")}
    assert {"/alice", "/id/a%2Fb", "/item?id=5"} <= links


def test_the_home_page_counts_the_graph(people: FlaskClient) -> None:
    found = page(people, "/")
    assert found.title == ("en", "People")
    links = {link["href"] for link in found.all("a")}
    assert {"/sparql", "/ontology", "/shapes", "/onto#Place"} <= links
    every = next(link for link in found.all("a") if link.get("aria-label") == "All 8 instances of Place")
    listing = page(people, every["href"])
    assert "8 in all; from number 1 on." in listing.text
    assert "/id/notes.html" in {link["href"] for link in listing.all("a")}


def test_the_ontology_page_lists_terms_with_their_meaning(people: FlaskClient) -> None:
    found = page(people, "/ontology?format=html")
    texts = [text for _, text in found.texts]
    for text in (
        "People ontology",
        "Classes",
        "Properties",
        "Person",
        "A human being.",
        "http://example.org/onto#born",
    ):
        assert text in texts
    assert "/onto#Person" in {link["href"] for link in found.all("a")}
    assert "Personne" in page(people, "/ontology?format=html", "fr").text
    assert people.get("/ontology").mimetype == "text/turtle"


def test_the_shapes_page_tells_what_is_demanded(people: FlaskClient) -> None:
    found = page(people, "/shapes?format=html")
    text = found.text
    for words in (
        "Holds for every Place",
        "exactly 1",
        "Warning",
        "A place has one label.",
        "0–1",
        "of the datatype xsd:date",
    ):
        assert words in text
    assert "foaf:knows |^ foaf:knows" in text
    assert "foaf:knows / rdfs:label *" in text
    assert "one of a , b" in text
    assert people.get("/shapes").mimetype == "text/turtle"
    assert "\xa0" not in text


def test_every_error_has_its_place_on_the_problems_page(people: FlaskClient) -> None:
    found = page(people, "/problems")
    places = {attributes.get("id") for _, attributes in found.elements}
    for kind in STATUS:
        assert slug(kind) in places
    assert slug(errors.QuerySyntaxError) in places


def test_rdf_is_sent_on_from_the_home_page(people: FlaskClient) -> None:
    assert people.get("/").mimetype == "text/html"
    answer = people.get("/", headers={"Accept": "text/turtle"})
    assert answer.status_code in (303, 406)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_wcag(root: Path, scheme: int) -> None:
    """https://www.w3.org/TR/WCAG22/#contrast-minimum and #non-text-contrast"""
    style = (root / "graphsvc" / "web" / "static" / "style.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for text, ground in product(("text", "quiet", "link", "accent", "bad", "warn"), ("ground", "panel")):
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["strong-line"], colours["ground"]) >= 3
    assert contrast(colours["text"], colours["mark"]) >= 4.5
    assert contrast(colours["link"], colours["mark"]) >= 4.5
    for number in range(1, 7):
        assert contrast(colours[f"series{number}"], colours["ground"]) >= 3
