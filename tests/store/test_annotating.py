"""Reports of guarded graphs, kept in the store: with each write they are what a validation of all would say."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphsvc.annotating import report_name
from graphsvc.errors import BadRequest, Forbidden, ProjectError, ShapesError, ShapesViolated
from graphsvc.formats import CSV, N_TRIPLES
from graphsvc.guarding import Guard, Guards
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store import Store, Write
from graphsvc.store.backup import back_up
from graphsvc.store.changes import Draft, copied
from graphsvc.store.restore import restore
from graphsvc.validation import Document, Severity, validate_stored
from graphsvc.validation.rdf_report import report_quads
from graphsvc.validation.setwise import engine as setwise
from graphsvc.vocab import PREFIXES
from tests.store.adapters import Kept
from tests.validation import random_cases
from tests.validation.test_sameness import loaded

ANNOTATED = Path(__file__).resolve().parent.parent / "projects" / "annotated"
BASE = "http://example.org/annotated"
GARDEN, KINDS = f"{BASE}/graph/garden", f"{BASE}/graph/vocabulary/kinds"
REPORT = f"{BASE}/graph/validation/garden"
PROLOGUE = f"BASE <{BASE}/id/> PREFIX : <{BASE}/def#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
SH = "http://www.w3.org/ns/shacl#"
CASES = int(os.environ.get("FUZZ_CASES", "100"))


def opened(project: Path, store: str = "memory:") -> Store:
    chosen = load(project, {}, store=store)
    return open_store(Project(chosen), chosen)


@pytest.fixture(params=["local", "memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with (
        opened(ANNOTATED)
        if request.param == "local"
        else Kept(
            tmp_path, "memory:" if request.param == "memory" else f"disk:{tmp_path / 'store'}", ANNOTATED
        )
    ) as there:
        yield there


def update(text: str, **fields: object) -> Write:
    return Write("update", f"{PROLOGUE}{text}".encode(), **fields)  # type: ignore[arg-type]


def insert(triples: str, graph: str = GARDEN) -> Write:
    return update(f"INSERT DATA {{ GRAPH <{graph}> {{ {triples} }} }}")


def asked(store: Store, text: str) -> list[str]:
    query = read(f"PREFIX sh: <{SH}> PREFIX dct: <http://purl.org/dc/terms/> {text}")
    return store.query(query, CSV).read().decode().splitlines()[1:]


def found(store: Store, report: str = REPORT) -> list[tuple[str, str]]:
    """The focus node and the path of each result in a report, by their last parts."""
    rows = asked(
        store,
        f"SELECT ?node ?path {{ GRAPH <{report}> {{ <{report}> sh:result ?r . ?r sh:focusNode ?node ; "
        "sh:resultPath ?p BIND (IF (isIRI(?p), STR(?p), '') AS ?path) } }",
    )
    pairs = [row.rsplit(",", 1) for row in rows]
    return sorted((node.rpartition("/")[2], path.rpartition("#")[2]) for node, path in pairs)


def conforms(store: Store, report: str = REPORT) -> list[str]:
    return asked(
        store, f"SELECT ?c {{ GRAPH <{report}> {{ <{report}> a sh:ValidationReport ; sh:conforms ?c }} }}"
    )


AT_THE_START = [("fern", ""), ("fern", "name"), ("oak", "height")]


def test_the_report_is_there_from_the_start_and_says_what_it_is_about(store: Store) -> None:
    assert found(store) == AT_THE_START
    assert conforms(store) == ["false"]
    assert asked(store, f"SELECT ?g {{ <{REPORT}> dct:source ?g }}") == [GARDEN]
    # A shape without a name is the same blank node as in the graph of the shapes.
    shapes = f"GRAPH <{REPORT}> {{ ?r sh:sourceShape ?s }} GRAPH ?shapes {{ ?s sh:path ?p }}"
    assert len(asked(store, f"SELECT DISTINCT ?s {{ {shapes} }}")) == 3


def test_a_write_is_accepted_and_its_report_is_of_the_same_state(store: Store) -> None:
    before = store.graph_epoch(REPORT)
    receipt = store.write(insert("<ivy> a :Plant ; :name 'Ivy' ; :height 'tall' ; :bed <north>"))
    assert (receipt.added, receipt.removed) == (4, 0)
    assert found(store) == sorted([*AT_THE_START, ("ivy", "height")])
    assert store.graph_epoch(REPORT) == store.epoch() == receipt.epoch != before
    mended = store.write(update(f"DELETE DATA {{ GRAPH <{GARDEN}> {{ <ann> :tends <north> }} }}"))
    assert mended.removed == 1
    assert found(store) == sorted([*AT_THE_START, ("ivy", "height"), ("ivy", ""), ("oak", "")])


def test_a_report_without_results_conforms(store: Store) -> None:
    store.write(insert("<ann> :tends <south> . <fern> :name 'Fern'"))
    assert found(store) == [("oak", "height")]
    store.write(update(f"DELETE DATA {{ GRAPH <{GARDEN}> {{ <oak> :height 120 }} }}"))
    store.write(insert("<oak> :height 99"))
    assert (found(store), conforms(store)) == ([], ["true"])


def test_a_write_that_changes_no_result_leaves_the_report_as_it_was(store: Store) -> None:
    before = store.graph_epoch(REPORT)
    receipt = store.write(insert("<ann> :likes <oak>"))
    assert receipt.graphs == (GARDEN,)
    assert store.graph_epoch(REPORT) == before


def test_what_the_ontology_says_changes_the_reports_that_rely_on_it(store: Store) -> None:
    store.write(insert(":Moss rdfs:subClassOf :Plant", KINDS))
    extra = [("moss", ""), ("moss", "height"), ("moss", "name")]
    assert found(store) == sorted([*AT_THE_START, *extra])
    store.write(update(f"DROP GRAPH <{KINDS}>"))
    assert found(store) == AT_THE_START


def test_a_graph_that_comes_or_goes_takes_its_report_with_it(store: Store) -> None:
    other, report = f"{GARDEN}/two", f"{REPORT}/two"
    store.write(Write("put", b"<urn:x:a> a <http://example.org/annotated/def#Plant> .", other, "text/turtle"))
    assert found(store, report) == [("urn:x:a", ""), ("urn:x:a", "height")]
    store.write(Write("delete", graph=other))
    assert conforms(store, report) == []
    store.write(update(f"CREATE GRAPH <{other}>"))
    assert conforms(store, report) == ["true"]
    assert asked(store, f"SELECT ?n {{ <{report}> <http://www.w3.org/2000/01/rdf-schema#comment> ?n }}") == [
        "There are no data."
    ]


@pytest.mark.parametrize(
    "write",
    [
        Write("put", b"", REPORT, "text/turtle"),
        Write("post", b"<urn:x:a> <urn:x:b> 1 .", f"{BASE}/graph/validation/nothing", "text/turtle"),
        Write("delete", graph=REPORT),
        insert("<a> :p 1", REPORT),
        update("DELETE WHERE { GRAPH ?g { ?s ?p ?o } }"),
        update(f"DROP GRAPH <{REPORT}>"),
    ],
)
def test_nobody_writes_into_a_report(write: Write) -> None:
    with opened(ANNOTATED) as store:
        before = store.epoch()
        with pytest.raises(Forbidden, match="validation report of a guarded graph"):
            store.write(write)
        assert (store.epoch(), found(store)) == (before, AT_THE_START)


@pytest.mark.parametrize("what", ["CLEAR ALL", "DROP ALL", "DROP NAMED", "CLEAR NAMED"])
def test_all_graphs_can_be_cleared_and_reports_follow(what: str) -> None:
    with opened(ANNOTATED) as store:
        store.write(update(what))
        assert conforms(store) == (["true"] if what.startswith("CLEAR") else [])


def test_what_shacl_is_not_defined_on_is_refused(store: Store) -> None:
    before = store.epoch()
    with pytest.raises(BadRequest, match="triple terms"):
        store.write(insert("<oak> :said <<( <oak> :height 1 )>>"))
    assert store.epoch() == before


def test_a_guard_that_rejects_goes_on_beside_one_that_annotates(store: Store) -> None:
    strict = f"{GARDEN}/strict"
    before = store.epoch()
    with pytest.raises(ShapesViolated):
        store.write(insert("<oak> a :Plant", strict))
    assert (store.epoch(), conforms(store, f"{REPORT}/strict")) == (before, [])
    store.write(insert("<oak> a :Plant ; :name 'Oak'", strict))
    assert found(store, f"{REPORT}/strict") == [("oak", ""), ("oak", "height")]


def test_a_dry_run_shows_the_report_and_says_that_the_write_would_be_accepted(store: Store) -> None:
    before = store.epoch()
    receipt = store.write(update(f"INSERT DATA {{ GRAPH <{GARDEN}> {{ <ivy> a :Plant }} }}", dry_run=True))
    assert receipt.report is not None
    assert len(receipt.report["results"]) == 3
    assert "The write would not be refused." in receipt.report["notes"]
    assert (store.epoch(), found(store)) == (before, AT_THE_START)


def test_a_store_that_is_started_again_has_its_reports(tmp_path: Path) -> None:
    project = shutil.copytree(ANNOTATED, tmp_path / "project")
    address = f"disk:{tmp_path / 'store'}"
    with Kept(tmp_path, address, project) as kept:
        kept.write(insert("<ivy> a :Plant ; :name 'Ivy' ; :height 1", f"{GARDEN}/two"))
        epoch = kept.epoch()
    with Kept(tmp_path, address, project) as kept:
        assert kept.epoch() == epoch
        assert found(kept) == AT_THE_START
        assert found(kept, f"{REPORT}/two") == [("ivy", "")]
    # What the files say since, also of shapes, is in the reports of the next start.
    names = project / "shapes" / "names.ttl"
    names.write_text(names.read_text().replace("sh:minCount 1", "sh:minCount 2"))
    with Kept(tmp_path, address, project) as kept:
        assert found(kept) == sorted([*AT_THE_START, ("oak", "name")])
        kept.write(insert("<fern> :name 'Fern', 'Bracken'"))
        assert found(kept) == [("fern", ""), ("oak", "height"), ("oak", "name")]
    # Without the guards their reports go.
    (project / "graphsvc.toml").write_text(f'[project]\nbase = "{BASE}"\n')
    with Kept(tmp_path, address, project) as kept:
        assert conforms(kept) == []
        kept.write(insert("<a> :p 1", REPORT))


def test_a_restored_store_has_its_reports(tmp_path: Path) -> None:
    with Kept(tmp_path, f"disk:{tmp_path / 'store'}", ANNOTATED) as kept:
        kept.write(insert("<ivy> a :Plant ; :name 'Ivy'"))
        before = kept.graph(REPORT, N_TRIPLES).read()
    back_up(tmp_path / "store", tmp_path / "saved")
    restore(tmp_path / "saved", tmp_path / "again")
    with Kept(tmp_path, f"disk:{tmp_path / 'again'}", ANNOTATED) as kept:
        assert sorted(kept.graph(REPORT, N_TRIPLES).read().splitlines()) == sorted(before.splitlines())


def test_a_keeper_that_is_lost_comes_back_with_the_same_state(tmp_path: Path) -> None:
    with Kept(tmp_path, "memory:", ANNOTATED) as kept:
        kept.write(insert("<ivy> a :Plant"))
        epoch, there = kept.epoch(), found(kept)
        os.kill(kept.pid, 9)
        kept.restart()
        assert (kept.epoch(), found(kept)) == (epoch, there)


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ('graphs = "*"\naction = "tell"', "one of reject, annotate"),
        ('graphs = "*"\naction = "annotate"\nseverity = "info"', "leave out severity"),
    ],
)
def test_a_guard_that_makes_no_sense_is_refused_at_the_start(tmp_path: Path, guard: str, said: str) -> None:
    project = shutil.copytree(ANNOTATED, tmp_path / "project")
    (project / "graphsvc.toml").write_text(f"[[guard]]\n{guard}\n")
    with pytest.raises(ProjectError, match=said):
        opened(project)


def test_a_file_cannot_be_in_the_place_of_a_report(tmp_path: Path) -> None:
    project = shutil.copytree(ANNOTATED, tmp_path / "project")
    (project / "data" / "validation").mkdir()
    shutil.copy(project / "data" / "garden.ttl", project / "data" / "validation" / "garden.ttl")
    with pytest.raises(ProjectError, match="report of a guarded graph"):
        opened(project)


def test_no_two_graphs_have_the_same_report() -> None:
    names = [
        "",
        "urn:x:a",
        f"{BASE}/graph/",
        f"{BASE}/graph/a",
        f"{BASE}/graph/urn%3Ax%3Aa",
        f"{BASE}/graph/a/b",
        BASE,
    ]
    reports = [report_name(name, BASE) for name in names]
    assert len(set(reports)) == len(names)
    assert reports[:2] == [f"{BASE}/graph/validation/", f"{BASE}/graph/validation/urn%3Ax%3Aa"]


# Any series of writes

G, OTHER, CONTEXT = (f"http://example.org/graph/{name}" for name in ("g", "g2", "context"))
PLACES = st.sampled_from([G, G, G, OTHER, CONTEXT])
CHANGES = st.one_of(
    st.tuples(st.just("add"), PLACES, st.lists(random_cases.triples, min_size=1, max_size=3)),
    st.tuples(st.just("remove"), st.lists(st.integers(0, 40), min_size=1, max_size=3)),
    st.tuples(st.just("drop"), PLACES),
)


def quads(lines: Sequence[str], graph: str) -> list[ox.Quad]:
    text = random_cases.PREFIXES + "\n".join(lines)
    parsed = ox.parse(text, ox.RdfFormat.TURTLE)
    return [ox.Quad(each.subject, each.predicate, each.object, ox.NamedNode(graph)) for each in parsed]


def make(draft: Draft, change: tuple[Any, ...]) -> None:
    match change:
        case ("add", graph, lines):
            draft.add(quads(lines, graph))
        case ("remove", numbers):
            there = sorted((q for q in draft.engine if "/validation/" not in q.graph_name.value), key=str)
            draft.remove([there[number % len(there)] for number in numbers] if there else [])
        case ("drop", graph):
            draft.drop(ox.NamedNode(graph))


def tree(statements: ox.Store, node: Any) -> tuple[Any, ...]:
    """What is said of a result, with the nodes that are its own in full."""
    own = {f"{SH}{name}" for name in ("resultPath", "detail", "alternativePath", "inversePath")}
    own |= {f"{SH}{name}" for name in ("zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")}
    own |= {PREFIXES["rdf"] + name for name in ("first", "rest")}
    return tuple(
        sorted(
            (quad.predicate.value, repr(tree(statements, quad.object)))
            if quad.predicate.value in own and isinstance(quad.object, ox.BlankNode)
            else (quad.predicate.value, str(quad.object))
            for quad in statements.quads_for_pattern(node, None, None, None)
        )
    )


def results(statements: ox.Store) -> Counter[Any]:
    pattern = (None, ox.NamedNode(f"{SH}result"), None, None)
    return Counter(tree(statements, quad.object) for quad in statements.quads_for_pattern(*pattern))


@pytest.mark.fuzz
@pytest.mark.parametrize("few", [0, 20], ids=["many nodes", "few nodes"])
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    random_cases.data,
    random_cases.ontologies,
    random_cases.shapes(),
    st.lists(st.lists(CHANGES, min_size=1, max_size=2), min_size=1, max_size=4),
)
def test_after_any_series_of_writes_a_report_is_what_a_whole_validation_says(
    few: int, data: str, context: str, shapes: str, writes: list[list[tuple[Any, ...]]]
) -> None:
    setwise.FEW, before = few, setwise.FEW
    try:
        _follow(data, context, shapes, writes)
    except (ShapesError, ProjectError):
        return
    finally:
        setwise.FEW = before


def _with_stored_labels(report: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """A report whose blank shapes are labelled as those of the store."""
    for quad in report:
        label = re.fullmatch(r"_:shapes1b(\d+)", str(quad.object))
        value = ox.BlankNode(f"shapes{int(label[1]) - 1}") if label else quad.object
        yield ox.Quad(quad.subject, quad.predicate, value)


def _follow(data: str, context: str, shapes: str, writes: list[list[tuple[Any, ...]]]) -> None:
    known = loaded(shapes)
    document = Document("shapes", shapes.encode(), "ttl")
    guard = Guard(
        f"{G}*", CONTEXT, Severity.VIOLATION, (document,), known, True, "http://example.org/graph/validation/"
    )
    guards = Guards([guard], "http://example.org")
    engine = ox.Store()
    engine.extend([*quads([data], G), *quads([context], CONTEXT)])
    guards.make(Draft(engine))
    for write in writes:
        draft = Draft(engine)
        for change in write:
            make(draft, change)
        guards.follow(draft)
        whole = copied(engine)
        for graph in list(whole.named_graphs()):
            if "/validation/" in str(graph.value):
                whole.remove_graph(graph)
        bare = copied(whole)
        guards.make(Draft(whole))
        assert set(whole) == set(engine)
        assert set(whole.named_graphs()) == set(engine.named_graphs())
        for name in (G, OTHER):
            report = ox.NamedNode(report_name(name, "http://example.org"))
            if not bare.contains_named_graph(ox.NamedNode(name)):
                assert not engine.contains_named_graph(report)
                continue
            expected, kept = ox.Store(), ox.Store()
            told = validate_stored(bare, known, graphs=[ox.NamedNode(name)], ontology=[ox.NamedNode(CONTEXT)])
            expected.extend(_with_stored_labels(report_quads(told)))
            kept.extend(engine.quads_for_pattern(None, None, None, report))
            assert results(kept) == results(expected)
            conforming = ox.NamedNode(f"{SH}conforms")
            assert {q.object for q in kept if q.predicate == conforming} == {
                q.object for q in expected if q.predicate == conforming
            }
