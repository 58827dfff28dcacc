"""Why a query is empty: the part at fault, terms that never occur, and what may have been meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient

PREFIXES = """PREFIX dg: <https://w3id.org/eu-dg/def/dg#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX adms: <http://www.w3.org/ns/adms#>
"""
DG = "https://w3id.org/eu-dg/def/dg#"
CASES = json.loads((Path(__file__).parent / "why_empty_cases.json").read_text(encoding="utf-8"))


def ask(client: FlaskClient, text: str) -> dict[str, Any]:
    answer = client.post("/sparql/why-empty", data={"query": PREFIXES + text})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["query"][:40] for case in CASES])
def test_the_part_that_leaves_nothing_is_found(shipped: FlaskClient, case: dict[str, Any]) -> None:
    text, part = case["query"], case["part"]
    found = ask(shipped, text)
    assert found["cause"] == case["cause"]
    assert found["part"] == part
    assert {one["term"]: one["nearest"] for one in found["missing"]} == case["missing"]
    assert found["queries"] <= 24
    if part:
        lines = (PREFIXES + text).split("\n")
        assert "\n".join(lines[found["line"] - 1 :])[found["column"] - 1 :].startswith(part)


def test_a_part_that_matches_by_itself_is_told_from_one_that_does_not(shipped: FlaskClient) -> None:
    apart = ask(shipped, "SELECT * { ?i a dg:Instrument . ?i skos:notation ?n }")
    assert (apart["part"], apart["matches_alone"]) == ("?i skos:notation ?n", True)
    assert apart["matches_before"] == "?i a dg:Instrument"
    assert ask(shipped, "SELECT * { ?i a dg:None }")["matches_alone"] is False


def test_a_long_query_is_halved(shipped: FlaskClient) -> None:
    names = ["year", "theme", "statedType", "documentSeries"]
    before = " . ".join(f"?i dg:{name} ?{name}" for name in names)
    after = " . ".join(f"?t skos:{name} ?{name}" for name in ("prefLabel", "inScheme", "topConceptOf"))
    found = ask(shipped, f"SELECT * {{ {before} . ?i dg:none ?t . {after} }}")
    assert found["part"] == "?i dg:none ?t"
    assert found["matches_before"].count("?i") == len(names)
    assert found["queries"] <= 8


def test_a_query_that_does_not_parse_is_refused_with_its_place(shipped: FlaskClient) -> None:
    for text in ("SELECT * { ?s ?p", "SELECT * { ?s foo:bar ?o }", "SELEKT"):
        answer = shipped.post("/sparql/why-empty", data={"query": text})
        assert answer.status_code == 400
        assert answer.json is not None
        assert answer.json["line"] == 1


def test_who_runs_out_of_time_is_told_so(server: str) -> None:
    heavy = (
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STRLEN(CONCAT(STR(?c), STR(?f), STR(?i))) < 0) }"
    )
    address = f"{server}/sparql/why-empty?{urlencode({'query': heavy, 'timeout': '0.3'})}"
    with urlopen(address) as answer:
        found = json.load(answer)
    assert found["cause"] == "unknown"
    assert "took too long" in found["note"]


def test_an_empty_answer_leads_to_the_page_that_explains_it(shipped: FlaskClient) -> None:
    text = PREFIXES + "SELECT * { ?i dg:year ?y ; a dg:Instrumnt }"
    page = shipped.get("/sparql", query_string={"query": text}, headers={"Accept": "text/html"}).text
    assert "Why is it empty?" in page
    full = shipped.get("/sparql", query_string={"query": "ASK {}"}, headers={"Accept": "text/html"}).text
    assert "why-empty" not in full
    why = shipped.get("/sparql/why-empty", query_string={"query": text}, headers={"Accept": "text/html"}).text
    assert "<mark>a dg:Instrumnt</mark>" in why
    assert f'title="{DG}Instrument"' in why
    assert "on line 4" in why
