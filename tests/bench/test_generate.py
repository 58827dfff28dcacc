"""The graphs that the benchmark makes are graphs of the shipped model."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox

from bench.generate import BASE, documents, write_folder
from tests.commands import graphsvc

INSTRUMENTS = 1_000


def test_a_generated_graph_is_valid_by_the_shipped_shapes(tmp_path: Path, root: Path) -> None:
    write_folder(tmp_path / "data", INSTRUMENTS)
    files = sorted((tmp_path / "data").glob("*.ttl"))
    done = graphsvc("validate", *files, "--project", root, "--severity", "info")
    assert done.status == 0, done.said


def test_a_fault_in_a_generated_graph_is_found(tmp_path: Path, root: Path) -> None:
    (tmp_path / "faulty.ttl").write_bytes(b"".join(documents(INSTRUMENTS, faulty=0.01)))
    assert graphsvc("validate", tmp_path / "faulty.ttl", "--project", root).status == 1


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    assert list(documents(50)) == list(documents(50))
    assert list(documents(50)) != list(documents(50, seed=2))


def test_few_organisations_have_most_of_the_instruments(tmp_path: Path) -> None:
    write_folder(tmp_path, INSTRUMENTS)
    store = ox.Store()
    for path in sorted(tmp_path.glob("*.ttl")):
        store.bulk_load(path=path, format=ox.RdfFormat.TURTLE)
    agent = ox.NamedNode("http://data.europa.eu/eli/ontology#responsibility_of_agent")
    counts = [
        sum(1 for _ in store.quads_for_pattern(None, agent, ox.NamedNode(f"{BASE}id/org/org-{rank}"), None))
        for rank in (0, 4, 19, 59)
    ]
    assert all(more > less for more, less in pairwise(counts))
    assert sum(1 for _ in store.quads_for_pattern(None, agent, None, None)) == INSTRUMENTS
