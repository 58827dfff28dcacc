"""Search over HTTP, in process: pages, JSON, paging, facets, hostile text, and searches in queries."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_projects import project_of, served
from page_reading import Page, read_page

HTML = {"Accept": "text/html"}
INSTRUMENT = "https://w3id.org/eu-dg/def/dg#Instrument"
STAGE = "https://w3id.org/eu-dg/id/stage/"


def found(client: FlaskClient, **parameters: str) -> dict:
    answer = client.get("/search?" + urlencode(parameters))
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    return answer.get_json()


def page(client: FlaskClient, **parameters: str) -> Page:
    answer = client.get("/search?" + urlencode(parameters), headers=HTML)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    return read_page(answer.text)


@pytest.mark.parametrize("asked", ["COM(2021) 281", "com/2021/281", "52021PC0281"])
def test_an_instrument_is_found_first_by_its_references(shipped: FlaskClient, asked: str) -> None:
    first = found(shipped, q=asked)["results"][0]
    assert first["iri"] == "https://w3id.org/eu-dg/id/instrument/com-2021-281"
    assert first["url"].endswith("/id/instrument/com-2021-281")
    assert first["label"]["value"].startswith("Amendment of Regulation")
    assert INSTRUMENT in first["classes"]


def test_a_slip_is_mended_and_the_page_says_so(shipped: FlaskClient) -> None:
    answer = found(shipped, q="competitivness")
    assert answer["meant"]["instead"] == {"competitivness": ["competitiveness"]}
    assert answer["results"][0]["label"]["value"].lower() == "competitiveness"
    shown = page(shipped, q="competitivness")
    assert "Did you mean competitiveness ?" in shown.text
    assert "/search?q=competitiveness" in {link["href"] for link in shown.all("a")}


def test_hits_are_marked_and_say_where_they_stand(shipped: FlaskClient) -> None:
    answer = shipped.get("/search?q=digital+technolog", headers=HTML).text
    assert "<mark>Digital</mark>" in answer
    assert "definition" in read_page(answer).text


def test_facets_of_the_shipped_graph_are_stage_type_year_and_theme(shipped: FlaskClient) -> None:
    answer = found(shipped, q="digital", **{"class": INSTRUMENT})
    parameters = {facet["parameter"]: facet for facet in answer["facets"]}
    assert set(parameters) >= {"class", "adms:status", "dg:year", "eli:type_document", "dg:theme"}
    value = parameters["adms:status"]["values"][0]
    narrowed = found(shipped, q="digital", **{"class": INSTRUMENT, "adms:status": value["value"]})
    assert narrowed["total"] == value["count"]
    assert value["value"].startswith(STAGE)
    assert value["label"] in {
        "Legislation in force",
        "Legislation currently being implemented",
        "Legislative proposals in negotiation",
    }


def test_pages_follow_one_another(shipped: FlaskClient) -> None:
    seen, parameters = [], {"q": "the", "size": "30"}
    total = found(shipped, **parameters)["total"]
    number = 1
    while True:
        answer = found(shipped, **parameters, page=str(number))
        seen += [hit["iri"] for hit in answer["results"]]
        if answer["next"] is None:
            break
        number += 1
        assert f"page={number}" in answer["next"]
    assert len(seen) == len(set(seen)) == total > 30
    assert shipped.get(f"/search?q=the&size=30&page={number + 1}").status_code == 404


def test_an_empty_result_says_what_can_be_done(shipped: FlaskClient) -> None:
    shown = page(shipped, q="zzzz qqqq")
    assert "Nothing was found." in shown.text
    assert {"/search?q=zzzz", "/search?q=qqqq", "/sparql"} <= {link["href"] for link in shown.all("a")}


def test_every_page_has_the_search_in_its_header(shipped: FlaskClient) -> None:
    for path in ("/", "/queries", "/sparql", "/validate", "/search", "/id/org/cnect.html", "/nowhere"):
        text = shipped.get(path, headers=HTML, follow_redirects=True).text
        assert '<form class="search" role="search" action="/search">' in text, path


def test_a_browser_learns_how_to_search_here(shipped: FlaskClient) -> None:
    answer = shipped.get("/search/description.xml")
    assert answer.mimetype == "application/opensearchdescription+xml"
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    urls = ElementTree.fromstring(answer.data).findall(f"{space}Url")
    assert [url.get("type") for url in urls] == ["text/html", "application/json"]
    assert all("{searchTerms}" in str(url.get("template")) for url in urls)


@pytest.mark.parametrize(
    "query",
    ["colour=red", "q=a&q=b", "page=0&q=a", "page=x", "size=101", "size=-1", "q=" + "a" * 1001,
     "q=" + "a" * 100_000, "format=ttl", "q=%ff", "class=a&class=b"],
    ids=lambda query: query[:20],
)  # fmt: skip
def test_a_wrong_request_is_refused(shipped: FlaskClient, query: str) -> None:
    answer = shipped.get(f"/search?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.text(max_size=60) | st.text(alphabet="\"*:(){}<>&;'\\-\0 aé", max_size=40))
def test_hostile_text_finds_something_or_nothing(shipped: FlaskClient, asked: str) -> None:
    answer = shipped.get("/search?q=" + quote(asked.encode("utf-8", "replace")), headers=HTML)
    assert answer.status_code == 200
    shown = read_page(answer.text)
    assert not shown.all("script")
    assert "\0" not in answer.text


def test_labels_of_the_data_are_inert(tmp_path: Path) -> None:
    turtle = """<http://example.org/made/id/x> <http://www.w3.org/2000/01/rdf-schema#label>
        "<script>alert(1)</script> needle" ;
        <http://purl.org/dc/terms/description> "<img src=x onerror=1> needle {{ 7*7 }}" ."""
    with served(project_of(tmp_path, a__ttl=turtle)) as client:
        shown = page(client, q="needle img")
        assert not shown.all("script")
        assert not shown.all("img")
        assert "{{ 7*7 }}" in shown.text


