"""Queries that would stop, kill or bend a service: each gets a clear refusal, and everyone else an answer."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.conftest import LIBRARY, running

ALL = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(12))
CROSS = f"{{ {ALL} }}"


def nested(opening: str, closing: str, depth: int, inner: str = "") -> str:
    return opening * depth + inner + closing * depth


def doubling(times: int) -> str:
    binds = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(times))
    return f'SELECT (STRLEN(?x{times}) AS ?n) {{ BIND("0123456789abcdef" AS ?x0) {binds} }}'


# name: (query, statuses that are right)
QUERIES: dict[str, tuple[str, set[int]]] = {
    "cross product counted": (f"SELECT (COUNT(*) AS ?n) {CROSS}", {503, 504}),
    "cross product sorted": (f"SELECT * {CROSS} ORDER BY ?o1", {503, 504}),
    "cross product made distinct": (f"SELECT DISTINCT ?s1 ?s2 ?s3 ?s4 ?s5 ?o6 {CROSS}", {503, 504}),
    "cross product concatenated": (f"SELECT (GROUP_CONCAT(?o1) AS ?c) {CROSS}", {503, 504}),
    "cross product that finds nothing": (f"ASK {{ {ALL} FILTER(?s1 = <urn:none>) }}", {200, 503, 504}),
    "paths open at both ends": (
        "SELECT (COUNT(*) AS ?n) { ?a (<urn:a>|!<urn:a>)* ?b . ?c (<urn:a>|!<urn:a>)* ?d . "
        "?e (<urn:a>|!<urn:a>)* ?f . ?g (<urn:a>|!<urn:a>)* ?h }",
        {503, 504},
    ),
    "a string doubled": (doubling(40), {503, 504}),
    "values by values": (
        "SELECT (COUNT(*) AS ?n) { VALUES ?a { %s } VALUES ?b { %s } VALUES ?c { %s } }"
        % ((" ".join(map(str, range(5_000))),) * 3),
        {503, 504},
    ),
    "a regular expression that backtracks": (
        'SELECT * { BIND("%s!" AS ?x) FILTER(REGEX(?x, "(a+)+$")) }' % ("a" * 40_000),
        {200},
    ),
    "parentheses": (f"ASK {{ FILTER{nested('(', ')', 10_000, '1')} }}", {400}),
    "braces": (f"ASK {nested('{', '}', 10_000)}", {400}),
    "optionals": (f"ASK {nested('{ OPTIONAL ', '}', 5_000, '{}')}", {400}),
    "not exists": (f"ASK {nested('{ FILTER NOT EXISTS ', '}', 3_000, '{}')}", {400}),
    "sub-selects": (f"SELECT * {nested('{ SELECT * ', '}', 2_000, '{}')}", {400}),
    "collections": (f"ASK {{ ?s ?p {nested('(', ')', 10_000, '1')} }}", {400}),
    "blank nodes": (f"ASK {{ ?s ?p {nested('[ ?p ', ']', 10_000, '1')} }}", {400}),
    "a chain of ors": (f"ASK {{ FILTER({' || '.join(['true'] * 30_000)}) }}", {400}),
    "a chain of sums": (f"ASK {{ FILTER({' + '.join(['1'] * 30_000)}) }}", {400}),
    "a chain of unions": (f"ASK {{ {' UNION '.join(['{}'] * 20_000)} }}", {400}),
    "a chain of path steps": (f"ASK {{ ?s {'/'.join(['<urn:a>'] * 20_000)} ?o }}", {400}),
    "a collection the planner cannot take": (
        f"ASK {{ ?s ?p {nested('(', ')', 112, '1')} }}",
        {200, 400, 504},
    ),
    "blank nodes the planner cannot take": (f"ASK {{ ?s ?p {nested('[ ?p ', ']', 360, '1')} }}", {400, 504}),
    "a literal of a megabyte": ('ASK { ?s ?p "%s" }' % ("x" * (1 << 20)), {413}),
    "a comment of a megabyte": ("ASK {} #" + "x" * (1 << 20), {413}),
    "service": ("SELECT * { SERVICE <CANARY> { ?s ?p ?o } }", {403}),
    "silent service": ("SELECT * { SERVICE SILENT <CANARY> { ?s ?p ?o } }", {403}),
    "service in a filter": ("ASK { FILTER NOT EXISTS { SERVICE <CANARY> { ?s ?p ?o } } }", {403}),
    "service at a variable": ("SELECT * { BIND(<CANARY> AS ?e) SERVICE ?e { ?s ?p ?o } }", {403}),
    "service without a space": ("PREFIX : <CANARY> SELECT * { SERVICE: { ?s ?p ?o } }", {403}),
    "service after a brace": ("SELECT * { {}SERVICE<CANARY>{ ?s ?p ?o } }", {403}),
    "service after a comment": ("SELECT * { sErViCe #\n<CANARY> { ?s ?p ?o } }", {403}),
    "service in escapes": ("SELECT * { \\u0053ERVICE <CANARY> { ?s ?p ?o } }", {400, 403}),
    "no service at all": ('SELECT * { ?service ?p "SERVICE <x>" } # SERVICE <CANARY>', {200}),
    "from a file": ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", {200}),
    "from elsewhere": ("SELECT * FROM <CANARY> { ?s ?p ?o }", {200}),
    "from a named elsewhere": ("SELECT * FROM NAMED <CANARY> { GRAPH ?g { ?s ?p ?o } }", {200}),
    "an update": ("DROP ALL", {400}),
    "a load": ("LOAD <CANARY>", {400}),
    "nul": ("ASK { ?s ?p 'a\0b' }", {400}),
    "a byte order mark": ("\ufeffASK {}", {400}),
}


@pytest.fixture(scope="module")
def canary() -> Iterator[Callable[[], bool]]:
    """A listener on loopback that nobody may call; says whether somebody did."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    def called() -> bool:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    called.url = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"  # type: ignore[attr-defined]
    yield called
    listener.close()


