"""Documents that are told by their parts alone, in a graph that is too large to be looked through for a page."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served, server_of

from graphsvc.describe import parts
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.search import LocalIndexes
from graphsvc.search.index import Index
from graphsvc.settings import load
from graphsvc.store import Store
from graphsvc.store.port import Write
from graphsvc.web import create_app

BASE = "http://example.org/made"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
HTML = {"Accept": "text/html"}


def large() -> str:
    """A Turtle document of more statements than are looked at."""
    lines = [f'<{BASE}/card/{n}#me> {LABEL} "Person {n}" .' for n in range(parts.FEW)]
    lines += [f"<{BASE}/id/x> <{BASE}/words#undeclared> <{BASE}/id/y> ."]
    lines += [f"<{BASE}/id/x> a <{BASE}/kinds#Kind> ."]
    lines += [f'<{BASE}/card/told> {LABEL} "A card" . <{BASE}/card/told#me> {LABEL} "Told" .']
    return "\n".join(lines)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_of(tmp_path_factory.mktemp("cards"), cards__ttl=large())


@pytest.fixture(scope="module")
def cards(project: Path) -> Iterator[FlaskClient]:
    with served(project) as client:
        yield client


@pytest.mark.parametrize(
    ("document", "part"),
    [("card/7", "#me"), ("card/19999", "#me"), ("words", "#undeclared"), ("kinds", "#Kind")],
)
def test_a_document_of_which_only_parts_are_told_is_there(
    cards: FlaskClient, document: str, part: str
) -> None:
    page = cards.get(f"/{document}.html")
    assert page.status_code == 200
    assert f"{BASE}/{document}{part}" in page.text
    assert f"<{BASE}/{document}{part}>" in cards.get(f"/{document}.nt").text


@pytest.mark.parametrize("document", ["card/20000", "card", "card/7x", "word"])
def test_a_document_without_parts_is_not_there(cards: FlaskClient, document: str) -> None:
    assert cards.get(f"/{document}", headers=HTML).status_code == 404


class Behind:
    """Indexes of which the newest is always that of the first state; `asked` counts who waited for another."""

    def __init__(self, store: Store) -> None:
        self._indexes = LocalIndexes(store, f"{BASE}/")
        self._first = self._indexes.newest(store.epoch())
        self.asked = 0

    def newest(self, epoch: str) -> Index:
        self.asked += 1
        return self._first

    def present(self, epoch: str) -> Index | None:
        return self._first

    def close(self) -> None:
        self._indexes.close()


def test_what_is_linked_is_shown_and_what_is_gone_is_not_while_the_index_is_behind(project: Path) -> None:
    settings = load(project, {})
    content = Project(settings)
    with open_store(content, settings) as store:
        indexes = Behind(store)
        client = create_app(settings, store, content, indexes=indexes).test_client()
        settled = client.get("/card/7.html")
        change = f"""
            DELETE DATA {{ GRAPH <{BASE}/graph/cards> {{ <{BASE}/card/8#me> {LABEL} "Person 8" }} }} ;
            INSERT DATA {{ GRAPH <{BASE}/graph/new> {{
              <{BASE}/card/new> <{BASE}/has> <{BASE}/card/new#out> .
              <{BASE}/card/new#in> <{BASE}/of> <{BASE}/card/new> }} }}"""
        store.write(Write("update", change.encode()))
        shown = client.get("/card/new.html")
        assert f"{BASE}/card/new#out" in shown.text
        assert f"{BASE}/card/new#in" in shown.text
        assert indexes.asked == 0
        assert client.get("/card/8", headers=HTML).status_code == 404
        assert indexes.asked == 1
        later = client.get("/card/7.html")
        assert f"{BASE}/card/7#me" in later.text
        assert later.headers["ETag"] != settled.headers["ETag"]
        indexes.close()


def test_a_server_learns_of_parts_from_its_index_without_a_search(project: Path) -> None:
    with server_of(project) as url:
        until = time.monotonic() + 60
        while "#me" not in (told := read(f"{url}/card/told.nt")):
            assert f"<{BASE}/card/told>" in told
            assert time.monotonic() < until
            time.sleep(0.1)
        assert "Person 7" in read(f"{url}/card/7.nt")


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())
