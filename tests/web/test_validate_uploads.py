"""Uploads to `/validate`: which syntax a file is in, what is packed, what is cut short, and HTTP around it."""

from __future__ import annotations

import gzip
import io

import pytest
from flask.testing import FlaskClient

from tests.conftest import LIBRARY, application

BASE = "http://example.org/library"
BAD = (
    f"<{BASE}/id/book/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{BASE}/def/lib#Book> .\n".encode()
)
OCTETS = "application/octet-stream"
BOUNDARY = "multipart/form-data; boundary=b"


def upload(client: FlaskClient, *files: tuple[bytes, str, str], **fields: str):  # type: ignore[no-untyped-def]
    data = {"data": [(io.BytesIO(content), name, kind) for content, name, kind in files], **fields}
    return client.post("/validate?format=json", data=data)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (BAD, "a.ttl", OCTETS),
        (BAD, "a.nt", OCTETS),
        (BAD, "A.NT", ""),
        (BAD, "C:\\data\\a.nq", OCTETS),
        (BAD, "no-ending", "text/turtle"),
        (BAD, "wrong.rdf", "application/n-triples"),
        (BAD, "plain.txt", "text/plain"),
        (gzip.compress(BAD), "a.nt.gz", "application/gzip"),
    ],
)
def test_the_type_or_the_ending_tells_the_syntax(
    library: FlaskClient, content: bytes, name: str, kind: str
) -> None:
    answer = upload(library, (content, name, kind))
    assert answer.status_code == 200, answer.text
    assert answer.json["conforms"] is False


def test_a_syntax_that_cannot_be_told_is_asked_for(library: FlaskClient) -> None:
    answer = upload(library, (BAD, "a.bin", OCTETS))
    assert answer.status_code == 415
    assert "data_format" in answer.json["detail"]
    assert upload(library, (BAD, "a.bin", OCTETS), data_format="nt").status_code == 200
    assert upload(library, (BAD, "a.bin", OCTETS), data_format="docx").status_code == 415


def test_an_error_names_the_file_at_fault(library: FlaskClient) -> None:
    answer = upload(library, (BAD, "good.nt", OCTETS), (b"<a", "bad.ttl", OCTETS))
    assert answer.status_code == 400
    assert answer.json["source"] == "bad.ttl"
    assert (answer.json["line"], answer.json["source_line"]) == (1, "<a")


