"""Links: in headers, and on pages, where every one that stays here must be answered."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from made_projects import LIBRARY, served
from page_reading import read_page

from graphsvc.formats import GRAPH_FORMATS, HTML

PUBLIC = "https://public.example"
PEOPLE = LIBRARY.parent / "people"
_LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"([^,]*)')


def header_links(client: FlaskClient, path: str) -> set[tuple[str, str]]:
    return {(target, relation) for target, relation, _ in _LINK.findall(client.get(path).headers["Link"])}


def test_a_document_links_to_what_belongs_to_it(library: FlaskClient) -> None:
    base = "http://example.org/library"
    found = header_links(library, "/doc/book/emma")
    assert {
        (f"{base}/doc/book/emma", "canonical"),
        (f"{base}/id/book/emma", "describes"),
        ("/doc/book/emma?_profile=alt", "alternate"),
        ("/def/shapes#Book", "describedby"),
        ("/def/lib", "describedby"),
        (f"{base}/def/lib#Book", "type"),
        (f"{base}/profiles#description", "profile"),
    } <= found
    alternates = _LINK.findall(library.get("/doc/book/emma").headers["Link"])
    typed = {(target, more) for target, relation, more in alternates if relation == "alternate"}
    for syntax in (*GRAPH_FORMATS[1:], HTML):
        assert (f"/doc/book/emma{syntax.suffix}", f'; type="{syntax.media_type}"') in typed


def test_the_types_of_one_resource_are_not_those_of_others(library: FlaskClient) -> None:
    types = [target for target, relation in header_links(library, "/doc/book/emma") if relation == "type"]
    assert types == ["http://example.org/library/def/lib#Book"]


def test_the_licence_is_linked_and_stated_where_there_is_one(
    people: FlaskClient, library: FlaskClient
) -> None:
    licence = "http://creativecommons.org/licenses/by/4.0/"
    assert (licence, "license") in header_links(people, "/doc/walk")
    assert f"<http://purl.org/dc/terms/license> <{licence}> ." in people.get("/doc/walk.nt").text
    assert "license" not in {relation for _, relation in header_links(library, "/doc/book/emma")}


def test_a_header_is_ascii_and_unbroken(people: FlaskClient) -> None:
    value = people.get("/doc/münchen").headers["Link"]
    assert value.isascii()
    assert "http://example.org/id/m%C3%BCnchen" in value


def test_the_page_links_to_all_forms_and_to_its_lasting_address(library: FlaskClient) -> None:
    links = read_page(library.get("/doc/book/emma.html").text).all("link")
    assert {"rel": "canonical", "href": "http://example.org/library/doc/book/emma"} in links
    alternates = {(link["type"], link["href"]) for link in links if link["rel"] == "alternate"}
    assert alternates == {
        (syntax.media_type, f"/doc/book/emma{syntax.suffix}") for syntax in (*GRAPH_FORMATS, HTML)
    }


def crawl(client: FlaskClient, root: str, follow: Callable[[str], bool] = lambda path: True) -> int:
    """Follow every link from the home page on that stays here; the number of pages. Fails on a dead link."""
    waiting, seen, pages = deque([f"{root}/"]), {f"{root}/"}, 0
    while waiting:
        path = waiting.popleft()
        with client.get(path, headers={"Accept": "text/html"}, follow_redirects=True) as answer:
            assert answer.status_code == 200, path
            if answer.mimetype != "text/html":
                continue
            page = read_page(answer.text)
        pages += 1
        for link in (element["href"] for element in (*page.all("a"), *page.all("link"))):
            target = urljoin(f"{PUBLIC}{path}", link).partition("#")[0]
            if link.startswith("#") or not target.startswith(f"{PUBLIC}/"):
                assert link.startswith(("#", "http://", "https://", "mailto:", "urn:")), link
                continue
            local = target.removeprefix(PUBLIC)
            assert local.startswith(f"{root}/"), f"{link} on {path} leaves {root}"
            if local not in seen and follow(local):
                seen.add(local)
                waiting.append(local)
    return pages


@pytest.mark.parametrize(
    ("project", "root", "least"),
    [(LIBRARY, "", 20), (PEOPLE, "", 60), (PEOPLE, "/graph", 60)],
    ids=["library", "people", "people below a path"],
)
def test_every_link_that_stays_here_is_answered(project: Path, root: str, least: int) -> None:
    with served(project, public_url=f"{PUBLIC}{root}") as client:
        assert crawl(client, root) >= least


def test_every_link_of_the_shipped_graph_is_answered(root: Path) -> None:
    """Of what there is by the hundred (statements, passages, forms of one document), each fiftieth."""
    number = count()

    def follow(path: str) -> bool:
        many = "/statement/" in path or "?" in path or re.search(r"\.[a-z]+$", path)
        return not many or next(number) % 50 == 0

    with served(root, public_url=PUBLIC) as client:
        assert crawl(client, "", follow) >= 150


def test_a_link_into_a_page_finds_its_place(people: FlaskClient) -> None:
    for path, fragment in (
        ("/onto", "Person"),
        ("/doc/diary", "char=0,22"),
        ("/doc/diary", "char=10,13;quote"),
    ):
        page = read_page(people.get(f"{path}.html").text)
        assert fragment in {attributes.get("id") for _, attributes in page.elements}


def test_the_host_header_changes_nothing(people: FlaskClient) -> None:
    plain = people.get("/alice.html")
    other = people.get("/alice.html", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert other.data == plain.data
    assert other.headers["Link"] == plain.headers["Link"]
    assert people.get("/id/walk", headers={"Host": "evil.example"}).headers["Location"] == "/doc/walk"
