"""The query operation of the SPARQL 1.1 Protocol: how a query comes in. https://www.w3.org/TR/sparql11-protocol/"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

DIRECT = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
GRAPHS = "http://example.org/library/graph/"
VALID = "http://purl.org/dc/terms/valid"
# Texts that a second decoding, or none, would change.
DELICATE = ["%20", "a%20b+c", "+", "é", "“quoted”", "line\nbreak", "tab\there", "&amp=1;x", "%", "😀", "a b"]


def by_get(client: FlaskClient, text: str, **fields: Any) -> TestResponse:
    return client.get("/sparql?" + urlencode([("query", text), *pairs(fields)]))


def by_form(client: FlaskClient, text: str, **fields: Any) -> TestResponse:
    return client.post("/sparql", data=urlencode([("query", text), *pairs(fields)]), content_type=FORM)


def by_post(client: FlaskClient, text: str, **fields: Any) -> TestResponse:
    return client.post("/sparql?" + urlencode(pairs(fields)), data=text.encode(), content_type=DIRECT)


def by_query(client: FlaskClient, text: str, **fields: Any) -> TestResponse:
    return client.open(
        "/sparql?" + urlencode(pairs(fields)), method="QUERY", data=text.encode(), content_type=DIRECT
    )


def pairs(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", "-"), value)
        for name, given in fields.items()
        for value in ([given] if isinstance(given, str) else given)
    ]


Way = Callable[..., TestResponse]
WAYS = pytest.mark.parametrize("ask", [by_get, by_form, by_post, by_query], ids=lambda way: way.__name__)


def values(response: TestResponse, name: str = "v") -> list[str]:
    assert response.status_code == 200, response.text
    return [row[name]["value"] for row in json.loads(response.data)["results"]["bindings"]]


@WAYS
def test_a_truth_value_is_sparql_json(library: FlaskClient, ask: Way) -> None:
    response = ask(library, "ASK {}")
    assert response.status_code == 200
    assert response.content_type == "application/sparql-results+json"
    assert response.json == {"head": {}, "boolean": True}


@WAYS
@pytest.mark.parametrize("text", DELICATE)
def test_a_query_is_decoded_exactly_once(library: FlaskClient, ask: Way, text: str) -> None:
    literal = json.dumps(text, ensure_ascii=False)
    assert values(ask(library, f"SELECT ({literal} AS ?v) {{}}")) == [text]


@pytest.mark.parametrize("parameter", ["", "; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"'])
@pytest.mark.parametrize("media_type", [DIRECT, FORM])
def test_a_charset_of_utf_8_may_be_named(library: FlaskClient, media_type: str, parameter: str) -> None:
    body = b"ASK {}" if media_type == DIRECT else b"query=ASK+%7B%7D"
    response = library.post("/sparql", data=body, content_type=media_type + parameter)
    assert response.json == {"head": {}, "boolean": True}


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "iso-8859-1", "nonsense"])
@pytest.mark.parametrize("media_type", [DIRECT, FORM])
def test_another_charset_is_refused(library: FlaskClient, media_type: str, charset: str) -> None:
    body = "ASK {}".encode("utf-16")
    response = library.post("/sparql", data=body, content_type=f"{media_type}; charset={charset}")
    assert response.status_code == 415
    assert response.json is not None
    assert "UTF-8" in response.json["detail"]


def test_a_body_that_is_not_utf_8_is_refused(library: FlaskClient) -> None:
    assert library.post("/sparql", data=b"ASK {} # \xff", content_type=DIRECT).status_code == 400
    assert library.post("/sparql", data=b"query=ASK{}%20%23%ff", content_type=FORM).status_code == 400
    assert library.get("/sparql?query=ASK{}%20%23%ff").status_code == 400


@pytest.mark.parametrize("broken", ["%", "%2", "%zz", "%u0041"])
def test_a_broken_percent_escape_is_refused(library: FlaskClient, broken: str) -> None:
    assert library.get(f"/sparql?query=ASK{{}}{broken}").status_code == 400
    assert library.post("/sparql", data=f"query=ASK{{}}{broken}", content_type=FORM).status_code == 400


def test_two_queries_are_refused(library: FlaskClient) -> None:
    assert library.get("/sparql?query=ASK{}&query=ASK{}").status_code == 400
    assert library.post("/sparql", data="query=ASK{}&query=ASK{}", content_type=FORM).status_code == 400
    assert library.post("/sparql?query=ASK{}", data="query=ASK{}", content_type=FORM).status_code == 400
    assert library.post("/sparql?query=ASK{}", data="ASK{}", content_type=DIRECT).status_code == 400


def test_an_update_is_refused_wherever_it_stands(library: FlaskClient) -> None:
    update = "DROP ALL"
    for response in (
        library.get("/sparql?update=DROP+ALL"),
        library.get("/sparql?query=ASK{}&update=DROP+ALL"),
        library.post("/sparql", data="update=DROP+ALL", content_type=FORM),
        library.post("/sparql?update=DROP+ALL", data="ASK{}", content_type=DIRECT),
        by_get(library, update),
        by_post(library, update),
        library.open("/sparql?update=DROP+ALL", method="QUERY", data="ASK{}", content_type=DIRECT),
    ):
        assert response.status_code == 400, response.text
    update_body = library.post("/sparql", data=update, content_type="application/sparql-update")
    assert update_body.status_code == 415


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "multipart/form-data", "x", None])
@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_a_body_of_another_type_is_refused_with_what_is_read(
    library: FlaskClient, method: str, media_type: str | None
) -> None:
    response = library.open("/sparql", method=method, data=b"ASK {}", content_type=media_type)
    assert response.status_code == 415
    assert response.json is not None
    assert DIRECT in response.json["accepted"]


def test_a_form_is_no_body_for_the_query_method(library: FlaskClient) -> None:
    response = library.open("/sparql", method="QUERY", data="query=ASK{}", content_type=FORM)
    assert response.status_code == 415


@pytest.mark.parametrize("text", ["", " ", "\n# nothing\n"])
@WAYS
def test_an_empty_query_is_refused(library: FlaskClient, ask: Way, text: str) -> None:
    response = ask(library, text)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["title"] == "SPARQL syntax error"


def test_parameters_without_a_query_are_refused(library: FlaskClient) -> None:
    response = library.get("/sparql?default-graph-uri=http://example.org/g")
    assert response.status_code == 400
    assert response.json is not None
    assert "`query` is missing" in response.json["detail"]
    assert library.post("/sparql", data="", content_type=FORM).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_another_method_is_refused_with_the_list_of_those_there_are(
    library: FlaskClient, method: str
) -> None:
    response = library.open("/sparql", method=method)
    assert response.status_code == 405
    allowed = {name.strip() for name in response.headers["Allow"].split(",")}
    assert allowed == {"GET", "HEAD", "OPTIONS", "POST", "QUERY"}


def test_options_tells_methods_and_cors(library: FlaskClient) -> None:
    response = library.options(
        "/sparql", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "QUERY"}
    )
    assert response.status_code == 204
    assert response.data == b""
    assert "QUERY" in response.headers["Allow"]
    assert "QUERY" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@WAYS
def test_every_answer_says_that_it_takes_the_query_method(library: FlaskClient, ask: Way) -> None:
    assert ask(library, "ASK {}").headers["Accept-Query"] == DIRECT
    assert library.get("/sparql").headers["Accept-Query"] == DIRECT


def test_errors_can_be_read_from_other_origins(library: FlaskClient) -> None:
    response = by_get(library, "SELEKT")
    assert response.status_code == 400
    assert response.headers["Access-Control-Allow-Origin"] == "*"


VALID_DATES = f"SELECT ?v {{ ?b <{VALID}> ?v }} ORDER BY ?v"
VALID_GRAPHS = f"SELECT ?v {{ GRAPH ?v {{ ?b <{VALID}> ?d }} }} ORDER BY ?v"


@WAYS
def test_the_request_names_the_default_graph(library: FlaskClient, ask: Way) -> None:
    assert values(ask(library, VALID_DATES)) == ["2020-01-01", "2021-01-01"]
    one = ask(library, VALID_DATES, default_graph_uri=GRAPHS + "loans/2020")
    assert values(one) == ["2020-01-01"]
    two = ask(library, VALID_DATES, default_graph_uri=[GRAPHS + "loans/2020", GRAPHS + "loans/2021"])
    assert values(two) == ["2020-01-01", "2021-01-01"]


@WAYS
def test_the_request_names_the_named_graphs(library: FlaskClient, ask: Way) -> None:
    one = ask(library, VALID_GRAPHS, named_graph_uri=GRAPHS + "loans/2021")
    assert values(one) == [GRAPHS + "loans/2021"]
    two = ask(library, VALID_GRAPHS, named_graph_uri=[GRAPHS + "loans/2021", GRAPHS + "loans/2020"])
    assert values(two) == [GRAPHS + "loans/2020", GRAPHS + "loans/2021"]
    assert values(ask(library, VALID_DATES, named_graph_uri=GRAPHS + "loans/2021")) == []


@WAYS
def test_the_request_names_both(library: FlaskClient, ask: Way) -> None:
    text = f"SELECT ?v {{ ?b <{VALID}> ?v GRAPH <{GRAPHS}loans/2021> {{ ?b <{VALID}> ?other }} }}"
    fields = {"default_graph_uri": GRAPHS + "loans/2020", "named_graph_uri": GRAPHS + "loans/2021"}
    assert values(ask(library, text, **fields)) == ["2020-01-01"]
    assert values(ask(library, VALID_GRAPHS, default_graph_uri=GRAPHS + "loans/2020")) == []


@WAYS
def test_the_dataset_of_the_request_beats_the_one_of_the_query(library: FlaskClient, ask: Way) -> None:
    text = f"SELECT ?v FROM <{GRAPHS}loans/2021> {{ ?b <{VALID}> ?v }}"
    assert values(ask(library, text)) == ["2021-01-01"]
    assert values(ask(library, text, default_graph_uri=GRAPHS + "loans/2020")) == ["2020-01-01"]


def test_the_dataset_may_stand_in_the_form_or_in_its_url(library: FlaskClient) -> None:
    where = urlencode({"default-graph-uri": GRAPHS + "loans/2020"})
    body = urlencode({"query": VALID_DATES})
    assert values(library.post(f"/sparql?{where}", data=body, content_type=FORM)) == ["2020-01-01"]
    assert values(library.post("/sparql", data=f"{where}&{body}", content_type=FORM)) == ["2020-01-01"]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("iri", ["", "books", "/graph", "http://a b", "x"])
def test_a_graph_name_that_is_no_iri_is_refused(library: FlaskClient, name: str, iri: str) -> None:
    assert library.get("/sparql?" + urlencode({"query": "ASK{}", name: iri})).status_code == 400


@pytest.fixture
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that nothing may touch, and the list of what touched it."""
    touched: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    touched.append(connection.recv(100))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graph", touched
        stop.set()
        thread.join()


