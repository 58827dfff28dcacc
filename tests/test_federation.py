"""SERVICE, with an allow-list: against a second, real server, and against what a name server may do."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from graphsvc.errors import BadRequest, OutOfTime, ProjectError, RemoteAccessRefused, RemoteFailure
from graphsvc.federation import permitted_addresses, with_answers
from graphsvc.settings import load
from graphsvc.sparql import read, read_update
from graphsvc.store import Write
from graphsvc.store.remote import Remote, RemoteStore
from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running
from tests.servers import oxigraph_server
from tests.store.test_remote import answering, drip

DATA = b"""@prefix : <http://example.org/library/id/book/> .
:tab :rated 5 , "a \\"b\\"\\n"@en . :emma :rated 3 . [] :rated 1 ."""
RATED = "<http://example.org/library/id/book/rated>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of another server, with data of its own."""
    with oxigraph_server(tmp_path_factory.mktemp("other")) as url:
        RemoteStore(Remote(f"{url}/query", graph_store=f"{url}/store")).write(
            Write("post", DATA, "", "text/turtle")
        )
        yield f"{url}/query"


@pytest.fixture(scope="module")
def moved(other: str) -> Iterator[str]:
    """An endpoint that sends everybody to the other server."""
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(lambda channel: channel.sendall(head)) as url:
        yield url


