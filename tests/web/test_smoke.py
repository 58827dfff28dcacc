"""The thin slice: a file becomes a SPARQL answer and a dereferenced IRI."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen


def test_a_query_is_answered_by_a_real_server(library_server: str) -> None:
    request = Request(
        f"{library_server}/sparql",
        data=b"SELECT ?l { <id/person/zola> <http://www.w3.org/2000/01/rdf-schema#label> ?l }",
        headers={"Content-Type": "application/sparql-query"},
    )
    with urlopen(request) as answer:
        assert json.load(answer)["results"]["bindings"][0]["l"]["value"] == "Émile Zola"


def test_an_iri_is_dereferenced_by_a_real_server(library_server: str) -> None:
    request = Request(f"{library_server}/id/person/zola", headers={"Accept": "text/turtle"})
    with urlopen(request) as answer:
        assert answer.url == f"{library_server}/doc/person/zola"
        assert "Émile Zola" in answer.read().decode()
