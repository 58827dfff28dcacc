"""A change is validated at the nodes that it may affect, and that is as good as validating everything."""

from __future__ import annotations

import os
from collections import Counter

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphsvc.errors import ShapesError
from graphsvc.rdf import Iri
from graphsvc.validation import Document, Report, validate_change, validate_stored
from graphsvc.validation.report import Result
from graphsvc.validation.setwise.affected import affected
from graphsvc.validation.setwise.data_graph import DataGraph
from graphsvc.validation.setwise.query_reach import hops
from graphsvc.validation.setwise.reading import targeted
from graphsvc.validation.setwise.sparql_query import Query
from graphsvc.validation.setwise.spelling import from_store
from graphsvc.validation.setwise.stored import StoredTriples
from graphsvc.validation.shapes import Shapes
from tests.validation import random_cases
from tests.validation.test_sameness import loaded

G, CONTEXT = ox.NamedNode("http://example.org/g"), ox.NamedNode("http://example.org/context")
EX, SH = "http://example.org/", "http://www.w3.org/ns/shacl#"
CASES = int(os.environ.get("FUZZ_CASES", "100"))


def quads(text: str, graph: ox.NamedNode = G) -> list[ox.Quad]:
    found = ox.parse(text, ox.RdfFormat.TURTLE, rename_blank_nodes=False)
    return [ox.Quad(each.subject, each.predicate, each.object, graph) for each in found]


def told(results: list[Result]) -> Counter[object]:
    return Counter((each.key(), each.owner, each.source_constraint) for each in results)


def everything(store: ox.Store, shapes: Shapes) -> dict[object, list[Result]]:
    """All results by what leads to them: a target shape and one of its focus nodes."""
    targets = [node for node, _ in targeted(shapes)]
    nodes = {from_store(term) for quad in store for term in (quad.subject, quad.object)}
    nodes |= {value for _, value in shapes.statements.pairs(Iri(SH + "targetNode"))}
    return {
        (shape, node): list(
            validate_stored(
                store, shapes, graphs=[G], ontology=[CONTEXT], focus_nodes=[node], only=[shape]
            ).results
        )
        for node in nodes
        for shape in targets
    }


@pytest.mark.fuzz
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    random_cases.data,
    random_cases.ontologies,
    random_cases.shapes(),
    st.lists(st.tuples(random_cases.triples, st.booleans()), max_size=3),
    st.lists(st.integers(0, 40), max_size=3),
)
def test_verdicts_change_only_where_a_change_is_looked_at(
    data: str, context: str, shapes: str, added: list[tuple[str, bool]], removed: list[int]
) -> None:
    check_change(data, context, shapes, added, removed)


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", random_cases.KINDS_OF_CONSTRAINTS)
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_data=st.data())
def test_one_triple_changes_no_verdict_that_is_not_looked_at(kind: str, given_data: st.DataObject) -> None:
    data = given_data.draw(random_cases.sparse_data)
    context = "\n".join(given_data.draw(st.lists(random_cases.sparse_triples, max_size=2)))
    shapes = given_data.draw(random_cases.single_shapes(kind))
    added, removed = [], []
    if given_data.draw(st.booleans()):
        removed.append(given_data.draw(st.integers(0, 10)))
    else:
        place = st.sampled_from([False, False, True])
        added.append(given_data.draw(st.tuples(random_cases.sparse_triples, place)))
    check_change(data, random_cases.PREFIXES + context, shapes, added, removed)


def check_change(
    data: str, context: str, shapes: str, added: list[tuple[str, bool]], removed: list[int]
) -> None:
    """Nothing but what is looked at has another verdict since the change, and what is looked at is told."""
    known = loaded(shapes)
    store = ox.Store()
    store.extend([*quads(data), *quads(context, CONTEXT)])
    there = sorted(store, key=str)
    gone = [there[number % len(there)] for number in removed]
    new = [
        quad
        for text, in_context in added
        for quad in quads(random_cases.PREFIXES + text, CONTEXT if in_context else G)
    ]
    try:
        before = everything(store, known)
        for quad in gone:
            store.remove(quad)
        store.extend(new)
        after = everything(store, known)
        found = validate_change(store, known, [*gone, *new], graphs=[G], ontology=[CONTEXT])
    except ShapesError:
        return
    spelt = ox.Store()
    spelt.extend([*gone, *new])
    triples = StoredTriples(store, [G], [CONTEXT])
    plain = [(from_store(q.subject), Iri(q.predicate.value), from_store(q.object)) for q in spelt]
    strangers = {from_store(node) for node in triples.strangers(spelt)}
    where = affected(DataGraph(triples), known, plain, strangers)
    looked_at: dict[object, Result] = {}
    for key in before.keys() | after.keys():
        shape, node = key  # type: ignore[misc]
        if shape in where.wholly or node in where.nodes:
            looked_at |= {(each.key(), each.source_constraint): each for each in after.get(key, ())}
        else:
            old, now = (Counter(each.key() for each in side.get(key, ())) for side in (before, after))
            assert old == now, f"{shape} at {node} is not looked at"
    assert {(each.key(), each.source_constraint) for each in found.results} == looked_at.keys()


