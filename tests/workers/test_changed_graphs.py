"""What is told of the graphs that changed: never that one is as it was which may not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.workers.changed_graphs import ALL, CHANGES, GRAPHS, ChangedGraphs, Unchanged, digest


def digests(*graphs: str) -> frozenset[str]:
    return frozenset(map(digest, graphs))


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "keeper")


def test_a_graph_is_unchanged_between_states_as_long_as_nothing_was_written_to_it(address: str) -> None:
    board, unchanged = ChangedGraphs(address, "e0"), Unchanged(address)
    board.add("e1", ["urn:a"])
    board.add("e2", ["urn:b", ""])
    assert unchanged.between("e0", "e1", digests("urn:b"))
    assert not unchanged.between("e0", "e1", digests("urn:a", "urn:b"))
    assert unchanged.between("e1", "e2", digests("urn:a"))
    assert not unchanged.between("e0", "e2", digests("urn:a"))
    assert not unchanged.between("e1", "e2", digests(""))
    # Nothing is told of the way back, nor of states that there were not.
    assert not unchanged.between("e2", "e1", digests("urn:c"))
    assert not unchanged.between("e9", "e2", digests("urn:c"))
    assert not unchanged.between("e0", "e9", digests("urn:c"))


def test_what_depends_on_no_graph_lasts_from_any_state_to_each_that_there_is(address: str) -> None:
    board, unchanged = ChangedGraphs(address, "e0"), Unchanged(address)
    board.add("e1", None)
    assert unchanged.between("before", "e1", frozenset())
    assert not unchanged.between("e0", "e9", frozenset())


@pytest.mark.parametrize("graphs", [None, [], [f"urn:{number}" for number in range(GRAPHS + 1)]])
def test_a_change_of_which_little_is_known_may_have_been_to_any_graph(
    address: str, graphs: list[str] | None
) -> None:
    board, unchanged = ChangedGraphs(address, "e0"), Unchanged(address)
    board.add("e1", graphs)
    board.add("e2", ["urn:a"])
    assert not unchanged.between("e0", "e2", digests("urn:other"))
    assert unchanged.between("e1", "e2", digests("urn:other"))


def test_the_board_has_bounds_and_forgets_the_oldest_changes_first(address: str) -> None:
    board, unchanged = ChangedGraphs(address, "e0"), Unchanged(address)
    for number in range(1, 3 * CHANGES):
        board.add(f"e{number}", [f"urn:{number}:{one}" for one in range(GRAPHS)])
    last = f"e{3 * CHANGES - 1}"
    assert Path(f"{address}.changed").stat().st_size < 40 * ALL + 20 * CHANGES
    assert unchanged.between(f"e{3 * CHANGES - 1 - ALL // GRAPHS + 1}", last, digests("urn:a"))
    assert not unchanged.between("e0", last, digests("urn:a"))


def test_nothing_is_unchanged_where_there_is_no_board_or_half_of_one(address: str) -> None:
    assert not Unchanged(address).between("e0", "e0", frozenset())
    ChangedGraphs(address, "e0").add("e1", ["urn:a"])
    path = Path(f"{address}.changed")
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert not Unchanged(address).between("e1", "e1", frozenset())
    path.write_bytes(content)
    assert Unchanged(address).between("e1", "e1", frozenset())


@given(st.lists(st.sets(st.integers(0, 6), max_size=3), min_size=1, max_size=20), st.data())
def test_whatever_was_changed_is_never_told_to_be_unchanged(
    tmp_path_factory: pytest.TempPathFactory, changes: list[set[int]], data: st.DataObject
) -> None:
    address = str(tmp_path_factory.mktemp("board") / "keeper")
    board, unchanged = ChangedGraphs(address, "e0"), Unchanged(address)
    for number, graphs in enumerate(changes, start=1):
        board.add(f"e{number}", [f"urn:{graph}" for graph in graphs])
        start = data.draw(st.integers(0, number))
        asked = data.draw(st.sets(st.integers(0, 6), min_size=1))
        told = unchanged.between(f"e{start}", f"e{number}", digests(*(f"urn:{graph}" for graph in asked)))
        passed = changes[start:number]
        assert told == all(graphs and graphs.isdisjoint(asked) for graphs in passed)
