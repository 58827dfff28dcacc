"""`/validate?graph=…`: what is stored is validated where it is, in a reader of the server."""

from __future__ import annotations

import html
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from shutil import copytree
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running

BASE = "http://example.org/library"
BOOKS = f"{BASE}/graph/books"
BOOK_SHAPE = f"{BASE}/def/shapes#Book"
TURTLE = "text/turtle"
# Books that have no title: so many that the report is longer than what is held back.
MANY = 6_000
OWN_SHAPES = f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
ex:Dated a sh:NodeShape ; sh:targetClass <{BASE}/def/lib#Book> ;
    sh:property [ sh:path <http://purl.org/dc/terms/issued> ; sh:minCount 1 ] .
ex:Named a sh:NodeShape ; sh:targetSubjectsOf <{BASE}/def/lib#author> ; sh:nodeKind sh:Literal .
ex:Loose a sh:NodeShape ; sh:nodeKind sh:IRI .
"""
COUNTING = f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
ex:Lent a sh:NodeShape ; sh:targetClass <{BASE}/def/lib#Book> ; sh:sparql [ sh:select '''
    SELECT $this (COUNT(?day) AS ?value) {{ $this <http://purl.org/dc/terms/valid> ?day }}
    GROUP BY $this HAVING (COUNT(?day) > 1)''' ] .
"""


@dataclass
class Got:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self):  # type: ignore[no-untyped-def]
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def asked(
    server: str, fields: list[tuple[str, str]], body: str | None = None, method: str = "", **headers: str
) -> Got:
    address = urlsplit(server)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)) as connection:
        way = method or ("GET" if body is None else "POST")
        content = body.encode() if body is not None else None
        connection.request(
            way, "/validate?" + urlencode(fields), content, {"Accept": "application/json"} | headers
        )
        answer = connection.getresponse()
        return Got(answer.status, answer.headers, answer.read())


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the library with many books that have no title."""
    project = tmp_path_factory.mktemp("projects") / "long"
    copytree(LIBRARY, project)
    lines = (f"<{BASE}/id/book/{number}> a <{BASE}/def/lib#Book> ." for number in range(MANY))
    (project / "data" / "many.ttl").write_text("\n".join(lines))
    with running(project, GRAPHSVC_HOLD_BACK="200000") as url:
        yield url


def test_a_stored_graph_is_validated_against_the_projects_shapes(library_server: str) -> None:
    got = asked(library_server, [("graph", BOOKS)])
    assert got.status == 200
    [result] = got.json["results"]
    assert result["focusNode"]["value"] == f"{BASE}/id/book/tab"
    assert result["remedy"] == "Add at least one dct:title."
    assert got.headers["Graph-Epoch"]
    assert got.headers["Result-Count"] == "1"


def test_what_is_stored_has_an_entity_tag_that_saves_the_work(library_server: str) -> None:
    first = asked(library_server, [("graph", BOOKS)])
    again = asked(library_server, [("graph", BOOKS)], If_None_Match=first.headers["ETag"])
    assert again.status == 304
    assert again.body == b""
    for other in ([("graph", "all")], [("graph", BOOKS), ("severity", "violation")]):
        assert asked(library_server, other).headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("name", ["all", "*"])
def test_the_whole_dataset_is_validated(library_server: str, name: str) -> None:
    got = asked(library_server, [("graph", name)], OWN_SHAPES, Content_Type=TURTLE)
    assert {each["focusNode"]["value"] for each in got.json["results"]} == {
        f"{BASE}/id/book/{book}" for book in ("tab", "emma", "germinal")
    }


def test_graphs_are_merged_and_shapes_that_count_are_left_to_pyshacl(library_server: str) -> None:
    both = [("graph", f"{BASE}/graph/loans/2020"), ("graph", f"{BASE}/graph/loans/2021")]
    whole = asked(library_server, [*both, ("graph", BOOKS)], COUNTING, Content_Type=TURTLE).json
    assert [each["value"]["value"] for each in whole["results"]] == ["2"]
    assert next(iter(whole["judgedBy"])).startswith("pyshacl")
    assert asked(library_server, [both[0], ("graph", BOOKS)], COUNTING, Content_Type=TURTLE).json["conforms"]


def test_a_graph_that_is_not_there_is_not_found_and_the_nearest_is_named(library_server: str) -> None:
    got = asked(library_server, [("graph", f"{BASE}/graph/boks")])
    assert got.status == 404
    assert f"the nearest is <{BOOKS}>" in got.json["detail"]


def test_focus_nodes_and_shapes_restrict_a_report(library_server: str) -> None:
    def focused(*fields: tuple[str, str]) -> list[str]:
        got = asked(library_server, [("graph", BOOKS), *fields], OWN_SHAPES, Content_Type=TURTLE)
        assert got.status == 200, got.text
        return sorted(each["focusNode"]["value"].rpartition("/")[2] for each in got.json["results"])

    assert focused() == ["emma", "germinal", "tab"]
    assert focused(("shape", "http://example.org/Dated")) == ["tab"]
    assert focused(("focus", f"{BASE}/id/book/emma")) == ["emma"]
    two = (("focus", f"{BASE}/id/book/emma"), ("focus", f"<{BASE}/id/book/tab>"))
    assert focused(*two) == ["emma", "tab"]
    assert focused(*two, ("shape", "http://example.org/Dated")) == ["tab"]


def test_a_node_that_no_shape_is_about_is_told_in_a_note(library_server: str) -> None:
    got = asked(library_server, [("graph", BOOKS), ("focus", f"{BASE}/id/person/zola")])
    assert got.json["conforms"] is True
    assert "nothing was checked of it" in got.json["notes"][0]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("focus", f"{BASE}/id/book/emna", f"the nearest is <{BASE}/id/book/emma>"),
        ("focus", "emma", "`focus` is an IRI"),
        ("shape", f"{BASE}/def/shapes#Bok", f"the nearest is <{BOOK_SHAPE}>"),
        ("shape", f"{BASE}/def/shapes#Book-title", "has no targets of its own"),
        ("page", "0", "`page` is a whole number"),
        ("page_size", "many", "`page_size` is a whole number"),
        ("severity", "bad", "no severity"),
        ("focsu", "x", "There is no field 'focsu'"),
        ("graph", "all", "name no other graph beside it"),
    ],
)
def test_what_is_not_there_is_an_error_and_the_nearest_is_named(
    library_server: str, field: str, value: str, says: str
) -> None:
    got = asked(library_server, [("graph", BOOKS), (field, value)])
    assert got.status == 400
    assert says in got.json["detail"]


def test_uploads_are_restricted_in_the_same_way(library: FlaskClient) -> None:
    data = "".join(f"<{BASE}/id/book/{each}> a <{BASE}/def/lib#Book> . " for each in "abc")

    def posted(**fields: str):  # type: ignore[no-untyped-def]
        address = "/validate?" + urlencode(fields)
        return library.post(address, data=data, content_type=TURTLE, headers={"Accept": "application/json"})

    assert len(posted().json["results"]) == 3
    [result] = posted(focus=f"{BASE}/id/book/b", shape="shape:Book").json["results"]
    assert result["focusNode"]["value"] == f"{BASE}/id/book/b"
    assert posted(focus=f"{BASE}/id/book/d").status_code == 400
    assert posted(shape="shape:Bock").json["detail"].endswith(f"the nearest is <{BOOK_SHAPE}>.")


def test_data_and_a_graph_exclude_one_another(library: FlaskClient) -> None:
    both = library.post("/validate", data={"data_text": "<a:a> <a:b> 1 .", "graph": BOOKS})
    assert both.status_code == 400
    neither = library.get("/validate?focus=http://example.org/a")
    assert neither.status_code == 400
    assert "graph=all" in neither.get_data(as_text=True)


def test_a_post_without_a_body_validates_what_is_stored(library_server: str) -> None:
    got = asked(library_server, [("graph", BOOKS)], "", Content_Length="0")
    assert got.status == 200
    assert len(got.json["results"]) == 1


def test_a_long_report_comes_in_pages_that_lead_to_one_another(long_list: str) -> None:
    fields = [("graph", f"{BASE}/graph/many"), ("page_size", "1000")]
    got = asked(long_list, [*fields, ("page", "2")])
    assert len(got.json["results"]) == 1000
    assert got.json["page"] == {"number": 2, "size": 1000, "pages": 6, "results": MANY}
    assert got.json["counts"]["violation"] == MANY
    links = dict(
        reversed(re.findall(r'<([^>]*)>; rel="(\w+)"', link)[0]) for link in got.headers.get_all("Link")
    )
    assert set(links) == {"first", "prev", "next", "last"}
    assert links["next"].startswith(long_list + "/validate?")
    following = asked(long_list, [*fields, ("page", "3")])
    assert quote("page", safe="") + "=3" in links["next"]
    assert following.json["results"][0] not in got.json["results"]
    assert asked(long_list, [*fields, ("page", "7")]).status == 404
    text = asked(long_list, [*fields, ("format", "text")]).text
    assert "note: Results 1 to 1,000 of 6,000: page 1 of 6.\n" in text
    page = asked(long_list, [("graph", "all")], Accept="text/html").text
    assert "Results 1 to 500 of 6,001" in page
    assert 'rel="next"' in page


@pytest.mark.parametrize("name", ["json", "nt", "csv", "text"])
def test_a_report_beyond_what_is_held_back_is_streamed_whole(long_list: str, name: str) -> None:
    got = asked(long_list, [("graph", f"{BASE}/graph/many"), ("format", name)])
    assert got.status == 200
    assert got.headers["Content-Length"] is None
    assert got.headers["Result-Count"] == str(MANY)
    signs = {
        "json": '"severityIri"',
        "nt": "#resultSeverity>",
        "csv": "\nviolation,",
        "text": "\nviolation: ",
    }
    assert ("\n" + got.text).count(signs[name]) == MANY


def test_a_head_request_gets_the_head_alone(long_list: str) -> None:
    got = asked(long_list, [("graph", "all")], method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert got.headers["ETag"]


def test_a_report_is_on_what_was_just_written(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    secret = file.new("all", ["write"])
    with running(LIBRARY, GRAPHSVC_TOKENS=str(file.path)) as server:
        before = asked(server, [("graph", BOOKS)])
        title = f'<{BASE}/id/book/tab> <http://purl.org/dc/terms/title> "Tab"'
        update = f"INSERT DATA {{ GRAPH <{BOOKS}> {{ {title} }} }}"
        address = urlsplit(server)
        with closing(
            http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        ) as connection:
            headers = {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {secret}"}
            connection.request("POST", "/update", update, headers)
            written = connection.getresponse()
            assert written.status == 204
        after = asked(server, [("graph", BOOKS)], If_None_Match=before.headers["ETag"])
    assert before.json["conforms"] is False
    assert after.status == 200
    assert after.json["conforms"] is True
    assert after.headers["Graph-Epoch"] == written.headers["Graph-Epoch"] != before.headers["Graph-Epoch"]


def test_a_store_elsewhere_is_validated_by_its_own_engine(library_server: str) -> None:
    here = asked(library_server, [("graph", BOOKS)])
    with running(LIBRARY, "--store", f"{library_server}/sparql") as server:
        there = asked(server, [("graph", BOOKS)])
        assert there.status == 200
        assert there.json["results"] == here.json["results"] != []
        assert any("node by node" in note for note in there.json["notes"])
        assert BOOKS in asked(server, [], Accept="text/html").text
        assert asked(server, [("graph", f"{BOOKS}s")]).status == 404


def test_the_page_of_a_report_leads_to_the_nodes_and_to_the_rules(library_server: str) -> None:
    page = asked(library_server, [("graph", BOOKS)], Accept="text/html").text
    assert 'href="/id/book/tab"' in page
    assert f'href="/shapes#{BOOK_SHAPE.replace("#", "%23")}-title"' in page
    address = urlsplit(library_server)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
        connection.request("GET", "/shapes", headers={"Accept": "text/html"})
        shapes = connection.getresponse().read().decode()
    assert f'id="{BOOK_SHAPE}-title"' in shapes
    others = asked(
        library_server, [("graph", BOOKS)], OWN_SHAPES, Content_Type=TURTLE, Accept="text/html"
    ).text
    assert "/shapes#" not in others


def test_the_form_offers_the_graphs_and_examples(library_server: str) -> None:
    page = asked(library_server, [], Accept="text/html").text
    assert f'<option value="{BOOKS}">' in page
    assert 'href="/validate?graph=all"' in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    example = urlencode({name: html.unescape(value) for name, value in fields.items()})
    kind = "application/x-www-form-urlencoded"
    report = asked(library_server, [], example, Content_Type=kind, Accept="text/html").text
    assert "The day of birth is a date" in report
