"""Linked data: which IRI answers where, in which form. https://www.w3.org/TR/cooluris/"""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from made_projects import CHROME, FIREFOX, LIBRARY, served

from graphsvc.formats import GRAPH_FORMATS, HTML, N_QUADS, TRIG, Format
from graphsvc.rdf.reading import engine_format

BASE = "http://example.org"
EMMA = "/doc/book/emma"
# What RDF tools send.
RAPPER = (
    "application/n-triples, text/plain;q=0.1, application/rdf+xml, application/x-rdf+xml;q=0.8, "
    "text/turtle, application/x-turtle, application/turtle, application/trig, application/n-quads, "
    "text/x-nquads, text/html;q=0.2, application/xhtml+xml;q=0.4, */*;q=0.1"
)
RDFLIB = "application/rdf+xml,text/rdf+n3;q=0.9,application/xhtml+xml;q=0.5, */*;q=0.1"
JENA = (
    "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,"
    "application/n-quads,application/trig;q=0.9,*/*;q=0.3"
)


def quads(body: bytes, syntax: Format) -> set[ox.Quad]:
    return set(ox.parse(body, engine_format(syntax)))


def test_a_thing_redirects_to_the_document_about_it(library: FlaskClient) -> None:
    answer = library.get("/id/book/emma")
    assert answer.status_code == 303
    assert answer.headers["Location"] == EMMA
    assert "Accept" in answer.headers["Vary"]
    assert answer.data == b""
    assert "Content-Type" not in answer.headers


def test_the_redirect_keeps_the_parameters(library: FlaskClient) -> None:
    assert library.get("/id/book/emma?format=nt").headers["Location"] == f"{EMMA}?format=nt"


