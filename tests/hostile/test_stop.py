"""SIGTERM: what has begun is finished, what comes after is refused, and nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.hostile.siege import Reply, Siege, besieged, query, update

# A second or so of work.
COUNT = (
    "SELECT (COUNT(*) AS ?n) { ?a <urn:number> ?x . ?b <urn:number> ?y FILTER(?x < 1000 && ?x + ?y >= 0) }"
)
CHANGE = f"INSERT {{ GRAPH <urn:late> {{ <urn:late> <urn:n> ?n }} }} WHERE {{ {{ {COUNT} }} }}"


def streamed(siege: Siege) -> int:
    """How many rows of an answer arrive that is too large to be held back."""
    connection = HTTPConnection(siege.host, siege.port, timeout=60)
    text = "SELECT * { ?a <urn:number> ?x . ?b <urn:number> ?y } LIMIT 250000"
    connection.request("GET", "/sparql?" + urlencode({"query": text, "format": "csv"}))
    answer = connection.getresponse()
    lines = 0
    while chunk := answer.read(1 << 16):
        lines += chunk.count(b"\n")
        time.sleep(0.001)
    connection.close()
    return lines - 1


@pytest.mark.parametrize("store", ["memory:", "disk:"])
def test_a_stop_finishes_what_has_begun_and_loses_nothing(tmp_path: Path, store: str) -> None:
    where = "memory:" if store == "memory:" else f"disk:{tmp_path / 'db'}"
    with besieged(tmp_path, GRAPHSVC_STORE=where, GRAPHSVC_GRACE="30") as siege:
        with ThreadPoolExecutor(4) as threads:
            rows = threads.submit(streamed, siege)
            count = threads.submit(siege.send, query(COUNT, timeout="20"))
            change = threads.submit(siege.send, update(CHANGE, 20))
            time.sleep(0.4)
            os.kill(siege.process.pid, signal.SIGTERM)
            until = time.monotonic() + 10
            while time.monotonic() < until:
                try:
                    socket.create_connection((siege.host, siege.port), 1).close()
                except OSError:
                    break
                time.sleep(0.02)
            else:
                pytest.fail("it goes on to take connections")
            ends: list[Reply] = [count.result(), change.result()]
            assert [reply.status for reply in ends] == [200, 204], [reply.body[-300:] for reply in ends]
            assert json.loads(ends[0].body)["results"]["bindings"][0]["n"]["value"] == str(3_000_000)
            assert rows.result() == 250_000
        assert siege.process.wait(40) == 0
    if store == "memory:":
        return
    (tmp_path / "again").mkdir()
    with besieged(tmp_path / "again", GRAPHSVC_STORE=where) as siege:
        found = siege.ask("SELECT ?n { GRAPH <urn:late> { ?s <urn:n> ?n } }")
        assert json.loads(found.body)["results"]["bindings"][0]["n"]["value"] == str(3_000_000)
