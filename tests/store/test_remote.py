"""The remote adapter in front of a real server, and in front of one that does whatever a server may do wrong."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphsvc.errors import (
    BadRequest,
    Conflict,
    DataSyntaxError,
    Forbidden,
    GraphsvcError,
    NotFound,
    NotSupported,
    OutOfTime,
    ProjectError,
    QuerySyntaxError,
    RemoteAccessRefused,
    RemoteFailure,
    UnknownFunction,
)
from graphsvc.formats import CSV, N_TRIPLES, RESULTS_JSON
from graphsvc.loading import remote_store
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store import Limits, Store, Write
from graphsvc.store.remote import Remote, RemoteStore
from tests.conftest import LIBRARY, running
from tests.servers import free_port
from tests.store.adapters import Elsewhere

G = "http://example.org/library/graph/new"


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Elsewhere(tmp_path_factory.mktemp("remote"), request.param) as opened:
        yield opened


def put(turtle: str, kind: str = "put", **fields: object) -> Write:
    return Write(kind, turtle.encode(), G, "text/turtle", **fields)  # type: ignore[arg-type]


def test_a_graph_is_put_added_to_read_and_deleted(store: Store) -> None:
    before = store.epoch()
    assert store.write(put("<a> <urn:b> 1 .", base="urn:x:y")).created
    assert not store.write(put("<urn:a> <urn:b> 2 .", "post")).created
    assert store.graph(G, N_TRIPLES).read().count(b"\n") == 2
    assert store.epoch() != before
    store.write(Write("delete", graph=G))
    for act in (lambda: store.graph(G, N_TRIPLES), lambda: store.write(Write("delete", graph=G))):
        with pytest.raises(NotFound):
            act()


def test_an_update_has_the_same_default_graph_as_a_query(store: Store) -> None:
    text = (
        b"INSERT { GRAPH <urn:x:was> { <a> <urn:was> ?d } } WHERE { ?b <http://purl.org/dc/terms/valid> ?d }"
    )
    store.write(Write("update", text))
    assert store.query(read("SELECT ?d { <a> <urn:was> ?d }"), CSV).read().count(b"\r\n") == 3
    store.write(Write("update", b"DELETE WHERE { GRAPH <urn:x:was> { <a> <urn:was> ?d } }"))
    assert store.query(read("SELECT ?d { <a> <urn:was> ?d }"), CSV).read().count(b"\r\n") == 1


def test_the_graph_without_a_name_is_written_to(store: Store) -> None:
    store.write(Write("update", b"INSERT DATA { <urn:a> <urn:was> 1 }"))
    assert store.graph("", N_TRIPLES).read().count(b"\n") == 1
    store.write(Write("update", b"DELETE DATA { <urn:a> <urn:was> 1 }"))
    assert store.graph("", N_TRIPLES).read() == b""


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (Write("update", b"INSERT DATA { <urn:a> <urn:b> }"), QuerySyntaxError),
        (Write("update", b"LOAD <http://127.0.0.1:9/>"), RemoteAccessRefused),
        (
            Write("update", b"INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }; DROP GRAPH <urn:none>"),
            NotFound,
        ),
        (Write("update", b"CREATE GRAPH <http://example.org/library/graph/books>"), Conflict),
        (Write("update", b"INSERT {} WHERE { BIND(<urn:f>(1) AS ?x) }"), UnknownFunction),
        (Write("update", b"DROP ALL", allowed=(G,)), Forbidden),
        (put("<urn:a> <urn:b>"), DataSyntaxError),
        (put("<urn:a> <urn:b> 1 .", allowed=("urn:x",)), Forbidden),
        (put("", if_epochs=("any",)), NotSupported),
        (Write("patch", b"CLEAR DEFAULT", G), NotSupported),
        (Write("put", b"<urn:g> { <urn:a> <urn:b> 1 }", G, "application/trig"), BadRequest),
    ],
)
def test_a_write_that_fails_changes_nothing(store: Store, write: Write, error: type[Exception]) -> None:
    everything = read("SELECT * { GRAPH ?g { ?s ?p ?o } }")
    before = len(store.query(everything, CSV).read())
    with pytest.raises(error):
        store.write(write)
    assert len(store.query(everything, CSV).read()) == before


def test_a_syntax_error_names_its_place_in_the_text_that_was_sent(store: Store) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        store.query(read("SELECT *\n{ ?s ?p }"), CSV)
    assert (caught.value.line, caught.value.column) == (2, 9)


def test_a_store_without_the_addresses_for_writing_is_read_only(store: Store) -> None:
    for write in (put(""), Write("update", b"DROP ALL")):
        with pytest.raises(NotSupported):
            RemoteStore(Remote("http://127.0.0.1:9/")).write(write)


JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
HEAD = b'{"head":{"vars":["a"]},"results":{"bindings":['
ROW = b'{"a":{"type":"literal","value":"1"}}'


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


FAULTS: dict[str, tuple[bytes, type[GraphsvcError]]] = {
    "the body ends before its length": (JSON + b"Content-Length: 999\r\n\r\n" + HEAD, RemoteFailure),
    "the last chunk is missing": (
        JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(HEAD + ROW + b"]}}"),
        RemoteFailure,
    ),
    "the text ends in the midst": (JSON + b"\r\n" + HEAD + ROW, RemoteFailure),
    "an error stands in the midst": (JSON + b"\r\n" + HEAD + ROW + b"\nTimeout!", RemoteFailure),
    "something stands behind the end": (JSON + b"\r\n" + HEAD + b"]}}\nIncomplete results", RemoteFailure),
    "a part": (
        b"HTTP/1.1 206 Partial Content\r\n" + JSON.partition(b"\r\n")[2] + b"\r\n" + HEAD + b"]}}",
        RemoteFailure,
    ),
    "a cut at a row limit": (JSON + b"X-SPARQL-MaxRows: 1\r\n\r\n" + HEAD + ROW + b"]}}", RemoteFailure),
    "a cut at a time limit": (JSON + b"X-SQL-State: S1TAT\r\n\r\n" + HEAD + b"]}}", OutOfTime),
    "a text of regret": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhas been cancelled",
        RemoteFailure,
    ),
    "a page": (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Hello", RemoteFailure),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n", RemoteFailure),
    "an error": (b"HTTP/1.1 500 Oh\r\n\r\nno", RemoteFailure),
    "forbidden": (b"HTTP/1.1 403 No\r\n\r\n", RemoteFailure),
    "no HTTP": (b"220 mail ESMTP\r\n", RemoteFailure),
    "nothing": (b"", RemoteFailure),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 10_000, RemoteFailure),
}


@contextmanager
def answering(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does `act` with each connection, and ends it; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    channel, _ = listener.accept()
                except OSError:
                    return
                with channel:
                    try:
                        channel.recv(1 << 16)
                        act(channel)
                    except OSError:
                        pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", FAULTS)
def test_an_answer_that_is_not_whole_is_an_error(name: str) -> None:
    content, error = FAULTS[name]
    with answering(lambda channel: channel.sendall(content)) as url, pytest.raises(error):
        RemoteStore(Remote(url)).query(read("SELECT ?a {}"), RESULTS_JSON)


def drip(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def act(channel: socket.socket) -> None:
        channel.sendall(start)
        for _ in range(200):
            channel.sendall(piece)
            time.sleep(0.05)

    return act


@pytest.mark.parametrize(
    "act",
    [drip(b"", b""), drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), drip(JSON + b"\r\n" + HEAD, ROW + b",")],
    ids=["silence", "headers by drops", "rows by drops"],
)
def test_a_server_that_takes_its_time_is_left(act: Callable[[socket.socket], None]) -> None:
    with answering(act) as url, pytest.raises(OutOfTime):
        RemoteStore(Remote(url)).query(read("SELECT ?a {}"), RESULTS_JSON, Limits(timeout=0.5))


def test_who_goes_away_is_not_waited_for() -> None:
    left = threading.Event()
    threading.Timer(0.3, left.set).start()
    with answering(drip(b"", b"")) as url, pytest.raises(OutOfTime):
        RemoteStore(Remote(url)).query(read("SELECT ?a {}"), RESULTS_JSON, Limits(cancelled=left.is_set))


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(RemoteFailure):
        RemoteStore(Remote(f"http://127.0.0.1:{free_port()}/")).query(read("SELECT ?a {}"), RESULTS_JSON)


def test_the_service_answers_from_a_remote_store(store: Elsewhere) -> None:
    with running(LIBRARY, **store.engine.environment()) as url:
        for path in (
            "/",
            "/id/book/tab",
            "/dataset",
            "/def/lib",
            "/queries",
            "/health/ready",
            "/dataset.nq",
            "/search?q=tab",
            "/validate?graph=all&format=json",
        ):
            with urllib.request.urlopen(f"{url}{path}") as response:
                assert response.status == 200
        with urllib.request.urlopen(f"{url}/sparql?query=ASK%7B?s+?p+?o%7D") as response:
            assert json.load(response)["boolean"]


def test_the_address_of_a_remote_store_is_a_url() -> None:
    for address in ("remote:", "remote:/etc/passwd", "remote:ftp://example.org/"):
        with pytest.raises(ProjectError):
            remote_store(load(LIBRARY, {}, store=address))


def test_a_mark_in_the_store_tells_others_of_a_write(tmp_path: Path) -> None:
    with Elsewhere(tmp_path, remote_epoch_graph="urn:x:state") as one:
        settings = load(
            LIBRARY, {}, remote_epoch_graph="urn:x:state", remote_freshness=0.01, **one.engine.flags()
        )
        with remote_store(settings) as other:  # type: ignore[union-attr]
            one.write(Write("update", b"INSERT DATA { GRAPH <urn:x:g> { <urn:a> <urn:b> 1 } }"))
            seen = []
            for write in (
                Write("update", b"INSERT DATA { GRAPH <urn:x:g> { <urn:a> <urn:b> 2 } }"),
                put("<urn:a> <urn:b> 3 ."),
                Write("delete", graph=G),
            ):
                seen.append(other.epoch())
                time.sleep(0.05)
                assert other.epoch() == seen[-1], "nothing was written"
                one.write(write)
                time.sleep(0.05)
            seen.append(other.epoch())
            assert other.epoch() == one.epoch(), "who sees the same mark gives it the same name"
            assert len(set(seen)) == len(seen)
            assert other.graph("urn:x:state", N_TRIPLES).read().count(b"\n") == 1


def test_settings_that_name_no_engine_or_hold_no_credentials_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "credentials"
    wrong.write_text("hunter2")
    for flags, said in (
        ({"remote_engine": "virtuso"}, "did you mean virtuoso"),
        ({"remote_credentials": str(wrong)}, "bearer TOKEN"),
        ({"remote_credentials": str(wrong), "remote_authorization": "Bearer x"}, "one of them"),
        ({"remote_epoch_graph": "no iri"}, "IRI of a graph"),
        ({"remote_engine": "virtuoso", "default_graph": "unnamed"}, "always the union"),
    ):
        with pytest.raises(ProjectError, match=said) as caught:
            remote_store(load(LIBRARY, {}, store="http://127.0.0.1:9/", **flags))
        assert "hunter2" not in str(caught.value)
