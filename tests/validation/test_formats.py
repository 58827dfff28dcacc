"""Every form of a report says the same, and the same report gives the same bytes."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphsvc.formats import JSON, Kind
from graphsvc.rdf import BlankNode, Iri, Literal
from graphsvc.rdf.reading import engine_format
from graphsvc.validation.json_report import read_json, write_json
from graphsvc.validation.path import Kind as PathKind
from graphsvc.validation.path import Path, read_path
from graphsvc.validation.rdf_report import report_quads
from graphsvc.validation.rendering import REPORT_FORMATS, REPORT_TEXT, render
from graphsvc.validation.report import Report, Result, Severity
from graphsvc.validation.statements import Document, read
from graphsvc.vocab import PREFIXES

SH = PREFIXES["sh"]
RDF_FORMATS = [each for each in REPORT_FORMATS if each.kind in (Kind.GRAPH, Kind.DATASET)]
LANG_STRING = PREFIXES["rdf"] + "langString"

texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufffe\uffff", exclude_categories=["Cc", "Cs"])
)
iris = st.sampled_from("abcde").map(lambda name: Iri(f"http://example.org/{name}"))
blanks = st.integers(1, 3).map(lambda number: BlankNode(f"data1b{number}"))
literals = st.one_of(
    texts.map(Literal),
    texts.map(lambda text: Literal(text, LANG_STRING, "en")),
    texts.map(lambda text: Literal(text, PREFIXES["xsd"] + "integer")),
)
terms = st.one_of(iris, blanks, literals)
predicates = st.sampled_from("pqr").map(lambda name: Path(PathKind.PREDICATE, f"http://example.org/{name}"))


def _wider(inner: st.SearchStrategy[Path]) -> st.SearchStrategy[Path]:
    one = st.sampled_from([kind for kind in PathKind if kind.value[0] in "zoi"])
    many = st.sampled_from([PathKind.SEQUENCE, PathKind.ALTERNATIVE])
    return st.one_of(
        st.builds(lambda kind, part: Path(kind, parts=(part,)), one, inner),
        st.builds(
            lambda kind, parts: Path(kind, parts=tuple(parts)), many, st.lists(inner, min_size=2, max_size=3)
        ),
    )


paths = st.recursive(predicates, _wider, max_leaves=6)
results = st.builds(
    Result,
    focus_node=terms,
    severity=st.sampled_from(["Violation", "Warning", "Info", "Own"]).map(lambda name: Iri(SH + name)),
    component=iris,
    source_shape=st.one_of(iris, st.just(BlankNode("shapes1b1"))),
    path=st.none() | paths,
    value=st.none() | terms,
    messages=st.lists(literals, max_size=2, unique=True).map(tuple),
    within=st.none() | iris,
)
nested = st.builds(
    lambda result, details: Result(**{**vars(result), "details": tuple(sorted(details, key=Result.key))}),
    results,
    st.lists(results, max_size=2),
)
reports = st.builds(
    lambda found, threshold, judged_by: Report(
        tuple(sorted(found, key=Result.key)), "an engine", ("a note",), threshold, judged_by
    ),
    st.lists(nested, max_size=4),
    st.sampled_from(Severity),
    st.dictionaries(st.just("another engine"), st.lists(st.one_of(iris, blanks), min_size=1).map(tuple)),
)


@settings(max_examples=60, deadline=None)
@given(reports)
def test_the_rdf_forms_of_a_report_are_the_same_graph(report: Report) -> None:
    wanted = ox.Dataset(report_quads(report))
    wanted.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    for form in RDF_FORMATS:
        found = ox.Dataset(ox.parse(render(report, form, PREFIXES), engine_format(form)))
        found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        assert found == wanted, form.name


@settings(max_examples=60, deadline=None)
@given(reports)
def test_json_read_back_is_the_same_report(report: Report) -> None:
    assert read_json(write_json(report, PREFIXES)) == report


@settings(max_examples=60, deadline=None)
@given(reports)
def test_all_forms_tell_the_same_verdict_and_number(report: Report) -> None:
    content = json.loads(render(report, JSON, {}))
    assert content["conforms"] == report.conforms
    assert sum(content["counts"].values()) == len(report.results)
    quads = list(report_quads(report))
    assert sum(quad.predicate.value == SH + "result" for quad in quads) == len(report.results)
    text = render(report, REPORT_TEXT, {}).decode()
    lines = [line for line in text.split("\n") if line.startswith(("violation: ", "warning: ", "info: "))]
    assert len(lines) == len(report.results)
    assert ("The data conform." in text) == report.conforms


@settings(max_examples=60, deadline=None)
@given(paths)
def test_a_path_written_as_rdf_reads_as_the_same_path(path: Path) -> None:
    result = Result(Iri("http://e/f"), Iri(SH + "Violation"), Iri("http://e/c"), Iri("http://e/s"), path)
    [nt] = [form for form in REPORT_FORMATS if form.name == "nt"]
    graph = read([Document("report", render(Report((result,), ""), nt, {}), "nt")], role="r")
    [(_, node)] = graph.pairs(Iri(SH + "resultPath"))
    assert read_path(graph, node) == path


@settings(max_examples=60, deadline=None)
@given(paths)
def test_the_text_of_a_path_is_one_that_sparql_reads(path: Path) -> None:
    ox.Store().query(f"SELECT * {{ ?s {path.text({})} ?o }}")
    ox.Store().query(
        f"PREFIX ex: <http://example.org/> SELECT * {{ ?s {path.text({'ex': 'http://example.org/'})} ?o }}"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            Path(
                PathKind.INVERSE,
                parts=(Path(PathKind.ZERO_OR_MORE, parts=(Path(PathKind.PREDICATE, "http://e/p"),)),),
            ),
            "^<http://e/p>*",
        ),
        (
            Path(
                PathKind.ZERO_OR_MORE,
                parts=(Path(PathKind.INVERSE, parts=(Path(PathKind.PREDICATE, "http://e/p"),)),),
            ),
            "(^<http://e/p>)*",
        ),
    ],
)
def test_a_path_is_bracketed_where_it_must_be(path: Path, text: str) -> None:
    assert path.text({}) == text


def _with(*severities: str, threshold: str = "info") -> Report:
    return Report(
        tuple(
            Result(Iri("http://e/f"), Iri(SH + name), Iri("http://e/c"), Iri("http://e/s"))
            for name in severities
        ),
        "",
        threshold=Severity.named(threshold),
    )


@pytest.mark.parametrize(
    ("severities", "threshold", "passes"),
    [
        ([], "info", True),
        (["Info"], "info", False),
        (["Info"], "warning", True),
        (["Warning"], "warning", False),
        (["Warning", "Info"], "violation", True),
        (["Violation"], "violation", False),
        (["OfItsOwn"], "violation", False),
    ],
)
def test_the_threshold_decides_what_passes_and_never_what_conforms(
    severities: list[str], threshold: str, passes: bool
) -> None:
    report = _with(*severities, threshold=threshold)
    assert report.passes == passes
    assert report.conforms == (not severities)
