"""When columns are made: at a call, and unasked of what is not very much and has not changed for a while."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from graphsvc.columns import tabulating
from graphsvc.columns.tabulating import Tabulator
from graphsvc.store.local import LocalStore


class Placed(LocalStore):
    """A store that says where it is, and stays open."""

    def about(self) -> dict[str, Any]:
        return {"epoch": self.epoch()}

    def close(self) -> None:
        """Nothing: it is opened again."""


@pytest.fixture
def store() -> Placed:
    engine = ox.Store()
    engine.load("<urn:a> <urn:p> 1 , 2 , 3 .", ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("urn:g"))
    return Placed(engine, "one")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as found:
        yield found


def made(folder: Path) -> int:
    """How many files of columns there are."""
    return len([*folder.glob("columns-*")])


def test_whoever_calls_has_them_made_at_once(store: Placed, listener: socket.socket, tmp_path: Path) -> None:
    Tabulator(listener, lambda: store, tmp_path, 100).make(called=True)
    assert made(tmp_path) == 1


def test_unasked_they_are_made_of_a_state_that_lasts(
    store: Placed, listener: socket.socket, tmp_path: Path
) -> None:
    tabulator = Tabulator(listener, lambda: store, tmp_path, 100)
    for epoch, expected in (("one", 0), ("two", 0), ("two", 1), ("three", 1)):
        store.state.epoch = epoch
        tabulator.make(called=False)
        assert made(tmp_path) == expected
    before = [*tmp_path.glob("columns-*")]
    tabulator.make(called=False)
    assert made(tmp_path) == 1
    assert [*tmp_path.glob("columns-*")] != before


def test_unasked_none_are_made_of_what_is_very_much_and_at_a_call_they_are(
    store: Placed, listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulating, "UNASKED", 2)
    tabulator = Tabulator(listener, lambda: store, tmp_path, 100)
    for _ in range(4):
        tabulator.make(called=False)
    assert made(tmp_path) == 0
    tabulator.make(called=True)
    assert made(tmp_path) == 1


def test_what_is_too_much_has_none_at_a_call_either(
    store: Placed, listener: socket.socket, tmp_path: Path
) -> None:
    Tabulator(listener, lambda: store, tmp_path, 2).make(called=True)
    assert made(tmp_path) == 0
