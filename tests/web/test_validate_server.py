"""Validation behind its wall, on a server process: shapes and data of strangers stop nothing but themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.conftest import LIBRARY, running

BOUNDARY = "----part"
DATA = '@prefix ex: <http://example.org/> . ex:a a ex:C ; ex:p "%s!" . ' % ("a" * 60)
SHAPES = """
@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:pattern "%s" ] .
"""


@pytest.fixture(scope="module")
def hurried() -> Iterator[str]:
    """A server that gives a validation three seconds."""
    with running(LIBRARY, GRAPHSVC_QUERY_TIMEOUT="3") as url:
        yield url


def validate(server: str, data: str, shapes: str) -> tuple[int, str]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.ttl"\r\n'
        f"Content-Type: text/turtle\r\n\r\n{text}\r\n"
        for name, text in (("data", data), ("shapes", shapes))
    ]
    body = "".join(parts) + f"--{BOUNDARY}--\r\n"
    address = urlsplit(server)
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"}
        connection.request("POST", "/validate", body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_data_and_shapes_of_a_visitor_are_validated(hurried: str) -> None:
    status, body = validate(hurried, DATA, SHAPES % "^b")
    assert status == 200
    assert json.loads(body)["conforms"] is False


def test_a_pattern_that_never_ends_is_stopped(hurried: str) -> None:
    status, body = validate(hurried, DATA, SHAPES % "^(a+)+$")
    assert status == 504
    assert json.loads(body)["detail"] == "The limit of 3 s was reached."
    assert validate(hurried, DATA, SHAPES % "^a")[0] == 200


def test_data_nested_beyond_measure_are_refused_and_the_service_goes_on(hurried: str) -> None:
    nested = "<http://example.org/a> <http://example.org/p> " + "<<( <urn:a> <urn:b> " * 50_000
    status, _ = validate(hurried, nested, SHAPES % "^a")
    assert status in (400, 503)
    assert validate(hurried, DATA, SHAPES % "^a")[0] == 200
