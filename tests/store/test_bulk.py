"""Large files loaded into a store on disk: all or nothing, whatever stops it, and on from where it was."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.errors import DataSyntaxError, ProjectError
from graphsvc.formats import CSV, DATA_FORMATS, Format, by_suffix
from graphsvc.loading import load_documents, open_store
from graphsvc.project import Project
from graphsvc.rdf.filling import lines_apart, may_have_blank_nodes
from graphsvc.settings import Settings, load
from graphsvc.sparql import read
from graphsvc.store import Write, bulk, parts
from graphsvc.store.backup import back_up
from graphsvc.store.bulk import Loaded
from graphsvc.store.disk import Lock
from graphsvc.store.restore import restore
from tests.commands import graphsvc
from tests.conftest import LIBRARY, ROOT
from tests.store.adapters import Kept
from tests.store.loading_process import GRAPH

LINES = 4_000
KINDS = {
    "documents.nt": b"<urn:a> <urn:p> <urn:b> .\n",
    "documents.nt.gz": gzip.compress(b"<urn:a> <urn:p> <urn:b> .\n"),
    "documents.ttl": b"<urn:a> <urn:p> <urn:b> .",
    "documents.ttl.gz": gzip.compress(b"@prefix : <urn:> . :a :p :b ."),
    "documents.nq": b"<urn:a> <urn:p> <urn:b> <urn:x:loaded> .",
    "documents.trig": b"<urn:x:loaded> { <urn:a> <urn:p> <urn:b> }",
    "documents.jsonld": b'{"@id": "urn:a", "urn:p": {"@id": "urn:b"}}',
    "documents.rdf": b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:x:">
        <rdf:Description rdf:about="urn:a"><u:p rdf:resource="urn:b"/></rdf:Description></rdf:RDF>""",
}


def settings_of(store: Path, project: Path = LIBRARY) -> Settings:
    return load(project, {}, store=f"disk:{store}")


def loaded(store: Path, *files: Path, graph: str | None = GRAPH, project: Path = LIBRARY) -> Loaded:
    settings = settings_of(store, project)
    return load_documents(Project(settings), settings, files, graph, lambda _: None)


def rows(store: Path, where: str, project: Path = LIBRARY) -> int:
    settings = settings_of(store, project)
    with open_store(Project(settings), settings) as opened:
        answer = opened.query(read(f"SELECT (COUNT(*) AS ?n) WHERE {{ {where} }}"), CSV).read()
    return int(answer.split()[1])


