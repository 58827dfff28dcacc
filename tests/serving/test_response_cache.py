"""The cache by itself: what it finds, what it lets go of, and how much it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphsvc.serving.response_cache import MAX_SPELLING, MAX_SPELLINGS, OVERHEAD, Entry, Reply, ResponseCache
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
