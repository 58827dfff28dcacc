"""Answers that are given again, by a real server: the same in every byte, and never one that a write made old."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.processes import family
from tests.serving.server import Answer, Server, server_of

FORM = "application/x-www-form-urlencoded"
JSON = "application/sparql-results+json"
SELECT = "/sparql?query=" + quote("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o")
CONSTRUCT = "/sparql?query=" + quote("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server_of(tmp_path_factory.mktemp("kept")) as found:
        yield found


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that keeps nothing."""
    with server_of(tmp_path_factory.mktemp("forgetful"), GRAPHSVC_CACHE_BYTES="0") as found:
        yield found


REQUESTS: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("GET", SELECT, None, {"Accept": JSON}),
    ("GET", SELECT, None, {"Accept": "text/csv"}),
    ("GET", SELECT, None, {"Accept": "application/sparql-results+xml"}),
    ("GET", SELECT, None, {"Accept": JSON, "Accept-Encoding": "gzip"}),
    ("GET", "/doc/book/emma", None, {"Accept": "text/html", "Accept-Encoding": "gzip, br, zstd"}),
    ("GET", CONSTRUCT, None, {"Accept": "text/turtle"}),
    ("GET", CONSTRUCT, None, {"Accept": "text/turtle;version=1.2"}),
    ("GET", SELECT + "&timeout=5", None, {"Accept": JSON}),
    ("POST", "/sparql", urlencode({"query": "ASK {}"}), {"Content-Type": FORM}),
    ("POST", "/sparql", "ASK {}", {"Content-Type": "application/sparql-query", "Accept": "text/csv"}),
    ("QUERY", "/sparql", "ASK {}", {"Content-Type": "application/sparql-query"}),
    ("GET", "/doc/book/emma", None, {"Accept": "text/turtle"}),
    ("GET", "/doc/book/emma", None, {"Accept": "text/html", "Accept-Language": "fr, en;q=0.5"}),
    ("GET", "/doc/book/emma?_profile=alt", None, {"Accept": "text/html"}),
    ("GET", "/dataset", None, {"Accept": "text/turtle"}),
    ("GET", "/ontology", None, {"Accept": "text/html"}),
    # What is not kept is right too.
    ("GET", "/", None, {"Accept": "text/html"}),
    ("GET", "/id/book/emma", None, {}),
    ("GET", "/dataset.nq", None, {"Range": "bytes=0-9"}),
    ("GET", "/sparql?query=SELEKT", None, {}),
    ("GET", SELECT, None, {"Accept": "image/png"}),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one[0]} {one[1][:30]} {one[3]}")
def test_an_answer_from_the_cache_is_the_one_that_the_application_gives(
    server: Server, forgetful: Server, request_: tuple[str, str, str | None, dict[str, str]]
) -> None:
    method, target, body, headers = request_
    expected = _portless(forgetful.ask(method, target, body, **headers), forgetful)
    for _ in range(3):
        found = server.ask(method, target, body, **headers)
        assert _portless(found, server) == expected
    if method != "GET" or found.status != 200 or "etag" not in found.headers:
        return
    for _ in range(2):
        head = server.ask("HEAD", target, **headers)
        assert head == found._replace(body=b"")
    told = forgetful.ask("GET", target, **headers).headers["etag"]
    unmodified = forgetful.ask("GET", target, **headers, If_None_Match=told)
    assert unmodified.status == 304
    for _ in range(2):
        again = server.ask("GET", target, **headers, If_None_Match=f'"x", {found.headers["etag"]}')
        assert again.headers["etag"] == found.headers["etag"]
        for one in (again, unmodified):
            one.headers.pop("link", None)  # it may be said, and need not
        assert _portless(again, server) == _portless(unmodified, forgetful)


def _portless(answer: Answer, server: Server) -> Answer:
    """An answer without what depends on the port that the server happens to have: its tag does too."""
    port = server.place.rpartition(":")[2]
    headers = {name: value.replace(port, "PORT") for name, value in answer.headers.items() if name != "etag"}
    return Answer(answer.status, headers, answer.body.replace(port.encode(), b"PORT"))


