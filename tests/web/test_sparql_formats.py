"""What an answer is written in: by Accept, or by name. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1"""

from __future__ import annotations

import csv
import io
import json
import time
import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from made_projects import CHROME, FIREFOX
from werkzeug.test import TestResponse

from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS, Format, Kind
from graphsvc.rdf import read_document

SELECT = "SELECT ?s ?l { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l } ORDER BY ?l"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }"
DESCRIBE = "DESCRIBE <id/book/emma>"
RESULTS = "http://www.w3.org/2005/sparql-results#"


def ask(client: FlaskClient, text: str, accept: str | None = None, **parameters: str) -> TestResponse:
    more = "".join(f"&{name}={quote(value)}" for name, value in parameters.items())
    headers = {} if accept is None else {"Accept": accept}
    return client.get(f"/sparql?query={quote(text)}{more}", headers=headers)


def type_of(response: TestResponse) -> str:
    assert response.status_code == 200, response.text
    return response.mimetype


@pytest.mark.parametrize("result", RESULTS_FORMATS, ids=lambda f: f.name)
@pytest.mark.parametrize("text", [SELECT, "ASK {}"], ids=["SELECT", "ASK"])
def test_a_results_format_is_had_by_its_media_type(library: FlaskClient, text: str, result: Format) -> None:
    response = ask(library, text, result.media_type)
    assert response.content_type == result.content_type
    assert response.headers["Content-Length"] == str(len(response.data))
    assert "Accept" in response.headers["Vary"]
    assert ask(library, text, format=result.name).data == response.data


@pytest.mark.parametrize("result", GRAPH_FORMATS, ids=lambda f: f.name)
@pytest.mark.parametrize("text", [CONSTRUCT, DESCRIBE], ids=["CONSTRUCT", "DESCRIBE"])
def test_a_graph_is_had_by_media_type_and_reads_back(library: FlaskClient, text: str, result: Format) -> None:
    response = ask(library, text, result.media_type)
    assert response.content_type == result.content_type
    plain = ask(library, text, "application/n-triples").data.decode().splitlines()
    again = {f"{quad.triple} ." for quad in read_document(response.data, result)}
    assert again == set(plain)
    assert len(again) > 5
    assert ask(library, text, format=result.name).data == response.data


def test_json_is_as_the_standard_says(library: FlaskClient) -> None:
    answer = json.loads(ask(library, SELECT).data)
    assert answer["head"]["vars"] == ["s", "l"]
    labels = [row["l"] for row in answer["results"]["bindings"]]
    assert {"type": "literal", "value": "Germinal", "xml:lang": "fr"} in labels


def test_xml_is_in_the_standard_s_namespace(library: FlaskClient) -> None:
    root = ET.fromstring(ask(library, SELECT, "application/sparql-results+xml").data)
    assert root.tag == f"{{{RESULTS}}}sparql"
    assert len(root.findall(f".//{{{RESULTS}}}result")) == 10


def test_csv_has_plain_values_and_dos_line_ends(library: FlaskClient) -> None:
    body = ask(library, SELECT, "text/csv").data
    assert body.startswith(b"s,l\r\n")
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    assert ["http://example.org/library/id/book/tab", 'Tab\tand "quote", comma\nline'] in rows


def test_tsv_has_terms(library: FlaskClient) -> None:
    lines = ask(library, SELECT, "text/tab-separated-values").data.decode().split("\n")
    assert lines[0] == "?s\t?l"
    assert '<http://example.org/library/id/book/germinal>\t"Germinal"@fr' in lines


def test_csv_is_saved_and_never_sniffed(library: FlaskClient) -> None:
    response = ask(library, "SELECT ('=cmd()' AS ?v) {}", "text/csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.data == b"v\r\n=cmd()\r\n"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv;q=0.1, text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("application/sparql-results+json;q=0.4, application/sparql-results+xml;q=0.5", None),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("text/*", "text/csv"),
        ("text/*, text/csv;q=0", "text/tab-separated-values"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;q=2, text/tab-separated-values", "text/tab-separated-values"),
        ("text/csv;q=abc, */*;q=0.1", "application/sparql-results+json"),
        ("image/png, text/csv;q=0.001", "text/csv"),
        (FIREFOX, "text/html"),
        (CHROME, "text/html"),
        ("text/html;q=0.3, text/csv", "text/csv"),
    ],
)
def test_accept_decides_for_a_table(library: FlaskClient, accept: str | None, expected: str | None) -> None:
    assert type_of(ask(library, SELECT, accept)) == (expected or "application/sparql-results+xml")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/*", "text/turtle"),
        ("application/json", "application/ld+json"),
        ("application/rdf+xml;q=0.8, text/turtle;q=0.9", "text/turtle"),
        ("text/turtle;q=0, application/*", "application/ld+json"),
        ("text/plain", "application/n-triples"),
        (FIREFOX, "text/html"),
        # What rdflib and Raptor send.
        (
            "application/rdf+xml,text/rdf+n3;q=0.9,application/xhtml+xml;q=0.5, */*;q=0.1",
            "application/rdf+xml",
        ),
        ("text/turtle;q=1.0, application/rdf+xml;q=0.9, text/html;q=0.2", "text/turtle"),
    ],
)
def test_accept_decides_for_a_graph(library: FlaskClient, accept: str | None, expected: str) -> None:
    assert type_of(ask(library, CONSTRUCT, accept)) == expected


@pytest.mark.parametrize(
    "accept", ["image/png", "*/*;q=0", "text/turtle", "application/sparql-results+json;q=0"]
)
def test_what_cannot_be_had_is_refused_with_what_there_is(library: FlaskClient, accept: str) -> None:
    response = ask(library, SELECT, accept)
    assert response.status_code == 406
    assert response.json is not None
    assert response.json["offers"] == [*(one.media_type for one in RESULTS_FORMATS), "text/html"]
    assert "Accept" in response.headers["Vary"]


def test_a_table_has_no_rdf_and_a_graph_no_csv(library: FlaskClient) -> None:
    assert ask(library, SELECT, format="ttl").status_code == 400
    response = ask(library, CONSTRUCT, format="csv")
    assert response.status_code == 400
    assert response.json is not None
    assert "there are ttl, jsonld, nt, rdf, trig, nq, html" in response.json["detail"]


def test_a_format_may_be_named_once(library: FlaskClient) -> None:
    assert library.get("/sparql?query=ASK{}&format=csv&format=tsv").status_code == 400


def test_a_named_format_beats_accept(library: FlaskClient) -> None:
    assert type_of(ask(library, SELECT, FIREFOX, format="csv")) == "text/csv"
    assert type_of(ask(library, SELECT, "text/csv", format="html")) == "text/html"


@pytest.mark.parametrize(
    "accept",
    [
        ",".join(f"a/b{number}" for number in range(10_000)),
        ",".join(["text/html;q=0.5"] * 10_000),
        "a" * 100_000,
        ";q=0." * 20_000,
        '"' * 30_000,
        ",".join(['a/b;x="'] * 10_000),
    ],
    ids=["many", "repeated", "long", "parameters", "quotes", "unclosed"],
)
def test_a_hostile_accept_is_answered_fast(library: FlaskClient, accept: str) -> None:
    start = time.monotonic()
    assert ask(library, "ASK {}", accept).status_code in (200, 406)
    assert time.monotonic() - start < 2


def test_every_dataset_syntax_of_the_table_was_tried() -> None:
    assert {one.name for one in GRAPH_FORMATS if one.kind is Kind.DATASET} == {"jsonld", "trig", "nq"}
