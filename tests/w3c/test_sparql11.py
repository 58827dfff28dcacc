"""The W3C's SPARQL 1.1 tests, each over HTTP against a running service."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import ROOT, running
from tests.w3c.comparison import RESULTS, canonical, cells, is_result_set, same_rows, table
from tests.w3c.listed import LISTED
from tests.w3c.manifest import Case, Documents, iri_of, read_suite

SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
CASES = read_suite(SUITE) if SUITE.is_dir() else []
MEDIA_TYPES = {
    ".srx": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".ttl": "text/turtle",
    ".rdf": "application/rdf+xml",
    ".nt": "application/n-triples",
}


BEYOND_SYNTAX = (b"#not-found", b"#conflict", b"#unknown-function", b"#remote-access-refused")


class Endpoint:
    """A service that may be written to, over one connection."""

    def __init__(self, url: str, secret: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._token = {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | self._token
        self._connection.request(method, path, body, named)
        response = self._connection.getresponse()
        return response.status, response.read()

    def query(self, text: str, accept: str) -> tuple[int, bytes]:
        return self.ask(
            "POST", "/sparql", text.encode(), Accept=accept, Content_Type="application/sparql-query"
        )

    def update(self, text: str) -> tuple[int, bytes]:
        return self.ask("POST", "/update", text.encode(), Content_Type="application/sparql-update")

    def load(self, documents: Documents) -> None:
        """Make the store hold a dataset and nothing else."""
        assert self.update("DROP ALL")[0] == 204
        for path in documents.default:
            self._put("POST", {"default": "", "base": iri_of(path)}, path)
        for name, path in documents.named.items():
            self._put("PUT", {"graph": name, "base": iri_of(path)}, path)

    def _put(self, method: str, parameters: dict[str, str], path: Path) -> None:
        status, body = self.ask(
            method,
            f"/graph-store?{urlencode(parameters)}",
            path.read_bytes(),
            Content_Type=MEDIA_TYPES[path.suffix],
        )
        assert status in (201, 204), body

    def dataset(self) -> list[ox.Quad]:
        """All that the store holds, graph by graph."""
        _, names = self.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", MEDIA_TYPES[".srj"])
        rows = table(names, ".srj")
        assert isinstance(rows, list)
        quads = _quads(self.ask("GET", "/graph-store?default", Accept="application/n-triples")[1], None)
        for row in rows:
            name = str(row["g"].value)  # type: ignore[attr-defined]
            path = f"/graph-store?{urlencode({'graph': name})}"
            quads += _quads(self.ask("GET", path, Accept="application/n-triples")[1], name)
        return quads


def _quads(triples: bytes, graph: str | None) -> list[ox.Quad]:
    name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    found = ox.parse(triples, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)
    return [ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in found]


@pytest.fixture(scope="module")
def endpoint(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A service with the default graph that the tests have: none of the named ones is in it."""
    project = tmp_path_factory.mktemp("suite")
    (project / "data").mkdir()
    (project / "data" / "empty.ttl").write_text("")
    file = TokenFile(project / "tokens.json")
    secret = file.new("suite", ["write"])
    with running(project, GRAPHSVC_TOKENS=str(file.path), GRAPHSVC_DEFAULT_GRAPH="unnamed") as url:
        yield Endpoint(url, secret)


def marked(case: Case) -> object:
    reason = LISTED.get(case.id)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.skipif(not CASES, reason="no shared/ folder beside the project: the W3C's tests are not run")
@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_the_w3c_test_passes(case: Case, endpoint: Endpoint) -> None:
    text = f"BASE <{case.base}>\n{case.text.read_text(encoding='utf-8')}"
    if case.kind == "UpdateEvaluationTest":
        check_update(case, text, endpoint)
    elif case.result is not None:
        check_query(case, text, endpoint)
    else:
        check_syntax(case, text, endpoint)


def check_syntax(case: Case, text: str, endpoint: Endpoint) -> None:
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


def check_update(case: Case, text: str, endpoint: Endpoint) -> None:
    assert case.after is not None
    endpoint.load(case.after)
    expected = canonical(endpoint.dataset())
    endpoint.load(case.data)
    status, body = endpoint.update(text)
    assert status == 204, body
    assert canonical(endpoint.dataset()) == expected


def check_query(case: Case, text: str, endpoint: Endpoint) -> None:
    assert case.result is not None
    endpoint.load(case.data)
    wanted = case.result.read_bytes()
    if not is_result_set(case.result):
        status, body = endpoint.query(text, "application/n-triples")
        assert status == 200, body
        expected = ox.parse(wanted, ox.RdfFormat.TURTLE, base_iri=iri_of(case.result))
        assert canonical(_quads(body, None)) == canonical(expected)
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