def ask(server: str, text: str, timeout: float | str = 1) -> tuple[int, dict[str, object]]:
    body = urlencode({"query": text, "timeout": timeout}).encode()
    address = urlsplit(server)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
    with closing(connection):
        connection.request("POST", "/sparql", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        expected = "sparql-results" if answer.status == 200 else "problem"
        assert answer.headers["Content-Type"] == f"application/{expected}+json"
        return answer.status, json.load(answer)


@pytest.mark.parametrize("name", QUERIES)
def test_a_hostile_query_is_answered_or_refused(
    library_server: str, canary: Callable[[], bool], name: str
) -> None:
    text, expected = QUERIES[name]
    status, body = ask(library_server, text.replace("CANARY", canary.url))  # type: ignore[attr-defined]
    assert status in expected, body
    if status != 200:
        assert body["status"] == status
        assert body["title"]
        assert str(body["detail"]).endswith(".")
    elif name.startswith("from"):
        assert body["results"] == {"bindings": []}
    assert not canary()
    assert ask(library_server, "ASK {}") == (200, {"head": {}, "boolean": True})


def test_the_limit_that_was_reached_is_named(library_server: str) -> None:
    status, body = ask(library_server, f"SELECT (COUNT(*) AS ?n) {CROSS}", 0.5)
    assert (status, body["detail"]) == (504, "The limit of 0.5 s was reached.")


@pytest.mark.parametrize("wrong", ["0", "-1", "abc", "nan", "inf", ""])
def test_a_timeout_that_is_none_is_refused(library_server: str, wrong: str) -> None:
    assert ask(library_server, "ASK {}", wrong)[0] == 400


def test_a_stream_that_fails_breaks_off_visibly(library_server: str) -> None:
    address = urlsplit(library_server)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=20)
    connection.request("GET", "/sparql?" + urlencode({"query": f"SELECT * {CROSS}", "timeout": 2}))
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Transfer-Encoding"] == "chunked"
    with pytest.raises(IncompleteRead):
        answer.read()


def spinning(tag: str) -> int:
    """How many processes of the server that was started with `tag` in its environment are at work."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"TAG={tag}".encode() in (process / "environ").read_bytes()
            keeper = b"serving.keeper" in (process / "cmdline").read_bytes()
            found += marked and keeper and (process / "stat").read_text().split()[2] == "R"
        except OSError:
            continue  # it ended meanwhile
    return found


def test_a_client_that_goes_away_frees_its_reader() -> None:
    with running(LIBRARY, TAG="goes-away") as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port)) as connection:
            target = "/sparql?" + urlencode({"query": f"SELECT (COUNT(*) AS ?n) {CROSS}"})
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            deadline = time.monotonic() + 5
            while not spinning("goes-away") and time.monotonic() < deadline:
                time.sleep(0.05)
            assert spinning("goes-away") == 1
        deadline = time.monotonic() + 5
        while spinning("goes-away") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert spinning("goes-away") == 0


def test_cheap_queries_are_answered_while_runaways_run(library_server: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        runaways = [
            threads.submit(ask, library_server, f"SELECT (COUNT(*) AS ?n) {CROSS}", 3) for _ in range(8)
        ]
        time.sleep(0.7)
        cheap = [ask(library_server, "ASK {}")[0] for _ in range(50)]
        assert cheap == [200] * 50
        assert {one.result()[0] for one in runaways} <= {503, 504}


def test_more_runaways_than_readers_are_told_to_come_back(library_server: str) -> None:
    with ThreadPoolExecutor(40) as threads:
        ends = list(
            threads.map(lambda _: ask(library_server, f"SELECT (COUNT(*) AS ?n) {CROSS}", 2), range(40))
        )
    assert {status for status, _ in ends} <= {429, 503, 504}
    assert sum(status in (429, 503) for status, _ in ends) >= 20
    assert ask(library_server, "ASK {}")[0] == 200
