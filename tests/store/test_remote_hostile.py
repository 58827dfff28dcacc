"""A remote store that fails in every way it can: the client gets the right problem, or a whole answer."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from graphsvc.breaker import FAILURES
from graphsvc.credentials import Credentials
from graphsvc.errors import GraphsvcError, OutOfService, OutOfTime, ProjectError, RemoteFailure
from graphsvc.formats import CSV, RESULTS_JSON, RESULTS_XML, Format
from graphsvc.loading import remote_store
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store import Limits, Write
from graphsvc.store.dialects import DIALECTS
from graphsvc.store.remote import Remote, RemoteStore
from tests.conftest import LIBRARY, running
from tests.store.test_remote import HEAD, JSON, ROW, answering, chunk, drip

QUERY = read("SELECT ?a {}")
XML = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+xml\r\n"
XML_HEAD = b'<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/>'
TURTLE_ROW = b"<urn:a> <urn:b> <urn:c> .\n"
TRIPLES = b"HTTP/1.1 200 OK\r\nContent-Type: application/n-triples\r\n"


def whole(*rows: bytes) -> bytes:
    body = HEAD + b",".join(rows) + b"]}}"
    return JSON + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


class Scripted:
    """A server that keeps connections open, answers each request by the next of `answers`, and counts both."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections = 0

    @contextmanager
    def running(self) -> Iterator[str]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                told.connections += 1
                super().setup()

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                told.requests.append((self.path, dict(self.headers)))
                answers = told.answers
                status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/sparql"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


GOOD = (200, {"Content-Type": "application/sparql-results+json"}, HEAD + ROW + b"]}}")
BUSY = (503, {"Retry-After": "7"}, b"busy")
DONE = (204, {}, b"")

GARBAGE: dict[str, tuple[bytes, Format]] = {
    "words for JSON": (JSON + b"\r\nhello", RESULTS_JSON),
    "a list for JSON": (JSON + b"\r\n[1, 2]", RESULTS_JSON),
    "an object that is no result": (JSON + b'\r\n{"error": "' + b"x" * 2000 + b'"}', RESULTS_JSON),
    "binary for JSON": (JSON + b"\r\n" + HEAD + b"\x00\xff]}}", RESULTS_JSON),
    "two documents": (JSON + b"\r\n" + HEAD + b"]}}" + HEAD + b"]}}", RESULTS_JSON),
    "a word too many": (JSON + b"\r\n" + HEAD + ROW + b"]}} Exception", RESULTS_JSON),
    "a text too many": (JSON + b"\r\n" + HEAD + ROW + b']}}"a"', RESULTS_JSON),
    "an open text": (JSON + b"\r\n" + HEAD + b'{"a":{"type":"literal","value":"', RESULTS_JSON),
    "garbage to be written anew": (JSON + b"\r\n{{{{", CSV),
    "words for XML": (XML + b"\r\nhello", RESULTS_XML),
    "a page for XML": (XML + b"\r\n<html><body/></html>", RESULTS_XML),
    "XML that ends in the midst": (XML + b"\r\n" + XML_HEAD + b"<results><result>", RESULTS_XML),
    "XML and more": (XML + b"\r\n" + XML_HEAD + b"<results/></sparql>Timeout", RESULTS_XML),
    "entities": (XML + b'\r\n<!DOCTYPE a [<!ENTITY b "c">]>' + XML_HEAD + b"</sparql>", RESULTS_XML),
}


def asked(url: str, result: Format = RESULTS_JSON, **options: object) -> bytes:
    with RemoteStore(Remote(url), **options) as store:  # type: ignore[arg-type]
        return store.query(QUERY, result).read()


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_of_the_right_type_is_an_error(name: str) -> None:
    content, result = GARBAGE[name]
    with answering(lambda channel: channel.sendall(content)) as url, pytest.raises(RemoteFailure):
        asked(url, result)


@pytest.mark.parametrize("cut", range(1, len(HEAD + ROW + b"]}}")))
def test_no_beginning_of_an_answer_is_taken_for_the_whole(cut: int) -> None:
    body = (HEAD + ROW + b"]}}")[:cut]
    # Without a length the end of the connection looks like the end of the answer.
    with (
        answering(lambda channel: channel.sendall(JSON + b"\r\n" + body)) as url,
        pytest.raises(RemoteFailure),
    ):
        asked(url)


