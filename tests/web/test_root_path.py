"""Behind a proxy on a path: links carry the path, and requests may come with it or without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from made_projects import LIBRARY, served
from page_reading import read_page


@pytest.fixture(scope="module")
def below() -> Iterator[FlaskClient]:
    with served(LIBRARY.parent / "people", public_url="https://example.org/graph") as client:
        yield client


@pytest.mark.parametrize("prefix", ["", "/graph"])
def test_a_request_comes_with_the_path_or_without(below: FlaskClient, prefix: str) -> None:
    assert below.get(f"{prefix}/id/walk").headers["Location"] == "/graph/doc/walk"
    document = below.get(f"{prefix}/doc/walk")
    assert document.headers["Content-Location"] == "/graph/doc/walk.ttl"
    assert "</graph/doc/walk.jsonld>" in document.headers["Link"]
    assert "<http://example.org/doc/walk>" in document.headers["Link"]
    with below.get(f"{prefix}/static/style.css") as style:
        assert style.status_code == 200
    assert below.get(f"{prefix}/doc/m%C3%BCnchen").status_code == 200
    assert below.get(f"{prefix}/doc/a%2Fb.nt").text.startswith("<http://example.org/doc/a%2Fb>")


def test_every_link_of_a_page_carries_the_path(below: FlaskClient) -> None:
    for path in ("/", "/alice.html", "/ontology?format=html", "/shapes?format=html", "/onto.html"):
        page = read_page(below.get(path).text)
        local = [element["href"] for element in page.all("a") if element["href"].startswith("/")]
        assert local
        assert all(link.startswith("/graph/") for link in local)
        assert {"rel": "stylesheet", "href": "/graph/static/style.css"} in page.all("link")


def test_the_list_of_alternates_has_public_addresses(below: FlaskClient) -> None:
    body = below.get("/doc/walk?_profile=alt&format=nt").text
    assert "<https://example.org/graph/doc/walk.ttl>" in body
    assert "/graph/graph/" not in body
