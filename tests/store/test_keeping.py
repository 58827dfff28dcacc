"""What is removed from a store in memory is left behind, so that a service may write for years."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from graphsvc.store import Write
from graphsvc.store.changes import copied
from tests.processes import family
from tests.store.adapters import Kept


def test_a_copy_has_every_quad_and_every_empty_graph() -> None:
    engine = ox.Store()
    engine.update(
        "INSERT DATA { <urn:a> <urn:p> 1 . GRAPH <urn:g> { _:b <urn:p> <<( <urn:x> <urn:y> 'z'@en )>> } } ; "
        "CREATE GRAPH <urn:empty>"
    )
    fresh = copied(engine)
    assert set(fresh) == set(engine)
    assert {str(graph) for graph in fresh.named_graphs()} == {"<urn:g>", "<urn:empty>"}


def test_writes_that_remove_what_they_added_take_no_memory_for_good(tmp_path: Path) -> None:
    def memory(store: Kept) -> int:
        return sum(each.memory for each in family(store.pid))

    def churn(store: Kept, name: str) -> None:
        lines = "".join(f"<urn:{name}:{n}> <urn:p> <urn:{name}:o{n}> .\n" for n in range(20_000)).encode()
        store.write(Write("put", lines, graph="urn:churn", syntax="application/n-triples"))
        store.write(Write("delete", graph="urn:churn"))

    with Kept(tmp_path) as store:
        for name in "abcdefgh":
            churn(store, name)
        before = memory(store)
        for name in "ijklmnopqr":
            churn(store, name)
        # Ten rounds of garbage would take some 200 MB.
        assert memory(store) < before + (90 << 20)
        assert store.graph_epoch("http://example.org/library/graph/loans/2020")
        with pytest.raises(Exception, match="no graph"):
            store.graph_epoch("urn:churn")
