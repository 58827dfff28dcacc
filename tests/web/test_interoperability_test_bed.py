"""`/itb`: what a client of the Interoperability Test Bed's SHACL validator sends and gets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from graphsvc.errors import ProjectError
from graphsvc.project import Project
from graphsvc.settings import load
from tests.conftest import LIBRARY, application

BASE = "http://example.org/library"
BOOK = f"<{BASE}/id/book/a> a <{BASE}/def/lib#Book> ."
BOOK_JSON = f'{{"@id": "{BASE}/id/book/a", "@type": "{BASE}/def/lib#Book"}}'
RULES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<http://x/S> a sh:NodeShape ; sh:targetNode <http://x/a> ; sh:nodeKind sh:Literal .
"""
CONFORMS = ox.NamedNode("http://www.w3.org/ns/shacl#conforms")
RESULT = ox.NamedNode("http://www.w3.org/ns/shacl#result")
SYNTAXES = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
}
TYPES = """
[validation.dated]
label = "Books with a year"
shapes = ["profiles/dated.ttl"]

[validation.named]
versions = { "1.0" = ["profiles/named-1.ttl"], "2.0" = ["profiles/*.ttl"] }
"""
DEMAND = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<http://x/{name}> a sh:NodeShape ; sh:targetClass <http://example.org/library/def/lib#Book> ;
    sh:property [ sh:path <http://x/{name}> ; sh:minCount 1 ] .
"""


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def sent(client: FlaskClient, domain: str = "library", **content: Any):  # type: ignore[no-untyped-def]
    headers = {"Accept": content.pop("accept", "*/*")}
    return client.post(f"/itb/{domain}/api/validate", json=content, headers=headers)


def results(answer: Any) -> int:
    """How many results the report in an answer has; it says whether the data conform."""
    assert answer.status_code == 200, answer.text
    return counted(answer.data, answer.mimetype)


def counted(document: bytes, media_type: str) -> int:
    quads = list(ox.parse(document, SYNTAXES[media_type]))
    found = sum(quad.predicate == RESULT for quad in quads)
    [conforms] = [quad.object.value for quad in quads if quad.predicate == CONFORMS]
    assert conforms == ("false" if found else "true")
    return found


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The library with validation types of its own."""
    with application(profiled_project(tmp_path_factory.mktemp("projects") / "profiled")) as client:
        yield client


def profiled_project(folder: Path, types: str = TYPES) -> Path:
    copytree(LIBRARY, folder)
    with (folder / "graphsvc.toml").open("a") as file:
        file.write(types)
    (folder / "profiles").mkdir()
    for name in ("dated", "named-1"):
        (folder / "profiles" / f"{name}.ttl").write_text(DEMAND.replace("{name}", name))
    return folder


@pytest.mark.parametrize(
    "content",
    [
        {"contentToValidate": BOOK, "contentSyntax": "text/turtle", "embeddingMethod": "STRING"},
        {"contentToValidate": in_base64(BOOK), "contentSyntax": "text/turtle", "embeddingMethod": "BASE64"},
        {"contentToValidate": in_base64(BOOK)},
        {"contentToValidate": BOOK},
        {"contentToValidate": BOOK_JSON},
        {"contentToValidate": BOOK_JSON, "contentSyntax": "application/ld+json", "validationType": "default"},
        {"contentToValidate": BOOK, "locale": "fr", "addInputToReport": True, "loadImports": False},
    ],
)
def test_content_is_validated_however_it_is_embedded(library: FlaskClient, content: dict[str, Any]) -> None:
    assert results(sent(library, **content)) == 1


@pytest.mark.parametrize("media_type", SYNTAXES)
def test_the_report_is_in_the_syntax_that_is_asked_for(library: FlaskClient, media_type: str) -> None:
    named = sent(library, contentToValidate=BOOK, reportSyntax=media_type, accept="text/html")
    negotiated = sent(library, contentToValidate=BOOK, accept=media_type)
    for answer in (named, negotiated):
        assert answer.mimetype == media_type
        assert results(answer) == 1


def test_the_report_is_rdf_xml_where_nothing_else_is_asked_for(library: FlaskClient) -> None:
    assert sent(library, contentToValidate=BOOK).mimetype == "application/rdf+xml"


def test_external_rules_come_on_top_of_those_of_the_domain(library: FlaskClient) -> None:
    data = BOOK + " <http://x/a> <http://x/p> 1 ."
    rules = [{"ruleSet": in_base64(RULES), "embeddingMethod": "BASE64", "ruleSyntax": "text/turtle"}]
    assert results(sent(library, contentToValidate=data, externalRules=rules)) == 2
    assert results(sent(library, "any", contentToValidate=data, externalRules=rules)) == 1


def test_several_contents_are_validated_each_by_itself(library: FlaskClient) -> None:
    inputs = [
        {"contentToValidate": BOOK, "reportSyntax": "text/turtle"},
        {"contentToValidate": "<http://x/a> <http://x/p> 1 .", "reportSyntax": "application/n-triples"},
    ]
    answer = library.post("/itb/library/api/validateMultiple", json=inputs)
    assert answer.status_code == 200
    found = [(one["reportSyntax"], base64.b64decode(one["report"])) for one in answer.json or []]
    assert [counted(report, syntax) for syntax, report in found] == [1, 0]
    assert library.post("/itb/library/api/validateMultiple", json=[]).status_code == 400
    assert library.post("/itb/library/api/validateMultiple", json=inputs[:1] * 101).status_code == 400


def test_a_domain_tells_its_validation_types(profiled: FlaskClient) -> None:
    [own, anything] = profiled.get("/itb/api/info").json or []
    assert own == profiled.get("/itb/library/api/info").json
    assert own["domain"] == "library"
    assert {each["type"]: each["description"] for each in own["validationTypes"]} == {
        "default": "The shapes of A small library",
        "dated": "Books with a year",
        "named.1.0": "named 1.0",
        "named.2.0": "named 2.0",
    }
    assert anything["domain"] == "any"


@pytest.mark.parametrize(
    ("name", "count"), [("default", 1), ("dated", 1), ("named.1.0", 1), ("named.2.0", 2)]
)
def test_a_validation_type_chooses_the_shapes(profiled: FlaskClient, name: str, count: int) -> None:
    assert results(sent(profiled, contentToValidate=BOOK, validationType=name)) == count
    same = profiled.post(f"/validate?type={name}&format=ttl", data=BOOK, content_type="text/turtle")
    assert results(same) == count


@pytest.mark.parametrize(
    ("status", "says", "content"),
    [
        (400, "There is no `contentToValidate`", {}),
        (400, "`contentToValidate` is a text", {"contentToValidate": 1}),
        (403, "not its URL", {"contentToValidate": "http://127.0.0.1/a.ttl"}),
        (403, "not its URL", {"contentToValidate": "file:///etc/passwd", "embeddingMethod": "URL"}),
        (400, "not in Base64", {"contentToValidate": BOOK, "embeddingMethod": "BASE64"}),
        (400, "STRING or BASE64", {"contentToValidate": BOOK, "embeddingMethod": "FAX"}),
        (415, "no RDF syntax", {"contentToValidate": BOOK, "contentSyntax": "image/png"}),
        (400, "there are default", {"contentToValidate": BOOK, "validationType": "other"}),
        (400, "can be had as", {"contentToValidate": BOOK, "reportSyntax": "application/json"}),
        (403, "loadImports", {"contentToValidate": BOOK, "loadImports": True}),
        (403, "No SPARQL endpoint", {"contentQuery": "CONSTRUCT {}", "contentQueryEndpoint": "http://x/"}),
        (501, "reportQuery", {"contentToValidate": BOOK, "reportQuery": "CONSTRUCT {} {}"}),
        (400, "`externalRules`", {"contentToValidate": BOOK, "externalRules": "x"}),
        (400, "no `ruleSet`", {"contentToValidate": BOOK, "externalRules": [{}]}),
        (400, "", {"contentToValidate": "<a"}),
    ],
)
def test_what_cannot_be_done_is_an_error_with_its_reason(
    library: FlaskClient, status: int, says: str, content: dict[str, Any]
) -> None:
    answer = sent(library, **content)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert says in (answer.json or {})["detail"]


def test_a_domain_that_is_not_there_is_not_found(library: FlaskClient) -> None:
    assert sent(library, "books", contentToValidate=BOOK).status_code == 404
    assert library.get("/itb/books/api/info").status_code == 404
    alone = sent(library, "any", contentToValidate=BOOK)
    assert alone.status_code == 400
    assert "externalRules" in alone.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [("{", "application/json", 400), ("[" * 100_000, "application/json", 400), (BOOK, "text/turtle", 415)],
)
def test_a_body_that_is_no_input_is_refused(library: FlaskClient, body: str, kind: str, status: int) -> None:
    assert library.post("/itb/library/api/validate", data=body, content_type=kind).status_code == status


@pytest.mark.parametrize(
    "types",
    [
        '[validation.a]\nlabel = "A"',
        "[validation.a]\nshapes = []",
        '[validation.a]\nshapes = "profiles/dated.ttl"',
        '[validation.a]\nshapes = ["nowhere.ttl"]',
        '[validation.a]\nshapes = ["../library/shapes/*.ttl"]',
        '[validation.a]\nshapes = ["/etc/passwd"]',
        '[validation.a]\nrules = ["profiles/dated.ttl"]',
        "[validation]\na = 1",
    ],
)
def test_a_validation_type_that_cannot_be_is_refused_at_the_start(tmp_path: Path, types: str) -> None:
    project = profiled_project(tmp_path / "project", types)
    with pytest.raises(ProjectError, match="validation"):
        Project(load(project, {}))