def in_graph(store: Path) -> int:
    return rows(store, f"GRAPH <{GRAPH}> {{ ?s ?p ?o }}")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """N-Triples in which each blank node is spoken of in the first half and in the second."""
    path = tmp_path / "lines.nt"
    half = [f"_:n{number} <urn:x:first> <urn:x:{number}> .\n" for number in range(LINES // 2)]
    half += [f"_:n{number} <urn:x:second> <urn:x:{number}> .\n" for number in range(LINES // 2)]
    path.write_text("".join(half), encoding="ascii")
    return path


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PIECE", 10_000)
    monkeypatch.setattr(parts, "PART", 10_000)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_each_kind_is_loaded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(KINDS[name])
    before = loaded(tmp_path / "db", path)
    assert before.added == 1
    assert in_graph(tmp_path / "db") == 1
    again = loaded(tmp_path / "db", path)
    assert (again.added, again.number) == (0, 2)


def test_the_project_and_what_was_there_stay(tmp_path: Path, lines: Path) -> None:
    empty = tmp_path / "empty"
    before = rows(empty, "?s ?p ?o")
    assert before > 0
    loaded(tmp_path / "db", lines)
    other = tmp_path / "other.ttl"
    other.write_text("<urn:a> <urn:b> 1 .")
    loaded(tmp_path / "db", other, graph="urn:x:other")
    assert rows(tmp_path / "db", "?s ?p ?o") == before + LINES + 1


@pytest.mark.usefixtures("small_parts")
def test_a_blank_node_is_one_in_all_parts_of_a_document(tmp_path: Path, lines: Path) -> None:
    loaded(tmp_path / "db", lines)
    assert rows(tmp_path / "db", "?b <urn:x:first> ?n ; <urn:x:second> ?n") == LINES // 2


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_same_files_lead_to_the_same_state(tmp_path: Path, lines: Path, packed: bool) -> None:
    if packed:
        path = lines.with_suffix(".nt.gz")
        path.write_bytes(gzip.compress(lines.read_bytes()))
    else:
        path = lines
    first, second = loaded(tmp_path / "one", path), loaded(tmp_path / "two", path)
    assert first == second
    assert dump(tmp_path / "one") == dump(tmp_path / "two")
    assert in_graph(tmp_path / "one") == LINES


def dump(store: Path) -> set[ox.Quad]:
    settings = settings_of(store)
    with open_store(Project(settings), settings) as opened:
        return set(opened.engine)


STEPS = ("part", "keep", "note", "journal", "commit")


@pytest.mark.parametrize("step", STEPS)
def test_a_load_that_is_killed_is_never_seen_by_half_and_goes_on(
    tmp_path: Path, lines: Path, step: str
) -> None:
    store, whole = tmp_path / "db", tmp_path / "whole"
    before = rows(store, "?s ?p ?o")
    assert process(store, step, lines).returncode == -signal.SIGKILL
    if step == "commit":
        # The journal has it, so it is done.
        assert in_graph(store) == LINES
        return
    assert rows(store, "?s ?p ?o") == before
    done = process(store, "", lines)
    told = process(whole, "", lines)
    assert done.returncode == told.returncode == 0, done.stderr
    assert done.stdout.split()[:4] == told.stdout.split()[:4]
    assert 0 < int(done.stdout.split()[4]) < lines.stat().st_size
    assert dump(store) == dump(whole)
    assert not (store / ".graphsvc-load").exists()


def process(store: Path, step: str, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.store.loading_process", store, "10000", step, *files]
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_packed_files_that_are_loaded_side_by_side_are_not_taken_for_one_another(tmp_path: Path) -> None:
    files = [tmp_path / name / "a.ttl.gz" for name in ("one", "two", "three")]
    for number, path in enumerate(files):
        path.parent.mkdir()
        path.write_bytes(gzip.compress(f"<urn:a> <urn:p> {number} .".encode()))
    assert loaded(tmp_path / "db", *files).added == len(files)


@pytest.mark.usefixtures("small_parts")
def test_the_way_in_which_a_document_is_cut_is_no_part_of_the_state(
    tmp_path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = loaded(tmp_path / "several", lines)
    monkeypatch.setattr(parts, "PART", 1 << 20)
    assert loaded(tmp_path / "one", lines).epoch == several.epoch
    assert dump(tmp_path / "one") == dump(tmp_path / "several")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_who_waits_hears_of_more_and_more_until_all_is_done(
    tmp_path: Path, lines: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines.with_suffix(".nt.gz") if packed else lines
    if packed:
        path.write_bytes(gzip.compress(lines.read_bytes()))
    # Always, and not five times a second.
    monkeypatch.setattr(bulk, "_LOOK", 0)
    heard: list[int] = []
    settings = settings_of(tmp_path / "db")
    load_documents(Project(settings), settings, [path], GRAPH, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == path.stat().st_size


def test_it_is_known_how_far_the_engine_is_within_a_part(tmp_path: Path, lines: Path) -> None:
    syntax = by_suffix(lines.name, DATA_FORMATS)
    assert syntax is not None
    source = parts.Source(lines, syntax, GRAPH)
    (part,) = parts.parts(source, 0, tmp_path, source.size)
    quads = parts.quads_of_lines(part, part.bytes())
    assert parts.position(part) == 0
    next(quads)
    first = parts.position(part)
    assert 0 < first < source.size
    assert len(list(quads)) == LINES - 1
    assert parts.position(part) == source.size


@pytest.mark.usefixtures("small_parts")
def test_a_store_that_is_optimized_has_the_same_in_fewer_files(tmp_path: Path, lines: Path) -> None:
    files = []
    for name, flags in (("plain", ()), ("optimized", ("--optimize",))):
        done = graphsvc(
            "load", lines, "--project", LIBRARY, "--store", tmp_path / name, "--graph", GRAPH, *flags
        )
        assert done.status == 0, done.complained
        files.append(len(list((tmp_path / name / "generations").rglob("*.sst"))))
    assert files[1] < files[0]
    assert dump(tmp_path / "plain") == dump(tmp_path / "optimized")


NEAR = [
    (b"<urn:a> <urn:p> <urn:b> .\n", b""),
    (b"", b"_:a <urn:p> <urn:b> .\n"),
    (b"", b"<urn:a> <urn:p> _:b ."),
    (b"<urn:a> <urn:p> <urn:b> .\n", b"_:a <urn:p> _:b .\r\n<urn:a> <urn:p> _:b .\n"),
    (b"# no label\n\n", b"<urn:a> <urn:p> <<( _:s <urn:p> 1 )>> .\n"),
]


@pytest.mark.parametrize(("without", "within"), NEAR)
def test_lines_with_blank_nodes_are_told_apart(without: bytes, within: bytes) -> None:
    assert lines_apart(without + within) == (without, within)
    between = without + within + without if within.endswith(b"\n") else without + within
    assert lines_apart(between) == (between.replace(within, b"") if within else between, within)


@pytest.mark.usefixtures("small_parts")
def test_few_blank_nodes_among_many_lines_stay_one_in_all_parts(tmp_path: Path) -> None:
    path = tmp_path / "few.nt"
    plain = "".join(f"<urn:a> <urn:p> <urn:x:{number}> .\n" for number in range(1_000))
    path.write_text(
        f"_:b <urn:first> 1 .\n{plain}_:b <urn:second> _:c .\n{plain}_:c <urn:third> 1 .\n".replace(
            " 1 .", ' "1" .'
        )
    )
    assert loaded(tmp_path / "db", path).added == 1_003
    assert rows(tmp_path / "db", "?b <urn:first> ?n ; <urn:second> ?c . ?c <urn:third> ?n") == 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("fault", ["_:b <urn:p> .", "_:b <urn:p> <urn:b> . .", "<urn:a> <urn:p> <urn b> ."])
def test_a_fault_beside_blank_nodes_is_told_with_its_line(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "few.nt"
    plain = "_:b <urn:p> <urn:b> .\n" + "<urn:a> <urn:p> <urn:b> .\n" * 1_000
    path.write_text(f"{plain}{fault}\n{plain}")
    with pytest.raises(DataSyntaxError) as caught:
        loaded(tmp_path / "db", path)
    assert (caught.value.line, caught.value.source) == (1_002, "few.nt")
    assert caught.value.column


@pytest.mark.parametrize("change", ["file", "state"])
def test_a_stopped_load_of_something_else_begins_anew(tmp_path: Path, lines: Path, change: str) -> None:
    assert in_graph(tmp_path / "db") == 0
    assert process(tmp_path / "db", "journal", lines).returncode == -signal.SIGKILL
    expected = LINES
    if change == "file":
        lines.write_text("<urn:a> <urn:b> <urn:c> .\n" * 3)
        expected = 1
    else:
        other = tmp_path / "other.ttl"
        other.write_text("<urn:a> <urn:b> 1 .")
        assert process(tmp_path / "db", "", other).returncode == 0
        expected += 1
    done = process(tmp_path / "db", "", lines)
    assert done.stdout.split()[4] == "0"
    assert in_graph(tmp_path / "db") == expected


@pytest.mark.usefixtures("small_parts")
def test_a_fault_in_a_late_part_is_told_with_its_line_and_changes_nothing(
    tmp_path: Path, lines: Path
) -> None:
    before = rows(tmp_path / "db", "?s ?p ?o")
    with open(lines, "a", encoding="ascii") as file:
        file.write("<urn:a> <urn:b> .\n")
    with pytest.raises(DataSyntaxError) as caught:
        loaded(tmp_path / "db", lines)
    assert (caught.value.line, caught.value.source) == (LINES + 1, "lines.nt")
    assert rows(tmp_path / "db", "?s ?p ?o") == before


@pytest.mark.parametrize("name", ["broken.ttl", "broken.nt", "broken.ttl.gz"])
def test_a_file_that_does_not_parse_changes_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = b"<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b <urn:c> .\n"
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    before = rows(tmp_path / "db", "?s ?p ?o")
    with pytest.raises(DataSyntaxError) as caught:
        loaded(tmp_path / "db", path)
    assert caught.value.line == 2
    assert rows(tmp_path / "db", "?s ?p ?o") == before


def test_what_is_no_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.nt.gz"
    path.write_bytes(gzip.compress(b"<urn:a> <urn:b> <urn:c> .\n" * 1000)[:-12])
    with pytest.raises(DataSyntaxError):
        loaded(tmp_path / "db", path)
    assert in_graph(tmp_path / "db") == 0


@pytest.mark.parametrize(
    ("graph", "name"),
    [("http://example.org/library/graph/system/writes", "a.ttl"), (None, "a.unknown"), (None, "gone.ttl")],
)
def test_what_cannot_be_loaded_is_refused(tmp_path: Path, graph: str | None, name: str) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 1 .")
    (tmp_path / "a.unknown").write_text("<urn:a> <urn:b> 1 .")
    settings = settings_of(tmp_path / "db")
    chosen = f"{settings.system_graphs}writes" if graph else None
    with pytest.raises(ProjectError):
        load_documents(Project(settings), settings, [tmp_path / name], chosen, lambda _: None)


def test_a_guarded_graph_is_not_loaded(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "shapes").mkdir()
    (project / "shapes" / "s.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> a sh:NodeShape ; sh:targetClass <urn:C> ; "
        "sh:property [ sh:path <urn:p> ; sh:minCount 1 ] ."
    )
    (project / "graphsvc.toml").write_text(
        '[project]\nbase = "http://example.org"\n[[guard]]\ngraphs = "urn:x:guarded*"\nshapes = "shapes"\n'
    )
    data = tmp_path / "a.nq"
    data.write_text("<urn:a> <urn:p> <urn:b> <urn:x:guarded/1> .\n")
    with pytest.raises(ProjectError, match="guarded"):
        loaded(tmp_path / "db", data, graph=None, project=project)
    assert rows(tmp_path / "db", "GRAPH <urn:x:guarded/1> { ?s ?p ?o }", project) == 0


def test_a_store_that_a_service_has_is_left_alone(tmp_path: Path, lines: Path) -> None:
    lock = Lock.take(tmp_path / "db")
    assert lock is not None
    with lock, pytest.raises(ProjectError, match="stop it first"):
        loaded(tmp_path / "db", lines)


def test_a_service_goes_on_from_what_was_loaded(tmp_path: Path, lines: Path) -> None:
    done = loaded(tmp_path / "db", lines)
    with Kept(tmp_path, f"disk:{tmp_path / 'db'}") as store:
        assert store.epoch() == done.epoch
        receipt = store.write(Write("update", b"INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:n> 1 } }"))
    assert in_graph(tmp_path / "db") == LINES
    with Kept(tmp_path, f"disk:{tmp_path / 'db'}") as store:
        assert store.epoch() == receipt.epoch


def test_what_was_loaded_outlives_a_change_of_the_projects_files(tmp_path: Path, lines: Path) -> None:
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "data" / "a.ttl").write_text("<urn:a> <urn:b> 1 .")
    loaded(tmp_path / "db", lines, project=project)
    (project / "data" / "a.ttl").write_text("<urn:a> <urn:b> 2, 3 .")
    assert rows(tmp_path / "db", "<urn:a> <urn:b> ?o", project) == 2
    assert rows(tmp_path / "db", f"GRAPH <{GRAPH}> {{ ?s ?p ?o }}", project) == LINES


def test_what_was_loaded_is_backed_up_and_restored(tmp_path: Path, lines: Path) -> None:
    loaded(tmp_path / "db", lines)
    back_up(tmp_path / "db", tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "other")
    assert in_graph(tmp_path / "other") == LINES


def test_the_command_says_what_it_did(tmp_path: Path, lines: Path) -> None:
    done = graphsvc("load", lines, "--project", LIBRARY, "--store", tmp_path / "db", "--graph", GRAPH)
    assert done.status == 0, done.complained
    assert done.said.startswith(f"{LINES:,} triples were added")
    refused = graphsvc("load", lines, "--project", LIBRARY)
    assert refused.status == 1
    assert "--store disk:PATH" in refused.complained


def documents() -> Iterator[tuple[Path, Format]]:
    for path in sorted((ROOT / "tests").rglob("*")):
        syntax = by_suffix(path.name, DATA_FORMATS)
        inside = not {"node_modules", "frontend"} & set(path.parts)
        if (
            inside
            and path.is_file()
            and syntax is not None
            and path.suffix in (".ttl", ".trig", ".nt", ".nq")
        ):
            yield path, syntax


def test_no_blank_node_of_any_document_here_is_overlooked() -> None:
    without = 0
    for path, syntax in documents():
        try:
            quads = list(ox.parse(path.read_bytes(), path=None, format=engine(syntax), base_iri="urn:x:"))
        except (SyntaxError, ValueError):
            continue
        blank = any(
            isinstance(term, ox.BlankNode)
            for quad in quads
            for term in (quad.subject, quad.object, quad.graph_name)
        )
        found = may_have_blank_nodes(path.read_bytes(), syntax)
        assert found or not blank, path
        without += not found
    assert without > 5


def engine(syntax: Format) -> ox.RdfFormat:
    found = ox.RdfFormat.from_media_type(syntax.media_type)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        b"_:a <urn:p> <urn:b> .",
        b"<urn:a> <urn:p> [] .",
        b"<urn:a> <urn:p> ( 1 ) .",
        b'<urn:a> <urn:p> "[" , _:b .',
        b'<urn:a> <urn:p> """ " _:x "" """ , [ <urn:q> 1 ] .',
        b"<urn:a> <urn:p> 'it' , '''a ' b''' , _:b .",
        b"<urn:a> <urn:p> <urn:b> {| <urn:q> 1 |} .",
        b"<urn:a> <urn:p> <urn:b> ~ .",
        b"<< <urn:a> <urn:p> <urn:b> >> <urn:q> 1 .",
        b"# <urn:a\n<urn:a> <urn:p> _:b .",
    ],
)
def test_a_blank_node_in_turtle_is_seen(text: bytes) -> None:
    syntax = by_suffix("a.ttl", DATA_FORMATS)
    assert syntax is not None
    assert may_have_blank_nodes(text, syntax)


@pytest.mark.parametrize(
    "text",
    [
        b'<urn:a> <urn:p> "com(2020)1 [x] _:b \\" (" .',
        b'<urn:a> <urn:p> """a "quoted" [] text""" .',
        b"# [ ( _:b\n<urn:(a)> <urn:_:p> 'x[' .",
        b"@prefix a_b: <urn:x#> . a_b:c_d a_b:e 1.5e3 .",
    ],
)
def test_what_only_looks_like_one_is_not(text: bytes) -> None:
    syntax = by_suffix("a.ttl", DATA_FORMATS)
    assert syntax is not None
    assert not may_have_blank_nodes(text, syntax)
    assert list(ox.parse(text, ox.RdfFormat.TURTLE))