def test_a_file_name_with_markup_is_inert(library: FlaskClient) -> None:
    files = [(io.BytesIO(b"<a"), "<script>alert(1)<x>.ttl", OCTETS)]
    answer = library.post("/validate", data={"data": files}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_blank_nodes_of_two_files_stay_apart_and_the_files_are_merged(library: FlaskClient) -> None:
    title = f'<{BASE}/id/book/a> <http://purl.org/dc/terms/title> "A" .'.encode()
    assert upload(library, (BAD, "a.nt", OCTETS), (title, "b.nt", OCTETS)).json["conforms"] is True


def test_an_ontology_may_be_sent(library: FlaskClient) -> None:
    sub = f"<http://e/Novel> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <{BASE}/def/lib#Book> ."
    novel = b"<http://e/n> a <http://e/Novel> ."
    fields = {"ontology_text": sub, "ontology_format": "ttl"}
    assert upload(library, (novel, "n.ttl", OCTETS)).json["conforms"] is True
    assert upload(library, (novel, "n.ttl", OCTETS), **fields).json["conforms"] is False


def test_a_base_resolves_relative_iris(library: FlaskClient) -> None:
    data = f"<book/a> a <{BASE}/def/lib#Book> ."
    answer = library.post("/validate?format=json", data=data, content_type="text/turtle")
    assert answer.status_code == 400
    answer = library.post(f"/validate?format=json&base={BASE}/id/", data=data, content_type="text/turtle")
    assert answer.json["results"][0]["focusNode"]["value"] == f"{BASE}/id/book/a"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", BOUNDARY),
        (b"--b\r\nContent-Disposition: form-data; name=data_text\r\n\r\n<a> <b", BOUNDARY),
        (b'--b\r\nContent-Disposition: form-data; name=data; filename="a.ttl"\r\n\r\n', BOUNDARY),
        (b"--b\r\nContent-Disposition: form-data; name=da", BOUNDARY),
        (b"--other--\r\n", BOUNDARY),
        (b"--b--\r\n", "multipart/form-data"),
        (b"--b--\r\n", BOUNDARY),
        (b"data_text=%zz", "application/x-www-form-urlencoded"),
        (b"data_text=", "application/x-www-form-urlencoded"),
        (b"x=1", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_cut_short_broken_or_empty_is_a_bad_request(
    library: FlaskClient, body: bytes, content_type: str
) -> None:
    answer = library.post("/validate", data=body, content_type=content_type)
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_shorter_than_announced_is_a_bad_request(library: FlaskClient, encoding: str) -> None:
    packed = gzip.compress(BAD) if encoding == "gzip" else BAD
    answer = library.post(
        "/validate",
        input_stream=io.BytesIO(packed[:-10]),
        content_type="text/turtle",
        headers={"Content-Length": str(len(packed)), "Content-Encoding": encoding},
    )
    assert answer.status_code == 400


def test_all_documents_together_stay_within_the_limit() -> None:
    spaces = b" " * 60_000
    bomb = gzip.compress(b" " * 10_000_000)
    with application(LIBRARY, max_upload_bytes=100_000) as client:
        assert upload(client, (spaces, "a.ttl", OCTETS)).status_code == 200
        assert upload(client, (spaces, "a.ttl", OCTETS), (spaces, "b.ttl", OCTETS)).status_code == 413
        packed = gzip.compress(spaces)
        two = upload(client, (packed, "a.ttl.gz", OCTETS), (packed, "b.ttl.gz", OCTETS))
        assert two.status_code == 413
        assert upload(client, (bomb, "a.ttl.gz", OCTETS)).status_code == 413
        assert upload(client, (gzip.compress(bomb), "a.ttl.gz", OCTETS)).status_code in (400, 413)
        assert upload(client, (bomb[:-9], "a.ttl.gz", OCTETS)).status_code in (400, 413)
        many = {f"data_{number}": "x" for number in range(500)}
        assert client.post("/validate", data=many, content_type="multipart/form-data").status_code in (
            400,
            413,
        )


def test_the_methods_are_get_head_options_and_post(library: FlaskClient) -> None:
    assert library.head("/validate").status_code == 200
    assert library.options("/validate").status_code == 204
    answer = library.put("/validate", data=BAD)
    assert answer.status_code == 405
    assert {"GET", "HEAD", "OPTIONS", "POST"} <= {name.strip() for name in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/json", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("text/plain", "text/plain"),
        ("application/n-triples", "application/n-triples"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("image/png", None),
    ],
)
def test_the_form_of_the_report_is_negotiated(
    library: FlaskClient, accept: str | None, kind: str | None
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = library.post("/validate", data=BAD, content_type="text/turtle", headers=headers)
    assert answer.status_code == (200 if kind else 406)
    assert kind is None or answer.mimetype == kind
    assert "Accept" in answer.headers["Vary"]


def test_a_page_shows_markup_in_values_and_messages_inert(library: FlaskClient) -> None:
    fields = {
        "data_text": '<http://e/"> a <http://e/T> ; <http://e/p> "</code><script>x</script>" .'.replace(
            '"> ', "> "
        ),
        "shapes_text": """@prefix sh: <http://www.w3.org/ns/shacl#> .
            <javascript:alert(1)> a sh:NodeShape ; sh:targetClass <http://e/T> ;
            sh:property [ sh:path <http://e/p> ; sh:maxLength 1 ; sh:message "<img src=x onerror=y>" ] .""",
    }
    answer = library.post("/validate?format=html", data=fields)
    assert answer.status_code == 200
    for live in ("<script>x", "<img src", 'href="javascript:'):
        assert live not in answer.text
    assert "&lt;img src=x onerror=y&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_page_puts_the_language_of_the_reader_first_and_keeps_the_others(library: FlaskClient) -> None:
    fields = {
        "data_text": "<http://e/a> a <http://e/T> .",
        "shapes_text": """@prefix sh: <http://www.w3.org/ns/shacl#> .
            <http://e/S> a sh:NodeShape ; sh:targetClass <http://e/T> ; sh:nodeKind sh:Literal ;
            sh:message "No literal."@en, "Kein Literal."@de .""",
    }
    page = library.post("/validate?format=html", data=fields, headers={"Accept-Language": "de"}).text
    assert page.index("Kein Literal.") < page.index("No literal.")
    assert '<div lang="de">' in page


def test_a_page_links_focus_nodes_and_shapes_of_this_graph(library: FlaskClient) -> None:
    page = library.post("/validate?format=html", data=BAD, content_type="text/turtle").text
    assert 'href="/id/book/a"' in page
    assert 'href="/def/shapes#Book-title"' in page
