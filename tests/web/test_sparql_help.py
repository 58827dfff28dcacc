"""What the endpoint says to who got a query wrong: where, what, and how to mend it."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

DG = "https://w3id.org/eu-dg/def/dg#"


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_a_query_that_finds_nothing_is_told_of_misspelt_terms(shipped: FlaskClient, name: str) -> None:
    text = f"PREFIX dg: <{DG}> SELECT ?s {{ ?s a dg:Instrumnet }}"
    reply = shipped.get("/sparql", query_string={"query": text, "format": name})
    assert reply.status_code == 200
    assert (
        reply.headers["Query-Notice"] == "Nothing here is called dg:Instrumnet; did you mean dg:Instrument?"
    )


@pytest.mark.parametrize(
    "text", ["SELECT ?s { ?s a dg:Instrument }", "SELECT ?s { ?s a dg:Instrument FILTER(false) }"]
)
def test_a_query_that_is_spelt_right_gets_no_notice(shipped: FlaskClient, text: str) -> None:
    reply = shipped.get("/sparql", query_string={"query": f"PREFIX dg: <{DG}> {text}"})
    assert reply.status_code == 200
    assert "Query-Notice" not in reply.headers


def test_a_graph_that_is_empty_has_its_notice_too(shipped: FlaskClient) -> None:
    text = f"PREFIX dg: <{DG}> CONSTRUCT WHERE {{ ?s a dg:Instruments }}"
    reply = shipped.get("/sparql", query_string={"query": text}, headers={"Accept": "application/n-triples"})
    assert (reply.data, reply.headers["Query-Notice"][:38]) == (b"", "Nothing here is called dg:Instruments;")


def test_a_syntax_error_shows_its_place_in_the_text(shipped: FlaskClient) -> None:
    text = "SELECT *\nWHERE {\n\t?s skos:prefLabel ?label\n}"
    reply = shipped.get("/sparql", query_string={"query": text})
    problem = json.loads(reply.data)
    assert reply.status_code == 400
    assert (problem["line"], problem["column"]) == (3, 5)
    assert text[problem["offset"] :].startswith("skos:prefLabel")
    assert problem["excerpt"] == "\t?s skos:prefLabel ?label\n\t   ^"
    assert problem["hint"].startswith(
        "Add this line at the top: PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    )


def test_a_syntax_error_in_data_shows_its_place_too(shipped: FlaskClient) -> None:
    data = "<urn:é> <urn:p> 1 .\n<urn:s> <urn:p> nonsense .\n"
    reply = shipped.post("/validate", data=data.encode(), content_type="text/turtle")
    problem = json.loads(reply.data)
    assert problem["line"] == 2
    assert data[problem["offset"] :].startswith("nonsense")
    assert problem["excerpt"].endswith("\n" + " " * 16 + "^")
