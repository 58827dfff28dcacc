"""The service description: each claim is put to the test. https://www.w3.org/TR/sparql11-service-description/"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from made_projects import FIREFOX, LIBRARY, served
from werkzeug.test import TestResponse

from graphsvc.formats import GRAPH_FORMATS, RESULTS_FORMATS, Format
from graphsvc.rdf import read_document
from graphsvc.tokens import TokenFile
from graphsvc.vocab import PREFIXES
from tests.servers import oxigraph_server

SD = PREFIXES["sd"]
VOID = PREFIXES["void"]
ENDPOINT = "http://127.0.0.1:8000/sparql"
DATASET = "http://example.org/library/dataset"
FORMATS = {one.iri: one for one in (*RESULTS_FORMATS, *GRAPH_FORMATS)}


def graph_of(response: TestResponse, syntax: Format = GRAPH_FORMATS[0]) -> set[str]:
    assert response.status_code == 200, response.text
    return {str(quad.triple) for quad in read_document(response.data, syntax)}


@pytest.fixture
def described(library: FlaskClient) -> ox.Store:
    """The service description, to be queried."""
    store = ox.Store()
    store.load(library.get("/sparql", headers={"Accept": "text/turtle"}).data, ox.RdfFormat.TURTLE)
    return store


def objects(store: ox.Store, predicate: str, subject: str | None = None) -> list[str]:
    found = store.quads_for_pattern(ox.NamedNode(subject) if subject else None, ox.NamedNode(predicate), None)
    return sorted(quad.object.value for quad in found)  # type: ignore[union-attr]


def ask(client: FlaskClient, text: str, more: str = "") -> list[dict[str, dict[str, str]]]:
    response = client.get(f"/sparql?query={quote(text)}{more}")
    assert response.status_code == 200, response.text
    return list(json.loads(response.data)["results"]["bindings"])


@pytest.mark.parametrize("syntax", GRAPH_FORMATS, ids=lambda f: f.name)
def test_a_bare_get_is_answered_in_each_rdf_syntax(library: FlaskClient, syntax: Format) -> None:
    response = library.get("/sparql", headers={"Accept": syntax.media_type})
    assert response.content_type == syntax.content_type
    assert graph_of(response, syntax) == graph_of(library.get("/sparql?format=ttl"))
    assert library.get(f"/sparql?format={syntax.name}").data == response.data


@pytest.mark.parametrize("accept", [None, "*/*", "text/*"])
def test_a_client_of_no_preference_gets_turtle(library: FlaskClient, accept: str | None) -> None:
    response = library.get("/sparql", headers={"Accept": accept} if accept else {})
    assert response.mimetype == "text/turtle"
    assert "Accept" in response.headers["Vary"]


def test_a_browser_gets_the_form_with_the_same_claims(library: FlaskClient) -> None:
    text = library.get("/sparql", headers={"Accept": FIREFOX}).text
    assert ENDPOINT in text
    for one in FORMATS.values():
        assert one.media_type in text


def test_what_cannot_be_had_is_refused(library: FlaskClient) -> None:
    assert library.get("/sparql", headers={"Accept": "image/png"}).status_code == 406
    assert library.get("/sparql?format=csv").status_code == 400


def test_it_is_revalidated(library: FlaskClient) -> None:
    tag = library.get("/sparql").headers["ETag"]
    assert library.get("/sparql", headers={"If-None-Match": tag}).status_code == 304
    other = library.get("/sparql", headers={"Accept": "application/ld+json"}).headers["ETag"]
    assert other != tag


def test_the_endpoint_is_named_by_its_public_address(described: ox.Store) -> None:
    assert objects(described, SD + "endpoint") == [ENDPOINT]
    with served(LIBRARY, public_url="https://data.example/kg/") as client:
        response = client.get("/kg/sparql", headers={"Host": "evil.example"})
        assert b"https://data.example/kg/sparql> ;" in response.data
        assert b"evil.example" not in response.data


def test_each_result_format_can_be_had(library: FlaskClient, described: ox.Store) -> None:
    claimed = objects(described, SD + "resultFormat")
    assert claimed == sorted(FORMATS)
    for iri in claimed:
        form = "ASK {}" if FORMATS[iri] in RESULTS_FORMATS else "CONSTRUCT WHERE { ?s ?p ?o }"
        accept = {"Accept": FORMATS[iri].media_type}
        assert library.get(f"/sparql?query={quote(form)}", headers=accept).mimetype == accept["Accept"]


def test_the_language_is_sparql_1_1_query_and_nothing_else(library: FlaskClient, described: ox.Store) -> None:
    assert objects(described, SD + "supportedLanguage") == [SD + "SPARQL11Query"]
    assert (
        len(
            ask(library, "SELECT (COUNT(*) AS ?n) { ?s (<http://e/p>|!<http://e/q>)+ ?o MINUS { ?o ?s ?s } }")
        )
        == 1
    )
    assert library.post("/sparql", data={"update": "DROP ALL"}).status_code == 400


def test_the_default_graph_is_the_union_of_the_named_graphs(
    library: FlaskClient, described: ox.Store
) -> None:
    assert objects(described, SD + "feature") == [SD + "UnionDefaultGraph"]
    plain = ask(library, "SELECT DISTINCT ?s ?p ?o { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }")
    named = ask(
        library, "SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } FILTER(!isBlank(?s) && !isBlank(?o)) }"
    )
    assert {json.dumps(row, sort_keys=True) for row in plain} == {
        json.dumps(row, sort_keys=True) for row in named
    }


def test_federation_and_what_else_is_not_there_is_not_claimed(
    library: FlaskClient, described: ox.Store
) -> None:
    assert SD + "BasicFederatedQuery" not in objects(described, SD + "feature")
    assert objects(described, SD + "inputFormat") == []
    response = library.get("/sparql?query=" + quote("SELECT * { SERVICE <http://e/> {} }"))
    assert response.status_code == 403


def test_each_function_that_is_claimed_is_there(library: FlaskClient, described: ox.Store) -> None:
    claimed = objects(described, SD + "extensionFunction")
    assert len(claimed) > 10
    wkt = "http://www.opengis.net/ont/geosparql#wktLiteral"
    square, point = f"'POLYGON((0 0,2 0,2 2,0 2,0 0))'^^<{wkt}>", f"'POINT(1 1)'^^<{wkt}>"
    of_one = {"convexHull", "envelope", "getSRID", "asGeoJSON", "centroid"}
    for function in claimed:
        given = square if function.rpartition("/")[2] in of_one else f"{square}, {point}"
        assert "x" in ask(library, f"SELECT (<{function}>({given}) AS ?x) {{}}")[0], function
    missing = library.get("/sparql?query=" + quote("SELECT (<http://e/f>(1) AS ?x) {}"))
    assert missing.status_code == 400
    assert missing.get_json()["type"].endswith("#unknown-function")


def test_what_a_service_that_takes_writes_claims_is_so(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    with served(LIBRARY, tokens=str(file.path)) as client:
        before = client.get("/sparql").headers["ETag"]
        secret = file.new("writer", ["write"])
        response = client.get("/sparql")
        assert response.headers["ETag"] != before
        said = ox.Store()
        said.load(response.data, ox.RdfFormat.TURTLE)
        service = ENDPOINT.replace("/sparql", "/update#service")
        assert objects(said, SD + "supportedLanguage", service) == [SD + "SPARQL11Update"]
        assert objects(said, SD + "endpoint", service) == [ENDPOINT.replace("/sparql", "/update")]
        token = {"Authorization": f"Bearer {secret}"}
        text = "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }"
        assert client.post("/update", data={"update": text}, headers=token).status_code == 204
        formats = objects(said, SD + "inputFormat", service)
        assert len(formats) == len([one for one in GRAPH_FORMATS if one.iri])
        for iri in formats:
            there = {"Accept": FORMATS[iri].media_type}
            body = client.get("/graph-store?graph=urn:g", headers=there).data
            given = token | {"Content-Type": FORMATS[iri].media_type}
            assert client.put("/graph-store?graph=urn:h", data=body, headers=given).status_code in (201, 204)
            assert ask(client, "SELECT * { GRAPH <urn:h> { <urn:a> <urn:b> 1 } }")
        page = client.get("/sparql", headers={"Accept": FIREFOX}).text
        assert "SPARQL 1.1 Update, with a token" in page


def test_a_default_graph_that_is_no_union_is_not_claimed_to_be_one() -> None:
    with served(LIBRARY, default_graph="unnamed") as client:
        said = ox.Store()
        said.load(client.get("/sparql").data, ox.RdfFormat.TURTLE)
        assert objects(said, SD + "feature") == []
        assert ask(client, "SELECT * { ?s ?p ?o }") == []
        assert (
            "the triples outside all named graphs" in client.get("/sparql", headers={"Accept": FIREFOX}).text
        )


def test_federation_is_claimed_where_an_endpoint_is_listed(tmp_path: Path) -> None:
    with oxigraph_server(tmp_path) as url, served(LIBRARY, service_endpoints=f"{url}/query") as client:
        said = ox.Store()
        said.load(client.get("/sparql").data, ox.RdfFormat.TURTLE)
        assert SD + "BasicFederatedQuery" in objects(said, SD + "feature")
        clause = f"SERVICE <{url}/query> {{ VALUES ?x {{ 1 2 }} }}"
        assert len(ask(client, f"SELECT * {{ {clause} }}")) == 2


def test_the_entailment_is_simple(library: FlaskClient, described: ox.Store) -> None:
    assert objects(described, SD + "defaultEntailmentRegime") == ["http://www.w3.org/ns/entailment/Simple"]
    # Under RDF entailment each predicate would be an rdf:Property.
    assert ask(library, "SELECT * { ?p a <http://www.w3.org/1999/02/22-rdf-syntax-ns#Property> }") == []


def test_each_named_graph_is_there_with_its_true_size(library: FlaskClient, described: ox.Store) -> None:
    assert objects(described, SD + "defaultDataset") == [DATASET]
    members = objects(described, SD + "namedGraph", DATASET)
    names = {objects(described, SD + "name", member)[0] for member in members}
    assert names == {row["g"]["value"] for row in ask(library, "SELECT DISTINCT ?g { GRAPH ?g {} }")}
    assert len(names) == 5
    for member in members:
        (name,) = objects(described, SD + "name", member)
        (graph,) = objects(described, SD + "graph", member)
        (claimed,) = objects(described, VOID + "triples", graph)
        counted = ask(library, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}")
        assert claimed == counted[0]["n"]["value"]


def test_each_available_graph_can_be_put_in_a_dataset(library: FlaskClient, described: ox.Store) -> None:
    (collection,) = objects(described, SD + "availableGraphs")
    members = objects(described, SD + "namedGraph", collection)
    assert members == objects(described, SD + "namedGraph", DATASET)
    for member in members:
        (name,) = objects(described, SD + "name", member)
        assert ask(library, "SELECT * { ?s ?p ?o } LIMIT 1", f"&default-graph-uri={quote(name)}")


def test_every_resource_of_the_vocabulary_is_typed(described: ox.Store) -> None:
    kinds: dict[str, Callable[[], list[str]]] = {
        "Service": lambda: [ENDPOINT + "#service"],
        "Dataset": lambda: objects(described, SD + "defaultDataset"),
        "Graph": lambda: sorted(
            {*objects(described, SD + "graph"), *objects(described, SD + "defaultGraph")}
        ),
        "NamedGraph": lambda: sorted(set(objects(described, SD + "namedGraph"))),
        "GraphCollection": lambda: objects(described, SD + "availableGraphs"),
    }
    for kind, expected in kinds.items():
        found = described.quads_for_pattern(
            None, ox.NamedNode(PREFIXES["rdf"] + "type"), ox.NamedNode(SD + kind)
        )
        assert sorted(quad.subject.value for quad in found) == expected()  # type: ignore[union-attr]


def test_it_says_the_same_each_time() -> None:
    with served(LIBRARY) as one, served(LIBRARY) as other:
        assert one.get("/sparql").data == other.get("/sparql").data