def test_the_same_search_is_not_sent_twice(shipped: FlaskClient) -> None:
    first = shipped.get("/search?q=digital")
    assert (
        shipped.get("/search?q=digital", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    )
    other = shipped.get("/search?q=digital+identity").headers["ETag"]
    assert other != first.headers["ETag"]
    assert first.headers["Vary"] == "Accept, Accept-Encoding"


def table(client: FlaskClient, query: str) -> list[list[str]]:
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text)))[1:]


def test_a_query_searches_as_the_page_does(shipped: FlaskClient) -> None:
    page = [hit["iri"] for hit in found(shipped, q="digital", size="100")["results"]]
    rows = table(shipped, 'SELECT ?t ?r { (?t ?r) <urn:x-graphsvc:search> ("digital" 100) } ORDER BY ?r')
    assert [row[0] for row in rows] == page
    assert [row[1] for row in rows] == [str(rank) for rank in range(1, len(page) + 1)]


def test_a_search_joins_with_the_rest_of_a_query(shipped: FlaskClient) -> None:
    query = f"""PREFIX g: <urn:x-graphsvc:>
        SELECT ?t {{ ?t a <{INSTRUMENT}> . ?t g:search "digital identity" . ?t ?p ?o }} GROUP BY ?t"""
    assert table(shipped, query) == [["https://w3id.org/eu-dg/id/instrument/com-2021-281"]]
    both = """SELECT DISTINCT ?t {
        { ?t <urn:x-graphsvc:search> "zzzz" } UNION { ?t <urn:x-graphsvc:search> "PC0281" } }"""
    assert len(table(shipped, both)) == 2
    assert table(shipped, 'SELECT * { ?t <urn:x-graphsvc:search> "\\"; }" }') == []


def test_a_query_with_a_search_is_not_cached(shipped: FlaskClient) -> None:
    answer = shipped.get("/sparql?" + urlencode({"query": 'ASK { ?t <urn:x-graphsvc:search> "digital" }'}))
    assert answer.get_json()["boolean"] is True
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "clause", ['("a" 10001)', '"' + "a" * 1001 + '"', '"a" } { ?t <urn:x-graphsvc:search> ?w']
)
def test_a_search_in_a_query_is_bounded(shipped: FlaskClient, clause: str) -> None:
    answer = shipped.post("/sparql", data={"query": f"SELECT * {{ ?t <urn:x-graphsvc:search> {clause} }}"})
    assert answer.status_code == 400


def test_the_service_description_names_the_property(shipped: FlaskClient) -> None:
    text = shipped.get("/sparql", headers={"Accept": "application/n-triples"}).text
    assert "sparql-service-description#propertyFeature> <urn:x-graphsvc:search> ." in text


def test_a_stored_query_may_search(tmp_path: Path) -> None:
    project = project_of(
        tmp_path, a__ttl='<http://example.org/made/id/x> <http://purl.org/dc/terms/title> "Needle" .'
    )
    (project / "queries").mkdir()
    (project / "queries" / "find.rq").write_text(
        '#+ summary: Find\nSELECT ?t { ?t <urn:x-graphsvc:search> "needle" }'
    )
    with served(project) as client:
        assert client.get("/queries/find.csv").text.split() == ["t", "http://example.org/made/id/x"]
