"""Ontologies, concept schemes and shapes as people read them, over a project where each is as odd as it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from made_projects import project_of, served
from page_reading import Page, read_page

TERMS = Path(__file__).resolve().parent.parent / "projects" / "terms"
BASE = "http://example.org"
ODD = f"/vocabularies?scheme={BASE}/id/scheme/odd"


@pytest.fixture(scope="module")
def garden() -> Iterator[FlaskClient]:
    with served(TERMS) as client:
        yield client


def page(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return read_page(answer.text)


def hrefs(found: Page) -> set[str]:
    return {link["href"] for link in found.all("a") if "href" in link}


def ids(found: Page) -> set[str]:
    return {attributes["id"] for _, attributes in found.elements if "id" in attributes}


@pytest.mark.parametrize(
    "path", ["/ontology", "/garden", "/shapes", ODD, "/vocabularies", "/dataset", "/quality"]
)
def test_the_pages_are_valid(garden: FlaskClient, path: str) -> None:
    found = page(garden, path)
    assert not found.all("script")
    assert "<b>" not in [f"<{name}>" for name, _ in found.elements]


def test_an_ontology_is_explained_where_its_iri_leads(garden: FlaskClient) -> None:
    found = page(garden, "/garden")
    assert found.title == ("en", "Garden ontology")
    assert {"Plant", "Tree", "height", "shades"} <= ids(found)
    assert {"#Plant", "#Tree", "/shapes#http://example.org/rules#Plant"} <= {
        href.replace("%23", "#") for href in hrefs(found)
    }
    text = found.text
    assert "What grows. Weeds too." in text
    assert "A kind of plant" in text
    assert "Kinds of it <b>tree</b>" in text
    assert "Said of plant Values xsd:decimal" in text
    assert "Value of shades" in text
    assert "deprecated" in text
    assert "In the data 2 instances , for example Fern , Oak" in text
    assert "In the data 1 statement, for example of Oak" in text
    assert "In the data not used" in text


def test_its_rdf_is_what_it_was(garden: FlaskClient) -> None:
    answer = garden.get("/garden", headers={"Accept": "text/turtle"})
    assert answer.mimetype == "text/turtle"
    assert "g:Plant" in answer.text
    assert "every statement about it" in page(garden, "/garden").text
    statements = page(garden, f"/describe?iri={BASE}/garden")
    assert (2, "Statements") in statements.headings


def test_all_ontologies_stand_on_one_page_with_the_same_terms(garden: FlaskClient) -> None:
    found = page(garden, "/ontology")
    assert f"{BASE}/garden#Plant" in ids(found)
    assert f"#{BASE}/garden%23Plant" in hrefs(found)
    assert "/garden#Plant" in hrefs(found)


def test_the_class_diagram_has_words_and_links(garden: FlaskClient) -> None:
    found = page(garden, "/garden")
    drawing = next(attributes for name, attributes in found.elements if name == "svg")
    assert drawing["role"] == "group"
    assert drawing["aria-labelledby"] in ids(found)
    assert "plant has height." in found.text
    assert "<b>tree</b> is a kind of plant." in found.text
    assert "<b>tree</b> leads by shades to plant." in found.text, "the ontology says so"
    assert "shed leads by g:holds to <b>tree</b>." in found.text, "a shape demands it"
    assert "plant leads by shades to plant." in found.text, "the data have it"
    assert garden.get("/garden?format=html").data == garden.get("/garden?format=html").data


def test_a_term_says_on_its_own_page_how_it_is_used(garden: FlaskClient) -> None:
    found = page(garden, f"/describe?iri={quote(BASE)}/garden%23Plant")
    assert (2, "As a term") in found.headings
    assert "In the data 2 instances For example Fern Oak Shapes Plant" in found.text
    assert "/garden#Plant" in hrefs(found)
    concept = page(garden, "/doc/c/left.html")
    assert f"/vocabularies?scheme={quote(BASE, safe='')}%2Fid%2Fscheme%2Fodd#{BASE}/id/c/left" in hrefs(
        concept
    )
    assert "As a tree Odd scheme" in concept.text
    assert (2, "As a term") not in page(garden, "/doc/oak.html").headings


def test_a_tree_has_every_concept_once_in_full_and_ends(garden: FlaskClient) -> None:
    found = page(garden, ODD)
    for name in ("top", "second", "left", "right", "both", "round", "back", "lost1", "lost2", "self"):
        assert f"{BASE}/id/c/{name}" in ids(found), name
    text = found.text
    assert "A scheme of 10 concepts" in text
    assert text.count("in full elsewhere") == 3
    assert text.index("Second") < text.index("Top"), "9 comes before 10"
    assert "1 use" in text


def test_a_branch_has_a_page_of_its_own_with_the_way_to_it(garden: FlaskClient) -> None:
    found = page(garden, f"{ODD}&top={BASE}/id/c/both")
    assert found.title == ("en", "Both")
    assert [text for _, text in found.texts if text in ("Odd scheme", "Top", "Left", "Both", "Round")][
        :4
    ] == [
        "Odd scheme",
        "Top",
        "Left",
        "Both",
    ]
    assert f"{BASE}/id/c/round" in ids(found)
    assert f"{BASE}/id/c/second" not in ids(found)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/vocabularies?scheme={BASE}/id/oak", 404),
        (f"{ODD}&top={BASE}/id/oak", 404),
        (f"{ODD}&page=2", 404),
        (f"{ODD}&page=0", 400),
        ("/vocabularies?scheme=no+iri", 400),
        ("/vocabularies?format=ttl", 400),
        ("/shapes?graph=http://example.org/none", 404),
    ],
)
def test_what_is_not_there_is_refused(garden: FlaskClient, path: str, status: int) -> None:
    page(garden, path, status)


def test_a_large_scheme_comes_in_parts(tmp_path: Path) -> None:
    said = ["@prefix skos: <http://www.w3.org/2004/02/skos/core#> ."]
    said += [f"<id/c/{n}> skos:inScheme <id/s> ; skos:prefLabel 'Concept {n}' ." for n in range(1_000)]
    said += [f"<id/c/{n}> skos:broader <id/c/{n % 10}> ." for n in range(500, 1_000)]
    with served(project_of(tmp_path, tree__ttl="\n".join(said))) as client:
        tree = "/vocabularies?scheme=http://example.org/made/id/s"
        first, second = page(client, tree), page(client, f"{tree}&page=2")
        assert "Page 1 of 2" in first.text
        assert "50 below" in first.text
        for found in (first, second):
            assert len([each for each in ids(found) if "/id/c/" in each]) <= 400
        names = {each for found in (first, second) for each in ids(found) if "/id/c/" in each}
        assert len(names) == 500
        below = page(client, f"{tree}&top=http://example.org/made/id/c/7")
        assert len([each for each in ids(below) if "/id/c/" in each]) == 50
        texts = [text for _, text in below.texts if re.fullmatch(r"Concept \d+", text)]
        assert texts[-50:] == [f"Concept {n}" for n in range(507, 1_000, 10)]


def test_shapes_are_told_in_words(garden: FlaskClient) -> None:
    text = re.sub(r"\s+", " ", page(garden, "/shapes").text)
    for words in (
        "Holds for every plant",
        "no properties but those listed and shades",
        "at least one of these an instance of <b>tree</b> not shades : 1 or more",
        "exactly one of these conforms to Small plant height : 0–1 more than 10",
        "all of these at least 1 character at most 20 characters",
        "height exactly 1 of the datatype xsd:decimal at least 0 Warning Measure it.",
        "one of a , b",
        "1 or more of the values: one value is a",
        "matches, with the flags i, ^[A-Z]",
        "in one of the languages en , fr",
        "at most one in each language",
        "nothing that a query finds",
        "No shouting.",
        "none",
        "not in force",
    ):
        assert words in text, words


def test_rules_are_linked_with_terms_and_with_validation(garden: FlaskClient) -> None:
    links = hrefs(page(garden, "/shapes"))
    assert "/garden#height" in links
    asked = next(link for link in links if link.startswith("/validate?") and "Plant" in link)
    report = page(garden, asked)
    assert "Measure it." not in report.text
    assert "No shouting." in report.text


def test_the_shapes_of_one_file_have_a_page_and_rdf(garden: FlaskClient) -> None:
    path = f"/shapes?graph={BASE}/graph/shapes/garden"
    assert "Small plant" in page(garden, path).text
    assert "Plant-height" in garden.get(f"{path}&format=nt").text
    assert f"/shapes?graph={quote(BASE, safe='')}%2Fgraph%2Fshapes%2Fgarden" in hrefs(page(garden, "/shapes"))


def test_the_dataset_says_how_to_cite_it_and_invents_nothing(
    garden: FlaskClient, people: FlaskClient
) -> None:
    found = page(garden, "/dataset")
    version = garden.get("/dataset").headers["Graph-Epoch"]
    cited = f"The {{Garden}} of 100% (2026). Terms & trees. Version {version}. Dataset. {BASE}/dataset"
    assert cited in found.text
    entry = next(text for _, text in found.texts if text.startswith("@misc{"))
    assert r"title = {{Terms \& trees}}" in entry
    assert r"publisher = {The \{Garden\} of 100\%}" in entry
    assert "date = {2026-03-01}" in entry
    assert "author" not in entry
    plain = page(people, "/dataset").text
    assert "it states no publisher; it states no date of issue" in re.sub(r"\s+;", ";", plain)
    assert "publisher =" not in plain
    assert "year =" not in plain


def test_the_dataset_says_how_large_its_files_are_once_they_are_made(garden: FlaskClient) -> None:
    length = int(garden.get("/dataset.nq").headers["Content-Length"])
    assert f"{length / 1000:.1f} kB" in page(garden, "/dataset").text


def test_the_quality_report_counts_results_by_rule_and_what_the_data_note(garden: FlaskClient) -> None:
    found = page(garden, "/quality")
    text = re.sub(r"\s+", " ", found.text)
    assert "violations" in text
    assert "Oddities noted in the data What is odd Times Left 1" in text
    assert "/shapes#http://example.org/rules%23Plant" in hrefs(found)
    full = garden.get("/validate?graph=all&format=json").json
    assert str(full["counts"]["violation"]) in text
    counted = [int(text) for name, text in _cells(garden.get("/quality").text)]
    assert sum(counted) == len(full["results"])
    assert "violations" in page(garden, "/dataset").text


def _cells(html: str) -> list[tuple[str, str]]:
    """Name and number of each row of results."""
    return re.findall(r'aria-label="The report with the (?:\d+) results of ([^"]*)">(\d+)<', html)
