"""Code that was written for rdflib, on a dataset of ours: every case is also put to rdflib's own store."""

from __future__ import annotations

import pytest
import rdflib
from rdflib import Literal, URIRef
from rdflib.compare import isomorphic

import graphsvc
from graphsvc.errors import GraphsvcError
from tests.conftest import LIBRARY

# rdflib warns of its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ZOLA = URIRef("http://example.org/library/id/person/zola")
G = URIRef("http://example.org/library/graph/new")
BOOKS = URIRef("http://example.org/library/graph/books")


@pytest.fixture
def ours() -> rdflib.Dataset:
    return graphsvc.open_dataset(LIBRARY)


@pytest.fixture
def theirs(ours: rdflib.Dataset) -> rdflib.Dataset:
    """The same data in rdflib's own store."""
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=ours.serialize(format="nquads"), format="nquads")
    for name, namespace in ours.namespaces():
        dataset.bind(name, namespace, replace=True)
    return dataset


QUERIES: dict[str, tuple[str, dict[str, rdflib.term.Identifier]]] = {
    "no bindings": ("SELECT ?p ?l { ?p rdfs:label ?l FILTER(isIRI(?p)) }", {}),
    "a projected variable": ("SELECT ?p ?l { ?p rdfs:label ?l }", {"p": ZOLA}),
    "a variable that is not projected": ("SELECT ?l { ?p rdfs:label ?l }", {"p": ZOLA}),
    "a variable of a filter alone": ("SELECT ?l { ?p rdfs:label ?l FILTER(?p = ?same) }", {"same": ZOLA}),
    "two variables": ("ASK { ?p rdfs:label ?l }", {"p": ZOLA, "l": Literal("Émile Zola")}),
    "what is not there": ("ASK { ?p rdfs:label ?l }", {"p": ZOLA, "l": Literal("x", lang="en")}),
    "an aggregate": ("SELECT (COUNT(*) AS ?n) { ?p rdfs:label ?l }", {"p": ZOLA}),
    "an optional part": ("SELECT ?p ?none { ?p rdfs:label ?l OPTIONAL { ?p <urn:x> ?none } }", {"p": ZOLA}),
    "a graph": ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", {"g": BOOKS}),
    "a variable that is not there": ("SELECT ?l { ?p rdfs:label ?l FILTER(isIRI(?p)) }", {"other": ZOLA}),
    "a number": ("SELECT ?s { ?s ?p ?o FILTER(?n > 1 && isIRI(?s)) } ORDER BY ?s LIMIT 3", {"n": Literal(2)}),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_answers_as_with_rdflib(ours: rdflib.Dataset, theirs: rdflib.Dataset, name: str) -> None:
    text, bindings = QUERIES[name]
    first, second = (one.query(text, initBindings=bindings) for one in (ours, theirs))
    if first.type == "ASK":
        assert bool(first) == bool(second)
        return
    names = list(first.vars or ())
    found, expected = (
        sorted(tuple(str(row.get(name)) for name in names) for row in one.bindings) for one in (first, second)
    )
    assert found == expected
    assert found


def test_a_construct_has_its_bindings_too(ours: rdflib.Dataset) -> None:
    graph = ours.query(
        "CONSTRUCT { ?p rdfs:label ?l } WHERE { ?p rdfs:label ?l }", initBindings={"p": ZOLA}
    ).graph
    assert graph is not None
    assert set(graph.subjects()) == {ZOLA}


def test_a_query_without_a_where_group_needs_no_bindings(ours: rdflib.Dataset) -> None:
    for text in (f"DESCRIBE <{ZOLA}>", "CONSTRUCT WHERE { ?s rdfs:label ?l }"):
        graph = ours.query(text).graph
        assert graph is not None
        assert (ZOLA, rdflib.RDFS.label, Literal("Émile Zola")) in graph


UPDATES: dict[str, tuple[str, dict[str, rdflib.term.Identifier]]] = {
    "data": (f"INSERT DATA {{ GRAPH <{G}> {{ <urn:a> <urn:b> 1, 'é' }} }}", {}),
    "a clause that sees the union": (f"INSERT {{ GRAPH <{G}> {{ ?p rdfs:label ?l }} }} WHERE {{ ?p rdfs:label ?l FILTER(isIRI(?p)) }}", {}),  # noqa: E501
    "bindings": (f"INSERT {{ GRAPH <{G}> {{ ?p <urn:l> ?l }} }} WHERE {{ ?p rdfs:label ?l }}", {"p": ZOLA}),
    "a binding of the template": (f"INSERT {{ GRAPH <{G}> {{ ?p <urn:is> ?x }} }} WHERE {{ ?p rdfs:label ?l FILTER(isIRI(?p)) }}", {"x": Literal("it")}),  # noqa: E501
    "a graph cleared": (f"CLEAR GRAPH <{BOOKS}>", {}),
    "several operations": (f"INSERT DATA {{ GRAPH <{G}> {{ <urn:a> <urn:b> 1 }} }} ; DELETE WHERE {{ GRAPH <{G}> {{ ?s ?p ?o }} }} ; INSERT DATA {{ GRAPH <{G}> {{ <urn:c> <urn:d> 2 }} }}", {}),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_does_as_with_rdflib(ours: rdflib.Dataset, theirs: rdflib.Dataset, name: str) -> None:
    text, bindings = UPDATES[name]
    before = set(ours.graph(G)), len(ours.graph(BOOKS))
    for one in (ours, theirs):
        one.update(text, initBindings=bindings)
    assert set(ours.graph(G)) == set(theirs.graph(G))
    assert len(ours.graph(BOOKS)) == len(theirs.graph(BOOKS))
    assert (set(ours.graph(G)), len(ours.graph(BOOKS))) != before


def test_an_update_of_one_graph_changes_that_graph(ours: rdflib.Dataset) -> None:
    graph = ours.graph(BOOKS)
    graph.update("INSERT { <urn:x> <urn:n> ?n } WHERE { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } }")
    count = graph.value(URIRef("urn:x"), URIRef("urn:n"))
    assert count == Literal(len(graph) - 1)


def test_an_update_that_fails_changes_nothing(ours: rdflib.Dataset) -> None:
    before = len(ours)
    for text in ("INSERT DATA { <urn:a> <urn:b> 1 } ; DROP GRAPH <urn:none>", "INSERT DATA { <urn:a> }"):
        with pytest.raises(GraphsvcError):
            ours.update(text)
    assert len(ours) == before


def test_what_is_parsed_is_there_for_queries_and_comes_out_again(ours: rdflib.Dataset) -> None:
    graph = ours.graph(G)
    graph.parse(data="@prefix : <urn:x:> . :a :b 1, 'é'@fr, [ :c :d ] .", format="turtle")
    assert len(graph) == 4
    assert bool(ours.query("ASK { <urn:x:a> <urn:x:b> 'é'@fr, 1 }"))
    again = rdflib.Graph().parse(data=graph.serialize(format="xml"), format="xml")
    assert isomorphic(again, rdflib.Graph() + graph)
    graph.remove((None, URIRef("urn:x:c"), None))
    assert len(graph) == 3
    assert "trig" not in ours.serialize(format="trig")
    assert ours.value(ZOLA, rdflib.RDFS.label) == Literal("Émile Zola")