def test_an_unknown_graph_is_empty_and_nothing_is_fetched(
    library: FlaskClient, canary: tuple[str, list[bytes]]
) -> None:
    url, touched = canary
    for place in (url, "file:///etc/passwd", "http://169.254.169.254/"):
        assert values(by_get(library, "SELECT ?v { ?v ?p ?o }", default_graph_uri=place)) == []
        assert values(by_get(library, f"SELECT ?v FROM <{place}> {{ ?v ?p ?o }}")) == []
        named = f"SELECT ?v FROM NAMED <{place}> {{ GRAPH ?g {{ ?v ?p ?o }} }}"
        assert values(by_get(library, named)) == []
        assert values(by_get(library, "SELECT ?v { GRAPH ?g { ?v ?p ?o } }", named_graph_uri=place)) == []
    assert touched == []


@WAYS
@pytest.mark.parametrize("word", ["SERVICE", "service", "SERVICE SILENT"])
def test_service_is_refused_and_nothing_is_fetched(
    library: FlaskClient, canary: tuple[str, list[bytes]], ask: Way, word: str
) -> None:
    url, touched = canary
    response = ask(library, f"SELECT * {{ {word} <{url}> {{ ?s ?p ?o }} }}")
    assert response.status_code == 403
    assert response.json is not None
    assert "SERVICE" in response.json["detail"]
    assert touched == []


