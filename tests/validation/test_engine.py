"""The engine in its room: what it keeps from the rest of the process, and what it keeps the process from."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pyshacl
import pytest
import rdflib
from pyshacl.constraints.constraint_component import ConstraintComponent

from graphsvc.errors import IncompleteBody, ShapesError, TooLarge
from graphsvc.validation import Document, Report, Severity, ValidationJob, validate
from graphsvc.validation.inflate import gunzip
from graphsvc.validation.job import result, run
from tests.validation.test_cases import CASES, documents, report_on

PREFIXES = """@prefix ex: <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def report(data: str, shapes: str) -> Report:
    return validate(
        ValidationJob(
            (Document("data.ttl", (PREFIXES + data).encode(), "ttl"),),
            (Document("shapes.ttl", (PREFIXES + shapes).encode(), "ttl"),),
        )
    )


def job(name: str) -> ValidationJob:
    [folder] = [folder for folder in CASES if folder.name == name]
    return ValidationJob(
        documents(folder, "data"),
        documents(folder, "shapes"),
        documents(folder, "ontology"),
        Severity.WARNING,
    )


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_packed_job_gives_the_same_report(folder) -> None:  # type: ignore[no-untyped-def]
    packed = job(folder.name).to_bytes()
    assert ValidationJob.from_bytes(packed) == job(folder.name)
    found = result(run(packed))
    assert found.results == report_on(folder).results
    assert found.threshold is Severity.WARNING


def test_the_same_job_gives_the_same_bytes_in_another_process() -> None:
    """Under another hash seed, that is."""
    code = """if True:
        import sys
        from graphsvc.validation.job import run
        sys.stdout.buffer.write(run(sys.stdin.buffer.read()))
    """
    packed = job("severities").to_bytes()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=packed,
            capture_output=True,
            env={"PYTHONHASHSEED": seed},
            check=True,
        )
        assert done.stdout == run(packed)


def test_whoever_else_uses_pyshacl_finds_it_as_it_was() -> None:
    before = dict(vars(ConstraintComponent))
    report("ex:a a ex:T .", "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:nodeKind sh:Literal .")
    with pytest.raises(ShapesError):
        report("", "ex:S a sh:NodeShape ; sh:minCount 'x' .")
    assert dict(vars(ConstraintComponent)) == before
    assert rdflib.NORMALIZE_LITERALS
    assert not logging.getLogger("rdflib.term").disabled
    shapes = rdflib.Graph().parse(
        data=PREFIXES
        + "ex:S a sh:NodeShape ; sh:targetNode ex:n ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    )
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes)
    assert not conforms
    assert "Less than 1 values" in text


def test_validations_at_the_same_time_do_not_disturb_each_other() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(report_on, [folder for folder in CASES for _ in range(3)]))
    assert [each.results for each in found[::3]] == [report_on(folder).results for folder in CASES]


def test_a_constraint_of_one_job_is_not_taken_for_that_of_the_next() -> None:
    for number in range(10):
        shapes = f"""ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:c ] ;
          sh:validator [ a sh:SPARQLAskValidator ; sh:message "is not {number}" ;
            sh:ask "ASK {{ FILTER ($value = {number}) }}" ] .
        ex:S a sh:NodeShape ; sh:targetNode 99 ; ex:c true ."""
        [found] = report("", shapes).results
        assert found.messages[0].value == f"is not {number}"


def test_values_that_python_cannot_hold_are_validated_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    data = f"""ex:a a ex:T ; ex:p "{"9" * 1_000_000}"^^xsd:integer, "-99999999999-01-01"^^xsd:date,
        "1e999999999"^^xsd:double, "1e-999999999"^^xsd:decimal ."""
    shapes = """ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:P, ex:Q .
        ex:P a sh:PropertyShape ; sh:path ex:p ; sh:or ( [ sh:datatype xsd:integer ] [ sh:datatype xsd:date ] ) .
        ex:Q a sh:PropertyShape ; sh:path ex:p ; sh:minInclusive 0 ."""
    start = time.monotonic()
    found = report(data, shapes).results
    assert time.monotonic() - start < 10
    told = [(each.source_shape.value[-1], each.value.value[:4] if each.value else "") for each in found]
    assert sorted(told) == [("P", "1e-9"), ("P", "1e99"), ("Q", "-999"), ("Q", "1e-9")]
    assert capfd.readouterr() == ("", "")


def test_values_without_an_order_get_results() -> None:
    data = "ex:a a ex:T ; ex:p 1, ex:x, [], 'a'@en ; ex:q 2, true, [] ."
    shapes = "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:lessThan ex:q ] ."
    found = report(data, shapes).results
    # 1 is less than 2 alone; each other pair has a result.
    assert len(found) == 4 * 3 - 1


def test_long_lists_and_many_focus_nodes_take_seconds() -> None:
    members = " ".join(map(str, range(3_000)))
    data = "\n".join(f"ex:n{number} a ex:T ; ex:p {number} ." for number in range(3_001))
    shapes = (
        f"ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:in ( {members} ) ] ."
    )
    start = time.monotonic()
    [found] = report(data, shapes).results
    assert time.monotonic() - start < 20
    assert "3,000 in all" in found.messages[0].value


def test_closures_over_a_long_chain_end() -> None:
    data = "\n".join(f"ex:n{number} ex:next ex:n{number + 1} ." for number in range(3_000))
    shapes = """ex:S a sh:PropertyShape ; sh:targetNode ex:n0 ; sh:minCount 3001 ; sh:maxCount 3000 ;
        sh:path ( [ sh:zeroOrMorePath ex:next ] [ sh:zeroOrMorePath ex:next ] ) ."""
    [found] = report(data, shapes).results
    assert found.component.value.endswith("MaxCountConstraintComponent")


def test_blank_nodes_of_two_documents_with_one_label_stay_apart() -> None:
    parts = ("_:a <http://example.org/p> 1 .", "_:a <http://example.org/q> 2 .")
    data = tuple(Document("same.ttl", part.encode(), "ttl") for part in parts)
    shapes = PREFIXES + "ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p, ex:q ; sh:nodeKind sh:IRI ."
    found = validate(ValidationJob(data, (Document("s", shapes.encode(), "ttl"),)))
    assert [each.focus_node.value for each in found.results] == ["data1b1", "data2b1"]


def test_a_shape_of_which_nothing_is_said_is_told() -> None:
    found = report("ex:a a ex:T .", "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:node ex:Misspelt .")
    assert found.conforms
    assert any("<http://example.org/Misspelt>" in note for note in found.notes)


def test_nothing_to_check_is_told() -> None:
    notes = report("", "").notes
    assert [note for note in notes if "no shapes" in note]
    assert [note for note in notes if "no data" in note]


def test_the_web_and_the_command_start_without_rdflib() -> None:
    code = """if True:
        import sys, graphsvc.web, graphsvc.cli, graphsvc.validation
        print("rdflib" in sys.modules, "pyshacl" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_gzip_is_undone_member_by_member_and_never_past_the_limit() -> None:
    import gzip

    packed = gzip.compress(b"ab") + gzip.compress(b"cd")
    assert gunzip(packed, 4, "x") == b"abcd"
    with pytest.raises(TooLarge):
        gunzip(packed, 3, "x")
    for broken in (packed[:-1], packed[:5], b"", b"no gzip", packed + b"tail"):
        with pytest.raises(IncompleteBody):
            gunzip(broken, 100, "x")
