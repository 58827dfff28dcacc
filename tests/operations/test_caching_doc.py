"""The table of what may be kept, in docs/operations.md, is what a service sends and does."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, ROOT
from tests.operations.asking import Reply, Watched, ask, settled, watched

SECTION = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## What may be kept")[2]
TABLE = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in SECTION.partition("| address |")[2].partition("\n\n")[0].splitlines()[2:]
]
BOOKS = "http://example.org/library/graph/books"
EMMA = "http://example.org/library/id/book/emma"
QUERY = "#+ summary: Count.\nSELECT (COUNT(*) AS ?n) { ?s ?p ?o }\n"
PAGE, TURTLE, CSV, JSON = "text/html", "text/turtle", "text/csv", "application/json"


def sparql(text: str) -> str:
    return "/sparql?query=" + quote(text)


# Of each row by its address and what it is, a request in the library.
EXAMPLES = {
    ("/", "page"): ("/", PAGE),
    ("/", "else"): ("/", TURTLE),
    ("/sparql", "form"): ("/sparql", PAGE),
    ("/sparql", "description"): ("/sparql", TURTLE),
    ("/sparql", "answer"): (sparql("SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3"), CSV),
    ("/sparql", "answer, dataset named"): (sparql(f"SELECT * FROM <{BOOKS}> {{ ?s ?p ?o }}"), CSV),
    ("/sparql", "answer as a page"): (sparql("SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3"), PAGE),
    ("/sparql", "answer, another each time"): (sparql("SELECT (NOW() AS ?now) {}"), CSV),
    ("/sparql/vocabulary.json", ""): ("/sparql/vocabulary.json", JSON),
    ("/sparql/why-empty", ""): ("/sparql/why-empty?query=" + quote("ASK { <urn:x> ?p ?o }"), JSON),
    ("/queries", "page"): ("/queries", PAGE),
    ("/queries", "JSON"): ("/queries", JSON),
    ("/queries/{name}", "answer"): ("/queries/count", CSV),
    ("/queries/{name}", "page"): ("/queries/count", PAGE),
    ("/queries/{name}.rq", ""): ("/queries/count.rq", "*/*"),
    ("/graph-store", "graph"): (f"/graph-store?graph={quote(BOOKS)}", TURTLE),
    ("/validate", "form"): ("/validate", PAGE),
    ("/validate", "report on the store"): ("/validate?graph=all", JSON),
    ("/{name}", "thing (`/id/…`)"): ("/id/book/emma", TURTLE),
    ("/{name}", "document, RDF"): ("/doc/book/emma", TURTLE),
    ("/{name}", "document, page"): ("/doc/book/emma", PAGE),
    ("/describe", "RDF"): (f"/describe?iri={quote(EMMA)}", TURTLE),
    ("/describe", "page"): (f"/describe?iri={quote(EMMA)}", PAGE),
    ("/dataset", "RDF"): ("/dataset", TURTLE),
    ("/dataset", "page"): ("/dataset", PAGE),
    ("/dataset.{ending}", ""): ("/dataset.nq", "*/*"),
    ("/.well-known/void", ""): ("/.well-known/void", "*/*"),
    ("/ontology", "RDF"): ("/ontology", TURTLE),
    ("/ontology", "page"): ("/ontology", PAGE),
    ("/shapes", "RDF"): ("/shapes", TURTLE),
    ("/shapes", "page"): ("/shapes", PAGE),
    ("/vocabularies", ""): ("/vocabularies", PAGE),
    ("/quality", ""): ("/quality", PAGE),
    ("/problems", ""): ("/problems", PAGE),
    ("/profiles", ""): ("/profiles", PAGE),
    ("/conformance", "RDF"): ("/conformance", TURTLE),
    ("/conformance", "page"): ("/conformance", PAGE),
    ("/openapi.json", ""): ("/openapi.json", JSON),
    ("/search", "page"): ("/search?q=emma", PAGE),
    ("/search", "JSON"): ("/search?q=emma", JSON),
    ("/search/description.xml", ""): ("/search/description.xml", "*/*"),
    ("/static/{filename}", ""): ("/static/style.css", "*/*"),
    ("/health/live", ""): ("/health/live", JSON),
    ("/health/ready", ""): ("/health/ready", JSON),
    ("/changes/status", ""): ("/changes/status", JSON),
    ("/ldes", ""): ("/ldes", TURTLE),
}
# Whether an answer is given again before a write to another graph, and after it.
KEPT = {
    "no": (False, False),
    "a write": (True, False),
    "a write to its graphs": (True, True),
    "a restart": (True, True),
}
# What the text below the table tells of, and not a row.
APART = (
    "/update",
    "/itb/",
    "/timegate/",
    "/timemap/",
    "/versions/",
    "/changes/feed",
    "/changes/snapshot",
    "/ldes/",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, str]]:
    folder = tmp_path_factory.mktemp("kept")
    project = folder / "library"
    shutil.copytree(LIBRARY, project)
    (project / "queries").mkdir()
    (project / "queries" / "count.rq").write_text(QUERY)
    tokens = TokenFile(folder / "tokens.json")
    secret = tokens.new("writer", ["write"])
    with watched(project, folder, tokens=str(tokens.path), feed_entries="100") as found:
        yield found, secret


def write(service: tuple[Watched, str]) -> None:
    """Change a graph that no answer names."""
    watched, secret = service
    told = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sparql-update"}
    text = b"INSERT { GRAPH <urn:else> { <urn:a> <urn:p> ?n } } WHERE { BIND(STRUUID() AS ?n) }"
    assert ask(f"{watched.url}/update", told, method="POST", body=text).status == 204


@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(row[:2]))
def test_each_row_is_what_is_sent_and_how_long_it_is_kept(
    service: tuple[Watched, str], row: tuple[str, ...]
) -> None:
    address, what, control, tag, vary, kept = row
    target, accept = EXAMPLES[address.strip("`"), what]
    found = service[0]

    def get(**more: str) -> Reply:
        return ask(found.url + target, {"Accept": accept, "Accept-Encoding": "gzip"} | more)

    def is_kept() -> bool:
        hits = found.sample("graphsvc_cache_hits_total")
        get()
        return found.sample("graphsvc_cache_hits_total") > hits

    if address == "`/search`":
        # Its answers are kept once the index is of the present data.
        settled(get, lambda reply: b"not yet" not in reply.body)
    # Nothing that was asked for with a token is kept for others.
    get(Authorization="Bearer nobody")
    write(service)
    answer = get()
    assert answer.status in (200, 302, 303)
    assert answer.headers.get("Cache-Control") == control.strip("`")
    assert ("ETag" in answer.headers) == (tag == "yes")
    assert {name.strip() for name in answer.headers.get("Vary", "").split(",")} == set(vary.split(", "))
    within = is_kept()
    write(service)
    assert (within, is_kept()) == KEPT[kept]


def test_every_address_that_can_be_read_has_a_row() -> None:
    said = tomllib.loads((ROOT / "graphsvc" / "web" / "openapi.toml").read_text(encoding="utf-8"))
    paths = {one["path"] for one in said["operation"] if one["method"] == "get"}
    listed = {row[0].strip("`") for row in TABLE}
    assert {path for path in paths if not path.startswith(APART)} == listed
    assert {(row[0].strip("`"), row[1]) for row in TABLE} == set(EXAMPLES)