@pytest.mark.parametrize(
    ("text", "line", "column", "source_line"),
    [
        ("SELECT *\n{ ?s ?p ; }", 2, 9, "{ ?s ?p ; }"),
        ("SELECT ?x { ?x a skos:Concept }", 1, None, "SELECT ?x { ?x a skos:Concept }"),
        ("SELECT *\n{ ?s <a b> ?o }", 2, None, "{ ?s <a b> ?o }"),
        ("SELECT ?s ?o { ?s ?p ?o } GROUP BY ?s", 1, None, "SELECT ?s ?o { ?s ?p ?o } GROUP BY ?s"),
    ],
    ids=["syntax", "unknown prefix", "bad IRI", "unbound variable in a group"],
)
def test_a_syntax_error_tells_line_column_and_the_line(
    library: FlaskClient, text: str, line: int, column: int | None, source_line: str
) -> None:
    response = by_get(library, text)
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    problem = response.json
    assert problem is not None
    assert problem["line"] == line
    assert problem["source_line"] == source_line
    assert problem["column"] == column if column else problem["column"] >= 1


@WAYS
def test_a_position_is_the_same_whatever_ends_the_lines(library: FlaskClient, ask: Way) -> None:
    text = "SELECT *\nWHERE {\n  ?s ?p é ?o\n}"
    plain, dos = ask(library, text).json, ask(library, text.replace("\n", "\r\n")).json
    assert plain is not None
    assert dos is not None
    assert (plain["line"], plain["source_line"]) == (3, "  ?s ?p é ?o")
    assert [dos[key] for key in ("line", "column", "source_line")] == [
        plain[key] for key in ("line", "column", "source_line")
    ]


def test_a_body_that_is_too_long_is_refused(library: FlaskClient) -> None:
    assert by_post(library, "ASK {} #" + "x" * (256 << 10)).status_code == 413
    assert by_form(library, "ASK {} #" + "x" * (800 << 10)).status_code == 413


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_timeout_is_a_positive_number(library: FlaskClient, timeout: str) -> None:
    response = by_get(library, "ASK {}", timeout=timeout)
    assert response.status_code == 400
    assert response.json is not None
    assert "timeout" in response.json["detail"]


def test_a_timeout_can_be_asked_for(library: FlaskClient) -> None:
    assert by_get(library, "ASK {}", timeout="0.5").status_code == 200
    assert by_get(library, "ASK {}", timeout="9999").status_code == 200
