"""The cache by itself: what it finds, what it lets go of, and how much it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.serving.response_cache import (
    LARGE,
    MAX_ASKED,
    MAX_SPELLING,
    MAX_SPELLINGS,
    OVERHEAD,
    Entry,
    Reply,
    ResponseCache,
)
from graphsvc.web.caching import Files, Scope
from graphsvc.web.observation import Record
from graphsvc.workers.board import Board, EpochPage

FIRST = Record("name", "GET", "/", "127.0.0.1", None, 0.0)


def entry(epoch: bytes = b"e1", body: bytes = b"body") -> Entry:
    return Entry(epoch, b"head\r\n", b"304\r\n", body, "tag", FIRST)


def test_an_entry_is_found_by_its_key_at_its_epoch_alone() -> None:
    cache = ResponseCache(1 << 20)
    held = entry()
    cache.keep("key", held)
    assert cache.find("key", b"e1") is held
    assert cache.find("other", b"e1") is None
    assert cache.find("key", b"e2") is None
    assert (cache.counters.hits, cache.counters.misses) == (1, 2)


def test_a_large_answer_is_wanted_from_the_second_time_on() -> None:
    cache = ResponseCache(64 << 20)
    assert cache.is_wanted("small", LARGE)
    assert not cache.is_wanted("large", LARGE + 1)
    assert cache.is_wanted("large", LARGE + 1)
    for number in range(MAX_ASKED):
        assert not cache.is_wanted(number, LARGE + 1)
    assert not cache.is_wanted("large", LARGE + 1)


def test_the_bytes_of_a_request_are_found_at_their_epoch_alone() -> None:
    cache = ResponseCache(1 << 20)
    held = entry()
    cache.keep("key", held)
    reply = Reply(held, "GET", 200, held.head, held.body)
    cache.spell(b"GET /", reply)
    assert cache.spelled(b"GET /", b"e1") is reply
    assert cache.spelled(b"GET /", b"e2") is None
    assert cache.spelled(b"GET /x", b"e1") is None


def test_an_answer_of_a_new_epoch_takes_the_place_of_all_others() -> None:
    cache = ResponseCache(1 << 20)
    old = entry()
    cache.keep("old", old)
    cache.spell(b"old", Reply(old, "GET", 200, b"", b""))
    cache.keep("new", entry(b"e2"))
    assert len(cache) == 1
    assert cache.find("old", b"e1") is None
    assert cache.spelled(b"old", b"e1") is None


HEAD = b'HTTP/1.1 200 OK\r\nEtag: "tag-e1-gzip"\r\nGraph-Epoch: e1\r\nX: "tag-e1-gzip"\r\n'


def scoped(*graphs: str) -> Entry:
    unmodified = HEAD.replace(b"200 OK", b"304 Not Modified").replace(b"Graph-Epoch: e1\r\n", b"")
    scope = Scope(frozenset(graphs), lambda epoch: f"tag-{epoch}")
    return Entry(b"e1", HEAD, unmodified, b"body", "tag-e1-gzip", replace(FIRST, epoch="e1"), scope)


def but_to_a(since: str, now: str, graphs: frozenset[str]) -> bool:
    """Every change is to the graph `a`, and time goes on."""
    return since < now and "a" not in graphs


def test_what_depends_on_other_graphs_alone_is_found_at_a_later_epoch_and_says_so() -> None:
    cache = ResponseCache(1 << 20, but_to_a)
    old = scoped("b")
    cache.keep("key", old)
    cache.spell(b"GET /", Reply(old, "GET", 200, old.head, old.body))
    size = cache.size
    moved = cache.find("key", b"e2")
    assert moved is not None
    assert (moved.epoch, moved.tag, moved.body) == (b"e2", "tag-e2-gzip", b"body")
    assert moved.head == (
        b'HTTP/1.1 200 OK\r\nEtag: "tag-e2-gzip"\r\nGraph-Epoch: e2\r\nX: "tag-e1-gzip"\r\n'
    )
    assert moved.first.epoch == "e2"
    assert b'Etag: "tag-e2-gzip"' in moved.unmodified
    assert b"Graph-Epoch" not in moved.unmodified
    assert cache.find("key", b"e2") is moved
    # What said e1 is nowhere any more.
    assert cache.spelled(b"GET /", b"e1") is None
    assert cache.find("key", b"e1") is None
    assert cache.size < size
    assert cache.counters.survivals == 1


@pytest.mark.parametrize("held", [entry(), scoped("a", "b")])
def test_what_may_have_changed_is_not_found_and_goes_with_the_next_that_is_kept(held: Entry) -> None:
    cache = ResponseCache(1 << 20, but_to_a)
    cache.keep("key", held)
    cache.keep("lasting", scoped("b"))
    assert cache.find("key", b"e2") is None
    cache.keep("new", entry(b"e2"))
    assert len(cache) == 2
    assert cache.find("lasting", b"e2") is not None


def test_what_was_made_of_files_is_found_as_long_as_they_are_what_they_were() -> None:
    cache, files = ResponseCache(1 << 20), ["one"]

    def find() -> list[str]:
        if not files:
            raise FileNotFoundError
        return list(files)

    held = entry()
    held.files = Files(find(), find)
    cache.keep("key", held)
    cache.spell(b"GET /", Reply(held, "GET", 200, b"", b""))
    assert cache.find("key", b"e1") is held
    assert cache.spelled(b"GET /", b"e1") is not None
    for changed in (["two"], []):
        files[:] = changed
        assert cache.find("key", b"e1") is None
        assert cache.spelled(b"GET /", b"e1") is None


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    cache = ResponseCache(40 * OVERHEAD)
    for name in range(30):
        cache.keep(name, entry())
        cache.find(0, b"e1")
    for name in range(30, 60):
        cache.keep(name, entry(body=b"x" * 500))
        cache.find(0, b"e1")
    assert cache.find(1, b"e1") is None
    assert cache.find(59, b"e1") is not None
    assert cache.find(0, b"e1") is not None
    assert cache.counters.evictions > 0


def test_what_is_too_large_is_not_held() -> None:
    cache = ResponseCache(80_000)
    cache.keep("key", entry())
    cache.keep("key", entry(body=b"x" * 10_001))
    assert cache.find("key", b"e1") is None
    assert cache.size == 0


def test_spellings_are_bounded_and_go_with_their_entry() -> None:
    cache = ResponseCache(1 << 20)
    held = entry()
    cache.keep("key", held)
    reply = Reply(held, "GET", 200, held.head, held.body)
    cache.spell(b"x" * (MAX_SPELLING + 1), reply)
    assert not held.spellings
    for number in range(3 * MAX_SPELLINGS):
        cache.spell(b"%d" % number, reply)
    assert len(held.spellings) == MAX_SPELLINGS
    cache.keep("key", entry())
    assert cache.spelled(b"0", b"e1") is None
    cache.spell(b"late", reply)
    assert cache.spelled(b"late", b"e1") is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["keep", "find", "spell", "spelled"]),
        st.integers(0, 12),
        st.integers(0, 3),
        st.integers(0, 4_000),
    ),
    max_size=80,
)


@given(STEPS)
def test_no_order_of_steps_finds_what_was_not_kept_or_holds_more_than_it_may(
    steps: list[tuple[str, int, int, int]],
) -> None:
    cache = ResponseCache(24_000)
    model: dict[int, Entry] = {}
    for step, name, number, size in steps:
        epoch = b"e%d" % number
        held = model.get(name)
        if step == "keep":
            model[name] = entry(epoch, b"x" * size)
            cache.keep(name, model[name])
        elif step == "find":
            found = cache.find(name, epoch)
            assert found is None or (found is held and found.epoch == epoch)
        elif step == "spell" and held is not None:
            cache.spell(b"%d" % name, Reply(held, "GET", 200, held.head, held.body))
        elif step == "spelled":
            reply = cache.spelled(b"%d" % name, epoch)
            assert reply is None or (reply.entry is held and reply.entry.epoch == epoch)
        assert 0 <= cache.size <= cache.limit
        assert bool(cache.size) == bool(len(cache))


def test_a_page_names_the_epoch_that_was_shown_last(tmp_path: Path) -> None:
    address = str(tmp_path / "keeper")
    Board.make(address)
    page, board = EpochPage(address), Board(address)
    assert (page.read(), board.read()) == (b"", None)
    for epoch in ("850cea4c9be794a9", "short", "850cea4c9be794aa" * 4):
        Board(address).show({"epoch": epoch, "number": 7})
        assert page.read() == epoch.encode()
        assert board.read() == {"epoch": epoch, "number": 7}
    with pytest.raises(ValueError, match="too long"):
        board.show({"epoch": "x" * 65})
