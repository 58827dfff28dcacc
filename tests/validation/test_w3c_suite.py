"""The W3C SHACL test suite, core and SPARQL, through `check`.

https://w3c.github.io/data-shapes/data-shapes-test-suite/: the results count as a multiset of focus node, path,
value, source shape, component and severity; blank nodes count as equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from graphsvc.errors import RemoteAccessRefused, ShapesError
from graphsvc.rdf import BlankNode, Iri, Term
from graphsvc.validation.job import Engine, check
from graphsvc.validation.path import read_path
from graphsvc.validation.shapes import Shapes
from graphsvc.validation.statements import Document, Statements, read
from graphsvc.vocab import PREFIXES

SUITE = File(__file__).resolve().parents[3] / "shared" / "w3c" / "shacl"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
SH = PREFIXES["sh"]
ALL = 120
# What the set-based engine leaves to pyshacl, and why.
LEFT_TO_PYSHACL: dict[str, str] = {}
# What is refused as broken shapes where the suite has a report, and why.
REFUSED = {
    "core/path/path-strange-002": "a path that is a list and an inverse path at once breaks the syntax rules",
}
# What one engine refuses and the other does not.
REFUSED_BY_PYSHACL = {
    "sparql/pre-binding/shapesGraph-001": "$shapesGraph is optional, and pyshacl does not offer it",
}


def load(file: File) -> Statements:
    return read([Document(file.name, file.read_bytes(), "ttl", file.as_uri())], role="suite")


def manifests(file: File) -> Iterator[File]:
    graph = load(file)
    yield file
    for _, included in graph.pairs(Iri(MF + "include")):
        yield from manifests(File(included.value.removeprefix("file://")))


def entries() -> list[File]:
    """The files of the suite that hold a test: one each."""
    if not SUITE.is_dir():
        return []
    return sorted(file for file in manifests(SUITE / "manifest.ttl") if file.name != "manifest.ttl")


def name(file: File) -> str:
    return str(file.relative_to(SUITE).with_suffix(""))


def one(graph: Statements, subject: Term, predicate: str) -> Term | None:
    return next(iter(graph.objects(subject, Iri(predicate))), None)


def key(term: Term | None) -> str:
    return "" if term is None else "_" if isinstance(term, BlankNode) else term.n3()


def expected_results(graph: Statements, report: Term) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for result in graph.objects(report, Iri(SH + "result")):
        path = one(graph, result, SH + "resultPath")
        found[
            (
                key(one(graph, result, SH + "focusNode")),
                read_path(graph, path).text({}) if path else "",
                key(one(graph, result, SH + "value")),
                key(one(graph, result, SH + "sourceShape")),
                key(one(graph, result, SH + "sourceConstraintComponent")),
                key(one(graph, result, SH + "resultSeverity")),
            )
        ] += 1
    return found


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("file", entries(), ids=name)
def test_a_case_of_the_suite(file: File, engine: Engine) -> None:
    graph = load(file)
    [test] = [
        node for node, kind in graph.pairs(Iri(PREFIXES["rdf"] + "type")) if kind == Iri(SHT + "Validate")
    ]
    action = one(graph, test, MF + "action")
    data, shapes = (
        File(one(graph, action, SHT + part).value.removeprefix("file://"))
        for part in ("dataGraph", "shapesGraph")
    )
    documents = [Document(shapes.name, shapes.read_bytes(), "ttl", shapes.as_uri())]
    result = one(graph, test, MF + "result")
    refused = REFUSED | (REFUSED_BY_PYSHACL if engine is Engine.PYSHACL else {})
    if result == Iri(SHT + "Failure") or name(file) in refused:
        with pytest.raises((ShapesError, RemoteAccessRefused)):
            check(load(data), Shapes.load(documents), engine=engine)
        return
    report = check(load(data), Shapes.load(documents), engine=engine)
    judged_by_pyshacl = engine is Engine.SETWISE and bool(report.judged_by)
    assert judged_by_pyshacl == (engine is Engine.SETWISE and name(file) in LEFT_TO_PYSHACL)
    assert report.conforms == (one(graph, result, SH + "conforms").value == "true")
    found = Counter(
        (
            key(each.focus_node),
            each.path.text({}) if each.path else "",
            key(each.value),
            key(each.source_shape),
            key(each.component),
            key(each.severity),
        )
        for each in report.results
    )
    assert found == expected_results(graph, result)


def test_the_whole_suite_is_run(shared: File) -> None:
    assert len(entries()) == ALL
