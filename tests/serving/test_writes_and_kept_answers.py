"""What a write leaves standing of what is kept: with the cache the same bytes and headers as without it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.conftest import LIBRARY
from tests.serving.test_kept_answers import JSON, Answer, Server, server_of

HTML = "text/html"
GRAPHS = ("urn:g:1", "urn:g:2", "urn:g:3", "http://example.org/library/graph/books")
ORDERED = "{ ?s ?p ?o } ORDER BY ?s ?p ?o"


def sparql(text: str, **more: str) -> str:
    return "/sparql?" + urlencode(
        {"query": text} | {name.replace("_", "-"): one for name, one in more.items()}
    )


# Each depends on `urn:g:1` alone, and finds something there.
OF_ONE_GRAPH = [
    ("/graph-store?graph=urn:g:1", "text/turtle"),
    (sparql(f"SELECT * FROM <urn:g:1> {ORDERED}"), JSON),
    (sparql(f"PREFIX g: <urn:g:> SELECT * FROM g:1 {ORDERED}"), "text/csv"),
    (sparql("SELECT * FROM NAMED <urn:g:1> { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o"), JSON),
    (sparql("SELECT * FROM <urn:g:1> { ?s <urn:p>* ?o } ORDER BY ?s ?o"), JSON),
    (sparql("CONSTRUCT { ?s ?p ?o } FROM <urn:g:1> WHERE { ?s ?p ?o }"), "text/turtle"),
    (sparql("DESCRIBE <urn:s> FROM <urn:g:1>"), "application/n-triples"),
    (sparql("SELECT (COUNT(*) AS ?n) FROM <urn:g:1> { ?s ?p ?o }"), "text/csv"),
    (sparql("ASK FROM <urn:g:1> { ?s ?p 1 }"), JSON),
    (sparql(f"SELECT * {ORDERED}", default_graph_uri="urn:g:1"), JSON),
    (sparql("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o", named_graph_uri="urn:g:1"), JSON),
]
# Each depends on no data at all.
OF_NO_GRAPH = [
    ("/problems", HTML),
    ("/profiles", HTML),
    ("/conformance", HTML),
    ("/conformance", "text/turtle"),
    ("/queries", HTML),
    ("/queries", "application/json"),
    ("/queries/count-books.rq", "*/*"),
]
# Each depends on all data, or on what cannot be told from its text.
OF_ALL_GRAPHS = [
    (sparql(f"SELECT * {ORDERED}"), JSON),
    (sparql(f"SELECT * FROM <1> {ORDERED}"), JSON),
    (sparql(f"SELECT * FROM <http://example.org/a/../1> {ORDERED}"), JSON),
    (sparql("SELECT * FROM <urn:g:1> { ?s <http://example.org/library/def/lib#titel> ?o }"), JSON),
    (sparql(f"SELECT * FROM <urn:g:1> {ORDERED}"), HTML),
    (sparql("SELECT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"), "text/csv"),
    ("/", HTML),
    ("/sparql", HTML),
    ("/sparql", "text/turtle"),
    ("/openapi.json", "*/*"),
    ("/queries/count-books.csv", "*/*"),
    ("/queries/count-books", HTML),
    ("/doc/book/emma", "text/turtle"),
    ("/doc/book/emma", HTML),
    ("/ontology", HTML),
    ("/shapes", HTML),
    ("/shapes", "text/turtle"),
    ("/vocabularies", HTML),
    ("/sparql/vocabulary.json", "*/*"),
    ("/validate", HTML),
    ("/validate?graph=all", "application/json"),
    ("/validate?graph=urn:g:1", "text/turtle"),
    ("/dataset", "text/turtle"),
    ("/graph-store?default", "text/turtle"),
    ("/graph-store?graph=urn:g:2", "application/n-triples"),
]
READS = OF_ONE_GRAPH + OF_NO_GRAPH + OF_ALL_GRAPHS
BOOK = "http://example.org/library/def/lib#Book"
QUERY = f"#+ summary: Count the books.\nSELECT (COUNT(*) AS ?n) {{ ?s a <{BOOK}> }}\n"


@pytest.fixture(scope="module", params=["memory:", "disk:"])
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(LIBRARY, folder / "library")
    (folder / "library" / "queries" / "public").mkdir(parents=True, exist_ok=True)
    (folder / "library" / "queries" / "public" / "count-books.rq").write_text(QUERY)
    store = request.param + (str(folder / "db") if request.param == "disk:" else "")
    with server_of(folder, folder / "library", GRAPHSVC_STORE=store) as found:
        yield found


def asked(server: Server, target: str, accept: str, **more: str) -> Answer:
    return server.ask("GET", target, Accept=accept, Accept_Encoding="gzip", **more)


def fresh(server: Server, target: str, accept: str, **more: str) -> Answer:
    """The same by the application, which is asked whatever is kept."""
    return asked(server, target, accept, Authorization=f"Bearer {server.token}", **more)


@pytest.fixture
def one_graph(server: Server) -> Server:
    server.update("CLEAR SILENT GRAPH <urn:g:1>")
    server.update(
        "INSERT DATA { GRAPH <urn:g:1> { <urn:s> <urn:p> 1, 2 } GRAPH <urn:g:2> { <urn:s> <urn:p> 3 } }"
    )
    return server


@pytest.mark.parametrize(("target", "accept"), OF_ONE_GRAPH + OF_NO_GRAPH)
def test_what_a_write_does_not_concern_outlives_it(one_graph: Server, target: str, accept: str) -> None:
    server = one_graph
    first = asked(server, target, accept)
    assert first.status == 200
    server.update("INSERT DATA { GRAPH <urn:g:2> { <urn:s> <urn:p> 4 . <urn:t> <urn:p> <urn:s> } }")
    with server.without("graphsvc.serving.keeper"):
        again = asked(server, target, accept)
        held = asked(server, target, accept, If_None_Match=again.headers["etag"])
    assert again.body == first.body
    assert held.status == 304
    assert again == fresh(server, target, accept)
    assert held == fresh(server, target, accept, If_None_Match=again.headers["etag"])


@pytest.mark.parametrize(("target", "accept"), OF_ONE_GRAPH)
@pytest.mark.parametrize(
    "write", ["INSERT DATA { GRAPH <urn:g:1> { <urn:s> <urn:p> 5 } }", "DROP GRAPH <urn:g:1>"]
)
def test_what_a_write_concerns_does_not_outlive_it(
    one_graph: Server, target: str, accept: str, write: str
) -> None:
    first = asked(one_graph, target, accept)
    one_graph.update(write)
    again = asked(one_graph, target, accept)
    assert again.headers.get("graph-epoch") != first.headers["graph-epoch"]
    assert again == fresh(one_graph, target, accept)


def write(server: Server, draw: random.Random, project: Path) -> None:
    """One of all kinds of writes, to graphs and to the library of queries."""
    graph, other, number = draw.choice(GRAPHS), draw.choice(GRAPHS), draw.randrange(5)
    texts = [
        f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:s> <urn:p> {number} }} }}",
        f"DELETE DATA {{ GRAPH <{graph}> {{ <urn:s> <urn:p> {number} }} }}",
        f"INSERT DATA {{ <urn:s> <urn:p> {number} }}",
        f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:a> <urn:p> {number} }} GRAPH <{other}> {{ <urn:b> a 1 }} }}",
        f"INSERT {{ GRAPH <urn:g:3> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
        f"CREATE SILENT GRAPH <urn:g:{number}>",
        f"DROP SILENT GRAPH <urn:g:{number}>",
        f"COPY SILENT <urn:g:1> TO <urn:g:{number}>",
    ]
    kind = draw.randrange(10)
    if kind == 0:
        (project / "queries" / "public" / "count-books.rq").write_text(
            QUERY.replace("books", f"all {number} books")
        )
    elif kind == 1:
        told = {"Authorization": f"Bearer {server.token}", "Content-Type": "text/turtle"}
        method = draw.choice(("PUT", "POST", "DELETE"))
        body = None if method == "DELETE" else f"<urn:s> <urn:p> {number} ."
        status = server.ask(method, f"/graph-store?graph={quote(graph)}", body, **told).status
        assert status in (200, 201, 204, 404)
    else:
        server.update(draw.choice(texts))


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_writes_and_reads_gives_the_same_with_the_cache_and_without(
    server: Server, seed: int
) -> None:
    draw = random.Random(seed)
    tags: dict[tuple[str, str], list[str]] = {}
    for _ in range(150):
        if draw.random() < 0.3:
            write(server, draw, server.project)
            continue
        read = draw.choice(READS)
        held = tags.setdefault(read, [])
        more = {"If-None-Match": draw.choice(held)} if held and draw.random() < 0.3 else {}
        answer = asked(server, *read, **more)
        assert answer == fresh(server, *read, **more), read
        held += [tag for tag in (answer.headers.get("etag"),) if tag]
