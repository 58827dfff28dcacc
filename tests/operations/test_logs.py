"""The log: one line for each request, of what was asked and how it ended, and nothing that anybody could forge."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from graphsvc.serving.logs import JsonFormatter, TextFormatter
from graphsvc.web.request_log import query_hash, shortened
from tests.conftest import LIBRARY
from tests.operations.asking import Watched, ask, query_url, settled, watched

QUERY = "SELECT ?s {\n  ?s a <urn:x:Secret>\n}"
FIELDS = {
    "time", "level", "logger", "message", "request_id", "method", "route", "path", "status", "bytes", "seconds",
    "outcome", "client",
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(LIBRARY, tmp_path_factory.mktemp("log"), log_format="json") as found:
        yield found


def line_of(service: Watched, identifier: str) -> dict[str, object]:
    """What is logged of a request that was sent under a name."""
    found = settled(lambda: [each for each in service.requests(0) if each["request_id"] == identifier], bool)
    assert len(found) == 1
    return found[0]


def test_a_request_is_one_line_with_everything_about_it(service: Watched) -> None:
    answer = ask(query_url(service.url, QUERY), {"X-Request-ID": "my-query.1"})
    assert (answer.status, answer.headers["X-Request-ID"]) == (200, "my-query.1")
    line = line_of(service, "my-query.1")
    assert line.keys() == FIELDS | {"epoch", "query_hash"}
    assert (line["method"], line["route"], line["path"], line["status"]) == ("GET", "/sparql", "/sparql", 200)
    assert (line["outcome"], line["client"], line["bytes"]) == ("ok", "127.0.0.0", len(answer.body))
    assert line["epoch"] == answer.headers["Graph-Epoch"]
    assert line["query_hash"] == hashlib.sha256(b"SELECT ?s { ?s a <urn:x:Secret> }").hexdigest()[:16]
    assert "Secret" not in service.log.read_text()


def test_whether_the_service_lives_is_not_logged(service: Watched) -> None:
    ask(f"{service.url}/health/ready", {"X-Request-ID": "is-it-ready"})
    ask(f"{service.url}/queries", {"X-Request-ID": "after-ready"})
    line_of(service, "after-ready")
    assert "is-it-ready" not in service.log.read_text()


def test_the_text_and_the_address_are_logged_where_that_is_asked_for(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path, log_format="json", log_queries="true", log_clients="true") as service:
        ask(query_url(service.url, QUERY))
        (line,) = service.requests(1)
        assert (line["query"], line["client"]) == (QUERY, "127.0.0.1")


def test_a_log_as_text_has_no_line_for_a_request(tmp_path: Path) -> None:
    with watched(LIBRARY, tmp_path) as service:
        ask(query_url(service.url, QUERY))
        ask(f"{service.url}/nothing/here")
    assert service.log.read_text() == ""


@pytest.mark.parametrize("name", ["a" * 129, "a b", "a\tb", 'a"b', "é", ""])
def test_a_name_that_is_not_fit_to_be_one_is_replaced(library: FlaskClient, name: str) -> None:
    answer = library.get("/queries", headers={"X-Request-ID": name.encode().decode("latin-1")})
    assert re.fullmatch("[0-9a-f]{24}", answer.headers["X-Request-ID"])


def test_an_error_says_under_which_name_it_is_logged(library: FlaskClient) -> None:
    answer = library.get("/sparql?query=ASK{", headers={"X-Request-ID": "wrong-1"})
    assert answer.json
    assert answer.json["instance"] == "urn:x-graphsvc:request:wrong-1"


@pytest.mark.parametrize(
    "path", ["/x%0A{}%0D%0AINFO forged", "/%1B[31mred", "/a%E2%80%A8b", "/%C2%85next", '/"}{"status":200}']
)
def test_no_path_can_end_a_line(service: Watched, path: str) -> None:
    ask(service.url + quote(path, safe="%/"), {"X-Request-ID": "forging"})
    ask(f"{service.url}/queries", {"X-Request-ID": f"after-{quote(path, safe='').replace('%', '')[:40]}"})
    line_of(service, f"after-{quote(path, safe='').replace('%', '')[:40]}")
    content = service.log.read_bytes()
    assert content.isascii()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", content)
    for line in content.decode().splitlines():
        assert set(json.loads(line)) >= {"time", "level", "message"}


@pytest.mark.parametrize(
    "said", ["a\nINFO forged", "a\r\nb", "a\x1b[2J", "a\u2028b", "a\x85b", "a\u202eb", "a\x00"]
)
def test_a_message_as_text_keeps_to_its_line(said: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter())
    log = logging.Logger("test")
    log.addHandler(handler)
    log.error("it is %s", said)
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    try:
        raise ValueError(said)
    except ValueError:
        log.exception("once more")
    first, *rest = stream.getvalue().removeprefix(line + "\n").splitlines()
    assert "ERROR test: once more" in first
    assert all(each.startswith("    ") for each in rest)


def test_an_exception_as_json_is_one_line() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        record = logging.LogRecord(
            "x", 40, "", 1, "failed: %s", ("a\nb",), (ValueError, error, error.__traceback__)
        )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("ValueError: a\nb")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("192.0.2.77", "192.0.2.0"),
        ("2001:db8:1:2:3::4", "2001:db8:1::"),
        ("::ffff:192.0.2.77", "192.0.2.0"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_an_address_is_shortened(address: str, shown: str) -> None:
    assert shortened(address) == shown


def test_queries_that_differ_in_white_space_alone_have_one_name() -> None:
    assert query_hash("ASK  {\n}") == query_hash("ASK { }") != query_hash("ASK {}")
