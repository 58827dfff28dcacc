"""The feed of changes over HTTP, and its entries: chained, bounded, and true to the store."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from graphsvc.errors import StoreError
from graphsvc.feed.primary import check_chain
from graphsvc.store.entries import read_entries
from graphsvc.store.snapshot import load
from tests.feed.nodes import Node

CHANGES = (
    "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 'line\\nTC .\\n' , [ <urn:q> _:b ] } }",
    "CREATE GRAPH <urn:empty>",
    "INSERT DATA { <urn:s> <urn:p> <urn:o> } ; DROP GRAPH <urn:empty>",
    "DELETE { GRAPH ?g { ?s <urn:q> ?o } } INSERT { GRAPH ?g { ?o <urn:q> ?s } } "
    "WHERE { GRAPH ?g { ?s <urn:q> ?o } }",
)


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("p"), "127.0.0.1", feed_entries="6") as node:
        yield node


def feed(node: Node, epoch: str, more: str = "") -> bytes:
    status, told, body = node.ask("GET", f"/changes/feed?after={quote(epoch)}{more}")
    assert (status, told["Content-Type"]) == (200, "application/rdf-patch")
    return body


def test_a_snapshot_and_the_entries_after_it_make_the_present_state(primary: Node, tmp_path: Path) -> None:
    first, last = (tmp_path / name for name in ("first", "last"))
    first.write_bytes(primary.ask("GET", "/changes/snapshot")[2])
    head, state = load(first)
    epochs = [primary.update(text) for text in CHANGES]
    entries = list(read_entries(feed(primary, head.epoch)))
    check_chain(entries, head.epoch, head.id)
    assert [entry.epoch for entry in entries] == epochs
    for entry in entries:
        state.follow(entry.patch, entry.fields()["graphs"])
        assert state.epoch == entry.epoch
    last.write_bytes(primary.ask("GET", "/changes/snapshot")[2])
    now, there = load(last)
    assert (now.epoch, now.id, now.changed) == (entries[-1].epoch, entries[-1].id, state.graphs)
    assert set(there.engine) == set(state.engine)
    assert set(map(str, there.engine.named_graphs())) == set(map(str, state.engine.named_graphs()))


def test_an_entry_is_rdf_patch_with_what_that_cannot_say_in_comments(primary: Node) -> None:
    before = primary.status()["epoch"]
    primary.update("CREATE GRAPH <urn:e> ; INSERT DATA { <urn:s> <urn:p> <urn:new> }")
    lines = feed(primary, before).decode().splitlines()
    assert "#C <urn:e> ." in lines
    rows = [line for line in lines if not line.startswith("#")]
    allowed = r'H \w+ (<[^>]*>|"([^"\\]|\\.)*") \.|TX \.|TC \.|[AD] .* \.'
    assert [row for row in rows if not re.fullmatch(allowed, row)] == []
    assert [row for row in rows if row[:2] in ("TX", "A ", "TC")] == [
        "TX .",
        "A <urn:s> <urn:p> <urn:new> .",
        "TC .",
    ]
    assert not any("writer" in line for line in lines)


def test_whatever_is_changed_in_an_entry_is_noticed(primary: Node) -> None:
    before = primary.status()["epoch"]
    for n in range(3):
        primary.update(f"INSERT DATA {{ <urn:s> <urn:p> {n} , 'x' , <urn:t{n}> }}")
    text = feed(primary, before)
    entries = list(read_entries(text))
    for place in range(0, len(text), 7):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        with pytest.raises(StoreError):
            check_chain(list(read_entries(changed)), before, entries[0].prev)
    for broken in ([entries[0], entries[2]], entries[1:], [entries[1], entries[0]]):
        with pytest.raises(StoreError, match="does not follow"):
            check_chain(broken, before, entries[0].prev)
    with pytest.raises(StoreError, match="breaks off"):
        list(read_entries(text[:-1]))


def test_the_feed_goes_back_as_far_as_is_set_and_says_so(primary: Node) -> None:
    epochs = [primary.update(f"INSERT DATA {{ <urn:back> <urn:p> {n} }}") for n in range(8)]
    told = primary.status()["feed"]
    assert (told["entries"], told["after"]) == (6, epochs[1])
    assert len(list(read_entries(feed(primary, epochs[1])))) == 6
    assert feed(primary, epochs[7]) == b""
    for epoch in (epochs[0], "0123456789abcdef"):
        status, _, problem = primary.ask("GET", f"/changes/feed?after={epoch}")
        assert status == 410
        assert b"take a snapshot" in problem
    assert primary.ask("GET", "/changes/feed")[0] == 400
    assert primary.ask("GET", f"/changes/feed?after={epochs[7]}&wait=long")[0] == 400


def test_who_waits_is_told_of_the_next_change(primary: Node) -> None:
    epoch = primary.status()["epoch"]
    found: list[bytes] = []
    waiting = threading.Thread(target=lambda: found.append(feed(primary, epoch, "&wait=30")))
    waiting.start()
    time.sleep(0.3)
    assert found == []
    made = primary.update("INSERT DATA { <urn:wait> <urn:p> 1 }")
    waiting.join(20)
    assert [entry.epoch for entry in read_entries(found[0])] == [made]


def test_a_service_offers_a_feed_only_where_that_is_turned_on(tmp_path: Path) -> None:
    with Node(tmp_path / "p", "127.0.0.1") as node:
        for path in ("/changes/feed?after=x", "/changes/snapshot", "/ldes"):
            status, _, problem = node.ask("GET", path)
            assert status == 404
            assert b"feed_entries" in problem
        assert node.status()["feed"] is None
