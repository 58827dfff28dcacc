"""What results say is to be done: a sentence for each component, and no searching without end."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from graphsvc.validation import Document, Report, ValidationJob, validate
from graphsvc.validation.closeness import MAX_SEARCHES, Closeness
from graphsvc.validation.remedy import _REMEDIES
from graphsvc.validation.sentences import _SENTENCES
from graphsvc.vocab import PREFIXES

CASES = tomllib.loads((Path(__file__).parent / "remedies.toml").read_text(encoding="utf-8"))["case"]
NAMES = {name: PREFIXES[name] for name in ("rdf", "rdfs", "sh", "xsd")} | {"ex": "http://example.org/"}
HEAD = "".join(f"@prefix {name}: <{space}> .\n" for name, space in NAMES.items())


def report_on(case: dict[str, Any]) -> Report:
    target = "ex:S a sh:NodeShape ; sh:targetNode ex:a ; "
    shape = f"sh:property [ sh:path ex:p ; {case['shape']} ]" if "shape" in case else case["node"]
    other = "ex:Other a sh:NodeShape ; sh:nodeKind sh:IRI ."
    return validate(
        ValidationJob(
            (Document("data", f"{HEAD}{case['data']}".encode(), "ttl"),),
            (Document("shapes", f"{HEAD}{target}{shape} . {other}".encode(), "ttl"),),
            prefixes=NAMES,
        )
    )


@pytest.mark.parametrize("case", CASES, ids=[case.get("shape", case.get("node")) for case in CASES])
def test_a_result_says_what_to_do(case: dict[str, Any]) -> None:
    assert sorted(each.remedy or "" for each in report_on(case).results) == sorted(case["remedies"])


def test_every_component_of_the_core_has_a_remedy() -> None:
    assert set(_SENTENCES) - set(_REMEDIES) == {"SPARQL"}


def test_the_cases_have_every_component() -> None:
    seen = {result.component.value for case in CASES for result in report_on(case).results}
    names = {each.removeprefix(PREFIXES["sh"]).removesuffix("ConstraintComponent") for each in seen}
    assert set(_SENTENCES) - names == {"And", "Xone"}  # they differ from Or in one word


def test_nearness_is_looked_for_no_more_than_allowed() -> None:
    closeness = Closeness()
    assert closeness.nearest("proposl", ["act", "Proposal"]) == "Proposal"
    assert closeness.nearest("x" * 10_000, ["x" * 10_000]) is None
    for number in range(MAX_SEARCHES):
        closeness.nearest(str(number), ["a"])
    assert closeness.exhausted
    assert closeness.nearest("proposl", ["act", "Proposal"]) == "Proposal"
    assert closeness.nearest("ac", ["act", "Proposal"]) is None


def test_a_number_of_many_digits_is_no_count() -> None:
    case = {"shape": f"sh:minCount {'9' * 30}", "data": "ex:a ex:p 1 ."}
    assert [each.remedy for each in report_on(case).results] == ["Add at least one more ex:p."]
