"""What every adapter that can be written to does alike."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphsvc.errors import (
    BadRequest,
    Conflict,
    DataSyntaxError,
    Forbidden,
    GraphsvcError,
    NotFound,
    OutOfTime,
    PreconditionFailed,
    QuerySyntaxError,
    TooComplex,
)
from graphsvc.formats import CSV, N_TRIPLES
from graphsvc.sparql import read
from graphsvc.store import Limits, Store, Write
from tests.store.adapters import ADAPTERS, WRITABLE, Kept

G = "http://example.org/library/graph/new"


@pytest.fixture(params=WRITABLE)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ADAPTERS[request.param](tmp_path) as opened:
        yield opened


def update(text: str, **fields: object) -> Write:
    return Write("update", f"PREFIX : <urn:x:> {text}".encode(), **fields)  # type: ignore[arg-type]


def put(turtle: str, kind: str = "put", graph: str = G, **fields: object) -> Write:
    return Write(kind, turtle.encode(), graph, "text/turtle", **fields)  # type: ignore[arg-type]


def count(store: Store, pattern: str = "GRAPH ?g { ?s ?p ?o }") -> int:
    text = f"PREFIX : <urn:x:> SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    return int(store.query(read(text), CSV).read().split()[1])


def test_who_gets_a_receipt_reads_the_write(store: Store) -> None:
    before = store.epoch()
    for number in range(1, 20):
        receipt = store.write(update(f"INSERT DATA {{ GRAPH <{G}> {{ :a :p {number} }} }}"))
        assert (receipt.added, receipt.removed) == (1, 0)
        assert receipt.epoch == store.epoch() != before
        answer = store.query(read(f"SELECT * {{ GRAPH <{G}> {{ ?s ?p ?o }} }}"), CSV)
        assert answer.epoch == receipt.epoch
        assert answer.read().count(b"\r\n") == number + 1
        before = receipt.epoch


def test_a_write_that_changes_nothing_leaves_the_epoch(store: Store) -> None:
    first = store.write(put("<urn:a> <urn:b> 1 ."))
    assert store.write(put("<urn:a> <urn:b> 1 .")).epoch == first.epoch == store.epoch()


def test_a_graph_is_put_read_added_to_patched_and_deleted(store: Store) -> None:
    with pytest.raises(NotFound):
        store.graph(G, N_TRIPLES)
    assert store.write(put("<urn:a> <urn:b> 1, 2 .")).created
    assert not store.write(put("<urn:a> <urn:b> 2, 3 .")).created
    assert store.graph(G, N_TRIPLES).read().count(b"\n") == 2
    store.write(put("<urn:a> <urn:b> 4 .", "post"))
    assert store.graph(G, N_TRIPLES).read().count(b"\n") == 3
    patch = b"DELETE { ?s ?p 4 } INSERT { ?s ?p 5, 6 } WHERE { ?s ?p 4 }"
    assert store.write(Write("patch", patch, G)).added == 2
    assert store.graph(G, N_TRIPLES).read().count(b"\n") == 4
    store.write(Write("delete", graph=G))
    for write in (Write("delete", graph=G), Write("patch", b"CLEAR DEFAULT", G)):
        with pytest.raises(NotFound):
            store.write(write)


def test_an_empty_graph_is_there(store: Store) -> None:
    assert store.write(put("")).created
    assert store.graph(G, N_TRIPLES).read() == b""


def test_the_default_graph_is_always_there(store: Store) -> None:
    assert store.graph("", N_TRIPLES).read() == b""
    assert not store.write(put("<urn:a> <urn:b> 1 .", graph="")).created
    assert store.graph("", N_TRIPLES).read().count(b"\n") == 1


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (update("INSERT DATA { :a :b 1 } ; CREATE GRAPH <http://example.org/library/graph/books>"), Conflict),
        (update("INSERT DATA { :a :b 1 } ; DROP GRAPH <urn:none>"), NotFound),
        (update("INSERT DATA { :a :b }"), QuerySyntaxError),
        (put("<urn:a> <urn:b> 1 . <urn:a> <urn:b>"), DataSyntaxError),
        (Write("put", b"<urn:g> { <urn:a> <urn:b> 1 }", G, "application/trig"), BadRequest),
        (Write("patch", b"INSERT DATA { GRAPH <urn:other> { <urn:a> <urn:b> 1 } }"), BadRequest),
        (update("INSERT DATA { :a :b 1 }", allowed=(G,)), Forbidden),
        (update("DROP ALL", allowed=(G,)), Forbidden),
        (put("<urn:a> <urn:b> 1 .", graph="urn:other", allowed=(G,)), Forbidden),
        (put("", if_epochs=("another",)), PreconditionFailed),
        (put("", graph="", unless_epochs=("*",)), PreconditionFailed),
    ],
)
def test_a_write_that_fails_changes_nothing(store: Store, write: Write, error: type[Exception]) -> None:
    before = store.epoch(), count(store), count(store, "?s ?p ?o")
    with pytest.raises(error):
        store.write(write)
    assert (store.epoch(), count(store), count(store, "?s ?p ?o")) == before


def test_a_graph_that_changed_since_is_not_overwritten(store: Store) -> None:
    store.write(put("<urn:a> <urn:b> 1 .", unless_epochs=("*",)))
    seen = store.graph(G, N_TRIPLES).graph_epoch
    store.write(put("<urn:a> <urn:b> 2 .", graph=f"{G}er"))
    assert store.graph(G, N_TRIPLES).graph_epoch == seen, "another graph's change is no change"
    store.write(put("<urn:a> <urn:b> 3 .", if_epochs=(seen,)))
    with pytest.raises(PreconditionFailed):
        store.write(put("<urn:a> <urn:b> 4 .", if_epochs=(seen,)))


def test_increments_of_several_clients_all_count(store: Store) -> None:
    store.write(update("INSERT DATA { :c :n 0 }"))
    text = "DELETE { :c :n ?n } INSERT { :c :n ?m } WHERE { :c :n ?n BIND(?n + 1 AS ?m) }"
    threads = [
        threading.Thread(target=lambda: [store.write(update(text)) for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer = store.query(read("SELECT ?n { <urn:x:c> <urn:x:n> ?n }"), CSV).read()
    assert answer.split() == [b"n", b"100"]


HOSTILE: dict[str, tuple[str, type[GraphsvcError]]] = {
    "cross product": ("INSERT { ?a :p ?f } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", OutOfTime),
    "nested collections": ("INSERT DATA { :a :b " + "(" * 100_000 + ")" * 100_000 + " }", TooComplex),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_update_is_stopped_and_the_next_one_works(tmp_path: Path, name: str) -> None:
    text, error = HOSTILE[name]
    with Kept(tmp_path) as store:
        before = store.epoch()
        with pytest.raises(error):
            store.write(update(text), Limits(timeout=1))
        assert store.epoch() == before
        assert store.write(update("INSERT DATA { :a :b 1 }"), Limits(timeout=5)).added == 1


def test_what_was_acknowledged_outlives_the_keeper(tmp_path: Path) -> None:
    with Kept(tmp_path) as store:
        receipts = [store.write(update(f"INSERT DATA {{ [] :n {n} }}")) for n in range(5)]
        os.kill(store.pid, signal.SIGKILL)
        store.restart()
        assert store.epoch() == receipts[-1].epoch
        assert count(store, "?s :n ?o") == 5
        store.write(update("DELETE WHERE { ?s :n ?o }"))
        assert count(store, "?s :n ?o") == 0


def test_a_long_query_sees_one_state_while_writes_go_on(tmp_path: Path) -> None:
    with Kept(tmp_path) as store:
        store.write(
            update("INSERT DATA { GRAPH :g { " + " ".join(f":s{n} :v 0 ." for n in range(200)) + "} }")
        )
        seen: list[bytes] = []
        done = threading.Event()

        def look() -> None:
            while not done.is_set():
                seen.append(store.query(read("SELECT DISTINCT ?v { ?s <urn:x:v> ?v }"), CSV).read())

        thread = threading.Thread(target=look)
        thread.start()
        until = time.monotonic() + 2
        change = "DELETE { GRAPH :g { ?s :v ?v } } INSERT { GRAPH :g { ?s :v ?w } } WHERE { GRAPH :g { ?s :v ?v } BIND(?v + 1 AS ?w) }"  # noqa: E501
        while time.monotonic() < until:
            store.write(update(change))
        done.set()
        thread.join()
        assert len(seen) > 5
        assert {len(one.split()) for one in seen} == {2}
        values = [int(one.split()[1]) for one in seen]
        assert values == sorted(values)


def test_a_graph_has_the_epoch_in_which_it_last_changed(store: Store) -> None:
    with pytest.raises(NotFound):
        store.graph_epoch(G)
    first = store.write(put("<urn:a> <urn:b> 1 ."))
    store.write(put("<urn:a> <urn:b> 1 .", graph=f"{G}er"))
    assert store.graph_epoch(G) == first.epoch == store.graph(G, N_TRIPLES).graph_epoch
    assert store.graph_epoch("http://example.org/library/graph/books") != first.epoch


def test_a_blank_node_that_is_written_is_none_that_is_there(tmp_path: Path) -> None:
    document = b"_:b <urn:p> <urn:o> ; <urn:q> [] ."
    writes = (
        Write("update", b"INSERT DATA { GRAPH <urn:g> { _:b <urn:p> <urn:o> } }"),
        Write("post", document, graph="urn:g", syntax="text/turtle"),
        Write("put", document, graph="urn:h", syntax="text/turtle"),
    )
    with ADAPTERS["memory"](tmp_path) as store:
        for write in writes * 2:
            store.write(write)
        answer = store.query(read("SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s <urn:p> <urn:o> }"), CSV).read()
    assert answer.split() == [b"n", b"5"]