@pytest.mark.parametrize("agent", ["one", "another"])
def test_what_was_asked_before_needs_neither_store_nor_application(server: Server, agent: str) -> None:
    target = "/sparql?query=" + quote("SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3")
    first = server.ask("GET", target, Accept=JSON)
    assert first.status == 200
    with server.without("graphsvc.serving.keeper"):
        for _ in range(2):
            assert server.ask("GET", target, Accept=JSON, User_Agent=agent) == first
        assert server.ask("HEAD", target, Accept=JSON).status == 200
        tag = first.headers["etag"]
        assert server.ask("GET", target, Accept=JSON, If_None_Match=tag).status == 304
        assert server.ask("GET", target, Accept=JSON, If_None_Match='"other"') == first


def test_what_is_asked_with_a_token_is_not_kept(server: Server) -> None:
    target = "/sparql?query=" + quote("SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 4")
    for _ in range(2):
        server.ask("GET", target + "&timeout=1", Accept=JSON, Authorization="Bearer nobody")
    with server.without("graphsvc.serving.keeper"):
        answer = server.ask("GET", target + "&timeout=1", Accept=JSON)
    assert answer.status in (503, 504)
    assert server.ask("GET", target, Accept=JSON).status == 200


def test_what_is_another_each_time_is_not_kept(server: Server) -> None:
    target = "/sparql?query=" + quote("SELECT (STRUUID() AS ?v) {}")
    assert server.ask("GET", target).body != server.ask("GET", target).body


def test_requests_in_one_piece_and_in_many_are_answered_in_their_order(server: Server) -> None:
    def request(query: str) -> bytes:
        return f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n".encode()

    texts = [f"SELECT ({number} AS ?v) {{}}" for number in range(4)]
    host, _, port = server.place.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for _ in range(3):
            everything = b"".join(map(request, texts))
            for sent in (everything, everything[:100], everything[100:]):
                connection.sendall(sent)
                time.sleep(0.01)
            found = b""
            while found.count(b"\r\n\r\n") < 8 or not found.endswith(b"v\r\n3\r\n"):
                found += connection.recv(65_536)
            values = [part.rpartition(b"v\r\n")[2] for part in found.split(b"HTTP/1.1 200 OK")[1:]]
            assert values == [b"0\r\n", b"1\r\n", b"2\r\n", b"3\r\n"] * 2
        single = request(texts[2])
        for _ in range(3):
            for byte in (single[:7], single[7:]):
                connection.sendall(byte)
                time.sleep(0.01)
            found = b""
            while not found.endswith(b"v\r\n2\r\n"):
                found += connection.recv(65_536)
            assert found.count(b"HTTP/1.1 200 OK") == 1


def test_a_kept_answer_that_a_slow_client_takes_is_whole(server: Server) -> None:
    lines = " UNION ".join(f"{{ BIND({number} AS ?n) }}" for number in range(60))
    text = f"SELECT * {{ {{ {lines} }} {{ {lines.replace('?n', '?m')} }} ?s ?p ?o }} LIMIT 12000"
    target = f"/sparql?query={quote(text)}"
    for _ in range(2):
        # A large one is kept from the second time on.
        expected = server.ask("GET", target, Accept=JSON)
    assert len(expected.body) > 3 << 20
    host, _, port = server.place.partition(":")
    for _ in range(2):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            connection.sendall(
                f"GET {target} HTTP/1.1\r\nHost: {server.place}\r\nAccept-Encoding: identity\r\n"
                f"Accept: {JSON}\r\n\r\n".encode()
            )
            time.sleep(0.3)
            found = b""
            while len(found) < len(expected.body) or not found.endswith(expected.body[-200:]):
                chunk = connection.recv(1 << 16)
                assert chunk
                found += chunk
        assert found.partition(b"\r\n\r\n")[2] == expected.body


