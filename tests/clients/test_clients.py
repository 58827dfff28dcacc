"""Clients that people use, each against a server process."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import RDFS
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, TURTLE, XML, SPARQLWrapper

HERE = Path(__file__).parent
BASE = "http://example.org/library"
BOOKS = f"""
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?book ?label {{ ?book a <{BASE}/def/lib#Book> ; rdfs:label ?label }} ORDER BY ?label
"""


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "way",
    [
        ["--get", "--data-urlencode", f"query={BOOKS}"],
        ["--data-urlencode", f"query={BOOKS}"],
        ["-H", "Content-Type: application/sparql-query", "--data-binary", BOOKS],
    ],
    ids=["get", "form", "direct"],
)
def test_curl_queries(library_server: str, way: list[str]) -> None:
    answer = json.loads(output("curl", "-sS", "--fail", f"{library_server}/sparql", *way))
    assert [row["label"]["value"] for row in answer["results"]["bindings"]][:2] == ["Emma", "Germinal"]


def test_curl_follows_an_iri_to_its_document(library_server: str) -> None:
    turtle = output("curl", "-sSL", "--fail", "-H", "Accept: text/turtle", f"{library_server}/id/book/emma")
    graph = Graph().parse(data=turtle, format="turtle")
    assert (URIRef(f"{BASE}/id/book/emma"), RDFS.label, None) in graph


@pytest.mark.parametrize("method", ["GET", POST])
def test_sparqlwrapper_queries(library_server: str, method: str) -> None:
    client = SPARQLWrapper(f"{library_server}/sparql")
    client.setMethod(method)
    client.setQuery(BOOKS)
    client.setReturnFormat(JSON)
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [row["label"]["value"] for row in rows][:2] == ["Emma", "Germinal"]


def test_sparqlwrapper_gets_each_format_that_it_asks_for(library_server: str) -> None:
    client = SPARQLWrapper(f"{library_server}/sparql")
    client.setQuery(BOOKS)
    client.setReturnFormat(XML)
    assert len(client.queryAndConvert().getElementsByTagName("result")) == 3
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().startswith(b"book,label\r\n")
    client.setQuery(f"CONSTRUCT WHERE {{ <{BASE}/id/book/emma> ?p ?o }}")
    client.setReturnFormat(TURTLE)
    assert len(Graph().parse(data=client.queryAndConvert(), format="turtle")) == 7


def test_rdflib_queries_through_its_sparql_store(library_server: str) -> None:
    graph = Graph(store=SPARQLStore(f"{library_server}/sparql"))
    rows = list(graph.query(BOOKS))
    assert [str(row.label) for row in rows][:2] == ["Emma", "Germinal"]
    assert (URIRef(f"{BASE}/id/person/zola"), RDFS.label, None) in graph
    assert str(graph.value(URIRef(f"{BASE}/id/person/zola"), RDFS.label)) == "Émile Zola"


@pytest.mark.parametrize("name", ["id/book/emma", "def/lib", "graph/books"])
def test_rdflib_parses_an_iri_straight_from_the_server(library_server: str, name: str) -> None:
    graph = Graph().parse(f"{library_server}/{name}")
    assert len(graph) > 3


def test_pyshacl_validates_a_downloaded_dump(library_server: str, tmp_path: Path) -> None:
    dump = tmp_path / "dump.ttl"
    with urlopen(f"{library_server}/dataset.ttl") as answer:
        dump.write_bytes(answer.read())
    shapes = Path(__file__).parents[1] / "projects/library/shapes/book.ttl"
    command = [sys.executable, "-m", "pyshacl", "-s", str(shapes), "-f", "human", str(dump)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "A book has a title: add dct:title." in done.stdout
    assert "Results (1)" in done.stdout


def test_a_packed_dump_is_the_dump(library_server: str) -> None:
    with (
        urlopen(f"{library_server}/dataset.nq") as plain,
        urlopen(f"{library_server}/dataset.nq.gz") as packed,
    ):
        assert gzip.decompress(packed.read()) == plain.read()


def test_a_browser_is_shown_a_page(library_server: str) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    with urlopen(Request(f"{library_server}/id/book/emma", headers={"Accept": accept})) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.fixture(scope="module")
def comunica() -> str:
    """The Comunica command that `make` installs where there is npm."""
    command = HERE / "node_modules" / ".bin" / "comunica-sparql"
    if not command.exists():
        assert shutil.which("npm") is None, "npm is there: `make test` installs the JavaScript clients"
        pytest.skip("no npm on this machine: Comunica is not tried")
    return str(command)


def bindings(comunica: str, source: str, query: str) -> list[dict[str, str]]:
    """The solutions that Comunica finds at a source."""
    found = json.loads(output(comunica, source, "-q", query, "-t", "application/sparql-results+json"))
    return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]


def test_comunica_queries_the_endpoint(library_server: str, comunica: str) -> None:
    rows = bindings(comunica, f"sparql@{library_server}/sparql", BOOKS)
    assert [row["label"] for row in rows][:2] == ["Emma", "Germinal"]


def test_comunica_finds_out_by_itself_what_the_endpoint_is(library_server: str, comunica: str) -> None:
    assert len(bindings(comunica, f"{library_server}/sparql", BOOKS)) == 3


def test_comunica_reads_a_document(library_server: str, comunica: str) -> None:
    query = f"SELECT ?label {{ <{BASE}/id/book/emma> <{RDFS.label}> ?label }}"
    assert bindings(comunica, f"{library_server}/doc/book/emma", query) == [{"label": "Emma"}]
