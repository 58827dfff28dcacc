"""Reports that guards keep, over HTTP on a real server: for anybody to query, and for nobody to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import ROOT, running
from tests.web.test_writing import TURTLE, UPDATE, Service

ANNOTATED = ROOT / "tests" / "projects" / "annotated"
BASE = "http://example.org/annotated"
GARDEN, REPORT = f"{BASE}/graph/garden", f"{BASE}/graph/validation/garden"
HERE = f"/graph-store?graph={quote(REPORT, safe='')}"
COUNT = (
    f"SELECT (COUNT(?r) AS ?n) {{ GRAPH <{REPORT}> {{ ?report <http://www.w3.org/ns/shacl#result> ?r }} }}"
)


@pytest.fixture(scope="module", params=["memory:", "disk:"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("annotated")
    file = TokenFile(folder / "tokens.json")
    secrets = {"all": file.new("all", ["write"])}
    store = request.param if request.param == "memory:" else f"disk:{folder / 'store'}"
    with running(ANNOTATED, GRAPHSVC_TOKENS=str(file.path), GRAPHSVC_STORE=store) as url:
        yield Service(url, secrets)


def count(service: Service) -> int:
    answer = service.ask("GET", f"/sparql?query={quote(COUNT)}", Accept="application/sparql-results+json")
    return int(json.loads(answer.body)["results"]["bindings"][0]["n"]["value"])


def test_anybody_can_query_the_report_and_each_write_changes_it(service: Service) -> None:
    assert count(service) == 3
    first = service.ask("GET", HERE, Accept="text/turtle")
    assert first.status == 200
    change = f"DATA {{ GRAPH <{GARDEN}> {{ <urn:x:new> a <{BASE}/def#Plant> }} }}"
    assert service.write("POST", "/update", f"INSERT {change}", UPDATE).status == 204
    assert count(service) == 6
    assert service.ask("GET", HERE, Accept="text/turtle").headers["ETag"] != first.headers["ETag"]
    assert service.write("POST", "/update", f"DELETE {change}", UPDATE).status == 204
    assert count(service) == 3
    assert service.ask("GET", HERE, Accept="text/turtle").body == first.body


def test_nobody_can_write_into_the_report(service: Service) -> None:
    insert = f"INSERT DATA {{ GRAPH <{REPORT}> {{ <urn:x:a> <urn:x:b> 1 }} }}"
    for answer in (
        service.write("PUT", HERE, "", TURTLE),
        service.write("DELETE", HERE),
        service.write("POST", "/update", insert, UPDATE),
    ):
        assert answer.status == 403
        assert "validation report of a guarded graph" in str(answer.problem["detail"])
    assert count(service) == 3


@pytest.mark.parametrize("path", ["/.well-known/void", "/sparql"])
def test_the_report_is_told_of_where_graphs_are_listed(service: Service, path: str) -> None:
    answer = service.ask("GET", path, Accept="application/n-triples")
    while answer.status in (302, 303):
        path = urlsplit(answer.headers["Location"]).path
        answer = service.ask("GET", path, Accept="application/n-triples")
    assert f"<{REPORT}>".encode() in answer.body


def test_a_triple_term_in_a_guarded_graph_is_refused(service: Service) -> None:
    text = f"INSERT DATA {{ GRAPH <{GARDEN}> {{ <urn:x:a> <urn:x:b> <<( <urn:x:c> <urn:x:d> 1 )>> }} }}"
    assert service.write("POST", "/update", text, UPDATE).status == 400
