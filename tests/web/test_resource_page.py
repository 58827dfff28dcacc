"""The page of a resource: order and meaning of its properties, neighbours, source, what it says to others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served
from page_reading import Page, read_page
from rdflib.namespace import SDO

SEASIDE = Path(__file__).resolve().parents[1] / "projects" / "seaside"
SCHEMA = "https://schema.org/"


@pytest.fixture(scope="module")
def seaside() -> Iterator[FlaskClient]:
    with served(SEASIDE) as client:
        yield client


def page(client: FlaskClient, path: str, language: str = "") -> Page:
    answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 200
    return read_page(answer.text)


def embedded(client: FlaskClient, path: str) -> dict[str, Any] | None:
    """What the page embeds, read as a browser finds it."""
    answer = client.get(path, headers={"Accept": "text/html"})
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    assert len(blocks) <= 1
    found: dict[str, Any] | None = json.loads(blocks[0]) if blocks else None
    return found


def terms(client: FlaskClient, path: str) -> list[str]:
    """The properties in the order in which the page has them."""
    html = client.get(path, headers={"Accept": "text/html"}).text
    statements = html[html.index('id="page.statements"') : html.index('id="page.neighbours"')]
    found = re.findall(r"<dt>(.*?)</dt>", statements, re.DOTALL)
    return [re.search(r'dir="auto"[^>]*>([^<]*)<', each)[1] for each in found]  # type: ignore[index]


# --- Properties


def test_properties_stand_in_the_order_of_the_shapes_and_then_of_the_ontology(seaside: FlaskClient) -> None:
    assert terms(seaside, "/doc/north") == [
        "description",
        "label",
        "harbour master",
        "depth at low tide",
        "near",
        "type",
        "zone",
        "built",
        "area",
        "checked",
        "same as",
        "was quoted from",
    ]


def test_a_shape_without_orders_counts_by_its_list(tmp_path: Path) -> None:
    shape = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://example.org/made/> .\n"
        ":S sh:targetClass :C ; sh:property [ sh:path :zeta ], [ sh:path :alpha ], [ sh:path :mu ] .\n"
    )
    data = (
        "@prefix : <http://example.org/made/> .\n"
        "<http://example.org/made/id/x> a :C ; :alpha 1 ; :beta 2 ; :mu :y ; :zeta 4 .\n"
    )
    project = project_of(tmp_path, x__ttl=data)
    (project / "shapes").mkdir()
    (project / "shapes" / "s.ttl").write_text(shape)
    with served(project) as client:
        assert terms(client, "/doc/x") == ["zeta", "alpha", "mu", "type", "beta"]


def test_what_a_property_means_can_be_opened_without_a_mouse(seaside: FlaskClient) -> None:
    found = page(seaside, "/doc/north")
    titles = [summary["title"] for summary in found.all("summary") if "title" in summary]
    assert "Where letters go." in titles
    assert "In metres." in titles
    assert (
        titles.count("What lies within a walk of it, <b>not</b> a drive.") == 2
    )  # of it, and of what is near it
    assert "http://example.org/seaside/def#zone" in found.text
    assert "zone postale" in page(seaside, "/doc/north", "fr").text


def test_values_read_as_people_write_them_and_concepts_show_their_codes(seaside: FlaskClient) -> None:
    found = page(seaside, "/doc/north")
    texts = [text for _, text in found.texts]
    assert "2 January 1850" in texts
    assert "6 May 2024, 07:08:09 UTC" in texts
    assert {"datetime": "2024-05-06T07:08:09Z"} in found.all("time")
    assert texts[texts.index("South Korea") + 1] == "235"
    assert texts[texts.index("Greece") + 1] == "EL"


def test_a_name_that_a_shape_gives_to_several_properties_names_none_of_them(seaside: FlaskClient) -> None:
    assert sorted(terms(seaside, "/doc/boat1")) == [
        "built at",
        "label",
        "moored at",
        "seen at",
        "size",
        "type",
    ]


def test_a_class_without_a_label_is_called_by_its_shape(seaside: FlaskClient) -> None:
    assert "Sight to see" in [text for _, text in page(seaside, "/doc/pier").texts]


# --- Neighbours


def drawn(client: FlaskClient, path: str) -> Page:
    html = client.get(path, headers={"Accept": "text/html"}).text
    return Page(html[html.index("<svg") : html.index("</svg>") + 6])


def test_the_neighbourhood_is_bounded_and_says_what_it_leaves_out(seaside: FlaskClient) -> None:
    found = drawn(seaside, "/doc/north")
    nodes = [link for link in found.all("a") if "data-around" in link]
    assert 10 <= len(nodes) <= 18
    (more,) = [link for link in found.all("a") if link.get("class") == "rest"]
    listing = page(seaside, more["href"])
    assert "40 in all; from number 1 on." in listing.text
    boats = [text for _, text in found.texts if text.startswith("linked from, by moored at: ")]
    assert f"and {40 - len(boats)} more by moored at" in [text for _, text in found.texts]


def test_the_same_data_give_the_same_drawing_and_each_node_is_a_link_with_a_name(
    seaside: FlaskClient,
) -> None:
    paths = {seaside.get("/doc/north.html").text for _ in range(3)}
    assert len(paths) == 1
    nodes = [link for link in drawn(seaside, "/doc/north").all("a") if "data-around" in link]
    titles = [text for _, text in drawn(seaside, "/doc/north").texts if ": " in text]
    assert len(titles) == len(nodes)
    places = [(rect["x"], rect["y"]) for rect in drawn(seaside, "/doc/north").all("rect")]
    assert len(places) == len(set(places))
    assert {float(rect["height"]) for rect in drawn(seaside, "/doc/north").all("rect")} == {24}


def test_every_node_of_the_drawing_is_in_the_list_beside_it(seaside: FlaskClient) -> None:
    html = seaside.get("/doc/north.html").text
    drawing, rest = html[html.index("<svg") : html.index("</svg>")], html[html.index("</svg>") + 6 :]
    beside = rest[: rest.index("</figure>")]
    links = {link["href"] for link in Page(drawing).all("a")}
    assert len(links) > 10
    assert links == {link["href"] for link in Page(beside).all("a")}


def test_a_neighbourhood_has_a_page_of_its_own_at_each_node(seaside: FlaskClient) -> None:
    for link in drawn(seaside, "/doc/north").all("a"):
        if "data-around" in link:
            answer = seaside.get(link["data-around"], headers={"Accept": "text/html"})
            assert answer.status_code == 200
            assert "Neighbours" in [text for _, text in read_page(answer.text).headings]
    assert seaside.get("/doc/north.html?view=other").status_code == 400


def test_hostile_names_and_iris_are_inert_in_the_drawing(seaside: FlaskClient) -> None:
    found = page(seaside, "/doc/bad")
    assert all(script.get("src", "").startswith("/static/") for script in found.all("script"))
    links = drawn(seaside, "/doc/bad").all("a")
    assert any("javascript%3Aalert" in link["href"] for link in links)
    assert all(link["href"].startswith("/") for link in links)
    assert "near: </text></svg><script>alert(3)</script>" in [
        text for _, text in drawn(seaside, "/doc/north").texts
    ]


# --- The source


def lines_of(client: FlaskClient, path: str) -> list[str]:
    html = client.get(path, headers={"Accept": "text/html"}).text
    listed = html[html.index('<ol class="lines">') : html.index("</ol>", html.index('<ol class="lines">'))]
    return re.findall(r"<li[^>]*>(.*?)</li>", listed, re.DOTALL)


def words(line: str) -> str:
    text = " ".join(part for _, part in Page(f"<div>{line}</div>").texts)
    return re.sub(r"\s+", " ", text)


def test_a_source_is_shown_line_by_line_as_far_as_it_is_quoted(seaside: FlaskClient) -> None:
    found = lines_of(seaside, "/doc/log")
    assert [words(line) for line in found] == [
        "1 High water .",
        "2 Jo <keeps> the gate. States something about North harbour",
        "3 It was States something about North harbour",
        "4 built in 1850",
        "2 lines that nothing is quoted from",
        "7 end",
    ]


def test_a_quote_leads_to_its_own_words_in_the_source(seaside: FlaskClient) -> None:
    links = {link["href"] for link in page(seaside, "/doc/north").all("a")}
    assert "/doc/log#char=33,53" in links
    assert "/doc/log#char=12,14" in links
    html = seaside.get("/doc/log.html").text
    assert '<span id="char=12,14">' in html
    assert re.search(r'<span id="char=12,14">(<span[^>]*></span>)*Jo</span>', html)
    assert '<span id="char=33,53" class="over2"></span>' in html
    assert all(f'id="L{number}"' in html for number in (1, 2, 3, 4, 7))
    assert 'id="char=12,14;quote"' in html


def test_passages_that_contradict_each_other_make_no_text(tmp_path: Path) -> None:
    data = (SEASIDE / "data" / "log.trig").read_text().replace('oa:exact "Jo" .', 'oa:exact "Al" .')
    project = project_of(tmp_path, log__trig=data)
    (project / "graphsvc.toml").write_text('[project]\nbase = "http://example.org/seaside"\n')
    with served(project) as client:
        html = client.get("/doc/log.html").text
        assert '<ol class="lines">' not in html
        assert '<section class="part" id="char=12,14">' in html


def test_every_line_of_the_shipped_source_leads_to_what_it_is_about(shipped: FlaskClient) -> None:
    found = [words(line) for line in lines_of(shipped, "/doc/source/dg-cnect")]
    (line,) = [line for line in found if line.startswith("37 ")]
    assert line.startswith("37 Regulation com(2021)281 States something about Amendment of Regulation")
    assert len(shipped.get("/doc/source/dg-cnect.html").data) < 120_000


# --- Questions


def test_each_question_is_a_query_that_is_answered(seaside: FlaskClient) -> None:
    html = seaside.get("/doc/north.html").text
    part = html[html.index('aria-label="Query this"') :]
    links = [link["href"] for link in Page(part[: part.index("</nav>")]).all("a")]
    assert len(links) == 3
    rows = []
    for link in links:
        text = parse_qs(urlsplit(link).query)["query"][0]
        answer = seaside.get("/sparql", query_string={"query": text}, headers={"Accept": "text/csv"})
        assert answer.status_code == 200
        rows.append(len(answer.text.splitlines()) - 1)
    # Its own statements; 40 boats, a harbour and a statement about it; two harbours.
    assert rows == [17, 42, 2]


# --- In the terms of schema.org


def test_what_the_ontology_aligns_is_embedded_in_the_terms_of_schema_org(seaside: FlaskClient) -> None:
    found = embedded(seaside, "/doc/north")
    assert found is not None
    assert found["@type"] == "CivicStructure"
    assert found["name"] == {"@language": "en", "@value": "North harbour"}
    assert found["foundingDate"] == "1850-01-02"
    assert found["sameAs"] == "http://elsewhere.example/north"
    assert found["description"]["@value"] == "</script><script>alert(1)</script>"
    assert found["url"] == "http://example.org/seaside/doc/north"
    assert set(found) == {"@context", "@id", "@type", "url", "name", "foundingDate", "sameAs", "description"}


def test_what_is_embedded_cannot_end_its_element(seaside: FlaskClient) -> None:
    html = seaside.get("/doc/north.html").text
    assert "<script>alert" not in html
    assert len(page(seaside, "/doc/north").all("script")) <= 2


@pytest.mark.parametrize("path", ["/doc/boat1", "/doc/jo", "/describe?iri=http://eurovoc.europa.eu/235"])
def test_nothing_is_embedded_where_no_class_is_one_of_schema_org(seaside: FlaskClient, path: str) -> None:
    assert embedded(seaside, path) is None


def test_each_instrument_and_organisation_of_the_shipped_graph_is_embedded_with_real_terms(
    shipped: FlaskClient,
) -> None:
    query = (
        "PREFIX dg: <https://w3id.org/eu-dg/def/dg#> PREFIX cv: <http://data.europa.eu/m8g/>\n"
        "SELECT DISTINCT ?x { { ?x a dg:Instrument } UNION { ?x a cv:PublicOrganisation } }"
    )
    rows = shipped.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"}).text
    kinds: dict[str, int] = {}
    for iri in rows.split()[1:]:
        found = embedded(shipped, iri.replace("https://w3id.org/eu-dg/id/", "/doc/"))
        assert found is not None
        kinds[found["@type"]] = kinds.get(found["@type"], 0) + 1
        quads = list(ox.parse(json.dumps(found).encode(), ox.RdfFormat.JSON_LD))
        assert quads
        for quad in quads:
            for term in (quad.predicate, quad.object):
                if isinstance(term, ox.NamedNode) and term.value.startswith(SCHEMA):
                    assert term.value.removeprefix(SCHEMA) in SDO, term
    assert kinds == {"Legislation": 14, "CreativeWork": 1, "GovernmentOrganization": 5}


def test_an_instrument_is_legislation_with_its_number_date_and_type(shipped: FlaskClient) -> None:
    found = embedded(shipped, "/doc/instrument/com-2021-281")
    assert found is not None
    assert found["@id"] == "https://w3id.org/eu-dg/id/instrument/com-2021-281"
    assert found["legislationIdentifier"] == "52021PC0281"
    assert found["legislationDate"] == "2021-06-03"
    assert found["legislationType"]["name"]["@value"] == "Proposal for a regulation"
    assert found["sameAs"] == "http://publications.europa.eu/resource/celex/52021PC0281"
