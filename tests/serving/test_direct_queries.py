"""Queries that a reader answers directly, by a real server: the same in every byte as on the long way."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.processes import family
from tests.servers import free_port
from tests.serving.server import Answer, Server, server_of

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "direct_queries.toml").read_text(encoding="utf-8")
)["case"]
JSON = "application/sparql-results+json"
LOOKUP = "SELECT ?p ?o { <http://example.org/library/id/book/emma> ?p ?o } # {}"
# Longer than the service waits after a change before it asks for a direct reader, and for a second one.
CALM = 1.0


class Direct(Server):
    """A server that tells how many of its queries were answered directly."""

    metrics = ""

    def counted(self, what: str) -> int:
        """One of its counters."""
        with urlopen(self.metrics) as answer:
            text = answer.read().decode()
        found = re.search(rf"^graphsvc_direct_{what}_total (\S+)$", text, re.M)
        assert found, text
        return int(float(found[1]))

    def query(self, text: str, **headers: str) -> Answer:
        """What a query gets by GET."""
        return self.ask("GET", "/sparql?query=" + quote(text), **({"Accept": JSON} | headers))

    def prepare(self, text: str, **headers: str) -> None:
        """Ask until a reader answers queries of this shape directly; the text has a `{}` for a number."""
        until = time.monotonic() + 20
        before, number = self.counted("answers"), 1_000_000
        while self.counted("answers") == before:
            assert time.monotonic() < until, "no reader answers this directly"
            assert self.query(text.replace("{}", str(number)), **headers).status == 200
            number += 1
            time.sleep(0.1)


@pytest.fixture(scope="module", params=["memory:", "disk:"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    folder = tmp_path_factory.mktemp("direct")
    metrics = f"127.0.0.1:{free_port()}"
    store = f"disk:{folder / 'db'}" if request.param == "disk:" else request.param
    with server_of(
        folder, GRAPHSVC_METRICS=metrics, GRAPHSVC_STORE=store, GRAPHSVC_QUERY_TIMEOUT="5"
    ) as found:
        direct = Direct(f"http://{found.place}", found.token, found.supervisor, found.project)
        direct.metrics = f"http://{metrics}/metrics"
        yield direct


def test_a_reader_answers_as_the_application_does(server: Direct) -> None:
    for case in CASES:
        headers = {name.replace("-", "_"): value for name, value in case["headers"].items()}
        server.prepare(case["query"], **headers)
        for number in range(4):
            text = case["query"].replace("{}", str(number))
            before = server.counted("answers")
            direct = server.query(text, **headers)
            assert server.counted("answers") == before + 1, case
            # With one more parameter it is no plain query.
            target = f"/sparql?query={quote(text)}&timeout=5"
            assert direct == server.ask("GET", target, **headers), case
            again = server.query(text, **headers, If_None_Match=direct.headers["etag"])
            assert again.status == 304
            assert again.headers["etag"] == direct.headers["etag"]


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("SELECT ?p ?o { <http://example.org/library/id/book/emma > ?p ?o } # {}", 400, "line"),
        ("SELECT ?p ?o { <http://[> ?p ?o } # {}", 400, "IRI"),
        ("SELECT ?p ?o { <http://example.org/library/id/book/nobody> ?p ?o } # {}", 200, '"bindings":[]'),
    ],
)
def test_what_is_out_of_the_ordinary_goes_the_long_way(
    server: Direct, text: str, status: int, said: str
) -> None:
    server.prepare(LOOKUP)
    answers = server.counted("answers")
    found = server.query(text)
    assert (found.status, server.counted("answers")) == (status, answers)
    assert said in found.body.decode()


def test_an_empty_answer_has_its_notice(server: Direct) -> None:
    text = "SELECT ?s { ?s a <{}> } LIMIT 1"
    server.prepare(
        text.replace("{}", "http://example.org/library/def/lib#Book").replace("} LIMIT", "} # {}\nLIMIT")
    )
    found = server.query(
        text.replace("{}", "http://example.org/library/def/lib#Bock").replace("} L", "} # 1\nL")
    )
    assert found.status == 200
    assert "Bock" in found.headers["query-notice"]


def test_a_search_and_a_dataset_are_what_they_were(server: Direct) -> None:
    server.prepare("SELECT ?s { ?s <http://purl.org/dc/terms/title> ?t } # {}")
    found = server.query('SELECT ?s { ?s <urn:x-graphsvc:search> "emma" } # 1')
    assert b"book/emma" in found.body
    none = server.query("SELECT ?s FROM <urn:none> { ?s <http://purl.org/dc/terms/title> ?t } # 1")
    assert b'"bindings":[]' in none.body


def test_who_was_told_of_a_write_reads_it_directly_too(server: Direct) -> None:
    server.update("INSERT DATA { <urn:counter> <urn:is> 0 }")
    other = "SELECT ?n { <urn:counter> <urn:is> ?n } # of another {}"
    server.prepare(other, User_Agent="another")
    for number in range(1, 4):
        server.update(
            f"DELETE {{ <urn:counter> <urn:is> ?n }} INSERT {{ <urn:counter> <urn:is> {number} }} "
            "WHERE { <urn:counter> <urn:is> ?n }"
        )
        for turn in range(20):
            found = server.query(f"SELECT ?n {{ <urn:counter> <urn:is> ?n }} # {number} {turn}")
            assert f'"value":"{number}"'.encode() in found.body
        text = f"SELECT ?n {{ <urn:counter> <urn:is> ?n }} # {number} {{}}"
        server.prepare(text)
        long_way = server.ask("GET", f"/sparql?query={quote(other)}&timeout=5", Accept=JSON)
        before = server.counted("answers")
        assert server.query(other, User_Agent="another") == long_way
        assert server.counted("answers") == before + 1


def test_a_query_that_turns_out_to_be_long_is_stopped_at_its_limit_and_harms_no_other(server: Direct) -> None:
    product = " . ".join(f"?s{number} ?p{number} ?o{number}" for number in range(6))
    text = f"SELECT (COUNT(*) AS ?n) {{{{ VALUES ?t {{{{ <{{t}}> }}}} ?s ?t ?o . {product} }}}}".format(
        t="{t}"
    )
    server.prepare(text.replace("{t}", "urn:none") + " # {}")
    server.prepare(LOOKUP)
    answers: list[Answer] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            server.query(text.replace("{t}", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"))
        )
    )
    asking.start()
    for number in range(50):
        assert server.query(LOOKUP.replace("{}", f"beside {number}")).status == 200
    asking.join()
    assert answers[0].status in (503, 504)


def test_readers_that_are_killed_are_not_missed(server: Direct) -> None:
    # What a reader was lost at is not asked directly for a while.
    text = LOOKUP.replace("SELECT", "SELECT DISTINCT")
    server.prepare(text)
    stop, statuses = threading.Event(), set()

    def ask(name: int) -> None:
        number = 0
        while not stop.is_set():
            statuses.add(server.query(text.replace("{}", f"killed {name} {number}")).status)
            number += 1

    clients = [threading.Thread(target=ask, args=(name,)) for name in range(4)]
    for one in clients:
        one.start()
    keeper = server.process("graphsvc.serving.keeper")
    for _ in range(10):
        # The last ones are those that are asked directly.
        for reader in [one.pid for one in family(keeper) if one.pid != keeper][-2:]:
            with suppress(ProcessLookupError):
                os.kill(reader, signal.SIGKILL)
        time.sleep(0.1)
    stop.set()
    for one in clients:
        one.join()
    assert statuses <= {200, 500, 503}
    assert server.query(text.replace("{}", "after")).status == 200


def test_requests_in_one_piece_are_answered_in_their_order(server: Direct) -> None:
    server.prepare(LOOKUP)
    host, port = server.place.split(":")
    texts = [f"SELECT (<urn:number:{number}> AS ?n) {{ }}" for number in range(5)]
    requests = [
        f"GET /sparql?query={quote(text)} HTTP/1.1\r\nHost: {server.place}\r\nAccept: {JSON}\r\n\r\n"
        for text in texts
    ]
    with socket.create_connection((host, int(port)), timeout=20) as client:
        for _ in range(20):
            client.sendall("".join(requests).encode())
            received = b""
            while received.count(b"urn:number:") < len(texts):
                received += client.recv(1 << 16)
            found = re.findall(rb"urn:number:(\d)", received)
            assert found == [b"%d" % number for number in range(len(texts))]
        for request in requests:
            client.sendall(request[:40].encode())
            time.sleep(0.01)
            client.sendall(request[40:].encode())
            assert b"urn:number:" in client.recv(1 << 16)


def test_a_client_that_leaves_while_a_reader_is_asked_is_forgotten(server: Direct) -> None:
    server.prepare(LOOKUP)
    web = server.process("graphsvc.serving.http")
    before = next(one.descriptors for one in family(web) if one.pid == web)
    for number in range(100):
        connection = HTTPConnection(server.place)
        connection.request(
            "GET", "/sparql?query=" + quote(LOOKUP.replace("{}", f"left {number}")), headers={"Accept": JSON}
        )
        connection.close()
    until = time.monotonic() + 10
    while next(one.descriptors for one in family(web) if one.pid == web) > before + 2:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_query_that_is_longer_than_allowed_is_refused_on_every_way(tmp_path: Path) -> None:
    with server_of(tmp_path, GRAPHSVC_MAX_QUERY_BYTES="100") as found:
        text = "SELECT * { BIND('{}' AS ?text) }"
        until = time.monotonic() + 2
        while time.monotonic() < until:
            answer = found.ask(
                "GET", "/sparql?query=" + quote(text.replace("{}", f"{time.time()}")), Accept=JSON
            )
            assert answer.status == 200
        long = found.ask("GET", "/sparql?query=" + quote(text.replace("{}", "x" * 100)), Accept=JSON)
        assert long.status == 413


def test_a_client_beyond_its_rate_is_told_so(tmp_path: Path) -> None:
    with server_of(tmp_path, GRAPHSVC_RATE_LIMIT="1", GRAPHSVC_RATE_BURST="40") as found:
        statuses = []
        begun = time.monotonic()
        for number in range(80):
            target = "/sparql?query=" + quote(LOOKUP.replace("{}", str(number)))
            statuses.append(found.ask("GET", target, Accept=JSON).status)
        assert set(statuses) == {200, 429}
        assert 30 <= statuses.count(200) <= 41 + time.monotonic() - begun
