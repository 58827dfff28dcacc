"""The scanners walk the documents of this repository, and odd ones, in step with the parser to the last triple."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.formats import N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, by_suffix
from graphsvc.rdf import Iri, Literal
from graphsvc.rdf.reading import engine_format
from tests.positions.reading import BASE, texts_of, triples_of

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent / "documents"
FOLDERS = [*(ROOT / name for name in ("data", "ontology", "shapes", "tests/projects", "tests/shapes")), HERE]
SCANNED = {".ttl", ".trig", ".nt", ".nq", ".rdf"}
DOCUMENTS = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.suffix in SCANNED)


def test_every_triple_of_a_document_has_a_position() -> None:
    assert len(DOCUMENTS) > 100
    for path in DOCUMENTS:
        syntax = by_suffix(path.name)
        assert syntax is not None
        content = path.read_bytes()
        assert texts_of(content, syntax.name).keys() == set(triples_of(content, syntax.name)), path


def test_every_triple_of_the_outside_vocabularies_has_a_position(shared: Path) -> None:
    paths = [path for path in sorted(shared.rglob("*")) if path.suffix in {".ttl", ".owl"}]
    good = 0
    for path in paths:
        syntax, content = ("rdf" if path.suffix == ".owl" else "ttl"), path.read_bytes()
        try:
            triples = set(triples_of(content, syntax))
        except Exception:  # the W3C's suite has documents that are broken on purpose
            continue
        assert texts_of(content, syntax).keys() == triples, path
        good += 1
    assert good > 100


@pytest.mark.parametrize("syntax", [TURTLE, TRIG, N_TRIPLES, N_QUADS, RDF_XML], ids=lambda each: each.name)
@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.trig")), ids=lambda path: path.name)
def test_data_in_another_syntax_have_positions_too(path: Path, syntax: object) -> None:
    quads = {quad.triple for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TRIG)}
    content = ox.serialize(quads, format=engine_format(syntax))  # type: ignore[arg-type]
    assert content is not None
    assert texts_of(content, syntax.name).keys() == set(triples_of(content, syntax.name))  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", sorted(HERE.iterdir()), ids=lambda path: path.name)
def test_the_words_at_a_position_are_those_of_the_term(path: Path) -> None:
    syntax = path.suffix[1:]
    for triple, texts in texts_of(path.read_bytes(), syntax).items():
        _, predicate, value = triple
        if syntax == "rdf":
            assert texts[1].startswith("<") or "=" in texts[1]
            continue
        if isinstance(value, Literal) and "\\" not in texts[2]:
            assert value.value in texts[2]
            assert value.language in texts[2].lower()
        if predicate.value.startswith("http://e/"):
            local = predicate.value.removeprefix("http://e/")
            assert texts[1] in (f"e:{local}", f"<http://e/{local}>")


def test_a_position_ends_with_the_datatype_or_the_language() -> None:
    content = b'<http://e/a> <http://e/p> "1"^^<http://e/d>, "x"@en , """y""" .'
    assert [texts[2] for texts in texts_of(content, "ttl").values()] == [
        '"1"^^<http://e/d>',
        '"x"@en',
        '"""y"""',
    ]


def test_relative_names_are_resolved_by_the_base_in_force() -> None:
    content = b"<a> <p> <b> .\n@base <http://other/> .\n<a> <p> <b> .\nBASE <y/>\n<../a> <p> <./b> .\n"
    found = texts_of(content, "ttl")
    predicate = Iri("http://other/p")
    assert found[Iri(f"{BASE}a"), Iri(f"{BASE}p"), Iri(f"{BASE}b")] == ("<a>", "<p>", "<b>")
    assert found[Iri("http://other/a"), predicate, Iri("http://other/b")] == ("<a>", "<p>", "<b>")
    last = (Iri("http://other/a"), Iri("http://other/y/p"), Iri("http://other/y/b"))
    assert found[last] == ("<../a>", "<p>", "<./b>")


def test_a_prefix_may_be_declared_again_on_the_way() -> None:
    content = b"PREFIX e: <http://one/>\ne:a e:p e:b .\n@prefix e: <http://two/> .\ne:a e:p e:b .\n"
    assert len(texts_of(content, "ttl")) == 2


def test_the_first_of_two_places_is_the_position() -> None:
    content = b"<http://e/a> <http://e/p> 1 .\n<http://e/a>  <http://e/p>  1 .\n"
    [texts] = texts_of(content, "ttl").values()
    assert texts == ("<http://e/a>", "<http://e/p>", "1")