@pytest.fixture(scope="module")
def streaming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that holds hardly anything back."""
    with server_of(tmp_path_factory.mktemp("streaming"), GRAPHSVC_HOLD_BACK="1000") as found:
        yield found


ROWS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_stream_that_came_to_its_end_is_kept_whole(streaming: Server, coding: str) -> None:
    target = f"/sparql?query={quote(ROWS + ' LIMIT 500')}"
    told = {"Accept": JSON, "Accept-Encoding": coding}
    first = streaming.ask("GET", target, **told)
    assert first.headers.pop("transfer-encoding") == "chunked"
    with streaming.without("graphsvc.serving.keeper"):
        again = streaming.ask("GET", target, **told)
    assert again.headers.pop("content-length") == str(len(first.body))
    assert again == first


def test_a_graph_that_is_streamed_has_another_tag_once_it_has_changed(streaming: Server) -> None:
    triples = "".join(f"<urn:a> <urn:p> {number} . " for number in range(20_000))
    streaming.update(f"INSERT DATA {{ GRAPH <urn:large> {{ {triples} }} }}")
    target = "/graph-store?graph=urn:large"
    first = streaming.ask("GET", target, Accept="application/n-triples")
    assert first.headers["transfer-encoding"] == "chunked"
    tag = first.headers["etag"]
    assert streaming.ask("GET", target, Accept="application/n-triples", If_None_Match=tag).status == 304
    streaming.update("INSERT DATA { GRAPH <urn:large> { <urn:b> <urn:p> 1 } }")
    again = streaming.ask("GET", target, Accept="application/n-triples", If_None_Match=tag)
    assert (again.status, again.body.count(b"\n")) == (200, 20_001)
    assert again.headers["etag"] != tag


def test_a_stream_that_broke_off_is_not_kept(streaming: Server) -> None:
    for _ in range(2):
        with pytest.raises(IncompleteRead):
            streaming.ask("GET", f"/sparql?timeout=2&query={quote(ROWS)}", Accept=JSON)


def test_a_connection_stays_open_after_a_stream_unless_its_client_wants_it_closed(streaming: Server) -> None:
    target = f"/sparql?query={quote(ROWS + ' LIMIT 5001')}"
    with closing(HTTPConnection(streaming.place, timeout=30)) as connection:
        for method, more in (("POST", {}), ("GET", {}), ("HEAD", {"Connection": "close"})):
            address, body = ("/sparql", ROWS + " LIMIT 5002") if method == "POST" else (target, None)
            headers = {"Accept": JSON, "Content-Type": "application/sparql-query"} | more
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            assert answer.will_close == bool(more)
            assert bool(answer.read()) == (method != "HEAD")


def test_more_headers_than_a_key_may_have_are_answered_and_not_kept(server: Server) -> None:
    target = "/sparql?query=" + quote("SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 5")
    for number in range(20):
        answer = server.ask("GET", target, Accept=JSON, **{f"X-{number}": "v" * 9_000})
        assert answer.status == 200
    web = server.process("graphsvc.serving.http")
    for number in range(300):
        server.ask("GET", f"{target}&x={number}", Accept=JSON, X_Some=f"{number}" * 500)
    assert next(one.memory for one in family(web) if one.pid == web) < 400 << 20


@pytest.mark.parametrize("store", ["memory:", "disk:"])
def test_who_was_told_of_a_write_never_reads_what_was_before_it(tmp_path: Path, store: str) -> None:
    place = f"disk:{tmp_path / 'db'}" if store == "disk:" else store
    with server_of(tmp_path, GRAPHSVC_STORE=place) as server:
        server.update("INSERT DATA { <urn:counter> <urn:is> 0 }")
        told, stop, wrong = [0], threading.Event(), []

        def read() -> None:
            while not stop.is_set():
                least = told[0]
                try:
                    found = server.count()
                except AssertionError:  # the keeper is just being killed
                    continue
                if found < least:
                    wrong.append((least, found))

        readers = [threading.Thread(target=read) for _ in range(4)]
        for one in readers:
            one.start()
        for number in range(1, 41):
            server.update(
                f"DELETE {{ <urn:counter> <urn:is> ?n }} INSERT {{ <urn:counter> <urn:is> {number} }} "
                "WHERE { <urn:counter> <urn:is> ?n }"
            )
            told[0] = number
            assert server.count() == server.count() == number
            if number == 20:
                os.kill(server.process("graphsvc.serving.keeper"), signal.SIGKILL)
                time.sleep(0.2)
                assert _patiently(server.count) == number
        stop.set()
        for one in readers:
            one.join()
        assert not wrong


def _patiently(count: object) -> int:
    until = time.monotonic() + 20
    while True:
        try:
            return int(count())  # type: ignore[operator]
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
