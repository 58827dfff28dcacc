"""`/validate`: every way to send data, every form of the report, and what is no data is never a report."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from tests.conftest import LIBRARY, application

BASE = "http://example.org/library"
GOOD = f'<{BASE}/id/book/a> a <{BASE}/def/lib#Book> ; <http://purl.org/dc/terms/title> "A" .'
BAD = f"<{BASE}/id/book/a> a <{BASE}/def/lib#Book> ."
NO_BOOKS = f"""@prefix sh: <http://www.w3.org/ns/shacl#> .
<http://x/S> a sh:NodeShape ; sh:targetClass <{BASE}/def/lib#Book> ;
    sh:nodeKind sh:Literal ; sh:severity sh:Warning .
"""
FORM = "multipart/form-data"
RESULT = ox.NamedNode("http://www.w3.org/ns/shacl#result")
SYNTAXES = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}


def posted(client: FlaskClient, body: bytes | str, content_type: str = "text/turtle", **headers: str):  # type: ignore[no-untyped-def]
    headers.setdefault("Accept", "application/json")
    return client.post("/validate", data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("content_type", SYNTAXES)
def test_data_are_read_in_every_syntax(library: FlaskClient, content_type: str) -> None:
    for text, conforms in ((GOOD, True), (BAD, False)):
        quads = [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)]
        body = ox.serialize(quads, format=SYNTAXES[content_type])
        answer = posted(library, body, content_type)
        assert answer.status_code == 200
        assert answer.json["conforms"] is conforms


@pytest.mark.parametrize("name", ["ttl", "nt", "rdf", "jsonld"])
def test_the_report_is_rdf_and_the_same_in_every_syntax(library: FlaskClient, name: str) -> None:
    def report(format_name: str) -> ox.Dataset:
        answer = library.post(f"/validate?format={format_name}", data=BAD, content_type="text/turtle")
        assert answer.status_code == 200
        found = ox.Dataset(q.triple and q for q in ox.parse(answer.data, SYNTAXES[answer.mimetype]))
        found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        return found

    found = report(name)
    assert set(found) == set(report("ttl"))
    assert len([quad for quad in found if quad.predicate == RESULT]) == 1


def test_the_report_is_json_text_and_a_page(library: FlaskClient) -> None:
    report = posted(library, BAD).json
    assert report["conforms"] is False
    assert "A book has a title: add dct:title." in json.dumps(report)
    text = posted(library, BAD, Accept="text/plain").text
    assert text.startswith("violation: ")
    assert text.endswith("The data do not conform: 1 violation.\n")
    page = posted(library, BAD, Accept="text/html").text
    assert "A book has a title: add dct:title." in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("name", "media_type", "begins"),
    [
        ("csv", "text/csv", "severity,document,line,column,"),
        ("sarif", "application/sarif+json", "{"),
        ("junit", "application/junit+xml", "<?xml"),
        ("github", "text/x-github-annotations", "::error file=body,line=1,"),
    ],
)
def test_the_report_is_what_tools_read(library: FlaskClient, name: str, media_type: str, begins: str) -> None:
    asked = library.post("/validate", data=BAD, content_type="text/turtle", headers={"Accept": media_type})
    named = library.post(f"/validate?format={name}", data=BAD, content_type="text/turtle")
    assert asked.status_code == named.status_code == 200
    assert asked.mimetype == named.mimetype == media_type
    assert asked.data == named.data
    assert asked.text.startswith(begins)
    assert ("attachment" in asked.headers.get("Content-Disposition", "")) == (name == "csv")


def test_a_report_points_at_the_line_and_says_what_to_do(library: FlaskClient) -> None:
    [result] = posted(library, f"# é\n  {BAD}").json["results"]
    assert (
        result["location"] | {"line": 2, "column": 3, "document": "body", "text": f"  {BAD}"}
        == result["location"]
    )
    assert result["remedy"] == "Add at least one dct:title."
    page = posted(library, f"# é\n  {BAD}", Accept="text/html").text
    assert "body:2:3" in page
    assert "  ^^^^" in page
    assert "Add at least one dct:title." in page


def test_files_of_a_form_are_merged_and_shapes_may_be_sent(library: FlaskClient) -> None:
    fields = {
        "data": [(io.BytesIO(GOOD.encode()), "a.ttl"), (io.BytesIO(gzip.compress(BAD.encode())), "b.ttl.gz")],
        "shapes": (io.BytesIO(NO_BOOKS.encode()), "s.ttl"),
    }
    answer = library.post("/validate?format=json", data=fields, content_type=FORM)
    assert answer.status_code == 200
    assert "http://x/S" in answer.text
    assert "dct:title" not in answer.text


def test_texts_of_a_form_are_validated(library: FlaskClient) -> None:
    fields = {
        "data_text": BAD,
        "data_format": "ttl",
        "shapes_text": NO_BOOKS,
        "shapes_format": "ttl",
        "format": "txt",
    }
    answer = library.post("/validate", data=fields, content_type=FORM)
    assert answer.status_code == 200
    assert "The data do not conform: 1 warning." in answer.text


def test_the_page_has_a_form_that_works_without_script(library: FlaskClient) -> None:
    page = library.get("/validate", headers={"Accept": "text/html"}).text
    assert re.search(r'<form[^>]*method="post"[^>]*enctype="multipart/form-data"', page)
    assert "<script" not in page


@pytest.mark.parametrize(
    ("body", "content_type", "status", "says"),
    [
        (b"<a", "text/turtle", 400, "line"),
        (b"\xff", "text/turtle", 400, ""),
        (b"x", "image/png", 415, ""),
        (b"x", "", 415, ""),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "application/rdf+xml", 400, ""),
        (b'{"@context": "http://127.0.0.1:1/", "a": 1}', "application/ld+json", 400, ""),
        (b'{"@context": "file:///etc/passwd", "a": 1}', "application/ld+json", 400, ""),
    ],
)
def test_what_is_no_data_is_an_error_and_no_report(
    library: FlaskClient, body: bytes, content_type: str, status: int, says: str
) -> None:
    answer = posted(library, body, content_type)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert says in answer.text
    assert "conforms" not in answer.json
    assert "root:" not in answer.text


def test_broken_shapes_are_an_error_with_their_place(library: FlaskClient) -> None:
    fields = {"data_text": BAD, "data_format": "ttl", "shapes_text": "\n<a", "shapes_format": "ttl"}
    answer = library.post("/validate?format=json", data=fields, content_type=FORM)
    assert answer.status_code == 400
    assert (answer.json or {})["line"] == 2


def test_what_is_packed_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    with application(LIBRARY, max_upload_bytes=100_000) as client:
        assert posted(client, bomb, **{"Content-Encoding": "gzip"}).status_code == 413
        assert posted(client, b" " * 200_000).status_code == 413
        assert posted(client, gzip.compress(BAD.encode()), **{"Content-Encoding": "gzip"}).status_code == 200
        assert (
            posted(client, gzip.compress(BAD.encode())[:-9], **{"Content-Encoding": "gzip"}).status_code
            == 400
        )
        assert posted(client, BAD, **{"Content-Encoding": "br"}).status_code == 415


def test_a_field_that_is_misspelt_is_not_passed_over(library: FlaskClient) -> None:
    answer = library.post("/validate", data={"data_text": GOOD, "shape_text": "x"}, content_type=FORM)
    assert answer.status_code == 400
    assert "shape_text" in answer.text


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        (GOOD, [], 0),
        (BAD, [], 1),
        ("<a", [], 2),
        (BAD, ["--shapes", "nowhere.ttl"], 2),
        (BAD, ["--format", "pdf"], 2),
        (BAD, ["--severity", "violation"], 1),
    ],
)
def test_the_command_tells_by_its_exit_status(
    tmp_path: Path, text: str, options: list[str], status: int
) -> None:
    data = tmp_path / "data.ttl"
    data.write_text(text)
    command = [sys.executable, "-m", "graphsvc", "validate", str(data), "--project", str(LIBRARY), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr
    assert bool(done.stderr) == (status == 2)
    assert "Traceback" not in done.stderr
