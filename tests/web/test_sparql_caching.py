"""Validators and conditional requests. https://www.rfc-editor.org/rfc/rfc9110#section-13"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from made_projects import FIREFOX, LIBRARY, project_of, served
from werkzeug.test import TestResponse

from graphsvc.formats import Format
from graphsvc.sparql import Query
from graphsvc.store import Answer, Limits

SELECT = "SELECT * { ?s ?p ?o }"
GRAPHS = "http://example.org/library/graph/"


def ask(client: FlaskClient, text: str = SELECT, more: str = "", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/sparql?query={quote(text)}{more}", headers=named)


def tag_of(response: TestResponse) -> str:
    assert response.status_code == 200
    return response.headers["ETag"]


def test_an_answer_is_revalidated_and_has_a_strong_tag(library: FlaskClient) -> None:
    response = ask(library)
    assert response.headers["Cache-Control"] == "no-cache"
    assert tag_of(response).startswith('"')
    assert tag_of(response) == tag_of(ask(library))


@pytest.mark.parametrize("accept", ["*/*", "text/csv", FIREFOX])
def test_a_client_that_holds_the_answer_is_told_so(library: FlaskClient, accept: str) -> None:
    first = ask(library, Accept=accept)
    second = ask(library, Accept=accept, If_None_Match=first.headers["ETag"])
    assert second.status_code == 304
    assert second.data == b""
    for name in ("ETag", "Vary", "Cache-Control"):
        assert second.headers[name] == first.headers[name]
    assert "Content-Type" not in second.headers


def test_the_tag_may_be_one_of_many_or_weak(library: FlaskClient) -> None:
    tag = ask(library).headers["ETag"]
    many = ", ".join(f'"{number}"' for number in range(5_000))
    assert ask(library, If_None_Match=f"{many}, {tag}").status_code == 304
    assert ask(library, If_None_Match=f"W/{tag}").status_code == 304
    assert ask(library, If_None_Match="*").status_code == 304
    assert ask(library, If_None_Match=many).status_code == 200


def test_each_representation_has_a_tag_of_its_own(library: FlaskClient) -> None:
    tags = [
        tag_of(ask(library)),
        tag_of(ask(library, Accept="text/csv")),
        tag_of(ask(library, Accept="text/html")),
        tag_of(ask(library, SELECT + " ")),
        tag_of(ask(library, SELECT, f"&default-graph-uri={GRAPHS}books")),
        tag_of(ask(library, SELECT, f"&named-graph-uri={GRAPHS}books")),
        tag_of(ask(library, SELECT, f"&default-graph-uri={GRAPHS}books&default-graph-uri={GRAPHS}x")),
    ]
    assert len(set(tags)) == len(tags)


def test_a_format_by_name_and_by_accept_is_the_same_representation(library: FlaskClient) -> None:
    assert tag_of(ask(library, Accept="text/csv")) == tag_of(ask(library, SELECT, "&format=csv"))


def test_other_data_and_other_settings_have_another_tag(tmp_path: Path) -> None:
    texts = ["<http://e/a> <http://e/p> 1 .", "<http://e/a> <http://e/p> 2 ."]
    tags = set()
    for number, text in enumerate(texts):
        project = project_of(tmp_path / str(number), a__ttl=text)
        with served(project) as client:
            tags.add(tag_of(ask(client)))
        with served(project, title="Another") as client:
            tags.add(tag_of(ask(client)))
    assert len(tags) == 4


class Counting:
    """A store that counts the queries it is asked and passes them on."""

    def __init__(self, store: object) -> None:
        self.inner = store
        self.asked = 0

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        self.asked += 1
        return self.inner.query(query, result, limits)  # type: ignore[attr-defined, no-any-return]

    def epoch(self) -> str:
        return str(self.inner.epoch())  # type: ignore[attr-defined]


@pytest.mark.parametrize("accept", ["text/csv", "text/html"])
def test_nothing_is_asked_of_the_store_for_what_is_not_modified(accept: str) -> None:
    with served(LIBRARY) as client:
        parts = client.application.extensions["graphsvc"]
        counting = Counting(parts.store)
        client.application.extensions["graphsvc"] = replace(parts, store=counting)
        tag = ask(client, Accept=accept).headers["ETag"]
        asked = counting.asked
        assert asked > 0
        assert ask(client, Accept=accept, If_None_Match=tag).status_code == 304
        assert counting.asked == asked


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (NOW() AS ?v) {}",
        "SELECT (RAND() AS ?v) {}",
        "SELECT (struuid() AS ?v) {}",
        "ASK { FILTER(NOW() > 1) }",
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_an_answer_that_is_another_each_time_is_not_kept(
    library: FlaskClient, text: str, accept: str
) -> None:
    response = ask(library, text, Accept=accept, If_None_Match="*")
    assert response.status_code == 200
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("text", ["SELECT ('NOW()' AS ?v) {}", "SELECT ?rand { ?rand ?p ?o } # NOW()"])
def test_the_mere_word_does_no_harm(library: FlaskClient, text: str) -> None:
    assert "ETag" in ask(library, text).headers


@pytest.mark.parametrize("accept", ["*/*", "text/csv", FIREFOX, "image/png"])
@pytest.mark.parametrize(
    "path", ["/sparql?query=ASK{}", "/sparql", "/sparql?query=SELEKT", "/dataset", "/dataset.nq"]
)
def test_head_is_get_without_its_body(library: FlaskClient, path: str, accept: str) -> None:
    headers = {"Accept": accept, "X-Request-ID": "one-name"}
    got, head = (library.open(path, method=method, headers=headers) for method in ("GET", "HEAD"))
    assert head.data == b""
    assert head.status_code == got.status_code
    if path == "/dataset" and got.headers.get("ETag") != head.headers.get("ETag"):
        # The report on its quality came in between.
        got = library.get(path, headers=headers)
    one, other = dict(got.headers), dict(head.headers)
    one.pop("Date", None)
    other.pop("Date", None)
    assert one == other
    assert one["Content-Length"] == str(len(got.data))


def test_head_can_be_conditional(library: FlaskClient) -> None:
    tag = ask(library).headers["ETag"]
    response = library.head(f"/sparql?query={quote(SELECT)}", headers={"If-None-Match": tag})
    assert response.status_code == 304


class Streaming(Counting):
    """A store whose answers are of unknown length, and which notes when one of them is let go of."""

    def __init__(self, store: object) -> None:
        super().__init__(store)
        self.let_go = 0

    def query(self, query: Query, result: Format, limits: Limits = Limits()) -> Answer:  # noqa: B008
        answer = super().query(query, result, limits)

        def stream() -> Iterator[bytes]:
            try:
                yield from (answer.read()[:10], b"the rest")
            finally:
                self.let_go += 1

        return Answer(stream(), answer.epoch, None)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stream_is_let_go_of_even_if_only_its_head_was_wanted(method: str) -> None:
    with served(LIBRARY) as client:
        parts = client.application.extensions["graphsvc"]
        streaming = Streaming(parts.store)
        client.application.extensions["graphsvc"] = replace(parts, store=streaming)
        response = client.open(f"/sparql?query={quote(SELECT)}", method=method)
        assert "Content-Length" not in response.headers
        assert response.data.endswith(b"the rest") == (method == "GET")
        response.close()
        assert streaming.let_go == 1
