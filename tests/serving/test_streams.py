"""`stream=true`: the first rows as soon as they are there, and still no half of an answer that looks whole."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from urllib.parse import urlencode

import pytest

from tests.conftest import LIBRARY, running
from tests.processes import family

# More rows than anybody can wait for, and as many as are asked for.
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
MANY = ENDLESS + " LIMIT 20000"
COUNT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with running(LIBRARY) as url:
        yield url.removeprefix("http://")


def ask(place: str, text: str, **parameters: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection(place, timeout=60)
    target = "/sparql?" + urlencode({"query": text} | parameters)
    connection.request("GET", target, headers={"Accept": "text/tab-separated-values"})
    return connection, connection.getresponse()


def test_a_stream_has_the_same_bytes_as_the_answer_that_is_held_back(place: str) -> None:
    connection, held = ask(place, MANY)
    expected = held.read()
    assert held.headers["Content-Length"] == str(len(expected))
    connection.close()
    connection, streamed = ask(place, MANY, stream="true")
    assert "Content-Length" not in streamed.headers
    assert streamed.headers["ETag"] == held.headers["ETag"]
    assert streamed.read() == expected
    connection.close()


def test_the_first_rows_come_while_the_rest_is_being_made(place: str) -> None:
    connection, streamed = ask(place, ENDLESS, stream="true", timeout="2")
    assert streamed.status == 200
    assert streamed.read(1_000).startswith(b"?")
    with pytest.raises(IncompleteRead):
        streamed.read()
    connection.close()


def test_what_is_short_is_whole_all_the_same(place: str) -> None:
    connection, answer = ask(place, "SELECT * { ?a ?b ?c } LIMIT 1", stream="true")
    assert answer.headers["Content-Length"] == str(len(answer.read()))
    connection.close()


@pytest.mark.parametrize(
    ("text", "parameters", "status"),
    [
        ("SELEKT", {"stream": "true"}, 400),
        (ENDLESS, {"stream": "perhaps"}, 400),
        (COUNT, {"stream": "true", "timeout": "0.5"}, 504),
        (ENDLESS, {"stream": "false", "timeout": "0.5"}, None),
    ],
)
def test_what_fails_before_the_first_row_has_its_status(
    place: str, text: str, parameters: dict[str, str], status: int | None
) -> None:
    connection, answer = ask(place, text, **parameters)
    if status is not None:
        assert answer.status == status
    connection.close()


@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_client_that_takes_its_time_fills_no_memory(place: str, stream: str) -> None:
    def memory() -> int:
        return sum(one.memory for one in family(os.getpid()) if "graphsvc.serving" in one.command)

    before = memory()
    connection, answer = ask(place, ENDLESS, stream=stream, timeout="20")
    taken = len(answer.read(1 << 20))
    time.sleep(2)
    # 16 MB are held back, 16 more wait to be sent.
    assert memory() < before + (64 << 20)
    taken += len(answer.read(4 << 20))
    assert taken == 5 << 20
    connection.close()
