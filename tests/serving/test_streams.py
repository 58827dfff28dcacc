"""When the first rows of an answer are sent, and that no half of an answer looks whole."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import LIBRARY, running
from tests.processes import Process, family

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
    connection, held = ask(place, MANY, stream="false")
    expected = held.read()
    assert held.headers["Content-Length"] == str(len(expected))
    connection.close()
    connection, streamed = ask(place, MANY, stream="true")
    assert "Content-Length" not in streamed.headers
    assert streamed.headers["ETag"] == held.headers["ETag"]
    assert streamed.read() == expected
    connection.close()


# So much that it takes long to make, and not too much to hold where so much may be held.
ROOMY = {"GRAPHSVC_HOLD_BACK": str(256 << 20)}
LARGE = ENDLESS + " LIMIT 100000"


def test_what_flows_so_fast_that_it_could_not_be_held_is_sent_unless_it_is_wanted_whole() -> None:
    with running(LIBRARY, **ROOMY) as url:
        found = {}
        for stream in ("", "false"):
            connection, answer = ask(url.removeprefix("http://"), LARGE, stream=stream)
            found[stream] = (answer.headers["Content-Length"], len(answer.read()))
            connection.close()
    size = found["false"][1]
    assert size > 40 << 20
    assert found == {"": (None, size), "false": (str(size), size)}


def test_what_may_be_too_much_for_its_reader_is_held_until_that_is_known() -> None:
    with running(LIBRARY, **ROOMY, GRAPHSVC_MAX_RESULT_ROWS="90000") as url:
        connection, answer = ask(url.removeprefix("http://"), LARGE)
        assert answer.status == 413
        assert b"more than 90,000 rows" in answer.read()
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


def test_a_client_that_takes_nothing_holds_up_its_reader_and_is_left_in_the_end() -> None:
    limits = {"GRAPHSVC_CLIENT_PATIENCE": "3", "GRAPHSVC_QUERY_TIMEOUT": "300"}
    others = {one.pid for one in family(os.getpid())}

    def serving(name: str) -> list[Process]:
        return [
            one for one in family(os.getpid()) if one.pid not in others and f"serving.{name}" in one.command
        ]

    def pipes() -> set[str]:
        """The pipes that the web process has; one that comes is that of an answer under way."""
        folder = Path(f"/proc/{serving('http')[0].pid}/fd")
        found = set()
        for each in folder.iterdir():
            with suppress(FileNotFoundError):
                found.add(os.readlink(each))
        return {name for name in found if name.startswith("pipe:")}

    with running(LIBRARY, **limits) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        before, own = {one.pid: one.memory for one in serving("")}, pipes()
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((host, int(port)))
            target = "/sparql?" + urlencode({"query": ENDLESS})
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            _until(lambda: pipes() > own and _wait(serving("keeper")), "the reader goes on")
            # A reader may make its memory its own meanwhile, in huge pages.
            for one in serving(""):
                assert one.memory < before.get(one.pid, 32 << 20) + (64 << 20), one.command
            _until(lambda: pipes() == own, "the client is not left")


def _wait(readers: list[Process]) -> bool:
    """Whether none of them does anything for half a second."""

    def spent() -> list[list[str]]:
        stats = [Path(f"/proc/{one.pid}/stat").read_text() for one in readers]
        return [stat.rpartition(")")[2].split()[11:13] for stat in stats]

    before = spent()
    time.sleep(0.5)
    return before == spent()


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)
