"""RDF 1.2 and SPARQL 1.2, as far as the engine has them: triple terms, base directions, versions of formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from graphsvc.errors import NotAcceptable
from graphsvc.formats import GRAPH_FORMATS, JSON_LD, VERSIONED, Format
from graphsvc.store import Write
from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, application
from tests.store.adapters import Kept

TURTLE = """VERSION "1.2"
PREFIX : <http://example.org/library/id/>
:a :says <<( :s :p "x"@ar--rtl )>> ; :label "y"@en--ltr .
:s :p :o ~ :r {| :by :b |} .
"""
A = "http://example.org/library/id/a"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    file = TokenFile(tmp_path_factory.mktemp("tokens") / "tokens.json")
    token = {
        "Authorization": f"Bearer {file.new('w', ['write'])}",
        "Content-Type": "text/turtle; version=1.2",
    }
    with application(LIBRARY, tokens=str(file.path)) as client:
        assert client.put("/graph-store?graph=urn:g", data=TURTLE, headers=token).status_code == 201
        yield client


def ask(client: FlaskClient, text: str, accept: str = "application/sparql-results+json"):  # type: ignore[no-untyped-def]
    response = client.get(f"/sparql?query={quote(text)}", headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return response


def test_triple_terms_are_matched_made_and_taken_apart(client: FlaskClient) -> None:
    text = """PREFIX : <http://example.org/library/id/>
      SELECT ?who (SUBJECT(?t) AS ?s) (PREDICATE(?t) AS ?p) (TRIPLE(?p, ?p, ?s) AS ?made) (LANGDIR(?l) AS ?d) {
        :a :says ?t ; :label ?l . << :s :p ?o >> :by ?who . FILTER(isTRIPLE(?t)) }"""
    [row] = json.loads(ask(client, text).data)["results"]["bindings"]
    assert row["who"]["value"] == "http://example.org/library/id/b"
    assert row["made"]["type"] == "triple"
    assert row["d"]["value"] == "ltr"


@pytest.mark.parametrize("syntax", [one for one in GRAPH_FORMATS if one is not JSON_LD], ids=lambda f: f.name)
@pytest.mark.parametrize("path", ["/graph-store?graph=urn:g", f"/describe?iri={quote(A)}", "/id/a"])
def test_a_graph_with_triple_terms_comes_back_whole(client: FlaskClient, syntax: Format, path: str) -> None:
    asked = {"Accept": f"{syntax.media_type}; version=1.2"}
    response = client.get(path, headers=asked, follow_redirects=True)
    assert response.status_code == 200, response.text
    assert response.content_type.endswith("; version=1.2")
    wanted = ox.RdfFormat.from_media_type(syntax.media_type)
    assert wanted is not None
    objects = [str(quad.object) for quad in ox.parse(response.data, wanted)]
    term = '<http://example.org/library/id/s> <http://example.org/library/id/p> "x"@ar--rtl'
    assert term in objects
    assert '"y"@en--ltr' in objects


def test_what_a_format_cannot_carry_is_said(client: FlaskClient) -> None:
    for path in ("/graph-store?graph=urn:g", f"/describe?iri={quote(A)}"):
        response = client.get(path, headers={"Accept": JSON_LD.media_type})
        assert response.status_code == 406, response.text
        assert "JSON-LD" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "accept", ["text/html", "text/csv", "application/sparql-results+xml", "text/tab-separated-values"]
)
def test_results_with_triple_terms_have_each_format(client: FlaskClient, accept: str) -> None:
    body = ask(client, f"SELECT ?o {{ <{A}> ?p ?o }}", accept).get_data(as_text=True)
    assert "http://example.org/library/id/s" in body or "id/s" in body


def test_the_page_of_a_thing_shows_its_triple_terms(client: FlaskClient) -> None:
    page = client.get(f"/describe?iri={quote(A)}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "triple term" in page.text
    assert "«" in page.text


def test_the_version_is_told_to_who_asks_for_it(client: FlaskClient) -> None:
    for one in sorted(VERSIONED, key=lambda each: each.name):
        query = "CONSTRUCT { <urn:a> <urn:b> 1 } WHERE {}" if one in GRAPH_FORMATS else "ASK {}"
        for asked, told in (
            ("", False),
            (";version=1.1", False),
            (';version="1.2"', True),
            (";version=1.2-basic", True),
        ):
            response = ask(client, query, one.media_type + asked)
            assert ("version=1.2" in response.content_type) == told
    unknown = client.get(
        "/sparql?query=ASK%7B%7D", headers={"Accept": "application/sparql-results+json;version=9"}
    )
    assert unknown.status_code == 406


def test_a_reader_process_says_the_same_of_what_a_format_cannot_carry(tmp_path: Path) -> None:
    with Kept(tmp_path) as store:
        store.write(Write("put", TURTLE.encode(), "urn:g", "text/turtle"))
        with pytest.raises(NotAcceptable) as caught:
            store.graph("urn:g", JSON_LD)
        assert "text/turtle" in caught.value.offers


def test_the_other_pages_do_not_mind(client: FlaskClient) -> None:
    for path in ("/", "/ontology", "/shapes", "/dataset", "/dataset.nq", "/dataset.ttl"):
        assert client.get(path, headers={"Accept": "text/html, */*"}).status_code == 200, path
