"""Charts on pages: accessible, with their numbers, and each project's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served
from page_reading import Page, read_page

from graphsvc.errors import ProjectError
from graphsvc.stored_queries import read_query

HTML = {"Accept": "text/html"}
DATA = """@prefix : <http://example.org/made/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:a :in :x ; :of :p . :b :in :x ; :of :q . :c :in :y ; :of :p .
:x rdfs:label "Ex"@en, "Iks"@pl . :y rdfs:label "<b>Why</b>"@en ."""
COUNT = "SELECT ?in (COUNT(?s) AS ?number) { ?s <http://example.org/made/in> ?in } GROUP BY ?in ORDER BY ?in"


def page(client: FlaskClient, path: str, language: str = "") -> Page:
    answer = client.get(path, headers={**HTML, "Accept-Language": language})
    assert answer.status_code == 200
    return read_page(answer.text)


def project(folder: Path, text: str) -> Path:
    made = project_of(folder, a__ttl=DATA)
    (made / "queries").mkdir()
    (made / "queries" / "count.rq").write_text(f"#+ summary: How many\n{text}")
    return made


def test_the_home_page_shows_stage_type_year_and_oddities(shipped: FlaskClient) -> None:
    found = page(shipped, "/")
    drawn = [svg for svg in found.all("svg") if svg.get("role") == "img"]
    assert [svg["class"] for svg in drawn] == ["bar", "stacked-bar", "column", "bar"]
    identifiers = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    for svg in drawn:
        assert set(svg["aria-labelledby"].split()) <= identifiers
    assert "Misspelt" in found.text
    assert {"/queries/count-instruments-by-year", "/queries/count-instruments-by-year.csv"} <= {
        link["href"] for link in found.all("a")
    }
    assert not [element for element in found.elements if "style" in element[1]]


@pytest.mark.parametrize("path", ["/", "/queries/count"])
def test_a_project_puts_its_own_chart_there(tmp_path: Path, path: str) -> None:
    with served(project(tmp_path, f"#+ chart: bar\n{COUNT}")) as client:
        found = page(client, path, "pl")
        assert "A chart of 2 values: the largest is Iks with 2, the smallest <b>Why</b> with 1." in found.text
        assert not found.all("b")
        assert "/x" in {link["href"] for link in found.all("a")}


def test_a_query_without_the_line_has_no_chart(tmp_path: Path) -> None:
    with served(project(tmp_path, COUNT)) as client:
        assert not page(client, "/").all("svg")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT ?s { ?s ?p ?o }", "at least two columns"),
        ("SELECT ?s ?o { ?s ?p ?o }", "is of numbers"),
        ("SELECT (1 AS ?a) (-1 AS ?b) {}", "no bar can show"),
        ("SELECT * { ?s ?p ?o", "cannot be drawn"),
        ("SELECT ?s ?n { ?s <urn:x:none> ?n }", "nothing to show yet"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(tmp_path: Path, text: str, says: str) -> None:
    with served(project(tmp_path, f"#+ chart: column\n{text}")) as client:
        assert says in page(client, "/").text


@pytest.mark.parametrize("text", [f"#+ chart: pie\n{COUNT}", "#+ chart: bar\nASK {}"])
def test_a_chart_of_another_kind_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.rq"
    path.write_text(f"#+ summary: x\n{text}")
    with pytest.raises(ProjectError, match=r"x\.rq: a chart is one of bar, column, stacked bar"):
        read_query(path)
