"""Random and broken SPARQL: the service answers as the engine does by itself, and never fails of its own.

`make fuzz` runs many more cases than the normal suite.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from graphsvc.errors import GraphsvcError
from graphsvc.formats import N_TRIPLES
from graphsvc.rdf import read_document
from graphsvc.sparql import read, read_update
from graphsvc.sparql.lexer import tokens
from tests.fuzz.grammar import DATA, mutated, queries
from tests.fuzz.oracle import Oracle
from tests.hostile.siege import BROKEN_OFF, Reply, Request, Siege, besieged, query, update

pytestmark = pytest.mark.fuzz
CASES = int(os.environ.get("FUZZ_CASES", "100"))
SUITE = Path(__file__).resolve().parents[3] / "shared" / "w3c" / "sparql11"
EXPECTED = {200, 201, 204, 400, 401, 403, 404, 409, 413, 503, 504, 507, BROKEN_OFF}
VOLATILE = set("RAND UUID STRUUID NOW BNODE SAMPLE GROUP_CONCAT LIMIT OFFSET FROM BASE".split())
many = settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder = tmp_path_factory.mktemp("fuzz")
    with besieged(folder, data=DATA) as found:
        yield found
        assert "Traceback" not in found.log.read_text()


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    with Oracle(DATA, "http://example.org/siege/graph/data") as found:
        yield found


def texts(ending: str) -> list[str]:
    """The texts of the W3C's suite; without it, one."""
    files = sorted(SUITE.glob(f"*/*.{ending}")) if SUITE.is_dir() else []
    return [file.read_text(errors="replace") for file in files] or ["SELECT * WHERE { ?s ?p ?o }"]


def rows(reply: Reply) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in json.loads(reply.body)["results"]["bindings"])


def compare(reply: Reply, kind: str, found: Any, text: str) -> None:
    """Hold the service's answer against the engine's own."""
    assert reply.status in EXPECTED, (text, reply.body)
    if reply.status in (503, 504, BROKEN_OFF) or kind == "lost":
        assert reply.status != 200 or kind == "lost", text
        return
    if kind in ("syntax", "refused"):
        assert reply.status in (400, 403), (text, kind, found, reply.body)
        return
    if reply.status != 200:
        # What only the service refuses: SERVICE, what is too complex, a name that is reserved.
        assert reply.problem["type"].rpartition("#")[2] in (
            "remote-access-refused",
            "too-complex",
            "unauthorized",
        ), (text, kind, found, reply.body)
        return
    if kind == "boolean":
        assert json.loads(reply.body)["boolean"] is found, text
    elif kind == "rows":
        assert rows(reply) == Counter(json.dumps(row, sort_keys=True) for row in found), text
    else:
        quads = read_document(reply.body, N_TRIPLES)
        assert sorted({str(quad.triple) for quad in quads}) == found, text


def ask(siege: Siege, text: str) -> Reply:
    request = query(text, timeout="3")
    accept = {"Accept": "application/sparql-results+json, application/n-triples;q=0.9"}
    return siege.send(Request("POST", request.target, request.body, {**request.headers, **accept}))


@many
@given(text=queries())
def test_the_service_answers_a_query_as_the_engine_does(siege: Siege, oracle: Oracle, text: str) -> None:
    compare(ask(siege, text), *oracle.ask(text), text)


@many
@given(text=mutated(texts("rq")))
def test_a_broken_query_is_refused_where_the_engine_refuses_it(
    siege: Siege, oracle: Oracle, text: str
) -> None:
    reply = ask(siege, text)
    assert reply.status in EXPECTED, (text, reply.body)
    # What may differ from one time to the next, or by the name of the text's own base, is not compared.
    if VOLATILE.isdisjoint(token.keyword for token in tokens(text)):
        kind, found = oracle.ask("BASE <http://example.org/siege/> " + text)
        if reply.status == 200 and kind in ("rows", "triples"):
            return  # blank nodes and the order of values may differ
        compare(reply, kind, found, text)


@many
@given(text=mutated(texts("ru")))
def test_a_broken_update_is_never_a_failure_of_the_service(siege: Siege, text: str) -> None:
    reply = siege.send(update(text))
    assert reply.status in EXPECTED - {BROKEN_OFF}, (text, reply.body)


@many
@given(text=mutated(texts("rq") + texts("ru")))
def test_the_gate_raises_nothing_but_its_own_errors(text: str) -> None:
    for gate in (read, read_update):
        with suppress(GraphsvcError):
            gate(text)
