"""Parameters of stored queries, the part of the rows that is asked for, and files that change meanwhile."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from graphsvc.errors import ProjectError
from graphsvc.sparql.paging import part
from graphsvc.stored_queries import read_query
from tests.conftest import LIBRARY, application

HTML = {"Accept": "text/html"}
STAGE = "https://w3id.org/eu-dg/id/stage/"
# A value for each parameter of the shipped queries, and the rows that there are then.
ASKED = [
    ("find-instruments-by-stage", f"stage={STAGE}in-force", 5),
    ("find-instruments-by-stage", f"stage={STAGE}negotiation", 5),
    ("find-instruments-by-stage", "stage=", 15),
    ("find-instruments-by-year", "year=2018", 2),
    ("find-instruments-by-year", "year=2021", 5),
    ("find-instruments-by-task", "task=https://w3id.org/eu-dg/id/task/competitiveness-innovation", 1),
    ("find-instruments-by-task", "task=https://w3id.org/eu-dg/id/task/international-meetings", 2),
    ("find-instruments-by-task", "task=https://w3id.org/eu-dg/id/task/ict-services", 0),
]
WITH_PARAMETER = """#+ summary: Labels
#+ description: Things of a name.
#+ parameters:
#+   - name: {name}
{keys}
SELECT ?s ?l {{ ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l }} ORDER BY ?s ?l
"""


def rows(client: FlaskClient, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text)))[1:]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[FlaskClient, Path]]:
    """The application over a copy of the small project, and the folder of its queries."""
    copy = shutil.copytree(LIBRARY, tmp_path / "project")
    (copy / "queries").mkdir(exist_ok=True)
    with application(copy) as client:
        yield client, copy / "queries"


@pytest.mark.parametrize(("name", "given", "number"), ASKED)
def test_a_value_narrows_the_answer(shipped: FlaskClient, name: str, given: str, number: int) -> None:
    assert len(rows(shipped, f"/queries/{name}.csv?{given}")) == number
    page = shipped.get(f"/queries/{name}?{given}", headers=HTML)
    assert page.status_code == 200
    assert page.text.count("<tr><td>") == number


def test_a_form_offers_what_is_allowed_and_shows_what_is_chosen(shipped: FlaskClient) -> None:
    page = shipped.get(f"/queries/find-instruments-by-stage?stage={STAGE}in-force", headers=HTML).text
    assert f'<option value="{STAGE}in-force" selected>Legislation in force</option>' in page
    assert page.count("<option") == 4
    assert f'href="/queries/find-instruments-by-stage.csv?stage={quote(STAGE, safe="")}in-force"' in page


def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(shipped: FlaskClient) -> None:
    answer = shipped.get("/queries/find-instruments-by-stage?stage=in-force")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["type"].endswith("#value-not-allowed")
    assert answer.json["parameter"] == "stage"
    assert answer.json["allowed"] == [STAGE + each for each in ("implementation", "in-force", "negotiation")]
    page = shipped.get("/queries/find-instruments-by-stage?stage=in-force", headers=HTML)
    assert page.status_code == 400
    assert f"<code>{STAGE}negotiation</code>" in page.text


@pytest.mark.parametrize(
    "given", ["colour=red", "stage=a&stage=b", "page=0", "limit=x", "offset=1&page=2", "limit=99999"]
)
def test_a_request_that_makes_no_sense_is_refused(shipped: FlaskClient, given: str) -> None:
    assert shipped.get(f"/queries/find-instruments-by-stage?{given}").status_code == 400


def test_a_value_is_a_term_and_never_a_piece_of_query(project: tuple[FlaskClient, Path]) -> None:
    client, folder = project
    (folder / "named.rq").write_text(
        WITH_PARAMETER.format(name="l", keys="#+     type: literal"), encoding="utf-8"
    )
    for hostile in ('" } UNION { ?s ?p ?o } #', "\\", "é\n}", '"@en'):
        assert rows(client, f"/queries/named.csv?l={quote(hostile)}") == []
    assert len(rows(client, "/queries/named.csv")) == 10


@pytest.mark.parametrize(
    ("keys", "given", "number"),
    [
        ("#+     type: literal\n#+     language: fr", "l=Germinal", 1),
        ("#+     type: literal\n#+     language: fr\n#+     default: Germinal", "", 1),
        ("#+     type: literal\n#+     language: fr\n#+     default: Germinal", "l=", 10),
        ("#+     type: literal\n#+     values: SELECT ?x { ?y rdfs:label ?x }", "l=Germinal", 1),
    ],
)
def test_a_literal_has_the_language_and_the_default_of_its_parameter(
    project: tuple[FlaskClient, Path], keys: str, given: str, number: int
) -> None:
    client, folder = project
    text = WITH_PARAMETER.format(name="l", keys=keys)
    prefix = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\nSELECT"
    (folder / "named.rq").write_text(text.replace("\nSELECT", "\n" + prefix), encoding="utf-8")
    assert len(rows(client, f"/queries/named.csv?{given}")) == number


@pytest.mark.parametrize(
    ("name", "keys", "says"),
    [
        ("x", "#+     type: iri", "no variable \\?x"),
        ("l", "#+     type: colour", ":4: the parameter l has the type iri or literal"),
        ("limit", "#+     type: iri", "cannot be the name"),
        ("l", "#+     colour: red", ":5: a parameter has the keys"),
        ("l", "#+     type: literal\n#+     datatype: xsd:date\n#+     default: noon", "is no date"),
        ("l", "#+     type: iri\n#+     values: ASK {}", "`values` is"),
        ("l", "#+     type: iri\n#+     language: en", "no datatype and no language"),
        ("l", "#+     type: literal\n#+     type: iri", ":6: the key type stands twice"),
        ("l", "#+     type: literal\n#+   - name: l\n#+     type: literal", "stands twice"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_an_error_with_its_line(
    tmp_path: Path, name: str, keys: str, says: str
) -> None:
    path = tmp_path / "odd.rq"
    path.write_text(WITH_PARAMETER.format(name=name, keys=keys), encoding="utf-8")
    with pytest.raises(ProjectError, match=says):
        read_query(path)


def test_an_ill_formed_value_is_refused(project: tuple[FlaskClient, Path]) -> None:
    client, folder = project
    keys = "#+     type: literal\n#+     datatype: xsd:date"
    (folder / "dated.rq").write_text(WITH_PARAMETER.format(name="l", keys=keys), encoding="utf-8")
    answer = client.get("/queries/dated?l=2020-02-30")
    assert answer.status_code == 400
    assert "is no date" in answer.text


def test_values_that_are_too_many_to_list_are_looked_up(
    project: tuple[FlaskClient, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphsvc.stored_queries.parameters.MAX_CHOICES", 3)
    client, folder = project
    keys = (
        "#+     type: literal\n#+     language: fr\n"
        "#+     values: SELECT ?x { ?y <http://www.w3.org/2000/01/rdf-schema#label> ?x } ORDER BY DESC(?x)"
    )
    (folder / "named.rq").write_text(WITH_PARAMETER.format(name="l", keys=keys), encoding="utf-8")
    assert len(rows(client, "/queries/named.csv?l=Germinal")) == 1
    refused = client.get("/queries/named.csv?l=Nobody")
    assert refused.status_code == 400
    assert "and more" in refused.text
    assert '<input id="parameter.l" name="l"' in client.get("/queries/named", headers=HTML).text


def test_rows_come_in_parts_that_make_up_the_whole(shipped: FlaskClient) -> None:
    address = "/queries/find-instruments-by-year.csv"
    whole = rows(shipped, address)
    assert [row for page in (1, 2, 3, 4) for row in rows(shipped, f"{address}?limit=4&page={page}")] == whole
    assert rows(shipped, f"{address}?limit=4&offset=2") == whole[2:6]
    assert rows(shipped, f"{address}?page=2") == []
    answer = shipped.get(f"{address}?limit=4&offset=4")
    assert f'<{address}?limit=4&offset=8>; rel="next"' in answer.headers["Link"]
    assert f'<{address}?limit=4&offset=0>; rel="prev"' in answer.headers["Link"]
    first = shipped.get("/queries/find-instruments-by-year?limit=4", headers=HTML).text
    assert "Rows 1 to 4; there are more." in first
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    last = shipped.get("/queries/find-instruments-by-year?limit=4&page=4", headers=HTML).text
    assert "Rows 13 to 15, the last ones." in last
    assert 'rel="next"' not in last


@pytest.mark.parametrize(
    ("text", "limit", "offset", "expected"),
    [
        ("SELECT * { ?s ?p ?o }", 5, 2, "LIMIT 5 OFFSET 2"),
        ("SELECT * { ?s ?p ?o } LIMIT 10", 5, 8, "LIMIT 2 OFFSET 8"),
        ("SELECT * { ?s ?p ?o } OFFSET 3 LIMIT 10", 5, 2, "LIMIT 5 OFFSET 5"),
        ("SELECT * { ?s ?p ?o } LIMIT 3", 5, 9, "LIMIT 0 OFFSET 9"),
        ("SELECT * { { SELECT * { ?s ?p ?o } LIMIT 3 } }", 5, 0, "LIMIT 3 } }\nLIMIT 5 OFFSET 0"),
    ],
)
def test_a_part_stays_within_what_the_query_allows(text: str, limit: int, offset: int, expected: str) -> None:
    assert " ".join(part(text, limit, offset).split()).endswith(" ".join(expected.split()))


def test_a_part_of_a_query_with_values_behind_it_stays_a_query() -> None:
    text = part("SELECT * { ?s ?p ?o } LIMIT 9 VALUES ?s { <urn:x> }", 2, 1)
    assert " ".join(text.split()) == "SELECT * { ?s ?p ?o } LIMIT 2 OFFSET 1 VALUES ?s { <urn:x> }"


def test_the_answer_is_cached_by_value_and_part(shipped: FlaskClient) -> None:
    address = "/queries/find-instruments-by-year.csv"
    tags = {shipped.get(address + more).headers["ETag"] for more in ("", "?year=2018", "?limit=1", "?page=2")}
    assert len(tags) == 4
    tag = shipped.get(f"{address}?year=2018").headers["ETag"]
    assert shipped.get(f"{address}?year=2018", headers={"If-None-Match": tag}).status_code == 304


def test_a_new_file_counts_at_once_and_a_broken_one_breaks_no_other(
    project: tuple[FlaskClient, Path],
) -> None:
    client, folder = project
    assert client.get("/queries").json == []
    (folder / "public").mkdir(exist_ok=True)
    good, bad = folder / "public" / "good.rq", folder / "bad.rq"
    good.write_text("#+ summary: Good\nASK {}", encoding="utf-8")
    bad.write_text("#+ summary: Bad\nDROP ALL", encoding="utf-8")
    listed = client.get("/queries").json or []
    assert [entry["name"] for entry in listed] == ["bad", "good"]
    assert listed[0]["error"].startswith("queries/bad.rq: This is an update")
    page = client.get("/queries", headers=HTML).text
    assert "queries/bad.rq: This is an update" in page
    assert "<strong>Yes</strong>" in client.get("/queries/good", headers=HTML).text
    assert client.get("/queries/bad").status_code == 500
    good.write_text("#+ summary: Better\nASK { FILTER(false) }", encoding="utf-8")
    os.utime(good, ns=(1, 1))
    assert "<strong>No</strong>" in client.get("/queries/good", headers=HTML).text
    (folder / "good.rq").write_text("#+ summary: Second\nASK {}", encoding="utf-8")
    assert [entry["name"] for entry in client.get("/queries").json or []] == ["bad", "good"]
    assert "another query of this name" in client.get("/queries").text
    good.unlink()
    bad.unlink()
    assert [entry["name"] for entry in client.get("/queries").json or []] == ["good"]
    assert "Second" in client.get("/queries").text