def test_the_bytes_of_the_engine_are_handed_on_as_they_are() -> None:
    odd = b' {"results" : {"bindings":[\n{"a":{"value":"}]{[\\"\\\\","type":"literal"} } ] },"head":{}}\n'
    with answering(lambda channel: channel.sendall(JSON + b"\r\n" + odd)) as url:
        assert asked(url) == odd


def test_a_large_answer_is_streamed_and_breaks_off_where_the_engine_does() -> None:
    many = b",".join([ROW] * 20_000)

    def act(channel: socket.socket) -> None:
        channel.sendall(JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(HEAD + many))

    with answering(act) as url, RemoteStore(Remote(url), hold_back=1_000) as store:
        answer = store.query(QUERY, RESULTS_JSON)
        assert answer.length is None
        with pytest.raises(RemoteFailure):
            answer.read()


def endless(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def act(channel: socket.socket) -> None:
        channel.sendall(start)
        block = piece * (65_536 // len(piece))
        while True:
            channel.sendall(block)

    return act


ENDLESS = {
    "rows": (JSON + b"\r\n" + HEAD + ROW, b"," + ROW, RESULTS_JSON),
    "spaces": (JSON + b"\r\n", b" ", RESULTS_JSON),
    "a text": (JSON + b"\r\n" + HEAD + b'{"a":{"type":"literal","value":"', b"x", RESULTS_JSON),
    "rows to be written anew": (JSON + b"\r\n" + HEAD + ROW, b"," + ROW, CSV),
    "an error": (b"HTTP/1.1 500 No\r\n\r\n", b"x", RESULTS_JSON),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", RESULTS_JSON),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_end_is_ended(name: str) -> None:
    start, piece, result = ENDLESS[name]
    with answering(endless(start, piece)) as url, RemoteStore(Remote(url), timeout=1.5) as store:
        began = time.monotonic()
        with pytest.raises(GraphsvcError):
            for _ in store.query(QUERY, result, Limits(max_bytes=0)).chunks:
                pass
        assert time.monotonic() - began < 20


def test_a_connection_that_is_reset_is_an_error() -> None:
    def act(channel: socket.socket) -> None:
        channel.sendall(JSON + b"Content-Length: 999\r\n\r\n" + HEAD)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with answering(act) as url, pytest.raises(RemoteFailure):
        asked(url)


def test_a_redirect_is_not_followed() -> None:
    elsewhere = Scripted(GOOD)
    with elsewhere.running() as other:
        moved = Scripted((307, {"Location": other}, b""))
        with moved.running() as url, pytest.raises(RemoteFailure):
            asked(url)
    assert elsewhere.requests == []


def test_a_query_is_asked_again_where_the_server_is_busy_and_a_write_is_not() -> None:
    server = Scripted(BUSY, GOOD)
    with server.running() as url:
        assert asked(url) == GOOD[2]
        assert len(server.requests) == 2
    server = Scripted(BUSY, DONE)
    with server.running() as url, RemoteStore(Remote(url, update=url)) as store:
        with pytest.raises(OutOfService) as caught:
            store.write(Write("update", b"INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }"))
        assert caught.value.retry_after == 7
        assert len(server.requests) == 1


def test_a_server_that_never_answers_is_left_alone_after_some_failures() -> None:
    sent = []

    def act(channel: socket.socket) -> None:
        sent.append(1)

    with answering(act) as url, RemoteStore(Remote(url)) as store:
        for _ in range(FAILURES):
            with pytest.raises((RemoteFailure, OutOfService)):
                store.query(QUERY, RESULTS_JSON)
        before = len(sent)
        with pytest.raises(OutOfService) as caught:
            store.query(QUERY, RESULTS_JSON)
        assert caught.value.retry_after >= 1
        assert len(sent) == before


def test_faults_of_a_query_are_not_held_against_the_server() -> None:
    server = Scripted(*[(500, {}, b"stack overflow")] * (3 * FAILURES), GOOD)
    with server.running() as url, RemoteStore(Remote(url)) as store:
        for _ in range(3 * FAILURES):
            with pytest.raises(RemoteFailure):
                store.query(QUERY, RESULTS_JSON)
        assert store.query(QUERY, RESULTS_JSON).read() == GOOD[2]


def test_connections_are_kept_for_reads_and_are_one_for_each_write() -> None:
    server = Scripted(GOOD)
    with server.running() as url, RemoteStore(Remote(url, update=url)) as store:
        for _ in range(5):
            store.query(QUERY, RESULTS_JSON).read()
        assert server.connections == 1
        server.answers = [DONE]
        for _ in range(2):
            store.write(Write("update", b"CLEAR DEFAULT"))
        assert server.connections == 3


def test_a_kept_connection_that_the_server_closed_is_not_noticed_by_anybody() -> None:
    with answering(lambda channel: channel.sendall(whole(ROW))) as url, RemoteStore(Remote(url)) as store:
        for _ in range(4):
            assert store.query(QUERY, RESULTS_JSON).read().endswith(b"]}}")


def test_the_server_is_told_how_long_it_may_take() -> None:
    for engine, expected in {
        "virtuoso": "timeout=2500",
        "fuseki": "timeout=2.500",
        "qlever": "timeout=3s",
    }.items():
        rows = DIALECTS[engine].rows.media_type
        server = Scripted((200, {"Content-Type": rows}, XML_HEAD + b"<results/></sparql>"))
        with server.running() as url, RemoteStore(Remote(url, dialect=DIALECTS[engine])) as store:
            try:
                store.query(QUERY, RESULTS_JSON, Limits(timeout=2.5)).read()
            except RemoteFailure:
                assert rows == RESULTS_JSON.media_type
        assert expected in server.requests[0][0]


@pytest.mark.parametrize("line", ["basic me:secret", "bearer secret", "digest me:secret"])
def test_who_is_not_let_in_is_told_so_without_the_secret(line: str) -> None:
    refused = (401, {"WWW-Authenticate": 'Digest realm="x", nonce="1", qop="auth"'}, b"")
    server = Scripted(refused)
    with ExitStack() as stack:
        known = Remote(stack.enter_context(server.running()), credentials=Credentials.read(line, "x"))
        store = stack.enter_context(RemoteStore(known))
        with pytest.raises(RemoteFailure, match="does not let this service in") as caught:
            store.query(QUERY, RESULTS_JSON)
    assert "secret" not in str(caught.value)
    assert len(server.requests) == (2 if line.startswith("digest") else 1)
    assert server.requests[-1][1]["Authorization"].lower().startswith(line.split()[0])


def test_credentials_are_not_taken_from_a_url() -> None:
    with pytest.raises(ProjectError, match="remote_credentials"):
        remote_store(load(LIBRARY, {}, store="https://me:secret@example.org/sparql"))


# 0: it began, as it is large, and must be broken off.
PROBLEMS: dict[str, tuple[Callable[[socket.socket], None], int]] = {
    "silence": (drip(b"", b""), 504),
    "half an answer": (lambda channel: channel.sendall(JSON + b"\r\n" + HEAD + ROW), 502),
    "a page with 200": (
        lambda channel: channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Log in"),
        502,
    ),
    "a redirect": (
        lambda channel: channel.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
        502,
    ),
    "a text without end": (endless(JSON + b"\r\n" + HEAD + b'{"a":{"value":"', b"x"), 0),
    "nothing, again and again": (lambda channel: None, 503),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_client_of_the_service_gets_a_problem_and_not_half_an_answer(name: str, tmp_path: Path) -> None:
    act, expected = PROBLEMS[name]
    log = tmp_path / "log"
    (tmp_path / "credentials").write_text("bearer s3cr3t")
    with answering(act) as url, log.open("w") as errors:
        environment = {
            "GRAPHSVC_STORE": url,
            "GRAPHSVC_QUERY_TIMEOUT": "2",
            "GRAPHSVC_REMOTE_CREDENTIALS": str(tmp_path / "credentials"),
        }
        with running(LIBRARY, errors=errors, **environment) as service:
            problem: dict[str, object] = {}
            for _ in range(FAILURES + 1 if expected == 503 else 1):
                try:
                    answer = urllib.request.urlopen(f"{service}/sparql?query=SELECT+*+%7B%7D&format=json")
                    with answer, pytest.raises((http.client.HTTPException, OSError)):
                        answer.read()
                    assert expected == 0
                    return
                except urllib.error.HTTPError as error:
                    with error:
                        problem = json.loads(error.read())
                    headers = error.headers
            assert problem["status"] == expected, problem
            assert headers["Content-Type"].startswith("application/problem+json")
            assert (expected == 503) == bool(re.fullmatch("[0-9]+", headers["Retry-After"] or ""))
    assert "s3cr3t" not in log.read_text() + json.dumps(problem)


def test_a_time_limit_that_virtuoso_owns_up_to_is_one() -> None:
    cut = XML + b"X-SQL-State: S1TAT\r\n\r\n" + XML_HEAD + b"<results/></sparql>"
    with answering(lambda channel: channel.sendall(cut)) as url, pytest.raises(OutOfTime):
        asked(url, RESULTS_XML)
