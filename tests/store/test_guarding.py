"""Guarded graphs on every store of ours: what breaks one is refused, and then nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphsvc.errors import ProjectError, ShapesViolated
from graphsvc.formats import CSV
from graphsvc.loading import open_store, remote_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.sparql import read
from graphsvc.store import Receipt, Store, Write
from graphsvc.validation.packet_report import MAX_REPORT
from tests.store.adapters import Kept

GUARDED = Path(__file__).resolve().parent.parent / "projects" / "guarded"
BASE = "http://example.org/guarded"
NOTES, PEOPLE, TOPICS = f"{BASE}/graph/notes", f"{BASE}/graph/people", f"{BASE}/graph/vocabulary/topics"
PROLOGUE = f"BASE <{BASE}/id/> PREFIX : <{BASE}/def#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "


def opened(project: Path) -> Store:
    settings = load(project, {})
    return open_store(Project(settings), settings)


@pytest.fixture(params=["local", "memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with (
        opened(GUARDED)
        if request.param == "local"
        else Kept(tmp_path, "memory:" if request.param == "memory" else f"disk:{tmp_path / 'store'}", GUARDED)
    ) as there:
        yield there


def update(text: str, **fields: object) -> Write:
    return Write("update", f"{PROLOGUE}{text}".encode(), **fields)  # type: ignore[arg-type]


def insert(triples: str, graph: str = NOTES, **fields: object) -> Write:
    return update(f"INSERT DATA {{ GRAPH <{graph}> {{ {triples} }} }}", **fields)


def count(store: Store) -> int:
    return int(store.query(read("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"), CSV).read().split()[1])


def refused(store: Store, write: Write) -> list[tuple[str, str]]:
    """Focus nodes and severities of the report with which a write is refused."""
    before = store.epoch(), count(store)
    with pytest.raises(ShapesViolated) as caught:
        store.write(write)
    assert (store.epoch(), count(store)) == before
    assert caught.value.report["passes"] is False
    results = caught.value.report["results"]
    return [(each["focusNode"]["value"].rpartition("/")[2], each["severity"]) for each in results]


def test_a_write_that_breaks_a_guarded_graph_is_refused_and_changes_nothing(store: Store) -> None:
    assert refused(store, insert("<new> a :Note")) == [("new", "violation")]
    assert store.write(insert("<new> a :Note ; :text 'Yes'")).added == 2
    assert refused(store, update(f"DELETE WHERE {{ GRAPH <{NOTES}> {{ <new> :text ?x }} }}")) == [
        ("new", "violation")
    ]
    # What was good goes on being good after a refusal: the writer undid what it tried.
    assert store.write(update(f"DELETE WHERE {{ GRAPH <{NOTES}> {{ <new> ?p ?x }} }}")).removed == 2


def test_a_change_at_the_end_of_a_path_is_judged_at_the_node_that_the_path_begins_at(store: Store) -> None:
    assert refused(store, insert("<thing> :label 'Another'")) == [("first", "violation")]


def test_what_was_at_fault_before_hinders_no_change_elsewhere(store: Store) -> None:
    store.write(insert("<first> :note 'more'"))
    assert refused(store, insert("<old> a :Note")) == [("old", "violation")]
    store.write(insert("<old> :text 'mended'"))


def test_graphs_that_no_guard_is_for_take_anything(store: Store) -> None:
    store.write(insert("<new> a :Note", f"{BASE}/graph/other"))
    store.write(update("INSERT DATA { <new> a :Note }"))


def test_each_graph_of_a_pattern_is_guarded_by_itself(store: Store) -> None:
    assert refused(store, insert("<new> a :Note", f"{NOTES}/2026")) == [("new", "violation")]
    store.write(insert("<first> a :Note ; :text 'also here'", f"{NOTES}/2026"))
    put = Write("put", b"<urn:x:a> a <http://example.org/guarded/def#Note> .", f"{NOTES}/2027", "text/turtle")
    assert refused(store, put) == [("urn:x:a", "violation")]


def test_a_guarded_graph_can_be_deleted(store: Store) -> None:
    store.write(Write("delete", graph=NOTES))
    assert count(store) > 0


def test_only_what_is_grave_enough_refuses_a_write(store: Store) -> None:
    store.write(insert("<first> :topic :coffee"))
    assert refused(store, insert("<ann> a :Person", PEOPLE)) == [("ann", "warning")]


def test_what_the_ontology_says_counts_and_so_does_a_change_of_it(store: Store) -> None:
    assert refused(store, insert("<new> a :Memo")) == [("new", "violation")]
    store.write(insert("<new> a :Letter"))
    assert refused(store, insert(":Letter rdfs:subClassOf :Note", TOPICS)) == [("new", "violation")]


def tried(store: Store, write: Write) -> Receipt:
    before = store.epoch(), count(store)
    receipt = store.write(write)
    assert (store.epoch(), count(store)) == before
    assert receipt.epoch == before[0]
    assert receipt.report is not None
    return receipt


def test_a_dry_run_reports_and_changes_nothing(store: Store) -> None:
    bad = tried(store, insert("<new> a :Note", dry_run=True))
    assert bad.report is not None
    assert (bad.added, bad.graphs, bad.report["passes"]) == (1, (NOTES,), False)
    good = tried(store, insert("<new> a :Note ; :text 'Yes' ; :topic :coffee", dry_run=True))
    assert good.report is not None
    assert (good.report["passes"], good.report["counts"]["warning"]) == (True, 1)
    assert f"The write would add 3 triples and remove 0, in <{NOTES}>." in good.report["notes"]
    none = tried(store, insert("<a> :p 1", f"{BASE}/graph/other", dry_run=True))
    assert none.report is not None
    assert "No guarded graph would change." in none.report["notes"]
    assert store.write(insert("<new> a :Note ; :text 'Yes'")).added == 2


def test_a_long_report_is_cut_and_says_so(store: Store) -> None:
    many = " ".join(f"<n{number}> a :Note ." for number in range(2_000))
    with pytest.raises(ShapesViolated, match="2,000 results") as caught:
        store.write(insert(many))
    report = caught.value.report
    assert len(json.dumps(report)) <= MAX_REPORT
    assert report["counts"]["violation"] == 2_000
    told = len(report["results"])
    assert 20 < told < 2_000
    assert f"Of 2,000 results, {told} are told." in report["notes"]


def test_a_result_that_is_too_long_to_be_told_is_counted(store: Store) -> None:
    with pytest.raises(ShapesViolated, match="1 result") as caught:
        store.write(insert(f"<{'n' * 100_000}> a :Note"))
    assert caught.value.report["results"] == []
    assert caught.value.report["passes"] is False


def test_a_store_that_is_started_again_is_guarded_still(tmp_path: Path) -> None:
    address = f"disk:{tmp_path / 'store'}"
    with Kept(tmp_path, address, GUARDED) as kept:
        kept.write(insert("<new> a :Note ; :text 'Yes'"))
    with Kept(tmp_path, address, GUARDED) as kept:
        assert refused(kept, update(f"DELETE WHERE {{ GRAPH <{NOTES}> {{ <new> :text ?x }} }}")) == [
            ("new", "violation")
        ]


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("shapes = 'shapes'", "names the graphs"),
        ("graphs = '*'\nshape = 'x'", "did you mean 'shapes'"),
        ("graphs = 3", "is a text"),
        ("graphs = '*'\nseverity = 'grave'", "violation, warning, info"),
        ("graphs = '*'\nshapes = 'nowhere'", "'nowhere' has none"),
        ("graphs = '*'\nshapes = 'shapes/broken.ttl'", "broken"),
    ],
)
def test_a_guard_that_cannot_be_is_refused_at_the_start(tmp_path: Path, guard: str, said: str) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "broken.ttl").write_text(
        "<urn:x:S> <http://www.w3.org/ns/shacl#targetClass> <urn:x:C> ; <http://www.w3.org/ns/shacl#path> 'no' ."
    )
    (tmp_path / "graphsvc.toml").write_text(f"[[guard]]\n{guard}\n")
    with pytest.raises(ProjectError, match=said):
        opened(tmp_path)


def test_a_remote_store_cannot_be_guarded() -> None:
    settings = load(GUARDED, {}, store="remote:http://127.0.0.1:9/")
    with pytest.raises(ProjectError, match="cannot be guarded"):
        remote_store(settings)
