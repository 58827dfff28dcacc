"""What every store adapter does alike; an adapter that is not in ADAPTERS does not exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphsvc.errors import QuerySyntaxError, ResultTooLarge
from graphsvc.formats import (
    CSV,
    GRAPH_FORMATS,
    N_TRIPLES,
    RESULTS_FORMATS,
    RESULTS_JSON,
    TSV,
    TURTLE,
    Format,
)
from graphsvc.rdf import Literal, read_document
from graphsvc.sparql import Dataset, read
from graphsvc.store import Limits, Store
from tests.store.adapters import ADAPTERS

GRAPHS = "http://example.org/library/graph/"


@pytest.fixture(scope="module", params=ADAPTERS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with ADAPTERS[request.param](tmp_path_factory.mktemp("store")) as opened:
        yield opened


def rows(store: Store, text: str, dataset: Dataset | None = None) -> list[dict[str, str]]:
    answer = json.loads(store.query(read(text, dataset=dataset), RESULTS_JSON).read())
    return [
        {name: term["value"] for name, term in solution.items()} for solution in answer["results"]["bindings"]
    ]


def test_the_default_graph_is_the_union_of_the_named_graphs(store: Store) -> None:
    assert rows(store, "SELECT ?d { ?b <http://purl.org/dc/terms/valid> ?d } ORDER BY ?d") == [
        {"d": "2020-01-01"},
        {"d": "2021-01-01"},
    ]


def test_from_narrows_the_default_graph(store: Store) -> None:
    text = f"SELECT ?d FROM <{GRAPHS}loans/2020> {{ ?b <http://purl.org/dc/terms/valid> ?d }}"
    assert rows(store, text) == [{"d": "2020-01-01"}]


def test_the_dataset_of_the_request_beats_the_one_of_the_query(store: Store) -> None:
    text = f"SELECT ?d FROM <{GRAPHS}loans/2020> {{ ?b <http://purl.org/dc/terms/valid> ?d }}"
    asked = Dataset(default_graphs=(f"{GRAPHS}loans/2021",))
    assert rows(store, text, asked) == [{"d": "2021-01-01"}]


def test_named_graphs_alone_leave_the_default_graph_empty(store: Store) -> None:
    asked = Dataset(named_graphs=(f"{GRAPHS}loans/2021",))
    assert rows(store, "SELECT * { ?s ?p ?o }", asked) == []
    assert rows(store, "SELECT ?g { GRAPH ?g { ?s ?p ?o } }", asked) == [{"g": f"{GRAPHS}loans/2021"}]


def test_an_unknown_graph_is_empty(store: Store) -> None:
    assert rows(store, "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }") == []
    assert rows(store, "SELECT * { ?s ?p ?o }", Dataset(("http://127.0.0.1:9/",))) == []


def test_a_file_is_one_named_graph(store: Store) -> None:
    found = rows(store, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert [row["g"].removeprefix(GRAPHS) for row in found] == [
        "books",
        "loans/2020",
        "loans/2021",
        "shapes/book",
        "vocabulary/lib",
    ]


def test_a_relative_iri_in_a_query_is_below_the_base(store: Store) -> None:
    text = "SELECT ?l { <id/person/austen> <http://www.w3.org/2000/01/rdf-schema#label> ?l }"
    assert rows(store, text) == [{"l": "Jane Austen"}]


@pytest.mark.parametrize("result", GRAPH_FORMATS, ids=lambda f: f.name)
def test_a_graph_comes_back_whole_in_each_format(store: Store, result) -> None:  # type: ignore[no-untyped-def]
    query = read("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!isBlank(?o) && !isBlank(?s)) }")
    expected = set(store.query(query, N_TRIPLES).read().splitlines())
    document = store.query(query, result).read()
    again = {str(quad.triple) + " ." for quad in read_document(document, result)}
    assert again == {line.decode() for line in expected}
    assert len(again) > 20


@pytest.mark.parametrize("result", RESULTS_FORMATS, ids=lambda f: f.name)
def test_a_truth_value_has_each_results_format(store: Store, result) -> None:  # type: ignore[no-untyped-def]
    assert b"true" in store.query(read("ASK {}"), result).read()


def test_csv_and_tsv_are_exact(store: Store) -> None:
    query = read("SELECT ?l { <id/book/tab> <http://www.w3.org/2000/01/rdf-schema#label> ?l }")
    assert store.query(query, CSV).read() == b'l\r\n"Tab\tand ""quote"", comma\nline"\r\n'
    assert store.query(query, TSV).read() == b'?l\n"Tab\\tand \\"quote\\", comma\\nline"\n'


def test_the_same_query_gives_the_same_bytes(store: Store) -> None:
    query = read("CONSTRUCT WHERE { ?s ?p ?o }")
    assert store.query(query, TURTLE).read() == store.query(query, TURTLE).read()
    ground = read("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!isBlank(?o) && !isBlank(?s)) }")
    with ADAPTERS["memory"](Path()) as other:
        assert other.query(ground, TURTLE).read() == store.query(ground, TURTLE).read()


def test_a_binding_is_a_term_and_nothing_else(store: Store) -> None:
    hostile = Literal('x" } ; DROP ALL #')
    answer = store.query(read("SELECT ?v { BIND(?given AS ?v) }", bindings={"given": hostile}), RESULTS_JSON)
    assert json.loads(answer.read())["results"]["bindings"][0]["v"]["value"] == hostile.value


def test_an_answer_that_is_whole_knows_its_length_and_its_epoch(store: Store) -> None:
    answer = store.query(read("SELECT * { ?s ?p ?o }"), RESULTS_JSON)
    assert answer.epoch == store.epoch()
    assert answer.length == len(answer.read())


def test_a_syntax_error_has_line_column_and_the_line(store: Store) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        store.query(read("SELECT *\n{ ?s ?p }"), RESULTS_JSON)
    assert (caught.value.line, caught.value.column) == (2, 9)
    assert caught.value.source_line == "{ ?s ?p }"


def test_a_missing_prefix_is_named_with_the_line_to_add(store: Store) -> None:
    with pytest.raises(QuerySyntaxError, match="skos: is not declared") as caught:
        store.query(read("SELECT * { ?s skos:prefLabel ?o }"), RESULTS_JSON)
    assert caught.value.hint is not None
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in caught.value.hint


@pytest.mark.parametrize("name", ADAPTERS)
def test_closing_twice_does_no_harm(name: str, tmp_path: Path) -> None:
    opened = ADAPTERS[name](tmp_path)
    opened.close()
    opened.close()


ROWS = "SELECT ?n { VALUES ?n { 1 2 3 4 5 } }"
TRIPLES = "CONSTRUCT { ?n <urn:p> ?n } WHERE { VALUES ?n { <urn:1> <urn:2> <urn:3> } }"


@pytest.mark.parametrize("result", RESULTS_FORMATS, ids=lambda one: one.name)
def test_an_answer_of_more_rows_than_allowed_is_an_error(store: Store, result: Format) -> None:
    assert store.query(read(ROWS), result, Limits(max_rows=5)).read()
    with pytest.raises(ResultTooLarge, match="more than 4 rows"):
        store.query(read(ROWS), result, Limits(max_rows=4)).read()


def test_an_answer_of_more_triples_than_allowed_is_an_error(store: Store) -> None:
    assert store.query(read(TRIPLES), N_TRIPLES, Limits(max_rows=3)).read().count(b"\n") == 3
    with pytest.raises(ResultTooLarge, match="more than 2 triples"):
        store.query(read(TRIPLES), N_TRIPLES, Limits(max_rows=2)).read()


@pytest.mark.parametrize(("text", "result"), [(ROWS, RESULTS_JSON), (TRIPLES, N_TRIPLES)])
def test_an_answer_of_more_bytes_than_allowed_is_an_error(store: Store, text: str, result: Format) -> None:
    size = len(store.query(read(text), result).read())
    assert len(store.query(read(text), result, Limits(max_bytes=size)).read()) == size
    with pytest.raises(ResultTooLarge, match=f"longer than {size - 1:,} bytes"):
        store.query(read(text), result, Limits(max_bytes=size - 1)).read()
