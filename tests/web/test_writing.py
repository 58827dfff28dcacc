"""Writing over HTTP, to a real server: updates, the Graph Store Protocol, and who may."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import LIBRARY, running

BASE = "http://example.org/library"
G = f"{BASE}/graph/new"
HERE = f"/graph-store?graph={quote(G, safe='')}"
UPDATE, FORM, TURTLE = "application/sparql-update", "application/x-www-form-urlencoded", "text/turtle"


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def problem(self) -> dict[str, object]:
        assert self.headers["Content-Type"] == "application/problem+json"
        return dict(json.loads(self.body))


@dataclass
class Service:
    """A server, and the secrets of its three tokens."""

    url: str
    secrets: dict[str, str]

    def ask(
        self, method: str, path: str, body: bytes | str = b"", kind: str = "", token: str = "", **more: str
    ) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if kind:
            headers["Content-Type"] = kind
        if token:
            headers["Authorization"] = f"Bearer {self.secrets.get(token, token)}"
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        connection.request(method, path, body.encode() if isinstance(body, str) else body or None, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def write(self, method: str, path: str, body: bytes | str = b"", kind: str = "", **more: str) -> Answer:
        return self.ask(method, path, body, kind, "all", **more)

    def triples(self, path: str = HERE) -> int:
        answer = self.ask("GET", path, Accept="application/n-triples")
        assert answer.status in (200, 404)
        return answer.body.count(b"\n") if answer.status == 200 else -1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    file = TokenFile(tmp_path_factory.mktemp("tokens") / "tokens.json")
    secrets = {
        "all": file.new("all", ["write"]),
        "part": file.new("part", [f"write:{G}"]),
        "reader": file.new("reader", ["history"]),
    }
    with running(LIBRARY, GRAPHSVC_TOKENS=str(file.path)) as url:
        yield Service(url, secrets)


@pytest.fixture
def service(server: Service) -> Service:
    """The server, without the graph that the tests write to."""
    server.write("POST", "/update", f"DROP SILENT GRAPH <{G}> ; DROP DEFAULT", UPDATE)
    return server


# Updates, https://www.w3.org/TR/sparql11-protocol/#update-operation


@pytest.mark.parametrize("kind", [UPDATE, f"{UPDATE}; charset=utf-8", FORM])
def test_an_update_comes_as_a_body_or_in_a_form_and_is_there_at_once(service: Service, kind: str) -> None:
    text = f'INSERT DATA {{ GRAPH <{G}> {{ <urn:a> <urn:b> "é +%20&=\\n" }} }}'
    body = urlencode({"update": text}) if kind == FORM else text
    answer = service.write("POST", "/update", body, kind)
    assert (answer.status, answer.body) == (204, b"")
    found = service.ask("GET", f"/sparql?query={quote(f'SELECT ?o {{ GRAPH <{G}> {{ ?s ?p ?o }} }}')}")
    assert json.loads(found.body)["results"]["bindings"][0]["o"]["value"] == "é +%20&=\n"
    assert found.headers["Graph-Epoch"] == answer.headers["Graph-Epoch"]


def test_an_update_is_made_as_a_whole_or_not_at_all(service: Service) -> None:
    text = f"INSERT DATA {{ GRAPH <{G}> {{ <urn:a> <urn:b> 1 }} }} ; DROP GRAPH <urn:none>"
    assert service.write("POST", "/update", text, UPDATE).status == 404
    assert service.triples() == -1


def test_the_request_may_name_the_dataset_of_an_update(service: Service) -> None:
    service.write("PUT", HERE, "<urn:a> <urn:b> 1 .", TURTLE)
    text = "INSERT { <urn:n> <urn:n> ?s } WHERE { ?s <urn:b> 1 }"
    service.write("POST", "/update?using-graph-uri=urn:other", text, UPDATE)
    assert service.triples("/graph-store?default") == 0
    body = urlencode({"update": text, "using-graph-uri": G})
    assert service.write("POST", "/update", body, FORM).status == 204
    assert service.triples("/graph-store?default") == 1
    body = urlencode({"update": f"WITH <{G}> {text}", "using-graph-uri": G})
    assert service.write("POST", "/update", body, FORM).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("POST", "/update", "SELECT * {}", UPDATE, 400),
        ("POST", "/update", "INSERT DATA { <urn:a> <urn:b> }", UPDATE, 400),
        ("POST", "/update", b"\xff", UPDATE, 400),
        ("POST", "/update", "update=CLEAR+ALL&update=CLEAR+ALL", FORM, 400),
        ("POST", "/update", "update=CLEAR+ALL&query=ASK{}", FORM, 400),
        ("POST", "/update", "", FORM, 400),
        ("POST", "/update?update=CLEAR+ALL", "", FORM, 400),
        ("POST", "/update", "CLEAR ALL", "text/plain", 415),
        ("POST", "/update", "CLEAR ALL", "", 415),
        ("POST", "/update", "LOAD <http://127.0.0.1:9/>", UPDATE, 403),
        ("POST", "/update", "LOAD <file:///etc/passwd> INTO GRAPH <urn:g>", UPDATE, 403),
        ("POST", "/update", "LOAD SILENT <http://127.0.0.1:9/> <urn:x>", UPDATE, 400),
        ("POST", "/update", "LOAD SILENT <http://127.0.0.1:9/> INTO GRAPH <urn:x>", UPDATE, 403),
        ("POST", "/update", "LOAD SILENT <file:///etc/passwd>", UPDATE, 403),
        ("POST", "/update", "DELETE {} WHERE { SERVICE <http://127.0.0.1:9/> {} }", UPDATE, 403),
        ("POST", "/update", f"INSERT DATA {{ GRAPH <{BASE}/graph/system/x> {{ <a> <b> 1 }} }}", UPDATE, 403),
        ("GET", "/update?update=CLEAR+ALL", "", "", 405),
        ("POST", "/sparql", "update=CLEAR+ALL", FORM, 400),
        ("POST", "/sparql", "CLEAR ALL", UPDATE, 415),
        ("POST", "/sparql", "CLEAR ALL", "application/sparql-query", 400),
        ("PUT", "/graph-store?graph=relative", "", TURTLE, 400),
        ("PUT", "/graph-store?graph=default", "", TURTLE, 400),
        ("PUT", "/graph-store?graph=_:b", "", TURTLE, 400),
        ("PUT", "/graph-store?default&graph=urn:a", "", TURTLE, 400),
        ("PUT", "/graph-store?graph=urn:a&graph=urn:b", "", TURTLE, 400),
        ("PUT", "/graph-store", "", TURTLE, 400),
        ("DELETE", "/graph-store", "", "", 400),
        ("PUT", HERE, "<urn:a> <urn:b> 1 . <urn:a>", TURTLE, 400),
        ("PUT", HERE, "a,b\n", "text/csv", 415),
        ("PUT", HERE, "x=1", FORM, 415),
        ("PUT", HERE, "<urn:g> { <urn:a> <urn:b> 1 }", "application/trig", 400),
        ("PATCH", HERE, "<urn:a> <urn:b> 1 .", TURTLE, 415),
        ("DELETE", HERE, "", "", 404),
        ("PATCH", HERE, "CLEAR DEFAULT", UPDATE, 404),
        ("GET", HERE, "", "", 404),
        ("PUT", f"/graph-store?graph={quote(BASE + '/graph/system/writes', safe='')}", "", TURTLE, 403),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    service: Service, method: str, path: str, body: bytes | str, kind: str, status: int
) -> None:
    before = service.ask("GET", "/sparql?query=ASK{}").headers["Graph-Epoch"]
    answer = service.write(method, path, body, kind)
    assert answer.status == answer.problem["status"] == status
    assert answer.problem["detail"]
    assert service.ask("GET", "/sparql?query=ASK{}").headers["Graph-Epoch"] == before


def test_a_syntax_error_in_an_update_has_its_place(service: Service) -> None:
    problem = service.write("POST", "/update", "INSERT DATA {\n <urn:a> <urn:b> }", UPDATE).problem
    assert (problem["source"], problem["line"], problem["source_line"]) == ("update", 2, " <urn:a> <urn:b> }")


def test_a_wrong_method_is_told_the_right_ones(service: Service) -> None:
    assert "POST" in service.ask("GET", "/update").headers["Allow"]
    allowed = service.ask("PROPFIND", "/graph-store").headers["Allow"]
    assert {one.strip() for one in allowed.split(",")} >= {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"}


# The Graph Store Protocol, https://www.w3.org/TR/sparql11-http-rdf-update/


def test_a_graph_is_put_read_added_to_patched_and_deleted(service: Service) -> None:
    assert service.write("PUT", HERE, "<urn:a> <urn:b> 1, 2 .", TURTLE).status == 201
    assert service.write("PUT", HERE, "<urn:a> <urn:b> 2, 3 .", TURTLE).status == 204
    assert service.triples() == 2
    assert service.write("POST", HERE, '{"@id": "urn:a", "urn:b": 4}', "application/ld+json").status == 204
    assert service.triples() == 3
    patch = "DELETE { ?s ?p 4 } INSERT { ?s ?p 5, 6 } WHERE { ?s ?p 4 }"
    assert service.write("PATCH", HERE, patch, UPDATE).status == 204
    assert service.triples() == 4
    head = service.ask("HEAD", HERE)
    assert (head.status, head.body) == (200, b"")
    assert service.write("DELETE", HERE).status == 204
    assert (service.ask("HEAD", HERE).status, service.triples()) == (404, -1)


def test_an_empty_graph_is_there_until_it_is_deleted(service: Service) -> None:
    assert service.write("PUT", HERE, "", TURTLE).status == 201
    assert service.triples() == 0
    assert service.write("DELETE", HERE).status == 204


def test_the_default_graph_is_named_without_an_iri(service: Service) -> None:
    assert service.write("PUT", "/graph-store?default", "<urn:a> <urn:b> 1 .", TURTLE).status == 204
    assert service.triples("/graph-store?default") == 1
    assert service.write("DELETE", "/graph-store?default").status == 204
    assert service.triples("/graph-store?default") == 0


def test_a_graph_of_this_service_is_written_at_its_own_address(service: Service) -> None:
    created = service.write("PUT", "/graph/new", "<> <urn:b> 1 .", TURTLE)
    assert (created.status, created.headers["Location"]) == (201, G)
    answer = service.ask("GET", HERE, Accept="application/n-triples")
    assert answer.body.startswith(f"<{G}> ".encode())
    assert service.ask("GET", "/graph/new", Accept=TURTLE).status == 200
    assert service.write("POST", "/graph/new", "<> <urn:b> 2 .", TURTLE).status == 204
    assert service.write("DELETE", "/graph/new").status == 204
    assert service.write("DELETE", "/graph/new").status == 404


def test_a_post_without_a_name_makes_a_graph_and_says_which(service: Service) -> None:
    answer = service.write("POST", "/graph-store", "<> <urn:b> 1 .", TURTLE)
    assert answer.status == 201
    made = answer.headers["Location"]
    assert made.startswith(f"{BASE}/graph/")
    where = f"/graph-store?graph={quote(made, safe='')}"
    assert service.triples(where) == 1
    assert service.write("DELETE", where).status == 204


def test_several_files_of_a_form_become_one_graph_or_none(service: Service) -> None:
    def form(second: str) -> bytes:
        parts = [("a.ttl", TURTLE, "<urn:a> <urn:b> 1 ."), ("b.nt", "application/n-triples", second)]
        text = "".join(
            f'--x\r\nContent-Disposition: form-data; name="data"; filename="{name}"\r\n'
            f"Content-Type: {kind}\r\n\r\n{body}\r\n"
            for name, kind, body in parts
        )
        return f"{text}--x--\r\n".encode()

    assert (
        service.write("POST", HERE, form("<urn:a> <urn:b> "), "multipart/form-data; boundary=x").status == 400
    )
    assert service.triples() == -1
    good = form('<urn:a> <urn:b> "2" .')
    assert service.write("POST", HERE, good, "multipart/form-data; boundary=x").status == 201
    assert service.triples() == 2


def test_a_packed_body_is_unpacked_within_the_limit(service: Service) -> None:
    body = gzip.compress(b"<urn:a> <urn:b> 1 .")
    assert service.write("PUT", HERE, body, TURTLE, Content_Encoding="gzip").status == 201
    bomb = gzip.compress(b" " * (70 << 20))
    assert service.write("PUT", HERE, bomb, TURTLE, Content_Encoding="gzip").status == 413
    assert service.triples() == 1


def test_two_editors_cannot_overwrite_one_another(service: Service) -> None:
    assert service.write("PUT", HERE, "<urn:a> <urn:b> 1 .", TURTLE, If_None_Match="*").status == 201
    assert service.write("PUT", HERE, "<urn:a> <urn:b> 2 .", TURTLE, If_None_Match="*").status == 412
    tag = service.ask("GET", HERE, Accept="application/ld+json").headers["ETag"]
    other = service.ask("GET", HERE, Accept=TURTLE).headers["ETag"]
    assert tag != other
    assert service.ask("GET", HERE, Accept=TURTLE, If_None_Match=other).status == 304
    assert service.write("PUT", HERE, "<urn:a> <urn:b> 3 .", TURTLE, If_Match=tag).status == 204
    for method, body, kind in (
        ("PUT", "", TURTLE),
        ("POST", "", TURTLE),
        ("DELETE", "", ""),
        ("PATCH", "", UPDATE),
    ):
        assert service.write(method, HERE, body, kind, If_Match=other).status == 412
    assert service.write("DELETE", HERE, If_Match="*").status == 204
    assert service.write("PUT", HERE, "", TURTLE, If_Match="*").status == 412


def test_nor_at_the_address_of_the_graph_itself(service: Service) -> None:
    assert service.write("PUT", "/graph/new", "<urn:a> <urn:b> 1 .", TURTLE).status == 201
    tag = service.ask("GET", "/graph/new", Accept=TURTLE).headers["ETag"]
    service.write("POST", "/graph-store?graph=urn:elsewhere", "<urn:a> <urn:b> 1 .", TURTLE)
    later = service.ask("GET", "/graph/new", Accept=TURTLE).headers["ETag"]
    assert service.ask("GET", "/graph/new", Accept=TURTLE, If_None_Match=later).status == 304
    assert service.write("PUT", "/graph/new", "<urn:a> <urn:b> 2 .", TURTLE, If_Match=tag).status == 204
    for seen in (tag, later):
        assert service.write("PUT", "/graph/new", "", TURTLE, If_Match=seen).status == 412


def test_the_graph_store_itself_is_the_dataset(service: Service) -> None:
    answer = service.ask("GET", "/graph-store")
    assert (answer.status, answer.headers["Location"]) == (303, "/dataset")


# Who may


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/update"), ("PUT", HERE), ("DELETE", HERE), ("PATCH", HERE), ("PUT", "/graph/new")],
)
def test_writing_needs_a_good_token_and_the_right_one(service: Service, method: str, path: str) -> None:
    nobody = service.ask(method, path)
    assert (nobody.status, nobody.headers["WWW-Authenticate"]) == (401, 'Bearer realm="graphsvc"')
    for wrong in ("x", "gs_all_" + "A" * 43, "A" * 20_000, service.secrets["all"] + "A"):
        answer = service.ask(method, path, token=wrong)
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    answer = service.ask(method, path, token="reader")
    assert answer.status == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    basic = service.ask(method, path, Authorization="Basic " + service.secrets["all"])
    assert basic.status == 401
    assert (
        service.ask(
            method, f"{path}{'&' if '?' in path else '?'}access_token={service.secrets['all']}"
        ).status
        == 401
    )


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { GRAPH <urn:other> { <urn:a> <urn:b> 1 } }",
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "WITH <urn:other> INSERT { <urn:a> <urn:b> 1 } WHERE {}",
        f"MOVE <{BASE}/graph/books> TO <{G}>",
        "DROP ALL",
        "INSERT { GRAPH ?g { <urn:a> <urn:b> 1 } } WHERE { GRAPH ?g {} }",
    ],
)
def test_a_token_for_some_graphs_is_for_no_others(service: Service, text: str) -> None:
    before = service.ask("GET", "/sparql?query=ASK{}").headers["Graph-Epoch"]
    answer = service.ask("POST", "/update", text, UPDATE, "part")
    assert answer.status == 403
    assert "may not write to" in str(answer.problem["detail"])
    assert service.ask("GET", "/sparql?query=ASK{}").headers["Graph-Epoch"] == before
    assert service.ask("PUT", HERE, "<urn:a> <urn:b> 1 .", TURTLE, "part").status == 201


def test_without_tokens_the_service_is_read_only(library_server: str) -> None:
    service = Service(library_server, {})
    for method, path in (("POST", "/update"), ("PUT", HERE), ("DELETE", HERE), ("PATCH", HERE)):
        answer = service.ask(method, path, "", UPDATE)
        assert answer.status == 403
        assert "read-only" in str(answer.problem["detail"])
    assert service.triples() == -1


def test_writes_are_logged_by_name_and_no_secret_ever(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.json")
    secret = file.new("scribe", ["write"])
    log = tmp_path / "log"
    with log.open("w") as errors, running(LIBRARY, errors=errors, GRAPHSVC_TOKENS=str(file.path)) as url:
        service = Service(url, {"scribe": secret})
        receipt = service.ask("PUT", HERE, "<urn:a> <urn:b> 1, 2 .", TURTLE, "scribe")
        service.ask("POST", "/update", "nonsense", UPDATE, "scribe")
        service.ask("POST", f"/update?access_token={secret}", "CLEAR ALL", UPDATE)
    text = log.read_text()
    assert f"put by scribe: epoch {receipt.headers['Graph-Epoch']}, 2 added, 0 removed, 22 bytes" in text
    assert secret not in text
