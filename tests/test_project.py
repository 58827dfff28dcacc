"""Projects: any folder of four folders is published, and what is wrong with one is said with its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from rdflib import RDFS, Literal, URIRef

import graphsvc
from graphsvc import errors
from graphsvc.errors import DataSyntaxError, ProjectError
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.settings import load
from graphsvc.starting import start_project
from graphsvc.web.problems import status_of
from tests.conftest import LIBRARY, application, running


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graphsvc", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_starter_conforms_to_its_own_shapes_and_is_served(tmp_path: Path) -> None:
    files = start_project(tmp_path / "garden")
    assert {path.parts[0] for path in files} == {"data", "ontology", "shapes", "queries", "graphsvc.toml"}
    assert command("validate", "--project", str(tmp_path / "garden")).returncode == 0
    with application(tmp_path / "garden") as client:
        assert b"Mint" in client.get("/doc/plant/mint.ttl").data
        assert len((client.get("/queries/count-plants").json or {})["results"]["bindings"]) == 2


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ProjectError, match="nothing was written"):
        start_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_broken_file_is_named_with_line_and_column_before_anything_is_served(tmp_path: Path) -> None:
    start_project(tmp_path / "p")
    (tmp_path / "p/data/broken.ttl").write_text("@prefix x: <http://x/> .\nx:a x:b .\n")
    done = command("serve", "--project", str(tmp_path / "p"), "--port", "0")
    assert done.returncode == 1
    assert "data/broken.ttl:2:9:" in done.stderr
    assert "Traceback" not in done.stderr
    settings = load(tmp_path / "p", {})
    with pytest.raises(DataSyntaxError):
        open_store(Project(settings), settings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--project", "nowhere"], "nowhere: no such folder"),
        (["--store", "ftp://x/"], "store is `memory:`, `disk:PATH` or `remote:URL`"),
        (["--base", "urn:x"], "base must be an http"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_served_ends_with_one_sentence(options: list[str], says: str) -> None:
    done = command("serve", "--project", str(LIBRARY), "--port", "0", *options)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_rdf_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="graphsvc new DIR"):
        Project(load(tmp_path, {}))


def test_a_file_of_any_name_has_a_named_graph(tmp_path: Path) -> None:
    start_project(tmp_path / "p")
    (tmp_path / "p/data/a b é.nt").write_text("<http://x/a> <http://x/b> <http://x/c> .\n")
    settings = load(tmp_path / "p", {})
    with open_store(Project(settings), settings) as store:
        graphs = {graph.value for graph in store.engine.named_graphs()}  # type: ignore[union-attr]
    assert "https://example.org/garden/graph/a%20b%20%C3%A9" in graphs


def test_the_version_tells_content_from_content(tmp_path: Path) -> None:
    start_project(tmp_path / "a")
    start_project(tmp_path / "b")
    first, second = (Project(load(tmp_path / name, {})).version for name in "ab")
    assert first == second
    (tmp_path / "b/data/garden.ttl").write_text("")
    assert Project(load(tmp_path / "b", {})).version != first


def test_a_disk_store_is_built_once_and_then_opened(tmp_path: Path) -> None:
    settings = load(LIBRARY, {}, store=f"disk:{tmp_path / 'db'}")
    with open_store(Project(settings), settings) as store:
        first = len(store.engine)
    built = sorted(path.name for path in (tmp_path / "db/generations").iterdir())
    with open_store(Project(settings), settings) as store:
        assert len(store.engine) == first > 30
    assert sorted(path.name for path in (tmp_path / "db/generations").iterdir()) == built
    assert len(built) == 1


def test_a_disk_store_is_served(tmp_path: Path) -> None:
    with (
        running(LIBRARY, "--store", f"disk:{tmp_path / 'db'}") as url,
        urlopen(f"{url}/doc/person/zola.ttl") as answer,
    ):
        assert "Émile Zola" in answer.read().decode()


# rdflib warns of its own use of what it deprecates.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rdflib_code_works_on_the_dataset() -> None:
    dataset = graphsvc.open_dataset(LIBRARY)
    zola = URIRef("http://example.org/library/id/person/zola")
    assert str(dataset.value(zola, RDFS.label)) == "Émile Zola"
    rows = list(dataset.query("SELECT ?p ?l { ?p rdfs:label ?l }", initBindings={"p": zola}))
    assert [str(row.l) for row in rows] == ["Émile Zola"]
    assert "lib:Book" in dataset.graph(URIRef("http://example.org/library/graph/books")).serialize(
        format="turtle"
    )
    dataset.update("INSERT DATA { GRAPH <http://x/g> { <http://x/a> <http://x/b> 1 } }")
    assert (URIRef("http://x/a"), URIRef("http://x/b"), Literal(1)) in dataset


def leaves(kind: type[errors.GraphsvcError]) -> list[type[errors.GraphsvcError]]:
    below = kind.__subclasses__()
    return [leaf for one in below for leaf in leaves(one)] or [kind]


@pytest.mark.parametrize("kind", leaves(errors.GraphsvcError), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_title_of_its_own(kind: type[errors.GraphsvcError]) -> None:
    error = kind.__new__(kind, "x")
    assert 400 <= status_of(error) <= 507
    assert kind.title != errors.GraphsvcError.title
