"""What it is to pass a W3C test, kind by kind."""

from __future__ import annotations

import pyoxigraph as ox

from tests.w3c.comparison import RESULTS, canonical, cells, is_result_set, same_rows, table
from tests.w3c.endpoint import MEDIA_TYPES, Endpoint, read_triples
from tests.w3c.manifest import Case, Documents, iri_of

BEYOND_SYNTAX = (b"#not-found", b"#conflict", b"#unknown-function", b"#remote-access-refused")


def check(case: Case, endpoint: Endpoint) -> None:
    """Run one test; an AssertionError where it fails."""
    text = f"BASE <{case.base}>\n{case.text.read_text(encoding='utf-8')}"
    if case.kind == "UpdateEvaluationTest":
        _check_update(case, text, endpoint)
    elif case.result is not None:
        _check_query(case, text, endpoint)
    else:
        _check_syntax(case, text, endpoint)


def _check_syntax(case: Case, text: str, endpoint: Endpoint) -> None:
    endpoint.load(Documents())
    # Some tests of updates have the type of those of queries.
    if case.text.suffix == ".ru":
        status, body = endpoint.update(text)
    else:
        status, body = endpoint.query(text, "*/*")
    if case.kind.startswith("Negative"):
        assert status == 400, body
        assert b"syntax-error" in body, body
    else:
        # The syntax is right, though there may be no graph to copy, no such function, and no LOAD.
        assert status in (200, 204) or any(name in body for name in BEYOND_SYNTAX), body


def _check_update(case: Case, text: str, endpoint: Endpoint) -> None:
    assert case.after is not None
    endpoint.load(case.after)
    expected = canonical(endpoint.dataset())
    endpoint.load(case.data)
    status, body = endpoint.update(text)
    assert status == 204, body
    assert canonical(endpoint.dataset()) == expected


def _check_query(case: Case, text: str, endpoint: Endpoint) -> None:
    assert case.result is not None
    endpoint.load(case.data)
    wanted = case.result.read_bytes()
    if not is_result_set(case.result):
        status, body = endpoint.query(text, "application/n-triples")
        assert status == 200, body
        expected = ox.parse(wanted, ox.RdfFormat.TURTLE, base_iri=iri_of(case.result))
        assert canonical(read_triples(body, None)) == canonical(expected)
        return
    suffix = case.result.suffix if case.result.suffix in (*RESULTS, ".csv") else ".srj"
    status, body = endpoint.query(text, MEDIA_TYPES[suffix])
    assert status == 200, body
    if suffix == ".csv":
        assert cells(body) == cells(wanted)
        return
    expected, actual = table(wanted, case.result.suffix, iri_of(case.result)), table(body, suffix)
    if isinstance(expected, bool) or isinstance(actual, bool):
        assert actual == expected
    else:
        assert same_rows(expected, actual), f"{actual}\n is not\n{expected}"
