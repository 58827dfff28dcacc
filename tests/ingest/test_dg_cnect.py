"""The shipped graph is what the source page says: no more, no less."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.ingest import ingest
from graphsvc.vocab import PREFIXES

BASE = "https://w3id.org/eu-dg"
HERE = Path(__file__).parent
NAMESPACES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
NAMESPACES += f"PREFIX dg: <{BASE}/def/dg#>\nBASE <{BASE}/>\n"
with (HERE / "dg-cnect-rows.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))


@pytest.fixture(scope="module")
def store(root: Path) -> ox.Store:
    found = ox.Store()
    found.load((root / "data" / "dg-cnect.trig").read_bytes(), ox.RdfFormat.TRIG)
    return found


def rows(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    found = store.query(NAMESPACES + query, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple("" if term is None else term.value for term in row) for row in found]


def test_what_is_committed_is_what_the_command_writes(root: Path, shared: Path, tmp_path: Path) -> None:
    page = shared / "source" / "dg-cnect-page.txt"
    written = ingest(page, tmp_path, base=BASE, themes=root / "ontology" / "themes.ttl")
    assert written.read_bytes() == (root / "data" / "dg-cnect.trig").read_bytes()


def test_the_source_is_known_by_its_checksum(store: ox.Store, shared: Path) -> None:
    digest = hashlib.sha256((shared / "source" / "dg-cnect-page.txt").read_bytes()).hexdigest()
    assert rows(store, "SELECT ?d ?n { ?s schema:sha256 ?d ; dcat:byteSize ?n }") == [(digest, "5026")]


@pytest.mark.parametrize("row", ROWS, ids=[row["instrument"] for row in ROWS])
def test_a_row_of_the_page_is_an_instrument(store: ox.Store, row: dict[str, str]) -> None:
    found = rows(
        store,
        f"""SELECT ?stage ?date ?type ?reference ?celex ?certainty ?kind {{
            BIND(<id/instrument/{row["instrument"]}> AS ?i) ?i a dg:Instrument ; adms:status ?stage ;
            eli:date_document|dct:date ?date .
            OPTIONAL {{ ?i dg:statedType ?type ; dct:identifier ?reference }}
            OPTIONAL {{ ?i adms:identifier ?x . ?x skos:notation ?celex ; dg:derivationCertainty ?certainty }}
            OPTIONAL {{ ?i eli:type_document ?kind }} }}""",
    )
    assert len(found) == 1
    stage, date, type_, reference, celex, certainty, kind = found[0]
    assert stage == f"{BASE}/id/stage/{row['stage']}"
    assert (date, type_, reference) == (row["date"], row["type"], row["reference"])
    assert (celex, certainty) == (row["celex"], row["certainty"])
    assert kind.rpartition("/")[2] == row["document type"]


def test_there_are_no_other_instruments(store: ox.Store) -> None:
    found = {iri.rpartition("/")[2] for (iri,) in rows(store, "SELECT ?i { ?i a dg:Instrument }")}
    assert found == {row["instrument"] for row in ROWS}


def test_nothing_is_said_to_be_in_force_but_by_its_stage(store: ox.Store) -> None:
    assert rows(store, "SELECT ?s { ?s eli:in_force|eli:amends|eli:passed_by ?o }") == []


def test_the_graph_has_no_blank_nodes(store: ox.Store) -> None:
    assert not [q for q in store if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)]


def test_every_issue_rule_and_theme_that_is_used_is_described(store: ox.Store, root: Path) -> None:
    described = set()
    for path in (root / "ontology").glob("*.ttl"):
        described |= {
            quad.subject for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=f"{BASE}/")
        }
    used = {
        quad.object
        for quad in store
        if isinstance(quad.object, ox.NamedNode)
        and quad.object.value.startswith(
            tuple(f"{BASE}/id/{kind}/" for kind in ("issue", "rule", "theme", "stage"))
        )
    }
    assert len(used) > 30
    assert used - described == set()


def test_every_rule_that_is_described_is_used(store: ox.Store, root: Path) -> None:
    rules = ox.parse(path=str(root / "ontology/rules.ttl"), format=ox.RdfFormat.TURTLE, base_iri=f"{BASE}/")
    described = {
        q.subject.value
        for q in rules
        if isinstance(q.subject, ox.NamedNode) and "/id/rule/" in q.subject.value
    }
    assert {iri for (iri,) in rows(store, "SELECT DISTINCT ?r { ?s dg:derivedByRule ?r }")} == described
