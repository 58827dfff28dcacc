"""W3C Trace Context: taken in, passed on to whom the service asks, and told to OpenTelemetry where wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from graphsvc.tracing import begun, continued
from tests.conftest import LIBRARY
from tests.operations.asking import ask, query_url, settled, watched

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = f"00-{TRACE}-{PARENT}-01"


@contextmanager
def listening(answer: bytes, media_type: str) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A server that answers everything alike; its URL, and the headers and bodies of what it was sent."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        (HEADER, True),
        (HEADER.replace("00-", "cc-", 1), True),
        (HEADER.replace("00-", "cc-", 1) + "-more", True),
        (HEADER + "-more", False),
        (HEADER.replace("00-", "ff-", 1), False),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (HEADER.upper(), False),
        ("", False),
    ],
)
def test_a_header_is_taken_in_or_ignored(header: str, fits: bool) -> None:
    found = continued(header)
    assert (found is not None) == fits
    if found is not None:
        assert (found.trace, found.parent) == (TRACE, PARENT)
        assert found.span not in (PARENT, "0" * 16)


def test_the_state_is_passed_on_and_nothing_that_could_end_a_header() -> None:
    good, bad = continued(HEADER, "vendor=1"), continued(HEADER, "a=1\r\nX: y")
    assert good
    assert bad
    assert good.headers()["tracestate"] == "vendor=1"
    assert "tracestate" not in bad.headers()
    assert begun().trace != begun().trace


def test_a_trace_goes_on_to_the_endpoint_that_a_query_asks(tmp_path: Path) -> None:
    rows = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'
    with (
        listening(rows, "application/sparql-results+json") as (endpoint, taken),
        watched(LIBRARY, tmp_path, service_endpoints=endpoint, log_format="json") as service,
    ):
        text = f"SELECT * {{ SERVICE <{endpoint}> {{ ?x ?y ?z }} }}"
        ask(query_url(service.url, text), {"traceparent": HEADER, "tracestate": "vendor=1"})
        ask(query_url(service.url, f"{text} # without"))
        (first, _), (second, _) = taken
        (line, other) = service.requests(2)
    assert first["traceparent"] == f"00-{TRACE}-{line['span']}-01"
    assert (first["tracestate"], line["trace"]) == ("vendor=1", TRACE)
    assert "traceparent" not in second
    assert "trace" not in other


def test_spans_are_sent_to_a_collector(tmp_path: Path) -> None:
    with listening(b"", "application/x-protobuf") as (collector, taken):
        with watched(LIBRARY, tmp_path, tracing=f"{collector}v1/traces", log_format="json") as service:
            ask(query_url(service.url, "ASK { ?s a <urn:x:Secret> }"), {"traceparent": HEADER})
            ask(f"{service.url}/queries")
            (line, other) = service.requests(2)
        # What is left is sent when the service stops.
        sent = b"".join(body for _, body in settled(lambda: taken, bool))
    assert bytes.fromhex(TRACE) in sent
    assert bytes.fromhex(PARENT) in sent
    assert bytes.fromhex(line["span"]) in sent
    assert bytes.fromhex(other["trace"]) in sent
    assert b"GET /sparql" in sent
    assert line["query_hash"].encode() in sent
    assert b"Secret" not in sent