HEAD = f"@prefix ex: <{EX}> . @prefix sh: <{SH}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"


def change(data: str, shapes: str, added: str, removed: str = "") -> tuple[Report, set[str], set[str]]:
    """The report on a change, the nodes it was found to affect, and the shapes it affects wholly."""
    known = Shapes.load([Document("s", (HEAD + shapes).encode(), "ttl")])
    store = ox.Store()
    store.extend(quads(HEAD + data + added))
    changed = quads(HEAD + added + removed)
    report = validate_change(store, known, changed, graphs=[G])
    plain = [(from_store(q.subject), Iri(q.predicate.value), from_store(q.object)) for q in changed]
    found = affected(DataGraph(StoredTriples(store, [G])), known, plain)
    return report, *({each.value.removeprefix(EX) for each in part} for part in (found.nodes, found.wholly))


def test_only_what_leads_to_a_change_is_looked_at() -> None:
    shapes = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:P .\n"
    shapes += "ex:P sh:path ( ex:p [ sh:inversePath ex:q ] ex:r ) ; sh:maxCount 0 ."
    data = "ex:a a ex:C ; ex:p ex:m . ex:n ex:q ex:m . ex:b a ex:C ; ex:p ex:k . "
    report, nodes, wholly = change(data, shapes, "ex:n ex:r 1 .")
    assert [each.focus_node for each in report.results] == [Iri(EX + "a")]
    assert (nodes, wholly) == ({"a"}, set())


def test_a_removed_step_of_a_path_counts_though_the_rest_of_it_is_gone_too() -> None:
    shapes = (
        "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path ( ex:p ex:q ) ; sh:minCount 1 ] ."
    )
    report, nodes, _ = change("", shapes, "", "ex:a ex:p ex:b . ex:b ex:q 1 .")
    assert not report.conforms
    assert "a" in nodes


def test_a_class_that_gets_a_superclass_makes_its_instances_focus_nodes() -> None:
    shapes = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    report, _, _ = change("ex:a a ex:D . ex:b a ex:E . ", shapes, "ex:D rdfs:subClassOf ex:C .")
    assert [each.focus_node for each in report.results] == [Iri(EX + "a")]


def test_a_node_that_the_data_mention_now_gets_its_results() -> None:
    text = "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:property ex:Q ] . "
    text += "ex:Q sh:path ex:q ; sh:minCount 1 ."
    shapes = Shapes.load([Document("s", (HEAD + text).encode(), "ttl")])
    store = ox.Store()
    store.extend([*quads(f"{HEAD} ex:a ex:r 1 ."), *quads(f"{HEAD} ex:a ex:p ex:v .", CONTEXT)])
    assert validate_stored(store, shapes, graphs=[G], ontology=[CONTEXT]).conforms
    added = quads(f"{HEAD} ex:v ex:r 1 .")
    store.extend(added)
    report = validate_change(store, shapes, added, graphs=[G], ontology=[CONTEXT])
    assert [each.focus_node for each in report.results] == [Iri(f"{EX}v")]


INNER = "[ sh:property [ sh:path ex:q ; sh:minCount 1 ] ]"
SIBLINGS = f"""sh:path ex:p ; sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ; sh:qualifiedMinCount 1 ;
    sh:qualifiedValueShapesDisjoint true ] ;
  sh:property [ sh:path ex:r ; sh:qualifiedValueShape {INNER} ; sh:qualifiedMinCount 0"""