@pytest.fixture(scope="module")
def service(other: str, moved: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A service that lists the other server, one that redirects and one that is not there; a token to write."""
    file = TokenFile(tmp_path_factory.mktemp("tokens") / "tokens.json")
    secret = file.new("writer", ["write"])
    listed = f"{other} {moved} http://127.0.0.1:9/nobody http://localhost:1/sparql"
    with running(LIBRARY, GRAPHSVC_SERVICE_ENDPOINTS=listed, GRAPHSVC_TOKENS=str(file.path)) as url:
        yield url, secret


def ask(url: str, query: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{url}/sparql", urlencode({"query": query}).encode()) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def column(found: Any, name: str) -> list[str]:
    return sorted(row[name]["value"] for row in found["results"]["bindings"] if name in row)


def test_a_clause_is_joined_with_the_rest(service: tuple[str, str], other: str) -> None:
    text = (
        f"SELECT ?l ?r {{ ?b {LABEL} ?l . SERVICE <{other}> {{ ?b {RATED} ?r }} FILTER(lang(?r) != 'en') }}"
    )
    status, found = ask(service[0], text)
    assert status == 200
    assert column(found, "r") == ["3", "5"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{ ?b {RATED} ?r }", 4),
        ("{ ?b :rated ?r }", 4),
        ("{ SELECT ?r { ?b :rated ?r } LIMIT 2 }", 2),
        ("{ ?b :rated ?r VALUES ?r { 5 7 } }", 1),
        ("{ ?b :rated 99 }", 0),
        ("{ :emma :rated 3 }", 1),
        ("{ ?b :rated ?r OPTIONAL { ?b :none ?x } }", 4),
        ("{ ?b :rated ?r FILTER(?r = '}') }", 0),
    ],
)
def test_a_clause_may_hold_any_pattern(
    service: tuple[str, str], other: str, pattern: str, expected: int
) -> None:
    block = pattern.replace("{RATED}", RATED)
    text = f"PREFIX : <http://example.org/library/id/book/>\nSELECT * {{ SERVICE <{other}>\n {block} }}"
    status, found = ask(service[0], text)
    assert (status, len(found["results"]["bindings"])) == (200, expected)


def test_an_endpoint_may_be_a_prefixed_name_and_stand_within_optional(
    service: tuple[str, str], other: str
) -> None:
    clause = f"SERVICE o:query {{ ?b {RATED} ?r }}"
    text = f"PREFIX o: <{other[:-5]}> SELECT ?l ?r {{ ?b {LABEL} ?l OPTIONAL {{ {clause} }} }}"
    status, found = ask(service[0], text)
    assert status == 200
    assert len(column(found, "l")) > len(column(found, "r")) == 3


def test_a_blank_node_of_the_other_server_is_an_iri_here(service: tuple[str, str], other: str) -> None:
    text = f"SELECT ?b ?c {{ SERVICE <{other}> {{ ?b {RATED} 1 }} SERVICE <{other}> {{ ?c {RATED} 1 }} }}"
    row = ask(service[0], text)[1]["results"]["bindings"][0]
    assert row["b"]["type"] == "uri"
    assert "/.well-known/genid/" in row["b"]["value"]
    assert row["b"]["value"] != row["c"]["value"]


def test_an_update_may_ask_too(service: tuple[str, str], other: str) -> None:
    url, secret = service
    where = f"SERVICE <{other}> {{ ?b {RATED} ?r }}"
    text = f"INSERT {{ GRAPH <urn:ratings> {{ ?b <urn:rating> ?r }} }} WHERE {{ {where} }}"
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sparql-update"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/update", text.encode(), headers)) as response:
        assert response.status == 204
    found = ask(url, "SELECT ?r { GRAPH <urn:ratings> { ?b <urn:rating> ?r } }")[1]
    assert column(found, "r") == ["1", "3", "5", 'a "b"\n']


@pytest.mark.parametrize(
    ("clause", "status"),
    [
        ("<http://example.org/sparql> {}", 403),
        ("SILENT <http://example.org/sparql> {}", 403),
        ("?anywhere { ?s ?p ?o }", 403),
        ("<OTHER/../query> {}", 403),
        ("<OTHER?x> {}", 403),
        ("<http://localhost:1/sparql> {}", 403),
        ("<http://127.1/> {}", 403),
        ("<http://0x7f.1/> {}", 403),
        ("<http://[::ffff:127.0.0.1]/> {}", 403),
        ("<http://ok@127.0.0.1/> {}", 403),
        ("<MOVED> { ?s ?p ?o }", 502),
        ("<http://127.0.0.1:9/nobody> {}", 502),
        ("<OTHER> { ?s ?p }", 400),
        ("<OTHER> { ?s ?p ?o", 400),
    ],
)
def test_what_is_not_listed_or_fails_is_an_error(
    service: tuple[str, str], other: str, moved: str, clause: str, status: int
) -> None:
    named = clause.replace("OTHER", other).replace("MOVED", moved)
    said, problem = ask(service[0], f"SELECT * {{ SERVICE {named} }}")
    assert said == status, problem
    assert problem["detail"]


def test_a_silent_clause_that_fails_is_one_empty_solution(service: tuple[str, str], moved: str) -> None:
    text = f"SELECT * {{ VALUES ?x {{ 1 2 }} SERVICE SILENT <{moved}> {{ ?s ?p ?o }} }}"
    status, found = ask(service[0], text)
    assert (status, column(found, "x")) == (200, ["1", "2"])


def test_the_answer_of_a_federated_query_is_not_kept(service: tuple[str, str], other: str) -> None:
    query = urlencode({"query": f"ASK {{ SERVICE <{other}> {{ ?s ?p ?o }} }}"})
    with urllib.request.urlopen(f"{service[0]}/sparql?{query}") as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["ETag"] is None


def test_an_endpoint_has_what_is_left_of_the_time() -> None:
    with answering(drip(b"", b"")) as url:
        query = read(f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}", endpoints=(url,))
        start = time.monotonic()
        with pytest.raises(OutOfTime):
            with_answers(query.text, query.calls, start + 0.5)
        assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "body",
    [
        b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"a> } ; DROP ALL #"}}]}}',
        b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"urn:a"}}',
        b"<html>",
    ],
)
def test_what_an_endpoint_says_is_data_and_nothing_else(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n\r\n"
    with answering(lambda channel: channel.sendall(head + body)) as url:
        query = read(f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", endpoints=(url,))
        with pytest.raises((RemoteFailure, BadRequest)):
            with_answers(query.text, query.calls, time.monotonic() + 5)


def test_variables_that_were_not_asked_for_are_left_out() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n\r\n"
    body = b'{"head":{"vars":["s","t"]},"results":{"bindings":[{"s":{"type":"literal","value":"} #"},"t":{"type":"uri","value":"urn:a"}}]}}'  # noqa: E501
    with answering(lambda channel: channel.sendall(head + body)) as url:
        query = read(f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", endpoints=(url,))
        text = with_answers(query.text, query.calls, time.monotonic() + 5)
    assert text.split() == 'SELECT * { VALUES (?s) { ("} #") } }'.split()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "fe80::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_a_name_that_leads_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    told = [(socket.AF_INET, 1, 6, "", ("93.184.216.34", 0)), (socket.AF_INET, 1, 6, "", (address, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: told)
    with pytest.raises(RemoteAccessRefused):
        permitted_addresses("http://example.org/sparql", time.monotonic() + 5)


def test_a_name_is_looked_up_once_and_the_address_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def look_up(host: object, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", ("93.184.216.34", 0))]

    connected: list[object] = []

    def connect(address: tuple[str, int], *_: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    url = "http://rebinding.example/sparql"
    query = read(f"SELECT * {{ SERVICE <{url}> {{}} }}", endpoints=(url,))
    with pytest.raises(RemoteFailure):
        with_answers(query.text, query.calls, time.monotonic() + 5)
    assert (asked, connected) == (["rebinding.example"], [("93.184.216.34", 80)])


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_listed_name_is_no_way_to_write_a_private_address_otherwise(host: str) -> None:
    # An address in brackets is a literal one, and was listed as such.
    if host.startswith("["):
        assert permitted_addresses(f"http://{host}/", time.monotonic() + 5) == ["::ffff:7f00:1"]
        return
    with pytest.raises(RemoteAccessRefused):
        permitted_addresses(f"http://{host}/", time.monotonic() + 5)


def test_an_address_that_is_listed_literally_is_allowed() -> None:
    assert permitted_addresses("http://127.0.0.1:3030/sparql", time.monotonic() + 5) == ["127.0.0.1"]
    assert permitted_addresses("http://[::1]:3030/sparql", time.monotonic() + 5) == ["::1"]


def test_without_a_list_every_clause_is_refused() -> None:
    for text in ("SELECT * { SERVICE <urn:x> {} }", "SELECT * { SERVICE:x {} }"):
        with pytest.raises(RemoteAccessRefused):
            read(text)
    with pytest.raises(RemoteAccessRefused):
        read_update("INSERT {} WHERE { SERVICE <urn:x> {} }")


def test_a_project_cannot_list_what_is_no_url(tmp_path: Path) -> None:
    for listed in ("example.org/sparql", "file:///etc/passwd", "http://a/ ftp://b/"):
        with pytest.raises(ProjectError):
            load(tmp_path, {}, service_endpoints=listed)
