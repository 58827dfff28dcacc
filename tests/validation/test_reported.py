"""One small project with faults in every syntax: its report in every form, and each place looked up in the file.

`python tests/validation/test_reported.py` writes the expected reports anew, to be read before they are kept.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from graphsvc import __version__
from graphsvc.formats import CSV, by_name
from graphsvc.rdf import Iri, Literal
from graphsvc.validation import Document, Report, Result, Severity, ValidationJob, validate
from graphsvc.validation.job import result, run
from graphsvc.validation.json_report import read_json, write_json
from graphsvc.validation.rendering import FILE_FORMATS, render
from graphsvc.validation.wording import excerpt

HERE = Path(__file__).resolve().parent / "reported"
PREFIXES = {
    "act": "http://example.org/act/",
    "ex": "http://example.org/",
    "shape": "http://example.org/shape#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
NAMES = ["text", "json", "csv", "sarif", "junit", "github", "html", "ttl"]


def documents(pattern: str) -> tuple[Document, ...]:
    return tuple(
        Document(path.name, path.read_bytes(), path.suffix[1:]) for path in sorted(HERE.glob(pattern))
    )


def job() -> ValidationJob:
    return ValidationJob(
        documents("data.*"), documents("shapes.*"), documents("ontology.*"), Severity.WARNING, PREFIXES
    )


@pytest.fixture(scope="module")
def report() -> Report:
    return replace(validate(job()), engine="an engine")


def expected_file(name: str) -> Path:
    form = by_name(name, FILE_FORMATS)
    assert form is not None
    return HERE / f"expected{form.suffix}"


def rendered(report: Report, name: str) -> bytes:
    form = by_name(name, FILE_FORMATS)
    assert form is not None
    return render(report, form, PREFIXES).replace(f'"version": "{__version__}"'.encode(), b'"version": "X"')


@pytest.mark.parametrize("name", NAMES)
def test_the_report_in_each_form_is_the_expected_one(report: Report, name: str) -> None:
    assert rendered(report, name).decode() == expected_file(name).read_bytes().decode()


def everything(results: tuple[Result, ...]) -> Iterator[Result]:
    for each in results:
        yield each
        yield from everything(each.details)


def test_each_result_is_on_the_line_that_it_names(report: Report) -> None:
    looked_up = set()
    for each in everything(report.results):
        place = each.location
        assert place is not None
        assert place.line is not None
        assert place.column is not None
        # Universal newlines, as editors have them.
        lines = (HERE / place.document).read_text(encoding="utf-8").split("\n")
        line = lines[place.line - 1]
        assert place.text == line
        meant = each.value if each.value is not None else each.focus_node
        here = line[place.column - 1 :]
        if place.document.endswith((".rdf", ".jsonld")):
            assert each.path is None or each.value is None or each.path.iri.rpartition("/")[2] in here
        elif each.value is None and each.path is not None and each.path.iri.endswith("number"):
            assert here.startswith("2")  # one number too many
        elif each.path is not None and each.path.iri.endswith("noted"):
            assert here.startswith("ex:noted")  # the property that must not be there
        elif isinstance(meant, Literal):
            assert meant.value in here
        elif isinstance(meant, Iri):
            assert here.lstrip("<").startswith(
                (meant.value, meant.value.replace("http://example.org/", "ex:"))
            )
        else:
            assert here.startswith("[")
        looked_up.add(place.document)
    assert looked_up == {path.name for path in HERE.glob("data.*")}


def test_carets_stand_under_what_is_meant(report: Report) -> None:
    marked = set()
    for each in report.results:
        assert each.location is not None
        line, carets = excerpt(each.location)
        marked.add(line[carets.index("^") : len(carets)])
    assert {'"proposl"', '"2021-13-01"^^xsd:date', "ex:comission", "<http://example.org/act/2>"} <= marked


def test_the_report_is_the_same_from_a_worker(report: Report) -> None:
    assert replace(result(run(job().to_bytes())), engine="an engine") == report
    assert read_json(write_json(report, {})) == report


def test_csv_has_a_row_for_each_result(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(rendered(report, "csv").decode(), newline="")))
    assert len(rows) == len(report.results)
    assert rows[0]["severity"] == "violation"
    assert b"\r\n" in rendered(report, "csv")
    assert CSV.media_type == "text/csv"


def test_sarif_has_what_the_standard_requires(report: Report) -> None:
    """https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""
    log = json.loads(rendered(report, "sarif"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "graphsvc"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["helpUri"].startswith("http://example.org/shape#")
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert [each["executionSuccessful"] for each in run["invocations"]] == [True]
    assert len(run["results"]) == len(report.results)
    prints = [each["partialFingerprints"] for each in run["results"]]
    assert len({json.dumps(each) for each in prints}) == len(prints)
    for found in run["results"]:
        assert found["level"] in ("error", "warning", "note")
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
        assert found["message"]["text"]
        [place] = found["locations"]
        region = place["physicalLocation"]["region"]
        assert min(region.values()) >= 1
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert (HERE / place["physicalLocation"]["artifactLocation"]["uri"]).is_file()
        assert place["logicalLocations"][0]["fullyQualifiedName"]


def test_fingerprints_stay_when_lines_move(report: Report) -> None:
    moved = job()
    lower = tuple(
        replace(each, content=b"\n\n" + each.content) if each.syntax in ("ttl", "trig", "nt", "nq") else each
        for each in moved.data
    )
    again = replace(validate(replace(moved, data=lower)), engine="an engine")
    prints = [
        [each["partialFingerprints"] for each in json.loads(rendered(one, "sarif"))["runs"][0]["results"]]
        for one in (report, again)
    ]
    assert prints[0] == prints[1]
    assert [each.location for each in report.results] != [each.location for each in again.results]


def test_junit_has_a_case_for_each_focus_node_and_shape(report: Report) -> None:
    suites = ElementTree.fromstring(rendered(report, "junit"))
    [suite] = suites
    cases = suite.findall("testcase")
    pairs = {(each.source_shape, each.focus_node) for each in report.results}
    assert len(cases) == int(suite.attrib["tests"]) == len(pairs)
    failing = {(each.source_shape, each.focus_node) for each in report.results if report.fails(each)}
    assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"]) == len(failing)
    assert len(failing) < len(pairs)


def test_junit_of_data_that_conform_is_a_case_that_passes() -> None:
    suites = ElementTree.fromstring(rendered(Report((), "an engine"), "junit"))
    assert [case.attrib["name"] for case in suites.iter("testcase")] == ["The data conform."]
    assert suites.find(".//failure") is None


def test_github_annotations_escape_what_would_end_them() -> None:
    found = replace(
        validate(job()).results[0],
        messages=(Literal("100 %: a,b\r\n::error::forged"),),
        location=replace(validate(job()).results[0].location, document="a,b:c%.ttl"),  # type: ignore[type-var]
    )
    text = rendered(Report((found,), "an engine"), "github").decode()
    assert "file=a%2Cb%3Ac%25.ttl," in text
    assert "100 %25: a,b" in text
    assert [line.partition(" ")[0] for line in text.split("\n")[:-2]] == ["::error"]


def test_a_page_has_no_scripts_and_its_data_are_inert() -> None:
    found = replace(validate(job()).results[0], remedy="<script>alert(1)</script>")
    page = rendered(Report((found,), "an engine"), "html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


if __name__ == "__main__":
    fresh = replace(validate(job()), engine="an engine")
    for each in NAMES:
        expected_file(each).write_bytes(rendered(fresh, each))
