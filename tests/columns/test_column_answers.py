"""Cases of queries on columns, each with whether they are of use: the answers are the engine's."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from graphsvc.columns import Columns, joining
from graphsvc.columns.answering import USED
from graphsvc.columns.building import Changed, TooMany, build
from graphsvc.columns.file import path_of
from graphsvc.errors import QuerySyntaxError, ResultTooLarge
from graphsvc.formats import RESULTS_JSON
from graphsvc.sparql import Dataset, read
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap
from tests.columns.test_columns_sameness import both, solutions

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "answers.toml").read_text(encoding="utf-8")
)["case"]
DATE = "http://www.w3.org/2001/XMLSchema#date"
PREFIX = "PREFIX : <http://example.org/>"


def store_of(turtle: str, *, twice: bool = False) -> LocalStore:
    engine = ox.Store()
    for name in ("urn:g", "urn:g2") if twice else ("urn:g",):
        engine.load(
            f"@{PREFIX.replace('PREFIX', 'prefix')} . {turtle}",
            ox.RdfFormat.TURTLE,
            to_graph=ox.NamedNode(name),
        )
    return LocalStore(engine, "now")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_answer_is_the_engine_s_and_columns_are_of_use_where_they_can_be(case: dict[str, Any]) -> None:
    store = store_of(case["graph"], twice=case.get("twice", False))
    expected, given, was_used = both(store, f"{PREFIX} {case['query']}")
    assert solutions(given) == solutions(expected)
    assert was_used is case["used"]


def test_rows_in_an_order_come_in_that_order() -> None:
    names = "bdacfe"
    store = store_of(" ".join(f":{name} :p {at} ." for at, name in enumerate(names)))
    expected, given, was_used = both(store, f"{PREFIX} SELECT ?s {{ ?s :p ?v }} ORDER BY DESC(?s)")
    assert was_used
    assert given == expected


def test_a_large_graph_is_answered_as_the_engine_does_it(tmp_path: Path) -> None:
    """Enough for all ways to look something up: one by one, and in tables."""
    rows = [
        f':s{n} a :T{n % 3}, :U ; :p {n % 7} ; :d "2020-{1 + n % 12:02}-01"^^<{DATE}> .' for n in range(2_000)
    ] + [f":s{n} :rare :x{n % 3} ; :next :s{n - n % 5 + 5} ." for n in range(0, 2_000, 40)]
    store = store_of(" ".join(rows))
    build(store, path_of(tmp_path, "now"), 100_000, store.epoch)
    columns = Columns(tmp_path, 1 << 30)
    for text in (
        "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t ; :p ?v } GROUP BY ?t",
        "SELECT ?s ?v ?d { ?s a :T1 ; :p ?v ; :d ?d } ORDER BY DESC(?d) ?s LIMIT 25 OFFSET 5",
        "SELECT ?s ?v ?t { ?s :rare :x1 ; a ?t ; :p ?v }",
        "SELECT ?s ?v { ?s :rare :x1 ; a :U ; :p ?v } ORDER BY ?s",
        "SELECT ?v (MIN(?d) AS ?first) (MAX(?d) AS ?last) { ?s :rare :x0 ; a :T0 ; :p ?v ; :d ?d } GROUP BY ?v",
        "SELECT ?v (COUNT(DISTINCT ?s) AS ?n) { ?s :p ?v ; :rare ?x ; a ?t } GROUP BY ?v",
        "SELECT ?o ?d { :s7 :p ?v ; a ?t . ?o :p ?v ; a ?t ; :d ?d }",
        "SELECT ?a ?b { ?a :rare ?x ; :p ?v . ?b :rare ?x ; :p ?v }",
        "SELECT ?o (COUNT(*) AS ?n) { ?s :next ?o . ?o :p ?v . ?s :d ?d ; :p ?v } GROUP BY ?o",
        "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s :rare :x1 ; :next+ ?o }",
        "SELECT ?s ?v { :s20 ^:next*/:next ?s . ?s :p ?v }",
    ):
        for _ in range(30):
            # Again and again: what is looked up often is put into a table.
            query = read(f"{PREFIX} {text}")
            expected, given = io.BytesIO(), io.BytesIO()
            store.evaluate(query, RESULTS_JSON, expected)
            assert columns.evaluate(store, query, RESULTS_JSON, given, OutputCap()) == USED
            assert solutions(given.getvalue()) == solutions(expected.getvalue())


def test_few_rows_are_left_to_an_engine_in_memory(tmp_path: Path) -> None:
    store = store_of(" ".join(f":s{n} a :T{n % 2} ; :p {n} ." for n in range(100)) + ":x a :Few ; :p 1 .")
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    for name, expected in (("T0", USED), ("Few", {}), ("T1", USED)):
        columns = Columns(tmp_path, 1 << 30, least=50)
        query = read(f"{PREFIX} SELECT ?s ?v {{ ?s a :{name} ; :p ?v }}")
        assert columns.evaluate(store, query, RESULTS_JSON, io.BytesIO(), OutputCap()) == expected


def test_few_things_that_are_joined_are_left_to_an_engine_in_memory(tmp_path: Path) -> None:
    store = store_of(
        " ".join(f":s{n} :p :o{n % 2} ; :q {n} ." for n in range(100)) + ":x :p :few . :y :p :few ; :q 1 ."
    )
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    for name, expected in (("x", {}), ("s5", USED)):
        columns = Columns(tmp_path, 1 << 30, least=40)
        query = read(f"{PREFIX} SELECT ?s ?v {{ :{name} :p ?o . ?s :p ?o ; :q ?v }}")
        assert columns.evaluate(store, query, RESULTS_JSON, io.BytesIO(), OutputCap()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?a ?b { ?a :p ?o . ?b :p ?o }",
        "SELECT ?b { ?a :p ?o ; ^:next* ?b }",
        "SELECT ?a ?y { ?y :of ?o . ?a :p ?o }",
        "SELECT ?b { ?a :next ?b ; :next+ ?b }",
    ],
)
def test_what_would_have_too_many_rows_on_the_way_is_left_to_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    store = store_of(
        " ".join(f":s{n} :p :o ; :next :s{(n + 1) % 50} ." for n in range(50))
        # On average few have the same value.
        + " ".join(f":t{n} :p :u{n} ." for n in range(200))
        + " ".join(f":y{n} :of :o ." for n in range(70))
    )
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    query = read(f"{PREFIX} {text}")
    for most, expected in ((1_000, {}), (10_000, USED)):
        monkeypatch.setattr(joining, "MOST", most)
        columns = Columns(tmp_path, 1 << 30)
        assert columns.evaluate(store, query, RESULTS_JSON, io.BytesIO(), OutputCap()) == expected


def test_what_columns_did_not_do_for_is_tried_again_only_after_a_while(tmp_path: Path) -> None:
    store = store_of(" ".join(f":s{n} a :T ; :p {n} ." for n in range(100)) + ":x a :Few ; :p 1 .")
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    columns = Columns(tmp_path, 1 << 30, least=50)
    few, many = (
        read(f"SELECT ?s ?v {{ ?s a <http://example.org/{name}> ; <http://example.org/p> ?v }}")
        for name in ("Few", "T")
    )
    assert columns.evaluate(store, few, RESULTS_JSON, io.BytesIO(), OutputCap()) == {}
    told = [columns.evaluate(store, many, RESULTS_JSON, io.BytesIO(), OutputCap()) for _ in range(16)]
    assert told == [{}] * 15 + [USED]


def test_a_query_of_another_dataset_says_nothing_of_the_same_of_this_one(tmp_path: Path) -> None:
    store = store_of(":a :p 1 ; :q 2 . :b :p 2 ; :q 3 .")
    build(store, path_of(tmp_path, "now"), 100, store.epoch)
    columns = Columns(tmp_path, 1 << 30)
    text = f"{PREFIX} SELECT ?s ?v {{ ?s :p ?v ; :q ?w }}"
    for dataset, expected in ((Dataset(("urn:g",), None), {}), (Dataset(), USED)):
        query = read(text, dataset=dataset)
        assert columns.evaluate(store, query, RESULTS_JSON, io.BytesIO(), OutputCap()) == expected


def test_columns_take_no_more_room_when_they_are_asked_again(tmp_path: Path) -> None:
    store = store_of(" ".join(f':s{n} a :T ; :p "act {n}" .' for n in range(100)))
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    columns = Columns(tmp_path, 30_000)
    texts = (
        'SELECT ?s { ?s :p ?v FILTER(CONTAINS(?v, "act 1")) }',
        "SELECT ?s ?v { ?s a :T ; :p ?v } ORDER BY ?v ?s LIMIT 3",
        "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t ; :p ?v } GROUP BY ?t",
    )
    for text in texts * 100:
        told = columns.evaluate(store, read(f"{PREFIX} {text}"), RESULTS_JSON, io.BytesIO(), OutputCap())
        assert told == USED


def test_what_is_wrong_with_a_query_is_said_of_its_own_text(tmp_path: Path) -> None:
    store = store_of(':a :p "act" .')
    build(store, path_of(tmp_path, "now"), 100, store.epoch)
    text = 'SELECT ?s { ?s <http://example.org/p> ?v FILTER(CONTAINS(?v, "act")) ?s ?x }'
    with pytest.raises(QuerySyntaxError) as plain:
        store.evaluate(read(text), RESULTS_JSON, io.BytesIO())
    with pytest.raises(QuerySyntaxError) as told:
        Columns(tmp_path, 1 << 30).evaluate(store, read(text), RESULTS_JSON, io.BytesIO(), OutputCap())
    assert (told.value.line, told.value.column) == (plain.value.line, plain.value.column)


def test_an_answer_from_columns_is_capped_like_any_other(tmp_path: Path) -> None:
    store = store_of(":a a :T . :b a :U . :c a :V .")
    build(store, path_of(tmp_path, "now"), 100, store.epoch)
    query = read("SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t")
    with pytest.raises(ResultTooLarge):
        Columns(tmp_path, 1 << 30).evaluate(store, query, RESULTS_JSON, io.BytesIO(), OutputCap(rows=2))


def test_columns_beyond_their_room_leave_it_to_the_engine(tmp_path: Path) -> None:
    store = store_of(":a a :T . :b a :U . :c a :V .")
    build(store, path_of(tmp_path, "now"), 100, store.epoch)
    query = read("SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t")
    expected, given = io.BytesIO(), io.BytesIO()
    store.evaluate(query, RESULTS_JSON, expected)
    assert Columns(tmp_path, 16).evaluate(store, query, RESULTS_JSON, given, OutputCap()) == {}
    assert given.getvalue() == expected.getvalue()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"x" * 100])
def test_a_damaged_file_leaves_it_to_the_engine(tmp_path: Path, content: bytes) -> None:
    store = store_of(":a a :T .")
    path_of(tmp_path, "now").write_bytes(content)
    query = read("SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t")
    given = io.BytesIO()
    assert Columns(tmp_path, 1 << 30).evaluate(store, query, RESULTS_JSON, given, OutputCap()) == {}
    assert b'"1"' in given.getvalue()


def test_columns_are_not_made_of_more_than_is_allowed(tmp_path: Path) -> None:
    store = store_of(":a a :T ; :p 1, 2 .")
    with pytest.raises(TooMany):
        build(store, tmp_path / "columns", 2, store.epoch)
    build(store, tmp_path / "columns", 3, store.epoch)
    assert [path.name for path in tmp_path.iterdir()] == ["columns"]


def test_columns_of_a_state_that_is_over_are_thrown_away(tmp_path: Path) -> None:
    store = store_of(":a a :T ; :p 1, 2 .")
    states = iter(range(10))
    with pytest.raises(Changed):
        build(store, tmp_path / "columns", 100, lambda: next(states))
    assert not [*tmp_path.iterdir()]


def test_an_empty_store_has_columns(tmp_path: Path) -> None:
    store = store_of("")
    build(store, path_of(tmp_path, "now"), 100, store.epoch)
    given = io.BytesIO()
    query = read("SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t")
    Columns(tmp_path, 1 << 30).evaluate(store, query, RESULTS_JSON, given, OutputCap())
    assert b'"bindings":[]' in given.getvalue()