@pytest.mark.parametrize(
    ("constraint", "data", "added"),
    [
        ("sh:path [ sh:inversePath ex:p ] ; sh:maxCount 0", "", "ex:b ex:p ex:a ."),
        ("sh:path [ sh:alternativePath ( ex:p ex:q ) ] ; sh:maxCount 0", "", "ex:a ex:q 1 ."),
        ("sh:path ( ex:p ex:q ) ; sh:maxCount 0", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        ("sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 0", "ex:m ex:q ex:a .", "ex:x ex:p ex:m ."),
        ("sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 0", "ex:x ex:p ex:m .", "ex:m ex:q ex:a ."),
        ("sh:path ( [ sh:zeroOrMorePath ex:p ] ex:q )", "ex:a ex:p ex:m . ex:m ex:p ex:n .", "ex:n ex:q 1 ."),
        ("sh:path [ sh:oneOrMorePath ex:p ]", "ex:a ex:p ex:m .", "ex:m ex:p ex:n ."),
        ("sh:path [ sh:zeroOrOnePath ex:p ]", "", "ex:a ex:p ex:b ."),
        (f"sh:path ex:p ; sh:node {INNER}", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        (f"sh:path ex:p ; sh:not {INNER}", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        (f"sh:path ex:p ; sh:and ( {INNER} )", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        (f"sh:path ex:p ; sh:or ( {INNER} )", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        (f"sh:path ex:p ; sh:xone ( {INNER} )", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        ("sh:path ex:p ; sh:property [ sh:path ex:q ; sh:maxCount 0 ]", "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
        (
            f"sh:path ex:p ; sh:qualifiedValueShape {INNER} ; sh:qualifiedMinCount 1",
            "ex:a ex:p ex:m .",
            "ex:m ex:q 1 .",
        ),
        (SIBLINGS, "ex:a ex:p ex:m .", "ex:m ex:q 1 ."),
    ],
)
def test_a_change_leads_back_over_each_kind_of_path_and_of_nested_shape(
    constraint: str, data: str, added: str
) -> None:
    shapes = f"ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ {constraint} ] ."
    _, nodes, wholly = change(f"{data} ", shapes, added)
    assert "a" in nodes
    assert not wholly


QUERY = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [ sh:select '''SELECT $this { %s }''' ] ."


def test_a_query_about_this_node_alone_is_asked_where_its_predicates_changed() -> None:
    shapes = QUERY % f"$this <{EX}p>/<{EX}q> ?x FILTER (?x > 3)"
    report, nodes, wholly = change("ex:a a ex:C ; ex:p ex:m . ex:b a ex:C . ", shapes, "ex:m ex:q 4 .")
    assert len(report.results) == 1
    assert "a" in nodes
    assert not nodes & {"b"}
    assert not wholly


def test_a_query_that_looks_elsewhere_is_asked_everywhere_once_it_may_see_the_change() -> None:
    shapes = QUERY % f"$this <{EX}p> ?x . ?other <{EX}q> ?x FILTER (?x > 3)"
    data = "ex:a a ex:C ; ex:p 4 . "
    assert change(data, shapes, "ex:m ex:q 4 .")[2] == {"S"}
    assert change(data, shapes, "ex:m ex:r 4 .")[2] == set()


@pytest.mark.parametrize("where", [f"$this <{EX}q>* ?x", "$this ?p ?x . ?x ?q ?y"])
def test_a_query_that_may_read_anything_is_asked_everywhere_whatever_changes(where: str) -> None:
    assert change("ex:a a ex:C . ", QUERY % where, "ex:m ex:r 4 .")[2] == {"S"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("$this ex:p ?x", 0),
        ("$this ex:p ?x ; ex:q|ex:r 1 , 'a'@en, '1'^^xsd:int ; . FILTER (?x > 1) $this a ex:C .", 0),
        ("$this (ex:p/ex:q)|ex:r ?x OPTIONAL { $this ex:s/ex:t/ex:u ?y }", 3),
        ("FILTER NOT EXISTS { $this ex:p ?x } $this ex:q ?y", 0),
        ("FILTER (?x > 1 && EXISTS { $this ex:p ?x })", 0),
        ("{ $this ex:p ?x } UNION { $this ex:q ?x } BIND (STR(?x) AS ?y)", 0),
        ("$this ex:p ?x . ?x ex:q ?y", None),
        ("$this ?p ?x", None),
        ("$this ex:p* ?x", None),
        ("$this ^ex:p ?x", None),
        ("$this !ex:p ?x", None),
        ("$this ex:p [ ex:q ?x ]", None),
        ("$this ex:p ( ?x )", None),
        ("[] ex:p $this", None),
        ("BIND ($this AS ?that) ?that ex:p ?x", None),
        ("FILTER NOT EXISTS { ?x ex:p $this }", None),
        ("VALUES ?x { 1 } $this ex:p ?x", None),
        ("{ SELECT $this { ?x ex:p $this } }", None),
    ],
)
def test_how_far_a_query_reads_is_told_or_not_known(where: str, expected: int | None) -> None:
    assert hops(Query(f"SELECT $this {{ {where} }}")) == expected
