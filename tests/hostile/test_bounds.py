"""Bounds that hold for all alike: time, size, share, and what a client that dawdles or leaves may hold up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection, IncompleteRead
from urllib.parse import urlencode

import pytest

from tests.hostile.query_cases import FOUR, THREE
from tests.hostile.siege import Request, Siege, besieged, query, update
from tests.processes import family

# In seconds: until memory is used up on a busy machine too.
LONG_ENOUGH = 30
COUNTED = f"SELECT (COUNT(*) AS ?n) {{ {THREE} }}"
# Each row takes about half a kilobyte.
LONG = f"SELECT * {{ {THREE} }} LIMIT 2000000"


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege"), GRAPHSVC_HOLD_BACK="1000000") as found:
        yield found


def working(siege: Siege) -> int:
    """How many readers are at work."""
    return sum(each.state == "R" and "keeper" in each.command for each in family(siege.process.pid))


def await_idle(siege: Siege) -> None:
    until = time.monotonic() + 10
    while working(siege):
        assert time.monotonic() < until, "a reader goes on working"
        time.sleep(0.02)


def test_the_limit_that_was_reached_is_named(siege: Siege) -> None:
    reply = siege.ask(COUNTED, timeout="0.5")
    assert (reply.status, reply.problem["detail"]) == (504, "The limit of 0.5 s was reached.")


def test_a_writer_that_reached_its_memory_limit_keeps_none_of_it(siege: Siege) -> None:
    reply = siege.send(update(f"INSERT {{ ?a ?e ?i }} WHERE {{ {THREE} }}"), LONG_ENOUGH)
    assert (reply.status, reply.problem["title"]) == (503, "Memory limit reached")
    until = time.monotonic() + 10
    while (largest := max(each.memory for each in family(siege.process.pid))) > 128 << 20:
        assert time.monotonic() < until, f"a process still has {largest >> 20} MB"
        time.sleep(0.05)
    assert siege.send(update("INSERT DATA { GRAPH <urn:hostile> { <urn:a> <urn:b> 1 } }")).status == 204
    siege.forget()


@pytest.mark.parametrize("wrong", ["0", "-1", "abc", "nan", "inf", ""])
@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D&timeout=", "/validate?timeout="])
def test_a_timeout_that_is_none_is_refused(siege: Siege, path: str, wrong: str) -> None:
    body = b"<urn:s> <urn:p> 1 ." if "validate" in path else b""
    method = "POST" if body else "GET"
    reply = siege.send(Request(method, path + wrong, body, {"Content-Type": "text/turtle"} if body else {}))
    assert reply.status == 400, reply.body
    assert "timeout" in reply.problem["detail"]


def test_a_stream_that_fails_breaks_off_visibly(siege: Siege) -> None:
    target = "/sparql?" + urlencode({"query": f"SELECT * {{ {FOUR} }}", "timeout": 1})
    with closing(HTTPConnection(siege.host, siege.port, timeout=20)) as connection:
        connection.request("GET", target)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
        with pytest.raises(IncompleteRead):
            answer.read()
    siege.check_unharmed()


def test_a_client_that_goes_away_frees_its_reader(siege: Siege) -> None:
    await_idle(siege)
    with closing(HTTPConnection(siege.host, siege.port)) as connection:
        connection.request("GET", "/sparql?" + urlencode({"query": COUNTED}))
        while not working(siege):
            time.sleep(0.02)
    gone = time.monotonic()
    await_idle(siege)
    # Its own limit would end it only after twenty seconds.
    assert time.monotonic() - gone < 5
    siege.check_unharmed()


def test_clients_that_read_a_byte_at_a_time_hold_no_reader_past_its_limit(siege: Siege) -> None:
    await_idle(siege)
    target = "/sparql?" + urlencode({"query": LONG, "timeout": 2})
    with ExitStack() as opened:
        for _ in range(3):
            connection = opened.enter_context(socket.create_connection((siege.host, siege.port)))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert siege.ask("SELECT (COUNT(*) AS ?n) { ?a <urn:number> ?c }").status == 200
        time.sleep(3)
        # Their places are free: as many long queries as ever are begun, and reach their own limit.
        with ThreadPoolExecutor(3) as threads:
            ends = list(threads.map(lambda n: siege.ask(f"{COUNTED} # {n}", timeout="0.7").status, range(3)))
        assert 504 in ends
    siege.check_unharmed()


def test_more_runaways_than_readers_are_told_to_come_back(siege: Siege) -> None:
    def send(number: int) -> tuple[int, float, str]:
        begun = time.monotonic()
        reply = siege.ask(f"{COUNTED} # {number}", timeout="2")
        return reply.status, time.monotonic() - begun, reply.headers.get("retry-after", "")

    with ThreadPoolExecutor(80) as threads:
        ends = list(threads.map(send, range(80)))
    assert {status for status, _, _ in ends} <= {429, 503, 504}
    assert all(retry for status, _, retry in ends if status in (429, 503))
    assert sum(status == 504 for status, _, _ in ends) >= 1
    assert sum(status in (429, 503) for status, _, _ in ends) >= 60
    siege.check_unharmed()


def test_cheap_queries_are_answered_while_runaways_run(siege: Siege) -> None:
    with ThreadPoolExecutor(8) as threads:
        runaways = [threads.submit(siege.ask, f"{COUNTED} # {n}", timeout="3") for n in range(8)]
        time.sleep(0.7)
        assert [siege.send(query("ASK {}")).status for _ in range(50)] == [200] * 50
        assert {one.result().status for one in runaways} <= {429, 503, 504}


def test_every_answer_names_its_state_and_one_query_sees_one_state(siege: Siege) -> None:
    """Each write replaces every value of a set, so a query that saw two states would see two values."""

    def write(number: int) -> str:
        old, subjects = "GRAPH <urn:hostile> { ?s <urn:v> ?v }", " ".join(f"<urn:s{n}>" for n in range(200))
        text = (
            f"DELETE {{ {old} }} INSERT {{ GRAPH <urn:hostile> {{ ?s <urn:v> {number} }} }} "
            f"WHERE {{ VALUES ?s {{ {subjects} }} OPTIONAL {{ {old} }} }}"
        )
        reply = siege.send(
            Request("POST", "/update", text.encode(), {"Content-Type": "application/sparql-update"}, True)
        )
        assert reply.status in (201, 204)
        return reply.headers["graph-epoch"]

    def look(_: int) -> tuple[str, str, set[str]]:
        reply = siege.ask("SELECT ?v { GRAPH <urn:hostile> { ?s <urn:v> ?v } }", timeout="10")
        assert reply.status == 200
        values = {row["v"]["value"] for row in json.loads(reply.body)["results"]["bindings"]}
        return reply.headers["graph-epoch"], reply.headers["etag"], values

    write(0)
    with ThreadPoolExecutor(4) as threads:
        looks = threads.map(look, range(60))
        for number in range(1, 30):
            epoch = write(number)
            seen, tag, values = look(0)
            # Who has the receipt of a write reads it, or a later one; here nobody else writes.
            assert (seen, values) == (epoch, {str(number)})
            assert tag
        states: dict[str, set[str]] = {}
        for seen, _, values in looks:
            assert len(values) == 1
            assert states.setdefault(seen, values) == values
    siege.forget()
