"""The record of writes: what it says, and who may read it, on each store that is the service's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running
from tests.web.test_writing import BASE, HERE, TURTLE, UPDATE, Answer, G, Service

RECORD = f"{BASE}/graph/system/writes"
PREFIXES = "PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX void: <http://rdfs.org/ns/void#> "
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
ROWS = f"""{PREFIXES} SELECT ?who ?kind ?added ?removed ?graph ?when FROM <{RECORD}> {{
  ?write a prov:Activity ; prov:endedAtTime ?when ; prov:wasAssociatedWith/{LABEL} ?who ;
    prov:used/<http://purl.org/dc/terms/type> ?kind ;
    prov:generated [ void:triples ?added ] ; prov:invalidated [ void:triples ?removed ] ;
    prov:generated/prov:specializationOf ?graph
}} ORDER BY ?when ?graph"""


@pytest.fixture(params=["memory:", "disk:"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    file = TokenFile(tmp_path / "tokens.json")
    secrets = {"all": file.new("Ada-L", ["write"]), "reader": file.new("reader", ["history"])}
    place = request.param if request.param == "memory:" else f"disk:{tmp_path / 'db'}"
    with running(LIBRARY, GRAPHSVC_TOKENS=str(file.path), GRAPHSVC_STORE=place) as url:
        yield Service(url, secrets)


def ask(server: Service, text: str, token: str = "reader", **more: str) -> Answer:
    path = f"/sparql?{urlencode({'query': text} | more)}"
    return server.ask("GET", path, token=token, Accept="application/sparql-results+json")


def rows(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.body
    found = json.loads(answer.body)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


def test_each_write_is_recorded_with_who_when_what_and_how_much(server: Service) -> None:
    server.write("PUT", HERE, "<urn:a> <urn:b> 1, 2 .", TURTLE)
    server.write("POST", "/update", f"DELETE DATA {{ GRAPH <{G}> {{ <urn:a> <urn:b> 1 }} }}", UPDATE)
    server.write("POST", "/update", "INSERT DATA { GRAPH <urn:x> {", UPDATE)
    found = rows(ask(server, ROWS))
    assert [(row["who"], row["kind"], row["added"], row["removed"], row["graph"]) for row in found] == [
        ("Ada-L", "put", "2", "0", G),
        ("Ada-L", "update", "0", "1", G),
    ]
    assert found[0]["when"] < found[1]["when"]


def test_the_states_are_a_chain(server: Service) -> None:
    epochs = [
        server.write("POST", HERE, f"<urn:a> <urn:b> {n} .", TURTLE).headers["Graph-Epoch"] for n in range(3)
    ]
    pattern = f"?s prov:wasRevisionOf [ {LABEL} ?before ] ; {LABEL} ?now"
    text = f"{PREFIXES} SELECT ?now ?before FROM <{RECORD}> {{ {pattern} }}"
    chain = {row["now"]: row["before"] for row in rows(ask(server, text))}
    assert chain[epochs[2]] == epochs[1]
    assert chain[epochs[1]] == epochs[0]
    assert len(chain) == 3


def test_the_record_is_for_those_who_may_and_for_no_cache(server: Service) -> None:
    server.write("PUT", HERE, "<urn:a> <urn:b> 1 .", TURTLE)
    graph = f"/graph-store?{urlencode({'graph': RECORD})}"
    everything = f"/sparql?{urlencode({'query': 'SELECT * { ?s ?p ?o }', 'default-graph-uri': RECORD})}"
    prefixed = f"PREFIX s: <{BASE}/graph/system/> SELECT * FROM NAMED s:writes {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    for path in (graph, everything, f"/sparql?{urlencode({'query': prefixed})}"):
        assert server.ask("GET", path).status == 401
        assert server.ask("GET", path, token="all").status == 403
        answer = server.ask("GET", path, token="reader")
        assert answer.status == 200
        assert b"Ada" in answer.body
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["ETag"] is None


def test_the_record_is_no_part_of_the_data(server: Service) -> None:
    server.write("PUT", HERE, "<urn:a> <urn:b> 1 .", TURTLE)
    for text in (
        f"SELECT * {{ GRAPH <{RECORD}> {{ ?s ?p ?o }} }}",
        f"{PREFIXES} SELECT * {{ GRAPH ?g {{ ?s a prov:Activity ; prov:used ?u }} }}",
    ):
        assert rows(ask(server, text)) == []
    assert b"Ada" not in server.ask("GET", "/dataset.nq").body
    assert server.write("PUT", f"/graph-store?{urlencode({'graph': RECORD})}", "", TURTLE).status == 403


def test_the_record_of_a_store_on_disk_outlives_the_service(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    secrets = {"all": file.new("all", ["write"]), "reader": file.new("reader", ["history"])}
    settings = {"GRAPHSVC_TOKENS": str(file.path), "GRAPHSVC_STORE": f"disk:{tmp_path / 'db'}"}
    for number in range(1, 3):
        with running(LIBRARY, **settings) as url:
            server = Service(url, secrets)
            server.write("POST", HERE, f"<urn:a> <urn:b> {number} .", TURTLE)
            assert len(rows(ask(server, ROWS))) == number
            assert server.triples() == number
