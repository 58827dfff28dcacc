"""Numbers of the whole graph are counted beside the requests; a page that shows them never waits for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from made_projects import project_of
from page_reading import read_page

from graphsvc.errors import OutOfTime
from graphsvc.formats import Format
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import Query
from graphsvc.store.local import LocalStore
from graphsvc.store.port import Answer, Limits, Write
from graphsvc.web import counts, create_app
from graphsvc.web.caching import ENVIRON, Caching

BASE = "http://example.org/made"
HTML, TURTLE = {"Accept": "text/html"}, {"Accept": "text/turtle"}
PAGES = ("/", "/dataset", "/sparql")


class Slow:
    """A store whose counts take until `go` is set, and then fail if `fails`."""

    def __init__(self, store: Any) -> None:
        self._store, self.go, self.fails = store, threading.Event(), False
        self.counts = 0

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        if "COUNT(" in query.text:
            self.counts += 1
            self.go.wait(30)
            if self.fails:
                raise OutOfTime("It took too long.")
        found: Answer = self._store.query(query, result, limits)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Slow, FlaskClient]]:
    monkeypatch.setattr(counts, "PATIENCE", 0.0)
    for waiting in (counts.statistics, counts.at_a_glance, counts.named_graphs):
        monkeypatch.setattr(waiting, "__defaults__", (0.0,))
    monkeypatch.setattr("graphsvc.web.dataset._LONGER", 0.0)
    monkeypatch.setattr("graphsvc.web.dataset.PATIENCE", 0.0)
    project = project_of(tmp_path, things__ttl=f"<{BASE}/id/a> a <{BASE}/Kind> .")
    settings = load(project, {})
    content = Project(settings)
    with open_store(content, settings) as store:
        assert isinstance(store, LocalStore)
        held = Slow(store)
        yield held, create_app(settings, held, content).test_client()
        held.go.set()


def counted(client: FlaskClient, path: str, wanted: str) -> str:
    """The page, once it has some text."""
    until = time.monotonic() + 20
    while wanted not in (text := read_page(client.get(path, headers=HTML).text).text):
        assert time.monotonic() < until, text
        time.sleep(0.02)
    return text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_before_its_numbers_and_then_with_them(
    slow: tuple[Slow, FlaskClient], path: str
) -> None:
    store, client = slow
    before = client.get(path, headers=HTML)
    assert before.status_code == 200
    assert "ounted" in read_page(before.text).text
    assert f"{BASE}/graph/things" in before.text or "graph/things" in before.text
    store.go.set()
    until = time.monotonic() + 20
    while "ounted" in read_page((after := client.get(path, headers=HTML)).text).text.replace(
        "each counted once", ""
    ):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert after.headers["ETag"] != before.headers["ETag"]
    assert client.get(path, headers={**HTML, "If-None-Match": before.headers["ETag"]}).status_code == 200


def test_the_description_says_what_is_counted_and_nothing_else(slow: tuple[Slow, FlaskClient]) -> None:
    store, client = slow
    before = client.get("/dataset", headers=TURTLE)
    assert "void:sparqlEndpoint" in before.text
    assert "void:triples" not in before.text
    store.go.set()
    counted(client, "/dataset", "Subjects")
    after = client.get("/dataset", headers=TURTLE)
    assert "void:triples" in after.text
    assert after.headers["ETag"] != before.headers["ETag"]


def test_after_a_write_the_numbers_from_before_are_said_to_be_that(slow: tuple[Slow, FlaskClient]) -> None:
    store, client = slow
    store.go.set()
    counted(client, "/", "Resources described")
    store.go.clear()
    store.write(
        Write("update", f"INSERT DATA {{ GRAPH <{BASE}/g> {{ <{BASE}/b> a <{BASE}/Kind> }} }}".encode())
    )
    page = read_page(client.get("/", headers=HTML).text).text
    assert "from before the last change" in page
    assert "Resources described" in page
    assert "void:triples" not in client.get("/dataset", headers=TURTLE).text
    store.go.set()
    until = time.monotonic() + 20
    while "from before the last change" in read_page(client.get("/", headers=HTML).text).text:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_many_who_ask_have_it_counted_once(slow: tuple[Slow, FlaskClient]) -> None:
    store, client = slow
    for _ in range(5):
        client.get("/dataset", headers=HTML)
    assert store.counts <= 1
    store.go.set()
    counted(client, "/dataset", "Subjects")


def test_what_cannot_be_counted_has_pages_all_the_same(slow: tuple[Slow, FlaskClient]) -> None:
    store, client = slow
    store.fails = True
    store.go.set()
    for _ in range(3):
        for path in PAGES:
            assert client.get(path, headers=HTML).status_code == 200
        assert "void:triples" not in client.get("/dataset", headers=TURTLE).text
        time.sleep(0.1)


def test_an_empty_answer_does_not_wait_for_what_names_there_are(slow: tuple[Slow, FlaskClient]) -> None:
    store, client = slow
    query = f"SELECT * {{ ?s a <{BASE}/Kinds> }}"
    asked = {"query_string": {"query": query}, "headers": {"Accept": "text/csv"}}
    early, late = Caching(), Caching()
    answer = client.get("/sparql", **asked, environ_overrides={ENVIRON: early})
    assert answer.status_code == 200
    assert "Query-Notice" not in answer.headers
    assert not (early.allowed and early.complete), "it would be given again without the notice"
    store.go.set()
    counted(client, "/dataset", "Subjects")
    answer = client.get("/sparql", **asked, environ_overrides={ENVIRON: late})
    assert f"{BASE}/Kind" in answer.headers["Query-Notice"]
    assert late.allowed
    assert late.complete