@pytest.mark.parametrize("path", ["/id/book/none", "/doc/book/none", "/none", "/id/", "/id", "/doc/"])
def test_an_iri_of_which_nothing_is_known_is_not_found(library: FlaskClient, path: str) -> None:
    answer = library.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["type"].endswith("/problems#not-found")
    assert library.get(path, headers={"Accept": FIREFOX}).mimetype == "text/html"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/*", "text/turtle"),
        (FIREFOX, "text/html"),
        (CHROME, "text/html"),
        (RAPPER, "text/turtle"),
        (RDFLIB, "application/rdf+xml"),
        (JENA, "text/turtle"),
        ("text/html, text/turtle", "text/turtle"),
        ("text/html, text/turtle;q=0.9", "text/html"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("application/trig, */*;q=0", "application/trig"),
    ],
)
def test_the_accept_header_chooses_the_form(library: FlaskClient, accept: str | None, expected: str) -> None:
    answer = library.get(EMMA, headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == expected


def test_a_form_that_there_is_not_is_not_acceptable(library: FlaskClient) -> None:
    answer = library.get(EMMA, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.get_json()["offers"]
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("syntax", [*GRAPH_FORMATS, HTML], ids=lambda syntax: syntax.name)
def test_every_way_to_ask_for_a_form_gives_the_same_bytes(library: FlaskClient, syntax: Format) -> None:
    negotiated = library.get(EMMA, headers={"Accept": syntax.media_type})
    assert negotiated.mimetype == syntax.media_type
    assert negotiated.headers["Content-Location"] == f"{EMMA}{syntax.suffix}"
    for url in (
        EMMA + syntax.suffix,
        f"{EMMA}?format={syntax.name}",
        f"{EMMA}?_mediatype={syntax.media_type}",
        f"{EMMA}?_mediatype={syntax.media_type.replace('+', '%2B')}",
    ):
        named = library.get(url, headers={"Accept": "text/html;q=0.1, */*"})
        assert named.data == negotiated.data
        assert named.headers["ETag"] == negotiated.headers["ETag"]
        assert named.headers["Content-Location"] == f"{EMMA}{syntax.suffix}"


def test_two_names_for_the_form_that_differ_are_refused(library: FlaskClient) -> None:
    assert library.get(f"{EMMA}?format=ttl&_mediatype=text/html").status_code == 400
    assert library.get(f"{EMMA}?format=pdf").status_code == 400


@pytest.mark.parametrize("syntax", GRAPH_FORMATS, ids=lambda syntax: syntax.name)
def test_the_document_holds_all_statements_and_what_is_said_of_itself(
    library: FlaskClient, syntax: Format
) -> None:
    found = quads(library.get(EMMA + syntax.suffix).data, syntax)
    library_base = "http://example.org/library"
    emma, document = ox.NamedNode(f"{library_base}/id/book/emma"), ox.NamedNode(f"{library_base}{EMMA}")
    assert {str(quad.subject) for quad in found} == {str(emma), str(document)}
    default = [quad for quad in found if isinstance(quad.graph_name, ox.DefaultGraph)]
    assert len([quad for quad in default if quad.subject == emma]) == 7
    topic = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
    assert ox.Quad(document, topic, emma) in found
    graphs = {str(quad.graph_name) for quad in found}
    named = {f"<{library_base}/graph/{name}>" for name in ("books", "loans/2020", "loans/2021")}
    assert graphs == (named | {"DEFAULT"} if syntax in (TRIG, N_QUADS) else {"DEFAULT"})
    assert {quad.triple for quad in found} == {quad.triple for quad in default}


def test_blank_nodes_come_with_the_resource_to_their_end(people: FlaskClient) -> None:
    body = people.get("/alice.nt").text
    for text in ('"home"', '"1 High Street"', '"Anytown"', '"the last line"'):
        assert text in body


def test_a_resource_that_others_only_refer_to_is_described_by_what_refers_to_it(people: FlaskClient) -> None:
    assert people.get("/ghost.nt").text == (
        f"<{BASE}/alice> <http://xmlns.com/foaf/0.1/knows> <{BASE}/ghost> .\n"
    )
    assert people.get("/def/likes.nt").text.count("<http://example.org/def/likes>") == 3


def test_a_document_is_there_if_only_a_part_of_it_is_referred_to(people: FlaskClient) -> None:
    assert f"<{BASE}/id/both>" in people.get("/nowhere.nt").text
    assert 'id="part"' in people.get("/nowhere.html").text


def test_an_iri_that_is_no_thing_answers_where_it_stands(people: FlaskClient) -> None:
    answer = people.get("/alice")
    assert answer.status_code == 200
    assert answer.headers["Content-Location"] == "/alice.ttl"
    assert "primaryTopic" not in answer.text


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/item?id=5", "Item five"),
        ("/item?id=5&format=ttl", "Item five"),
        ("/team/", "The team"),
        ("/report.ttl", "A report that is called report.ttl"),
        ("/report.ttl.ttl", "A report that is called report.ttl"),
        ("/doc/notes.html", "A thing called notes.html"),
        ("/doc/notes", "Notes"),
        ("/doc/notes.ttl", "Notes"),
        ("/doc/m%C3%BCnchen", "München"),
        ("/doc/münchen", "München"),
        ("/doc/caf%C3%A9", "Café"),
        ("/doc/caf%c3%a9", "Café"),
        ("/doc/café", "Café"),
        ("/doc/a%2Fb", "A slash inside"),
        ("/doc/a/b", "A slash between"),
        ("/doc/(x)'y!", "Signs"),
        ("/doc/%28x%29%27y%21", "Signs"),
        ("/doc/page", "A document"),
    ],
)
def test_hard_names_are_found(people: FlaskClient, path: str, label: str) -> None:
    answer = people.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/turtle"
    labels = {str(quad.object.value) for quad in quads(answer.data, GRAPH_FORMATS[0])}
    assert label in labels


def test_a_form_whose_suffix_would_name_another_resource_is_named_by_parameter(people: FlaskClient) -> None:
    answer = people.get("/doc/notes", headers={"Accept": "text/html"})
    assert answer.headers["Content-Location"] == "/doc/notes?format=html"
    assert "</doc/notes?format=html>" in people.get("/doc/notes").headers["Link"]
    assert people.get("/item?id=5").headers["Content-Location"] == "/item?id=5&format=ttl"
    assert people.get("/team/").headers["Content-Location"] == "/team/?format=ttl"


def test_a_location_is_percent_encoded(people: FlaskClient) -> None:
    assert people.get("/id/münchen").headers["Location"] == "/doc/m%C3%BCnchen"
    assert people.get("/id/a%2Fb").headers["Location"] == "/doc/a%2Fb"


@pytest.mark.parametrize(
    "path",
    [
        "/id/../../etc/passwd",
        "/id/%2e%2e/%2e%2e/etc/passwd",
        "/doc/..%2f..%2fgraphsvc.toml",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/id/%00",
        "/doc/alice%00.ttl",
        "/id/%zz",
        "/id/%",
        "/id/%ff",
        "/id/%ed%a0%80",
        "/id/%252e%252e",
        "/id/caf%25C3%25A9",
        "/id/" + "a" * 65_536,
        "/id/a%0d%0aSet-Cookie:x=1",
        "/id/<script>alert(1)</script>",
        "/id/\"'><x",
        "/doc/alice.ttl.ttl.ttl",
    ],
)
def test_a_hostile_path_is_refused(people: FlaskClient, path: str) -> None:
    answer = people.get(path)
    assert answer.status_code in (400, 404)
    assert "Set-Cookie" not in answer.headers
    page = people.get(path, headers={"Accept": "text/html"})
    assert "<script>alert" not in page.text
    assert page.status_code == answer.status_code


