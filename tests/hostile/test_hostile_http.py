"""Hostile HTTP: each request is refused or answered, nobody else notices, and no secret is ever told."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest

from tests.hostile.http_cases import CONDITIONS, RAW, SHORT, SHOWN, TOKENS, Bytes
from tests.hostile.siege import Case, Request, Siege, besieged, check, get, query

_SCRIPT = re.compile(
    rb"<(script|img|svg|iframe)\b[^>]*(alert|onerror)|<script>alert|href=\"?(javascript|data):", re.I
)


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege"), GRAPHSVC_CLIENT_PATIENCE="1.5") as found:
        yield found
        assert found.token not in found.log.read_text()


def statuses(answer: bytes) -> list[int]:
    """The statuses of all answers on a connection; 0 where there is none."""
    return [int(found) for found in re.findall(rb"(?:^|\n)HTTP/1\.\d (\d{3}) ", answer)] or [0]


@pytest.mark.parametrize("each", RAW, ids=lambda each: f"{each.row} {each.name}")
def test_bytes_that_no_client_would_send_are_refused(siege: Siege, each: Bytes) -> None:
    answer = siege.raw(each.sent.replace(b"TOKEN", siege.token.encode()), ends=each.ends)
    assert len(statuses(answer)) == 1, answer[:2000]
    assert statuses(answer)[0] in each.expected, answer[:2000]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"evil.example" not in answer
    if statuses(answer)[0] >= 400:
        assert b"application/problem+json" in head, answer[:2000]
        assert json.loads(body)["detail"].endswith(".")
    if statuses(answer)[0] == 405:
        assert b"\r\nAllow: " in head
    assert siege.send(Request("GET", "/graph-store?graph=urn:hostile")).status == 404
    siege.check_unharmed()


@pytest.mark.parametrize("each", [*TOKENS, *CONDITIONS], ids=lambda each: f"{each.row} {each.name}")
def test_a_request_that_tries_something_gets_nothing(siege: Siege, each: Case) -> None:
    reply = check(siege, each)
    assert "set-cookie" not in reply.headers
    if reply.status == 401:
        assert reply.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_hostile_is_shown_as_text(siege: Siege, name: str) -> None:
    reply = siege.send(get(SHOWN[name], Accept="text/html"))
    while reply.status == 303:
        reply = siege.send(get(reply.headers["location"], Accept="text/html"))
    assert reply.headers["content-type"].startswith("text/html")
    assert not _SCRIPT.search(reply.body)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    siege.check_unharmed()


def test_a_report_shows_what_is_hostile_as_text(siege: Siege) -> None:
    data = '<urn:x> a <urn:T> ; <urn:p> "</script><script>alert(1)</script>" .'
    shapes = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:S> a sh:NodeShape ; sh:targetClass <urn:T> ; "
        'sh:property [ sh:path <urn:p> ; sh:maxLength 3 ; sh:message "<img src=x onerror=alert(1)>" ] .'
    )
    body = f"data_text={quote(data)}&shapes_text={quote(shapes)}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    reply = siege.send(Request("POST", "/validate", body, headers))
    assert reply.status == 200
    assert b"onerror" in reply.body
    assert not _SCRIPT.search(reply.body)


def test_csv_is_exact_and_no_page(siege: Siege) -> None:
    text = "SELECT ?v { <http://example.org/siege/id/nasty> <urn:csv> ?v } ORDER BY ?v"
    reply = siege.send(get(f"/sparql?query={quote(text)}&format=csv"))
    assert list(csv.reader(io.StringIO(reply.body.decode(), newline=""))) == [
        ["v"],
        ["=cmd()"],
        ['a"b,\nc\td'],
    ]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"].startswith("attachment")
    tsv = siege.send(get(f"/sparql?query={quote(text)}&format=tsv"))
    assert tsv.body.decode().splitlines() == ["?v", '"=cmd()"', '"a\\"b,\\nc\\td"']


def test_clients_that_send_a_byte_at_a_time_keep_nobody_waiting(siege: Siege) -> None:
    head = b"PUT /graph-store?graph=urn:hostile HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\n"
    with ExitStack() as opened:
        slow = [opened.enter_context(socket.create_connection((siege.host, siege.port))) for _ in range(400)]
        for number, connection in enumerate(slow):
            connection.sendall(head if number % 2 else head + b"Content-Length: 50\r\n\r\n<urn:s>")
        until = time.monotonic() + 3
        served = 0
        while time.monotonic() < until:
            for connection in slow[:20]:
                try:
                    connection.sendall(b"x")
                except OSError:
                    continue  # it was let go
            assert siege.ask("ASK {}").status == 200
            served += 1
        assert served > 10
        for connection in slow[20:]:
            connection.settimeout(10)
            answer = connection.recv(1 << 16)
            assert statuses(answer)[0] in (0, 408), answer
    siege.check_unharmed()


def test_a_body_without_end_is_let_go(siege: Siege) -> None:
    head = (
        b"PUT /graph-store?graph=urn:hostile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: text/turtle\r\nAuthorization: Bearer " + siege.token.encode() + b"\r\n\r\n"
    )
    with socket.create_connection((siege.host, siege.port), timeout=20) as connection:
        connection.sendall(head)
        chunk = b"10000\r\n" + b"# without end\n" * 4681 + b"##\r\n"
        try:
            for _ in range(2_000):
                connection.sendall(chunk)
            answer = connection.recv(1 << 16)
        except OSError:
            answer = b""
    assert statuses(answer)[0] in (0, 408, 413)
    assert siege.send(Request("GET", "/graph-store?graph=urn:hostile")).status == 404
    siege.check_unharmed()


def test_a_graph_that_changed_is_not_overwritten(siege: Siege) -> None:
    target = "/graph-store?graph=urn:hostile"
    turtle = {"Content-Type": "text/turtle"}
    assert siege.send(Request("PUT", target, SHORT, turtle, True)).status == 201
    tag = siege.send(Request("GET", target)).headers["etag"]
    assert siege.send(Request("PUT", target, b"<urn:s> <urn:p> 2 .", turtle, True)).status == 204
    assert siege.send(Request("PUT", target, SHORT, turtle | {"If-Match": tag}, True)).status == 412
    assert b" 2 " in siege.send(Request("GET", target, headers={"Accept": "text/turtle"})).body
    siege.forget()


def test_no_answer_sets_a_cookie_or_tells_what_serves(siege: Siege) -> None:
    for target in ("/", "/sparql", "/validate", "/nothing", "/dataset", "/update"):
        reply = siege.send(get(target))
        assert "set-cookie" not in reply.headers
        assert "server" not in reply.headers
    assert siege.send(query("ASK {}")).headers["x-content-type-options"] == "nosniff"
