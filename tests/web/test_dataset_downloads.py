"""The whole dataset as one file: all of it, the same bytes for the same data."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from made_projects import LIBRARY, project_of, served

from graphsvc.formats import GRAPH_FORMATS, Format, Kind
from graphsvc.loading import open_store
from graphsvc.project import Project
from graphsvc.rdf import read_document
from graphsvc.settings import load

EACH = pytest.mark.parametrize("syntax", GRAPH_FORMATS, ids=lambda f: f.name)


def original(project: Path = LIBRARY, *, merged: bool = False) -> ox.Dataset:
    """The data of a project's files, read without the service."""
    quads = Project(load(project, {})).quads()
    return canonical(ox.Quad(*quad.triple) if merged else quad for quad in quads)


def canonical(quads: object) -> ox.Dataset:
    dataset = ox.Dataset(quads)  # type: ignore[arg-type]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


@EACH
def test_a_file_holds_the_whole_dataset(library: FlaskClient, syntax: Format) -> None:
    response = library.get(f"/dataset{syntax.suffix}")
    assert response.status_code == 200
    assert response.content_type == syntax.content_type
    assert response.headers["Content-Length"] == str(len(response.data))
    merged = syntax.kind is Kind.GRAPH
    assert canonical(read_document(response.data, syntax)) == original(merged=merged)


@EACH
def test_a_packed_file_is_the_plain_one_packed(library: FlaskClient, syntax: Format) -> None:
    response = library.get(f"/dataset{syntax.suffix}.gz")
    assert response.content_type == "application/gzip"
    assert "Content-Encoding" not in response.headers
    assert gzip.decompress(response.data) == library.get(f"/dataset{syntax.suffix}").data
    assert response.data[4:8] == b"\0\0\0\0", "a time in the file would make each one different"
    assert not response.data[3] & 8, "no file name in it"


@EACH
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_the_same_data_give_the_same_bytes(syntax: Format, packed: str) -> None:
    with served(LIBRARY) as one, served(LIBRARY) as other:
        path = f"/dataset{syntax.suffix}{packed}"
        first = one.get(path)
        assert first.data == one.get(path).data == other.get(path).data
        assert first.headers["ETag"] == other.get(path).headers["ETag"]


@EACH
def test_a_file_has_a_name_and_a_tag_of_its_own(library: FlaskClient, syntax: Format) -> None:
    plain, packed = (library.get(f"/dataset{syntax.suffix}{ending}") for ending in ("", ".gz"))
    assert plain.headers["Content-Disposition"] == f'attachment; filename="library{syntax.suffix}"'
    assert packed.headers["Content-Disposition"] == f'attachment; filename="library{syntax.suffix}.gz"'
    assert plain.headers["ETag"] != packed.headers["ETag"]
    again = library.get(f"/dataset{syntax.suffix}", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == plain.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("https://w3id.org/eu-dg", "eu-dg.nq"),
        ("http://example.org", "example.org.nq"),
        ("http://e/a%22b", "a-22b.nq"),
    ],
)
def test_a_file_is_named_after_the_base(base: str, name: str) -> None:
    with served(LIBRARY, base=base) as client:
        response = client.head("/dataset.nq")
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_a_part_of_a_file_can_be_had(library: FlaskClient) -> None:
    whole = library.get("/dataset.nq")
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = library.get("/dataset.nq", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.data == whole.data[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.data)}"
    tail = library.get("/dataset.nq", headers={"Range": "bytes=-10", "If-Range": whole.headers["ETag"]})
    assert tail.data == whole.data[-10:]
    other = library.get("/dataset.nq", headers={"Range": "bytes=-10", "If-Range": '"other"'})
    assert (other.status_code, other.data) == (200, whole.data)
    assert library.get("/dataset.nq", headers={"Range": "bytes=999999-"}).status_code == 416


@pytest.mark.parametrize("path", ["/dataset.exe", "/dataset.ttl.zip", "/dataset.gz", "/dataset.html"])
def test_another_ending_is_not_there(library: FlaskClient, path: str) -> None:
    response = library.get(path)
    assert response.status_code == 404
    assert response.json is not None
    assert "dataset.ttl, dataset.jsonld" in response.json["detail"]


@pytest.fixture(scope="module")
def in_store(root: Path) -> list[ox.Quad]:
    """The shipped graph as the engine holds it, which has one datatype for all integers."""
    settings = load(root, {})
    with open_store(Project(settings), settings) as store:
        return list(store.engine)


@EACH
def test_the_shipped_graph_comes_back_as_the_store_holds_it(
    shipped: FlaskClient, in_store: list[ox.Quad], syntax: Format
) -> None:
    merged = syntax.kind is Kind.GRAPH
    expected = canonical(ox.Quad(*quad.triple) if merged else quad for quad in in_store)
    found = canonical(read_document(shipped.get(f"/dataset{syntax.suffix}").data, syntax))
    assert found == expected
    assert len(found) > 1_000


def test_more_data_than_is_sorted_is_still_whole_and_the_same_each_time(tmp_path: Path) -> None:
    lines = [f'<http://e/{n % 997}> <http://e/p{n % 7}> "{n}" .' for n in range(25_000)]
    project = project_of(tmp_path, a__nt="\n".join(lines), b__nt="\n".join(lines[:10]))
    found: dict[str, set[bytes]] = {}
    for _ in range(2):
        with served(project) as client:
            for syntax in GRAPH_FORMATS:
                body = client.get(f"/dataset{syntax.suffix}").data
                found.setdefault(syntax.name, set()).add(body)
                expected = 25_000 if syntax.kind is Kind.GRAPH else 25_010
                assert len(set(map(str, read_document(body, syntax)))) == expected
    assert {len(bodies) for bodies in found.values()} == {1}


def test_a_file_is_written_once_for_each_state_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphsvc.web import dataset

    written: list[str] = []
    write = dataset.dump

    def noting(*arguments: object, **options: object) -> object:
        written.append(str(arguments[2]))
        return write(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(dataset, "dump", noting)
    with served(LIBRARY) as client:
        for _ in range(3):
            assert client.get("/dataset.nq").status_code == 200
        assert len(written) == 1
        tag = client.get("/dataset.nq").headers["ETag"]
    with served(LIBRARY) as client:
        assert client.get("/dataset.nq", headers={"If-None-Match": tag}).status_code == 304
        assert len(written) == 1