def test_the_services_own_places_win_over_iris(people: FlaskClient) -> None:
    assert "An IRI where the service itself answers" not in people.get("/sparql").text
    assert "An IRI where the service itself answers" in people.get(f"/describe?iri={BASE}/sparql").text


def test_an_ontology_comes_whole_with_all_its_terms(people: FlaskClient) -> None:
    found = quads(people.get("/onto.nq").data, GRAPH_FORMATS[5])
    subjects = {quad.subject.value.removeprefix(BASE) for quad in found}
    assert subjects == {"/onto", "/onto#Person", "/onto#Place", "/onto#Capital", "/onto#born"}
    assert {str(quad.graph_name) for quad in found} == {f"<{BASE}/graph/vocabulary/onto>", "DEFAULT"}


def test_the_version_iri_of_an_ontology_is_the_ontology(people: FlaskClient) -> None:
    version = people.get("/onto/1.0.0")
    assert version.status_code == 200
    assert version.data == people.get("/onto").data
    assert f'<{BASE}/onto>; rel="canonical"' in version.headers["Link"]


def test_a_named_graph_is_its_statements_and_what_is_said_of_it(people: FlaskClient) -> None:
    found = quads(people.get("/graph/source/diary.trig").data, GRAPH_FORMATS[4])
    assert {str(quad.graph_name) for quad in found} == {
        f"<{BASE}/graph/source/diary>",
        f"<{BASE}/graph/meta/diary>",
    }
    assert len(found) == 3


def test_a_source_document_brings_its_passages(people: FlaskClient) -> None:
    body = people.get("/doc/diary.nt").text
    assert f"<{BASE}/doc/diary#char=0,22;quote>" in body
    assert "primaryTopic" not in body


def test_any_iri_can_be_described_wherever_it_belongs(people: FlaskClient) -> None:
    answer = people.get("/describe?iri=http://elsewhere.example/carol&format=nt")
    assert answer.text.startswith("<http://elsewhere.example/carol>")
    assert people.get("/describe?iri=http://elsewhere.example/none").status_code == 404
    assert people.get("/describe?iri=not an iri").status_code == 404
    assert people.get("/describe").status_code == 400
    assert people.get("/describe?iri=a&iri=b").status_code == 400


def test_a_description_comes_with_its_provenance_if_asked(people: FlaskClient) -> None:
    plain = quads(people.get("/doc/walk.nq").data, GRAPH_FORMATS[5])
    full = people.get("/doc/walk?_profile=provenance&format=nq")
    more = quads(full.data, GRAPH_FORMATS[5]) - plain
    assert {quad.subject.value for quad in more} == {f"{BASE}/id/statement/1"}
    assert len({quad.triple for quad in more}) == 7
    iri = f"{BASE}/profiles#provenance"
    assert f'<{iri}>; rel="profile"' in full.headers["Link"]
    by_header = people.get(
        "/doc/walk.nq", headers={"Accept-Profile": f"<{iri}>;q=0.8, <http://unknown.example/>"}
    )
    assert by_header.data == full.data
    assert "Accept-Profile" in by_header.headers["Vary"]
    assert full.headers["ETag"] != people.get("/doc/walk.nq").headers["ETag"]


def test_every_representation_in_the_list_of_alternates_is_there(people: FlaskClient) -> None:
    listed = quads(people.get("/doc/walk?_profile=alt&format=nt").data, GRAPH_FORMATS[2])
    dct = "http://purl.org/dc/terms/"
    formats = {q.subject.value: q.object.value for q in listed if q.predicate.value == dct + "format"}
    assert len(formats) == 3 * len(GRAPH_FORMATS) + 1
    for url, media_type in formats.items():
        answer = people.get(url.removeprefix("http://127.0.0.1:8000"))
        assert answer.status_code == 200
        assert answer.mimetype == media_type
    assert people.get("/doc/walk?_profile=none").status_code == 400


def test_the_same_request_gives_the_same_bytes(people: FlaskClient) -> None:
    with served(LIBRARY.parent / "people") as other:
        for path in (
            "/alice.ttl",
            "/alice.html",
            "/onto.jsonld",
            "/graph/people.trig",
            "/",
            "/shapes?format=html",
        ):
            assert other.get(path).data == people.get(path).data
