"""The set-based engine and pyshacl say the same, on random data and random shapes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graphsvc.errors import ShapesError
from graphsvc.rdf import Iri
from graphsvc.validation import Report, validate_stored
from graphsvc.validation.constraints import checked_queries
from graphsvc.validation.job import Engine, check
from graphsvc.validation.setwise import engine
from graphsvc.validation.setwise.constraint import SH
from graphsvc.validation.setwise.spelling import from_store
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Document, Statements, read
from tests.validation import random_cases

GRAPHS = [ox.NamedNode("http://example.org/one"), ox.NamedNode("http://example.org/two")]
# Whether the store is asked even about a handful of nodes, as it is about many.
MANY = pytest.mark.parametrize("few", [0, 20], ids=["many nodes", "few nodes"])
CASES = int(os.environ.get("FUZZ_CASES", "100"))


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    few = engine.FEW
    yield
    engine.FEW = few


def parsed(text: str, role: str) -> Statements:
    return read([Document(role, text.encode(), "ttl")], role=role)


def loaded(text: str) -> Shapes:
    """The shapes without the check by the shapes of shapes, which takes longer than all the rest."""
    statements = parsed(text, "shapes")
    return Shapes(statements, checked_queries(statements))


def told(report: Report) -> Counter[object]:
    return Counter((each.key(), each.within, each.owner, each.source_constraint) for each in report.results)


def outcome(data: Statements, shapes: Shapes, ontology: Statements, kind: Engine) -> object:
    try:
        return told(check(data, shapes, ontology, engine=kind))
    except ShapesError:
        return ShapesError


@pytest.mark.fuzz
@MANY
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_cases.data, random_cases.shapes(), random_cases.ontologies)
def test_both_engines_give_the_same_report(few: int, data: str, shapes: str, ontology: str) -> None:
    engine.FEW = few
    assume(not random_cases.meets_a_fault_of_pyshacl(data, ontology, shapes))
    given_data, given_ontology, known = parsed(data, "data"), parsed(ontology, "ontology"), loaded(shapes)
    assert outcome(given_data, known, given_ontology, Engine.SETWISE) == outcome(
        given_data, known, given_ontology, Engine.PYSHACL
    )


def stored(text: str, parts: list[int]) -> ox.Store:
    """The data in two graphs; a triple may be in both."""
    store = ox.Store()
    quads = ox.parse(text, ox.RdfFormat.TURTLE)
    for quad, part in zip(quads, parts * 30, strict=False):
        for number, graph in enumerate(GRAPHS, start=1):
            if part & number:
                store.add(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    return store


@pytest.mark.fuzz
@MANY
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_cases.data, random_cases.shapes(), st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_a_graph_is_validated_where_it_is_stored_as_it_would_be_outside(
    few: int, data: str, shapes: str, parts: list[int]
) -> None:
    engine.FEW = few
    assume(not random_cases.meets_a_fault_of_pyshacl(data, shapes))
    store, known = stored(data, parts), loaded(shapes)
    given_back = Statements(
        ((from_store(q.subject), Iri(q.predicate.value), from_store(q.object)), "") for q in store
    )
    try:
        expected = told(check(given_back, known, engine=Engine.PYSHACL))
    except ShapesError:
        return
    assert told(validate_stored(store, known)) == expected
    assert told(validate_stored(store, known, graphs=GRAPHS)) == expected
    nodes = {node for triple in given_back.triples for node in (triple[0], triple[2])}
    nodes |= {value for _, value in known.statements.pairs(Iri(SH + "targetNode"))}
    found: Counter[object] = Counter()
    for node in nodes:
        found += told(validate_stored(store, known, focus_nodes=[node]))
    assert found == expected
