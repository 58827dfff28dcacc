"""Every role on every route by every method: nothing is granted that the table does not grant."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, urlsplit

import pytest

from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.tokens import TokenFile
from graphsvc.web import create_app
from tests.conftest import LIBRARY, running

BASE = "http://example.org/library"
GRAPHS = {
    "own": f"{BASE}/graph/notes",
    "other": "urn:other",
    "system": f"{BASE}/graph/system/writes",
    "default": "",
}
SCOPES = {"editor": ["write"], "author": [f"write:{BASE}/graph/"], "historian": ["history"]}
ROLES = ["nobody", "impostor", *SCOPES]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY", "OPTIONS"]
SAFE = {"GET", "HEAD", "QUERY", "OPTIONS"}
# Who may write to which graph.
MAY_WRITE = {("editor", "own"), ("editor", "other"), ("editor", "default"), ("author", "own")}
UPDATE, TURTLE = "application/sparql-update", "text/turtle"


class Service:
    def __init__(self, url: str, secrets: dict[str, str]) -> None:
        self._place = urlsplit(url).netloc
        self._secrets = secrets

    def ask(self, role: str, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, bytes]:
        headers = {"Content-Type": kind} if kind else {}
        if role != "nobody":
            headers["Authorization"] = f"Bearer {self._secrets.get(role, 'x' * 43)}"
        connection = http.client.HTTPConnection(self._place, timeout=30)
        connection.request(method, path, body.encode() or None, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def dump(self) -> bytes:
        """All that anybody may read."""
        return b"\n".join(sorted(self.ask("nobody", "GET", "/dataset.nq")[1].splitlines()))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    tokens = TokenFile(tmp_path_factory.mktemp("rights") / "tokens.json")
    secrets = {name: tokens.new(name, scopes) for name, scopes in SCOPES.items()}
    with running(LIBRARY, GRAPHSVC_TOKENS=str(tokens.path)) as url:
        yield Service(url, secrets)


def routes() -> list[str]:
    """A path for every route of the application."""
    settings = load(LIBRARY, {})
    project = Project(settings)
    with open_store(project, settings) as store:
        rules = [str(rule) for rule in create_app(settings, store, project).url_map.iter_rules()]
    return sorted({rule.partition("<")[0] + ("x" if "<" in rule else "") for rule in rules})


def named(graph: str) -> str:
    return f"/graph-store?graph={quote(graph, safe='')}" if graph else "/graph-store?default"


@pytest.mark.parametrize("path", routes())
def test_no_route_changes_anything_for_who_may_not_write(service: Service, path: str) -> None:
    before = service.dump()
    bodies = [("", ""), ("INSERT DATA { <urn:a> <urn:b> 1 }", UPDATE), ("<urn:a> <urn:b> 2 .", TURTLE)]
    for role, method, (body, kind) in product(("nobody", "impostor", "historian"), METHODS, bodies):
        status, _ = service.ask(role, method, path, body, kind)
        assert status < 500, (role, method, path)
        assert method in SAFE or status >= 300 or path == "/validate", (role, method, path, status)
    assert service.dump() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_is_written_to_by_those_who_may_and_by_no_others(
    service: Service, role: str, graph: str
) -> None:
    iri = GRAPHS[graph]
    triple = "<urn:s> <urn:p> 3 ."
    inserted = f"INSERT DATA {{ GRAPH <{iri}> {{ {triple} }} }}" if iri else f"INSERT DATA {{ {triple} }}"
    requests = [
        ("PUT", named(iri), triple, TURTLE),
        ("POST", named(iri), triple, TURTLE),
        ("PATCH", named(iri), f"INSERT DATA {{ {triple} }}", UPDATE),
        ("POST", "/update", inserted, UPDATE),
        ("DELETE", named(iri), "", ""),
    ]
    may = (role, graph) in MAY_WRITE
    for method, path, body, kind in requests:
        before = service.dump()
        status, _ = service.ask(role, method, path, body, kind)
        if may:
            assert status in (201, 204), (method, path, status)
        else:
            assert status in (401, 403), (method, path, status)
            assert service.dump() == before


@pytest.mark.parametrize("role", ROLES)
def test_the_record_of_writes_is_read_by_historians_alone(service: Service, role: str) -> None:
    system = GRAPHS["system"]
    queries = [
        f"SELECT * FROM <{system}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{system}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    ]
    asked = [f"/sparql?query={quote(text)}" for text in queries] + [named(system)]
    for path in asked:
        status, _ = service.ask(role, "GET", path)
        assert status == (200 if role == "historian" else 401 if role in ("nobody", "impostor") else 403), (
            path
        )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * {{ GRAPH <{system}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), '{start}')) }}",
        "SELECT * {{ ?s (<urn:none>|!<urn:none>)* ?o FILTER(CONTAINS(STR(?o), 'prov#Activity')) }}",
        "DESCRIBE <{system}>",
        "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ GRAPH <{system}> {{ ?a ?b ?c }} }} }}",
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_no_query_over_the_data_finds_the_record_of_writes(service: Service, role: str, text: str) -> None:
    asked = text.format(system=GRAPHS["system"], start=f"{BASE}/graph/system/")
    status, body = service.ask(
        role, "GET", f"/sparql?query={quote(asked)}&format={'nt' if 'DESC' in text else 'csv'}"
    )
    assert (status, len(body.splitlines())) == (200, 0 if "DESC" in text else 1)
    assert b"system" not in service.dump()
