"""The endpoint for people: the form, answers as pages, and errors that keep the query."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from made_projects import CHROME, FIREFOX, LIBRARY, project_of, served
from werkzeug.test import TestResponse

from graphsvc.web.query_pages import EXAMPLES
from graphsvc.web.results import MAX_ROWS, MAX_TEXT

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
SELECT = f"SELECT ?s ?l {{ ?s <{LABEL}> ?l }} ORDER BY ?l"


def page(client: FlaskClient, text: str | None = None, more: str = "", accept: str = FIREFOX) -> TestResponse:
    query = "" if text is None else f"query={quote(text)}"
    response = client.get(f"/sparql?{query}{more}", headers={"Accept": accept})
    assert response.mimetype == "text/html"
    return response


class Links(HTMLParser):
    """The links, text areas and elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def text_area(text: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize("accept", [FIREFOX, CHROME])
def test_a_browser_gets_a_form_that_works_without_script(library: FlaskClient, accept: str) -> None:
    response = page(library, accept=accept)
    assert response.status_code == 200
    assert '<form class="query" action="/sparql" method="get">' in response.text
    assert "<button>Run</button>" in response.text
    found = Links(response.text)
    assert "style" not in found.elements
    assert not [name for name, _ in found.attributes if name == "style" or name.startswith("on")]
    assert re.findall(r"<script[^>]*>([^<]*)</script>", response.text) in ([], [""])
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_form_shows_prefixes_and_what_the_endpoint_can_do(library: FlaskClient) -> None:
    text = page(library).text
    assert "PREFIX lib: &lt;http://example.org/library/def/lib#&gt;" in text
    assert "application/sparql-results+json" in text
    assert "http://example.org/library/graph/loans/2020" in text


def test_each_example_of_the_form_has_an_answer(library: FlaskClient) -> None:
    links = [link for link in Links(page(library).text).links if link.startswith("/sparql?query=")]
    assert len(links) == len(EXAMPLES)
    for link in links:
        response = library.get(link, headers={"Accept": FIREFOX})
        assert response.status_code == 200
        assert "<td>" in response.text


def test_a_table_is_a_page_with_links_that_stay_here(library: FlaskClient) -> None:
    response = page(library, SELECT)
    assert response.status_code == 200
    links = Links(response.text).links
    assert "/id/book/germinal" in links
    assert "/def/lib#Book" in links
    assert '<span dir="auto" lang="fr">Germinal</span>' in response.text
    assert "10 rows." in response.text
    assert library.get("/id/book/germinal").status_code == 303


def test_an_iri_of_elsewhere_leads_there_and_one_that_is_no_address_nowhere(library: FlaskClient) -> None:
    text = "SELECT (<http://elsewhere.example/x> AS ?a) (<javascript:alert(1)> AS ?b) (<urn:x> AS ?c) {}"
    links = Links(page(library, text).text).links
    assert "http://elsewhere.example/x" in links
    assert not [link for link in links if link.startswith(("javascript:", "urn:"))]


def test_an_iri_that_only_begins_like_the_base_is_elsewhere(library: FlaskClient) -> None:
    links = Links(page(library, "SELECT (<http://example.org/librarian> AS ?a) {}").text).links
    assert "http://example.org/librarian" in links


def test_links_are_below_the_public_path() -> None:
    with served(LIBRARY, public_url="https://data.example/kg") as client:
        links = Links(page(client, SELECT).text).links
        assert "/kg/id/book/germinal" in links
        assert [link for link in links if link.startswith("/kg/sparql?query=")]
        for link in links:
            assert link.startswith(("/kg/", "#", "http://www.w3.org/"))


def test_terms_are_told_apart(library: FlaskClient) -> None:
    text = """SELECT (1.5 AS ?decimal) (1e0 AS ?double) (-3 AS ?integer) (true AS ?boolean) ("1" AS ?string)
        ("2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> AS ?date) (?none AS ?unbound) {}"""
    shown = page(library, text).text
    for value, datatype in (
        ("1.5", "decimal"),
        ("1", "double"),
        ("-3", "integer"),
        ("true", "boolean"),
        ("2020-01-01", "date"),
    ):
        assert f'<span dir="auto">{value}</span> <small class="datatype">xsd:{datatype}</small>' in shown
    assert '<td><span dir="auto">1</span></td>' in shown
    assert '<td><span class="unbound" title="no value"></span></td>' in shown


@pytest.mark.parametrize(
    "value", ["tab\there", "line\nbreak", 'a "quote"', "back\\slash", "é “😀”", "a\rb", "\\n \\t \\u0041"]
)
def test_a_text_is_shown_as_it_is(library: FlaskClient, value: str) -> None:
    escaped = value.translate({9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"})
    shown = page(library, f'SELECT ("{escaped}" AS ?v) {{}}').text
    assert f'<td><span dir="auto">{html.escape(value).replace("&quot;", "&#34;")}</span></td>' in shown


def test_markup_in_data_and_query_is_inert(library: FlaskClient) -> None:
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>"
    text = f"SELECT ('{hostile}' AS ?v) ?v2 {{ OPTIONAL {{ ?v2 <http://e/\">'> 1 }} }} # {hostile}"
    for query in (f"SELECT ('{hostile}' AS ?v) {{}} # {hostile}", text):
        response = library.get(
            f"/sparql?query={quote(query)}&default-graph-uri=http://e/{quote(hostile)}",
            headers={"Accept": FIREFOX},
        )
        # The page's own script, where it was built, is the only one.
        own = '<script type="module" src="/static/built/query.js"></script>'
        assert "<script" not in response.text.replace(own, "", 1)
        assert "<img" not in response.text
    response = page(library, f"SELECT ('{hostile}' AS ?v) {{}} # {hostile}")
    assert text_area(response.text).endswith(hostile)
    assert "onerror" not in [name for name, _ in Links(response.text).attributes]


def test_a_truth_value_is_a_page(library: FlaskClient) -> None:
    assert "<strong>Yes</strong>" in page(library, "ASK {}").text
    assert "<strong>No</strong>" in page(library, "ASK { FILTER(false) }").text


@pytest.mark.parametrize("text", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <id/book/emma>"])
def test_a_graph_is_a_page_of_triples(library: FlaskClient, text: str) -> None:
    shown = page(library, text).text
    assert '<th scope="col">predicate</th>' in shown
    assert "/id/book/emma" in Links(shown).links
    assert re.search(r"<p role=\"status\">\d+ triples.</p>", shown)


@pytest.mark.parametrize("text", [SELECT, "ASK {}", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_a_page_has_a_permanent_link_for_each_format(library: FlaskClient, text: str) -> None:
    graph = "http://example.org/library/graph/books"
    response = page(library, text, f"&default-graph-uri={graph}")
    links = [link for link in Links(response.text).links if "format=" in link]
    assert len(links) == (6 if text.startswith("CONSTRUCT") else 4)
    for link in links:
        assert parse_qs(urlsplit(link).query)["query"] == [text]
        assert parse_qs(urlsplit(link).query)["default-graph-uri"] == [graph]
        assert library.get(link).status_code == 200


@pytest.mark.parametrize("text", [SELECT, "\n\nASK {}\n", "SELECT * {}\r\n# é + %20 &amp; <b>"])
def test_the_query_stays_in_the_form(library: FlaskClient, text: str) -> None:
    assert text_area(page(library, text).text) == text


def test_a_post_from_the_form_is_answered_alike(library: FlaskClient) -> None:
    response = library.post("/sparql", data={"query": SELECT, "format": ""}, headers={"Accept": FIREFOX})
    assert "10 rows." in response.text
    response = library.post("/sparql", data={"query": SELECT, "format": "csv"}, headers={"Accept": FIREFOX})
    assert response.mimetype == "text/csv"


def test_a_query_that_is_too_long_for_a_link_says_how_to_download(library: FlaskClient) -> None:
    long = "ASK {} # " + "x" * 10_000
    response = library.post("/sparql", data={"query": long}, headers={"Accept": FIREFOX})
    assert response.status_code == 200
    assert "too long for a link" in response.text
    assert not [link for link in Links(response.text).links if "format=" in link]
    assert text_area(response.text) == long


def test_a_syntax_error_keeps_the_query_and_points_at_the_fault(library: FlaskClient) -> None:
    text = "SELECT *\n{ ?s skos:prefLabel ?o }"
    response = page(library, text)
    assert response.status_code == 400
    assert text_area(response.text) == text
    assert "Line 2, column" in response.text
    assert "skos: is not declared" in response.text
    assert "PREFIX skos: &lt;http://www.w3.org/2004/02/skos/core#&gt;" in response.text
    assert "Accept" in response.headers["Vary"]
    assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("text", "more", "status"),
    [
        ("", "", 400),
        ("SELECT * { SERVICE <http://e/> {} }", "", 403),
        ("DROP ALL", "", 400),
        (SELECT, "&format=ttl", 400),
        (SELECT, "&timeout=x", 400),
        ("ASK {} #" + "{" * 10_000 + "}" * 10_000, "&default-graph-uri=x", 400),
    ],
    ids=["empty", "service", "update", "format", "timeout", "graph"],
)
def test_other_errors_keep_the_query_too(library: FlaskClient, text: str, more: str, status: int) -> None:
    response = page(library, text, more)
    assert response.status_code == status
    assert text_area(response.text) == text
    assert 'role="alert"' in response.text


def test_a_client_that_wants_no_page_gets_a_problem(library: FlaskClient) -> None:
    for accept in ("*/*", "text/csv", "application/json", "text/html;q=0.1, application/json"):
        response = library.get("/sparql?query=SELEKT", headers={"Accept": accept})
        assert response.status_code == 400
        assert response.content_type == "application/problem+json"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """2,500 things with a label, the first with a very long one."""
    lines = [f'<http://e/{number:04}> <{LABEL}> "thing {number}" .' for number in range(2_500)]
    lines[0] = f'<http://e/0000> <{LABEL}> "{"x" * (MAX_TEXT + 1)}" .'
    with served(project_of(tmp_path_factory.mktemp("crowd"), crowd__nt="\n".join(lines))) as client:
        yield client


def test_a_page_is_bounded_and_says_what_it_leaves_out(crowded: FlaskClient) -> None:
    for text, unit in (("SELECT * { ?s ?p ?o }", "rows"), ("CONSTRUCT WHERE { ?s ?p ?o }", "triples")):
        shown = page(crowded, text).text
        assert shown.count("<tr>") == MAX_ROWS + 1
        assert f"There are 2,500 {unit}; the first 1,000 are shown. The downloads have all of them." in shown
    wide = "SELECT * { ?s ?p ?o " + " ".join(f"BIND({n} AS ?v{n})" for n in range(100)) + " }"
    shown = page(crowded, wide).text
    assert "There are 2,500 rows; the first 194 are shown." in shown
    assert shown.count("<tr>") == 194 + 1


def test_a_page_with_just_as_many_rows_as_fit_leaves_out_none(crowded: FlaskClient) -> None:
    shown = page(crowded, f"SELECT * {{ ?s ?p ?o }} LIMIT {MAX_ROWS}").text
    assert f'<p role="status">{MAX_ROWS:,} rows.</p>' in shown
    assert shown.count("<tr>") == MAX_ROWS + 1


def test_a_long_text_is_cut_and_says_so(crowded: FlaskClient) -> None:
    shown = page(crowded, "SELECT ?o { <http://e/0000> ?p ?o }").text
    assert "x" * MAX_TEXT + "…" in shown
    assert "x" * (MAX_TEXT + 1) not in shown
    assert f"cut here: {MAX_TEXT + 1:,} characters in all" in shown


def test_no_rows_and_no_columns_are_shown_as_such(library: FlaskClient) -> None:
    assert "0 rows." in page(library, "SELECT ?s { ?s <http://e/none> ?o }").text
    assert "1 row." in page(library, "SELECT * {}").text
    assert "0 triples." in page(library, "CONSTRUCT WHERE { ?s <http://e/none> ?o }").text
