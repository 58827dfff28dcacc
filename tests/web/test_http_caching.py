"""HTTP of linked data and pages: validators, caching, methods. https://www.rfc-editor.org/rfc/rfc9110"""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served

EMMA = "/doc/book/emma"
PLACES = [
    EMMA,
    "/id/book/emma",
    "/def/lib",
    "/",
    "/ontology",
    "/shapes",
    "/problems",
    "/profiles",
    "/conformance",
]


def test_each_representation_has_a_strong_tag_of_its_own(library: FlaskClient) -> None:
    tags = [
        library.get(f"{EMMA}?format={name}").headers["ETag"]
        for name in ("ttl", "jsonld", "nt", "rdf", "trig", "nq", "html")
    ]
    tags += [library.get(f"{EMMA}.html", headers={"Accept-Language": "fr"}).headers["ETag"]]
    tags += [library.get(f"{EMMA}?_profile=alt").headers["ETag"]]
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith('"') for tag in tags)


@pytest.mark.parametrize("path", [EMMA, f"{EMMA}.html", "/ontology", "/", "/problems"])
def test_what_the_client_holds_is_not_sent_again(library: FlaskClient, path: str) -> None:
    first = library.get(path)
    again = library.get(path, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert again.status_code == 304
    assert again.data == b""
    for name in ("ETag", "Vary", "Cache-Control", "Content-Location"):
        assert again.headers.get(name) == first.headers.get(name)
    assert library.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_tag_of_one_form_does_not_spare_another(library: FlaskClient) -> None:
    tag = library.get(EMMA, headers={"Accept": "text/turtle"}).headers["ETag"]
    other = library.get(EMMA, headers={"Accept": "application/ld+json", "If-None-Match": tag})
    assert other.status_code == 200


def test_other_data_or_other_settings_give_other_tags(tmp_path: Path) -> None:
    statement = "<http://example.org/made/x> <http://example.org/p> 1 ."
    project = project_of(tmp_path, a__ttl=statement)

    def tag(**flags: object) -> str:
        with served(project, **flags) as client:
            return client.get("/x").headers["ETag"]

    first = tag()
    assert tag() == first
    assert tag(title="Another") != first
    (project / "data" / "a.ttl").write_text(statement.replace("1", "2"))
    assert tag() != first


@pytest.mark.parametrize("path", PLACES)
def test_head_is_get_without_the_body(library: FlaskClient, path: str) -> None:
    headers = {"X-Request-ID": "one-name"}
    get, head = library.get(path, headers=headers), library.head(path, headers=headers)
    assert head.status_code == get.status_code
    assert head.data == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", PLACES)
def test_options_tells_the_methods(library: FlaskClient, path: str) -> None:
    answer = library.options(path)
    assert answer.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= {name.strip() for name in answer.headers["Allow"].split(",")}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_a_method_that_cannot_be_used_is_refused_with_those_that_can(
    library: FlaskClient, method: str
) -> None:
    answer = library.open(EMMA, method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"


def test_vary_names_what_was_negotiated(library: FlaskClient) -> None:
    def vary(url: str, **headers: str) -> set[str]:
        answer = library.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return {name.strip() for name in answer.headers["Vary"].split(",")}

    coding = "Accept-Encoding"
    assert vary(EMMA) == {"Accept", "Accept-Profile", coding}
    assert vary(EMMA, Accept="text/html") == {"Accept", "Accept-Profile", "Accept-Language", coding}
    assert vary(f"{EMMA}.ttl") == {"Accept-Profile", coding}
    assert vary(f"{EMMA}.html") == {"Accept-Profile", "Accept-Language", coding}
    assert "Accept" in vary("/id/book/none")


def test_the_language_of_the_reader_changes_the_page_and_not_the_data(library: FlaskClient) -> None:
    plain, french = (library.get("/def/lib.ttl", headers={"Accept-Language": tag}) for tag in ("en", "fr"))
    assert plain.data == french.data
    assert plain.headers["ETag"] == french.headers["ETag"]
    page = library.get("/describe?iri=http://example.org/library/def/lib%23Book&format=html")
    other = library.get(
        "/describe?iri=http://example.org/library/def/lib%23Book&format=html",
        headers={"Accept-Language": "fr-BE, en;q=0.5"},
    )
    assert page.headers["Content-Language"] == "en"
    assert other.headers["Content-Language"] == "fr"
    assert '<h1 dir="auto" lang="fr">Livre</h1>' in other.text


def test_a_real_server_sees_the_path_as_it_was_sent(library_server: str) -> None:
    host = library_server.removeprefix("http://")
    expected = {
        "/doc/book/%65mma.nt": {200},
        "//doc/book/emma": {404},
        "/id/../../etc/passwd": {404},
        "/id/%zz": {400},
        "/id/%ff": {400},
        "/id/%00": {404},
        "/id/" + "a" * 65_536: {400, 414, 431},
    }
    for path, statuses in expected.items():
        connection = HTTPConnection(host, timeout=20)
        connection.request("GET", path)
        assert connection.getresponse().status in statuses, path[:40]
        connection.close()
