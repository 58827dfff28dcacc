"""The report of the W3C's tests, as people and programs get it."""

from __future__ import annotations

import rdflib
from flask.testing import FlaskClient

from graphsvc.conformance import outcomes

EARL = rdflib.Namespace("http://www.w3.org/ns/earl#")


def test_a_person_gets_the_numbers_and_the_reasons(library: FlaskClient) -> None:
    page = library.get("/conformance", headers={"Accept": "text/html"}).get_data(as_text=True)
    found = outcomes()
    for store in {one.store for one in found}:
        here = [one for one in found if one.store == store]
        assert f"<td>{sum(one.passed for one in here)}&#160;of&#160;{len(here)}</td>" in page
    for one in found:
        assert one.passed or one.test in page
    assert "oxigraph/oxigraph#1450" in page


def test_a_program_gets_an_assertion_for_each_test_and_store(library: FlaskClient) -> None:
    body = library.get("/conformance", headers={"Accept": "text/turtle"}).data
    graph = rdflib.Graph().parse(data=body, format="turtle")
    told = {
        (str(graph.value(each, EARL.test)), str(graph.value(graph.value(each, EARL.result), EARL.outcome)))
        for each in graph.subjects(rdflib.RDF.type, EARL.Assertion)
    }
    assert told == {(one.test, str(EARL[one.outcome])) for one in outcomes()}
    assert len(set(graph.subjects(rdflib.RDF.type, EARL.Assertion))) == len(outcomes())
