"""Updates on a draft: what they change, what their patch says, and that all of it can be undone."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from graphsvc.errors import (
    BadRequest,
    Conflict,
    NotFound,
    QuerySyntaxError,
    RemoteAccessRefused,
    StoreError,
    UnknownFunction,
)
from graphsvc.sparql import Dataset, read_update
from graphsvc.store.changes import Draft, apply_patch
from graphsvc.store.updating import perform

DATA = """
@prefix : <urn:x:> .
:a :p 1 . _:b :p 2 .
:g1 { :a :q :b . _:b :q "é\\n\\"" }
:g2 { :c :q << :a :q :b >> }
"""
QUADS = list(ox.parse(DATA, ox.RdfFormat.TRIG, rename_blank_nodes=False))
P = "PREFIX : <urn:x:> "
CHANGES = {
    "nothing": "",
    "data": P + "INSERT DATA { :n :p 1 . GRAPH :new { :n :p 'x'@en, _:o } } ; DELETE DATA { :a :p 1 }",
    "modify": P + "DELETE { ?s :p ?n } INSERT { ?s :p ?m . [] :was ?n } WHERE { ?s :p ?n BIND(?n + 1 AS ?m) }",
    "rand": P + "INSERT { :r :is ?r } WHERE { BIND(RAND() AS ?r) }",
    "blank nodes of the data": P + "DELETE WHERE { GRAPH ?g { ?s :q ?o } }",
    "with": P + "WITH :g1 DELETE { ?s ?p ?o } INSERT { GRAPH :g3 { ?s ?p ?o } } WHERE { ?s ?p ?o }",
    "triple terms": P + "INSERT { GRAPH :g2 { << ?s ?p ?o >> :seen true } } WHERE { GRAPH :g1 { ?s ?p ?o } }",
    "create and drop": P
    + "CREATE GRAPH :e ; DROP GRAPH :g1 ; COPY :g2 TO :g1 ; MOVE :g1 TO :e ; ADD DEFAULT TO :e",
    "there and back": P + "INSERT DATA { :z :p 1 } ; DELETE DATA { :z :p 1 } ; CLEAR DEFAULT",
    "drop all": "DROP ALL",
}  # fmt: skip


def store() -> ox.Store:
    made = ox.Store()
    made.extend(QUADS)
    return made


def state(engine: ox.Store) -> tuple[set[str], set[str]]:
    return {str(quad) for quad in engine}, {str(graph) for graph in engine.named_graphs()}


@pytest.mark.parametrize("name", CHANGES)
def test_a_patch_makes_the_same_changes_and_undoing_leaves_none(name: str) -> None:
    engine, other = store(), store()
    before = state(engine)
    draft = Draft(engine)
    perform(draft, read_update(CHANGES[name]))
    after = state(engine)
    assert (after == before) == (name == "nothing")
    touched = apply_patch(other, draft.patch())
    assert state(other) == after
    assert touched == draft.graphs()
    draft.undo()
    assert state(engine) == before
    assert draft.patch() == b""


def test_a_patch_counts_and_tells_only_what_changes() -> None:
    draft = Draft(store())
    perform(draft, read_update(P + "INSERT DATA { :a :p 1, 3 } ; DELETE DATA { :a :p 7 }"))
    assert (draft.added, draft.removed, draft.graphs()) == (1, 0, {""})
    assert draft.patch().count(b"\n") == 1


def test_a_where_clause_sees_the_union_of_the_graphs_unless_the_store_or_the_update_says_otherwise() -> None:
    text = P + "INSERT { :found :is ?s } WHERE { ?s :q :b }"
    for union, dataset, expected in (
        (True, None, 1),
        (False, None, 0),
        (True, Dataset(("urn:x:g2",), None), 0),
        (False, Dataset(("urn:x:g1",), None), 1),
    ):
        draft = Draft(store())
        perform(draft, read_update(text, dataset=dataset), union=union)
        assert draft.added == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (P + "CREATE GRAPH :g1", Conflict),
        (P + "DROP GRAPH :none", NotFound),
        (P + "COPY :none TO :g1", NotFound),
        ("INSERT DATA { <urn:a> <urn:b> }", QuerySyntaxError),
        ("INSERT DATA { ?v <urn:b> 1 }", QuerySyntaxError),
        ("LOAD <urn:x> INTO GRAPH <urn:g>", RemoteAccessRefused),
        ("LOAD <urn:x> <urn:g>", QuerySyntaxError),
        ("INSERT {} WHERE { BIND(<urn:f>(1) AS ?x) }", UnknownFunction),
        ("INSERT DATA { _:a <urn:b> 1 } ; INSERT DATA { _:a <urn:b> 1 }", QuerySyntaxError),
    ],
)
def test_what_an_update_cannot_do_is_said(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        perform(Draft(store()), read_update(text))


@pytest.mark.parametrize(
    "document", ["<http://127.0.0.1:9/>", "<file:///etc/passwd>", "<HTTP://127.0.0.1:9/>", ":name"]
)
def test_a_load_that_may_fail_silently_is_refused_all_the_same(document: str) -> None:
    with pytest.raises(RemoteAccessRefused):
        perform(Draft(store()), read_update(f"{P} LOAD SILENT {document} INTO GRAPH :g"))


def test_a_load_that_nobody_could_do_fails_silently() -> None:
    draft = Draft(store())
    perform(
        draft,
        read_update(P + "LOAD SILENT <somescheme:///etc/passwd> INTO GRAPH :g; INSERT DATA { :new :p 1 }"),
    )
    assert (draft.added, draft.graphs()) == (1, {""})


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        perform(Draft(store()), read_update("INSERT DATA {\n <urn:a> <urn:b> 1 .\n <urn:a> }"))
    assert (caught.value.source, caught.value.line) == ("update", 3)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT * {}", BadRequest),
        ("FROB ALL", QuerySyntaxError),
        ("INSERT {} WHERE { SERVICE SILENT <urn:x> {} }", RemoteAccessRefused),
        ("INSERT {} WHERE " + "{" * 200 + "}" * 200, BadRequest),
    ],
)
def test_the_gate_refuses_what_is_no_update_or_would_leave_the_house(
    text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_update(text)


def test_a_request_may_not_name_the_dataset_twice() -> None:
    with pytest.raises(BadRequest):
        read_update("INSERT {} USING <urn:g> WHERE {}", dataset=Dataset(("urn:h",), None))


def test_a_patch_that_is_none_is_refused() -> None:
    with pytest.raises(StoreError):
        apply_patch(store(), b"Z what\n")


def test_a_patch_spells_what_was_added_as_what_is_deleted() -> None:
    draft = Draft(ox.Store())
    minute = "'PT60S'^^<http://www.w3.org/2001/XMLSchema#dayTimeDuration>"
    added = f"INSERT DATA {{ :s :p 1.50 , 1.5 , {minute} , <<( :a :b 01 )>> }}"
    perform(draft, read_update(P + added))
    perform(draft, read_update("DELETE WHERE { ?s ?p ?o }"))
    rows = draft.patch().decode().splitlines()
    assert sorted(row[2:] for row in rows if row[0] == "A") == sorted(
        row[2:] for row in rows if row[0] == "D"
    )
    assert draft.added == draft.removed == 3
