"""Guarded graphs over HTTP, on a real server: 422 with the report, and dry runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest

from graphsvc.tokens import TokenFile
from tests.conftest import ROOT, running
from tests.web.test_writing import TURTLE, UPDATE, Service

GUARDED = ROOT / "tests" / "projects" / "guarded"
NOTES = "http://example.org/guarded/graph/notes"
HERE = f"/graph-store?graph={quote(NOTES, safe='')}"
PROLOGUE = "PREFIX : <http://example.org/guarded/def#> "
BAD = f"{PROLOGUE}INSERT DATA {{ GRAPH <{NOTES}> {{ <urn:x:new> a :Note }} }}"
GOOD = f"{PROLOGUE}INSERT DATA {{ GRAPH <{NOTES}> {{ <urn:x:new> a :Note ; :text 'Yes' }} }}"
CONFORMS = ox.NamedNode("http://www.w3.org/ns/shacl#conforms")


@pytest.fixture(scope="module", params=["memory:", "disk:"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    file = TokenFile(folder / "tokens.json")
    secrets = {"all": file.new("all", ["write"]), "part": file.new("part", ["write:urn:x:"])}
    store = request.param if request.param == "memory:" else f"disk:{folder / 'store'}"
    with running(GUARDED, GRAPHSVC_TOKENS=str(file.path), GRAPHSVC_STORE=store) as url:
        yield Service(url, secrets)


def epoch(service: Service) -> str | None:
    return service.ask("GET", HERE, Accept="application/n-triples").headers["Graph-Epoch"]


def test_a_write_that_breaks_a_guarded_graph_is_answered_with_422_and_the_report(service: Service) -> None:
    before = epoch(service)
    for answer in (
        service.write("POST", "/update", BAD, UPDATE),
        service.write("POST", HERE, f"{PROLOGUE} <urn:x:new> a :Note .", TURTLE),
    ):
        assert answer.status == 422
        assert str(answer.problem["type"]).endswith("/problems#shapes-violated")
        report = answer.problem["report"]
        assert isinstance(report, dict)
        assert [each["messages"][0]["text"] for each in report["results"]] == [
            "A note has a text: add :text."
        ]
    assert epoch(service) == before


def test_the_report_of_a_refused_write_can_be_had_as_rdf_or_read_on_a_page(service: Service) -> None:
    answer = service.write("POST", "/update", BAD, UPDATE, Accept="text/turtle")
    assert (answer.status, answer.headers["Content-Type"]) == (422, "text/turtle; charset=utf-8")
    found = list(ox.parse(answer.body, ox.RdfFormat.TURTLE))
    assert [quad.object.value for quad in found if quad.predicate == CONFORMS] == ["false"]
    page = service.write("POST", "/update", BAD, UPDATE, Accept="text/html")
    assert page.status == 422
    assert b"A note has a text" in page.body


@pytest.mark.parametrize(
    "preference", ["handling=dry-run", "respond-async, Validate-Only", 'handling="dry-run"']
)
def test_a_dry_run_is_answered_with_the_report_and_changes_nothing(service: Service, preference: str) -> None:
    before = epoch(service)
    for text, passes in ((BAD, b'"passes": false'), (GOOD, b'"passes": true')):
        answer = service.write("POST", "/update", text, UPDATE, Prefer=preference, Accept="application/json")
        assert answer.status == 200
        assert answer.headers["Preference-Applied"] in ("handling=dry-run", "validate-only")
        assert answer.headers["Graph-Epoch"] == before
        assert passes in answer.body
    put = service.write("PUT", HERE, "", TURTLE, Prefer=preference, Accept="text/turtle")
    assert (put.status, put.headers["Content-Type"]) == (200, "text/turtle; charset=utf-8")
    gone = service.write("DELETE", HERE, Prefer=preference)
    assert gone.status == 200
    assert epoch(service) == before


def test_a_dry_run_needs_the_same_rights_and_conditions_as_the_write(service: Service) -> None:
    dry = {"Prefer": "validate-only"}
    assert service.ask("POST", "/update", GOOD, UPDATE, **dry).status == 401
    assert service.ask("POST", "/update", GOOD, UPDATE, "part", **dry).status == 403
    assert service.write("PUT", HERE, "", TURTLE, If_Match='"other"', **dry).status == 412
    assert service.write("POST", "/update", "INSERT", UPDATE, **dry).status == 400
    assert service.write("POST", "/update", GOOD, UPDATE, Accept="image/png", **dry).status == 406


def test_another_preference_is_passed_over(service: Service) -> None:
    answer = service.write("POST", "/update", GOOD, UPDATE, Prefer="return=minimal, handling=strict")
    assert answer.status == 204
    assert answer.headers["Preference-Applied"] is None
    undone = GOOD.replace("INSERT", "DELETE")
    assert service.write("POST", "/update", undone, UPDATE).status == 204
