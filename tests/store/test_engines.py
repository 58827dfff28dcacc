"""The shipped graph in each engine: the public queries and the shapes give the same answers as in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graphsvc.formats import N_TRIPLES, RESULTS_JSON
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.serving.questions import questions
from graphsvc.settings import load
from graphsvc.store import Store, Write
from graphsvc.store.local import LocalStore
from graphsvc.stored_queries import read_query
from graphsvc.validation import Document, ValidationJob, ValidationLimits
from graphsvc.validation.remote_job import validate_elsewhere
from graphsvc.validation.report import Report
from graphsvc.validation.stored_job import StoredJob, validate_where_stored
from graphsvc.workers.line import Line, answering, hang_up
from tests.conftest import ROOT
from tests.store.adapters import Elsewhere, Kept

ENGINES = ("disk", "oxigraph", "virtuoso")
BROKEN = "https://w3id.org/eu-dg/graph/broken"
SETTINGS = load(ROOT, {})
QUERIES = sorted((ROOT / "queries").rglob("*.rq"))


def broken() -> bytes:
    """Data at odds with the shapes: so many nodes that the engine has to find those at fault itself."""
    lines = [
        "PREFIX dg: <https://w3id.org/eu-dg/def/dg#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>",
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> PREFIX : <https://w3id.org/eu-dg/id/broken/>",
    ]
    for number in range(60):
        lines.append(f':c{number} a skos:Concept ; skos:prefLabel "Concept {number}"@en .')
    lines += [
        ":c1 skos:prefLabel 'another'@en .",
        ":c2 skos:prefLabel '' .",
        ":bare a skos:Concept .",
        ":i a dg:Instrument ; dg:derivedByRule 'none', <urn:x> .",
    ]
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def memory() -> Iterator[Store]:
    with open_store(Project(SETTINGS), SETTINGS) as store:
        store.write(Write("put", broken(), BROKEN, "text/turtle"))
        yield store


@pytest.fixture(scope="module", params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("engine")
    if request.param == "disk":
        settings = load(ROOT, {}, store=f"disk:{folder / 'db'}")
        with Kept(folder, settings.store, ROOT) as kept:
            kept.write(Write("put", broken(), BROKEN, "text/turtle"))
        with open_store(Project(settings), settings) as opened:
            yield opened
        return
    with Elsewhere(folder, request.param, ROOT, query_timeout=60.0) as opened:
        opened.write(Write("put", broken(), BROKEN, "text/turtle"))
        yield opened


def rows(store: Store, path: Path) -> list[str]:
    """What a query finds: in its order where it has one, else sorted."""
    query = read_query(path).bound({})
    if query.form.yields_graph:
        return sorted(store.query(query, N_TRIPLES).read().decode().splitlines())
    found = json.loads(store.query(query, RESULTS_JSON).read())
    if "boolean" in found:
        return [str(found["boolean"])]
    listed = [
        " ".join(f"{name}={term(row[name])}" for name in found["head"]["vars"] if name in row)
        for row in found["results"]["bindings"]
    ]
    return listed if "ORDER BY" in query.text else sorted(listed)


def term(told: dict[str, str]) -> str:
    """A term as text; blank nodes are all alike."""
    if told["type"] == "bnode":
        return "[]"
    return f"{told['value']} {told.get('datatype', '')} {told.get('xml:lang', '')}"


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_of_the_project_finds_the_same(store: Store, memory: Store, path: Path) -> None:
    assert rows(store, path) == rows(memory, path)


RULES = ValidationJob(
    data=(),
    shapes=tuple(
        Document(str(path), path.read_bytes(), "text/turtle")
        for path in sorted((ROOT / "shapes").rglob("*.ttl"))
    ),
)


def report(store: Store, job: StoredJob) -> Report:
    """The report on graphs of a store, where they are."""
    if isinstance(store, LocalStore):
        return validate_where_stored(store.engine, job)
    ask = questions(store, SETTINGS)(ValidationLimits(60))[1]
    ours, theirs = answering(ask)
    try:
        with theirs, closing(Line(theirs.fileno())) as line:
            return validate_elsewhere(line, job)
    finally:
        hang_up(ours)


def job(*graphs: str) -> StoredJob:
    return StoredJob(graphs or None, f"{SETTINGS.base}/graph/vocabulary/", RULES)


@pytest.mark.parametrize("graphs", [(), (BROKEN,)], ids=["everything", "one graph"])
def test_the_shapes_find_the_same(store: Store, memory: Store, graphs: tuple[str, ...]) -> None:
    expected, found = report(memory, job(*graphs)), report(store, job(*graphs))
    assert len(expected.results) > 3
    assert [each.key() for each in found.results] == [each.key() for each in expected.results]


def test_the_engine_itself_finds_what_may_be_at_fault(store: Store) -> None:
    notes = report(store, job(BROKEN)).notes
    assert isinstance(store, LocalStore) or any("node by node" in note for note in notes), notes
