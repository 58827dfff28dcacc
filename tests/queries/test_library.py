"""Every question has its answer, every check finds nothing, and the public queries are served."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from graphsvc.errors import ProjectError
from graphsvc.formats import CSV
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.store.local import LocalStore
from graphsvc.stored_queries import Library, read_query

ROOT = Path(__file__).resolve().parents[2]
QUERIES = ROOT / "queries"
ALL = sorted(QUERIES.rglob("*.rq"))
COMPETENCY = sorted((QUERIES / "competency").glob("*.rq"))
CHECKS = sorted((QUERIES / "checks").glob("*.rq"))
PUBLIC = sorted((QUERIES / "public").glob("*.rq"))
COUNTEREXAMPLES = Path(__file__).parent / "counterexamples"
# How many rows each public query has on the shipped graph.
ROWS = {
    "count-instruments-by-stage": 3,
    "count-instruments-by-theme": 24,
    "count-instruments-by-type": 8,
    "count-instruments-by-year": 8,
    "count-oddities": 7,
    "find-instruments-by-stage": 15,
    "find-instruments-by-task": 3,
    "find-instruments-by-year": 15,
    "list-celex-numbers": 13,
    "list-derived-statements": 170,
    "list-instruments": 15,
    "list-tasks": 5,
    "show-claimed-numbers": 3,
    "show-oddities": 12,
    "show-source-lines": 15,
}
PREFIX = re.compile(r"^PREFIX ([\w-]*): <([^>]*)>$", re.MULTILINE)


@pytest.fixture(scope="module")
def store() -> Iterator[LocalStore]:
    settings = load(ROOT, {})
    with open_store(Project(settings), settings) as opened:
        yield opened


def table(store: LocalStore, path: Path) -> list[list[str]]:
    text = store.query(read_query(path).query, CSV).read().decode()
    return list(csv.reader(io.StringIO(text)))


def test_there_are_queries_of_each_kind() -> None:
    assert len(COMPETENCY) >= 25
    assert len(PUBLIC) >= 10
    assert len(CHECKS) >= 8


@pytest.mark.parametrize("path", COMPETENCY, ids=lambda path: path.stem)
def test_a_competency_question_has_its_answer(store: LocalStore, path: Path) -> None:
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as expected:
        assert table(store, path) == list(csv.reader(expected))


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_finds_nothing_in_the_shipped_graph(store: LocalStore, path: Path) -> None:
    assert table(store, path)[1:] == []


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_finds_what_it_is_for(path: Path) -> None:
    example = COUNTEREXAMPLES / f"{path.stem.removesuffix('-violation')}.ttl"
    engine = ox.Store()
    engine.load(example.read_bytes(), ox.RdfFormat.TURTLE, base_iri="https://w3id.org/eu-dg/")
    assert len(table(LocalStore(engine, "0"), path)) == 2


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.stem)
def test_a_public_query_has_the_rows_that_it_should(store: LocalStore, path: Path) -> None:
    assert len(table(store, path)) - 1 == ROWS[path.stem]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_query_declares_the_prefixes_it_uses_and_no_others(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = dict(PREFIX.findall(text))
    body = re.sub(r'"[^"]*"|<[^>]*>', "", PREFIX.sub("", text))
    body = "\n".join(line for line in body.splitlines() if not line.startswith("#"))
    assert set(declared) == set(re.findall(r"(?<![\w?-])([\w-]+):[A-Za-z_]", body))
    known = load(ROOT, {}).prefixes
    assert declared == {name: known[name] for name in declared}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_query_says_what_it_answers(path: Path) -> None:
    query = read_query(path)
    assert query.summary
    assert query.description.endswith(".")
    assert query.tags


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ASK {}", "has no line `#\\+ summary"),
        ("#+ summary: x\n#+ colour: red\nASK {}", ":2: a head has the keys"),
        ("#+ summary: x\nDROP ALL", "This is an update"),
        ("#+ summary: x\nSELECT * { SERVICE <http://x/> {} }", "SERVICE"),
    ],
)
def test_a_query_file_that_is_none_is_refused_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "broken.rq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=says) as caught:
        read_query(path)
    assert str(path) in str(caught.value)
    (broken,) = Library(tmp_path).broken()
    assert re.search(says, broken.error)
    assert broken.error.startswith(f"{tmp_path.name}/broken.rq:")


def test_a_project_without_queries_has_an_empty_library(library: FlaskClient) -> None:
    assert library.get("/queries").json == []
    assert "has no stored queries" in library.get("/queries", headers={"Accept": "text/html"}).text


def test_the_public_queries_are_listed_and_the_others_are_not(shipped: FlaskClient) -> None:
    names = [entry["name"] for entry in shipped.get("/queries").json or []]
    assert names == [path.stem for path in PUBLIC]
    page = shipped.get("/queries", headers={"Accept": "text/html"}).text
    assert all(f'href="/queries/{name}"' in page for name in names)


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.stem)
def test_a_public_query_is_a_page_a_file_and_an_answer(shipped: FlaskClient, path: Path) -> None:
    address = f"/queries/{path.stem}"
    assert read_query(path).summary in shipped.get(address, headers={"Accept": "text/html"}).text
    assert shipped.get(f"{address}.rq").data == path.read_bytes()
    answer = shipped.get(address)
    assert answer.content_type == "application/sparql-results+json"
    assert answer.json is not None
    assert len(answer.json["results"]["bindings"]) == ROWS[path.stem]
    table = shipped.get(f"{address}.csv")
    assert table.data == shipped.get(f"{address}?format=csv").data
    assert len(list(csv.reader(io.StringIO(table.text)))) == ROWS[path.stem] + 1
    again = shipped.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/queries/none", 404),
        ("/queries/none.rq", 404),
        ("/queries/list-tasks.zip", 400),
        ("/queries/list-tasks?format=zip", 400),
        ("/queries/list-tasks?year=2020", 400),
        ("/queries/cq-01-what-is-the-dg-called", 404),
        ("/queries/..%2f..%2fgraphsvc.toml", 404),
    ],
)
def test_what_is_not_in_the_library_is_refused(shipped: FlaskClient, address: str, status: int) -> None:
    answer = shipped.get(address)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
