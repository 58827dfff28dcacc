"""The parts of a list that nothing puts in order fit together: the engine gives all of them, or columns do."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from graphsvc.columns import Columns
from graphsvc.columns.answering import USED
from graphsvc.columns.building import build
from graphsvc.columns.file import path_of
from graphsvc.columns.givers import COLUMNS, ENGINE, NOBODY, Givers
from graphsvc.errors import OutOfMemory
from graphsvc.formats import RESULTS_JSON
from graphsvc.sparql import Dataset, read
from graphsvc.store.local import LocalStore
from graphsvc.store.output_cap import OutputCap
from graphsvc.workers.apart import apart
from tests.columns.column_cases import stars
from tests.columns.test_columns_sameness import Quads, often, solutions
from tests.columns.test_columns_sameness import store_of as store_of_quads

EX = "http://example.org/"
LIST = f"SELECT ?s ?v ?k {{ ?s <{EX}v> ?v ; <{EX}kind> ?k ; a <{EX}T> }}"
# So many things, a third of which are in the list.
THINGS = 9_000


@pytest.fixture(scope="module")
def store() -> LocalStore:
    rows = [
        f'<{EX}s{n}> <{EX}v> "{n * 7919 % THINGS}" ; <{EX}kind> <{EX}k{n % 5}> ; <{EX}also> "{n}" ; '
        f"a <{EX}{'TUV'[n % 3]}> ."
        for n in range(THINGS)
    ]
    engine = ox.Store()
    engine.load("\n".join(rows), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("urn:g"))
    return LocalStore(engine, "now")


@pytest.fixture(scope="module")
def made(store: LocalStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the columns of the store."""
    folder = tmp_path_factory.mktemp("columns")
    build(store, path_of(folder, "now"), 1_000_000, store.epoch)
    return folder


def ask(columns: Columns, store: LocalStore, text: str, **changes: Any) -> tuple[list[str], bool]:
    """The rows of an answer in their order, and whether columns gave them."""
    out = io.BytesIO()
    query = read(text, **changes)
    told = columns.evaluate(store, query, RESULTS_JSON, out, OutputCap())
    return [json.dumps(row) for row in json.loads(out.getvalue())["results"]["bindings"]], told == USED


def parts(columns: Columns, store: LocalStore, size: int, first: int = 0) -> tuple[list[str], set[bool]]:
    """All rows of the list, part by part, and whether columns gave them."""
    rows: list[str] = []
    ways = set()
    while True:
        found, used = ask(columns, store, f"{LIST} LIMIT {size} OFFSET {first + len(rows)}")
        ways.add(used)
        rows += found
        if len(found) < size:
            return rows, ways


@pytest.fixture(scope="module")
def whole(store: LocalStore) -> Counter[str]:
    out = io.BytesIO()
    store.evaluate(read(LIST), RESULTS_JSON, out)
    return Counter(json.dumps(row) for row in json.loads(out.getvalue())["results"]["bindings"])


@pytest.mark.parametrize("size", [100, 999, 1_000, 2_500, 10_000])
def test_parts_from_columns_are_all_of_the_list(
    store: LocalStore, made: Path, whole: Counter[str], size: int
) -> None:
    rows, ways = parts(Columns(made, 1 << 30), store, size)
    assert ways == {True}
    assert Counter(rows) == whole


def test_a_list_that_the_engine_began_to_give_it_goes_on_with(
    store: LocalStore, made: Path, whole: Counter[str], tmp_path: Path
) -> None:
    givers = Givers()
    begun, used = ask(Columns(tmp_path, 1 << 30, givers=givers), store, f"{LIST} LIMIT 500")
    assert not used
    rows, ways = parts(Columns(made, 1 << 30, givers=givers), store, 700, 500)
    assert ways == {False}
    assert Counter(begun + rows) == whole
    # A part of another list is nobody's yet.
    other = LIST.replace("SELECT ?s ?v ?k", "SELECT ?k ?s")
    assert ask(Columns(made, 1 << 30, givers=givers), store, f"{other} LIMIT 700")[1]


def test_a_list_that_columns_began_to_give_is_theirs_for_who_had_not_seen_them(
    store: LocalStore, made: Path, tmp_path: Path
) -> None:
    givers = Givers()
    late = Columns(tmp_path, 1 << 30, givers=givers)
    assert not ask(late, store, f"SELECT ?s {{ ?s a <{EX}U> }} LIMIT 500")[1]
    os.link(path_of(made, "now"), path_of(tmp_path, "now"))
    expected, used = ask(Columns(made, 1 << 30, givers=givers), store, f"{LIST} LIMIT 500")
    assert used
    assert ask(late, store, f"{LIST} LIMIT 500") == (expected, True)


def test_few_rows_at_the_beginning_are_the_engine_s_and_so_is_the_rest_of_that_list(
    store: LocalStore, made: Path
) -> None:
    columns = Columns(made, 1 << 30, least=300)
    assert not ask(columns, store, f"{LIST} LIMIT 299")[1]
    assert not ask(columns, store, f"{LIST} LIMIT 1000")[1]
    other = LIST.replace("T>", "U>")
    assert ask(columns, store, f"{other} LIMIT 300")[1]
    assert ask(columns, store, f"{other} LIMIT 5")[1]
    # What is far behind the beginning is worth it.
    assert ask(columns, store, f"{LIST.replace('T>', 'V>')} LIMIT 5 OFFSET 1000")[1]


def test_the_words_of_an_order_in_a_name_change_nothing(tmp_path: Path) -> None:
    rows = [f'<{EX}s{n}> <{EX}Order(By)> "{n}" ; a <{EX}Distinct> .' for n in range(300)]
    engine = ox.Store()
    engine.load("\n".join(rows), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("urn:g"))
    store = LocalStore(engine, "now")
    build(store, path_of(tmp_path, "now"), 1_000, store.epoch)
    columns = Columns(tmp_path, 1 << 30)
    for shown, first in (("?s ?v", 10), ("?v ?s", 150)):
        text = f"SELECT {shown} {{ ?s <{EX}Order(By)> ?v ; a <{EX}Distinct> }}"
        begun, used = ask(columns, store, f"{text} LIMIT {first}")
        rest, also = ask(columns, store, f"{text} LIMIT 290 OFFSET {first}")
        assert used is also is (first > 100)
        assert len({*begun, *rest}) == len(begun + rest) == 300


def test_another_state_is_given_anew(store: LocalStore, made: Path) -> None:
    columns = Columns(made, 1 << 30)
    assert not ask(columns, store, f"{LIST} LIMIT 10")[1]
    columns.renew()
    assert ask(columns, store, f"{LIST} LIMIT 1000")[1]


def test_what_is_remembered_of_queries_that_look_the_same_does_not_change_who_gives_a_list(
    store: LocalStore, made: Path
) -> None:
    columns = Columns(made, 1 << 30)
    assert ask(columns, store, f"{LIST} LIMIT 1000")[1]
    # The same text of another dataset, the same but for an IRI that needs a base, and one that has no column.
    told = read(f"{LIST} LIMIT 1000", dataset=Dataset(("urn:g",), None))
    assert columns.evaluate(store, told, RESULTS_JSON, io.BytesIO(), OutputCap()) == {}
    for other in ("<T>", "<urn:none>"):
        ask(columns, store, f"BASE <{EX}> {LIST.replace(f'<{EX}T>', other)} LIMIT 1000")
        ask(columns, store, f"{LIST.replace(f'<{EX}kind>', '<urn:none>')} LIMIT 1000")
    assert ask(columns, store, f"{LIST} LIMIT 1000")[1]


def test_a_text_that_may_become_too_long_with_its_next_part_is_the_engine_s(
    store: LocalStore, made: Path
) -> None:
    columns = Columns(made, 1 << 30)
    assert not ask(columns, store, f"{LIST} LIMIT 1000 # {'x' * 2_000}")[1]
    assert not ask(columns, store, f"{LIST} LIMIT 1000")[1]


def test_lists_for_which_there_is_no_room_at_once_are_given_in_turns(store: LocalStore, made: Path) -> None:
    other = f"SELECT ?s ?a {{ ?s <{EX}also> ?a ; a <{EX}T> }}"

    def has_room(room: int, *texts: str) -> bool:
        columns = Columns(made, room)
        return all(ask(columns, store, f"{text} LIMIT 1000")[1] for text in texts)

    step = 50_000
    room = next(
        size for size in range(step, 10_000_000, step) if has_room(size, LIST) and has_room(size, other)
    )
    columns = Columns(made, room)
    expected = [
        ask(Columns(made, 1 << 30), store, f"{text} LIMIT 1000 OFFSET 1000")[0] for text in (LIST, other)
    ]
    for _ in range(2):
        for text, rows in zip((LIST, other), expected, strict=True):
            assert ask(columns, store, f"{text} LIMIT 1000 OFFSET 1000") == (rows, True)


def test_a_part_that_columns_have_to_give_and_cannot_is_an_error_and_not_another_one(
    store: LocalStore, made: Path, tmp_path: Path
) -> None:
    givers = Givers()
    assert ask(Columns(made, 1 << 30, givers=givers), store, f"{LIST} LIMIT 1000")[1]
    for folder, room in ((made, 10), (tmp_path, 1 << 30)):
        with pytest.raises(OutOfMemory, match="try again"):
            ask(Columns(folder, room, givers=givers), store, f"{LIST} LIMIT 1000 OFFSET 1000")


@often
@given(stars(), st.integers(1, 4))
def test_parts_of_any_star_are_all_that_it_has(star: tuple[Quads, str, bool], size: int) -> None:
    quads, text, _ = star
    text = text.partition(" ORDER BY")[0].partition(" LIMIT")[0]
    if "GROUP" in text or "(" in text:
        return
    store = store_of_quads(quads)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr("graphsvc.columns.answering._FEW", 1)
        patch.setattr("graphsvc.columns.stars._BLOCK", 2)
        build(store, path_of(Path(folder), "now"), 1_000, store.epoch)
        columns = Columns(Path(folder), 1 << 30)
        expected = io.BytesIO()
        store.evaluate(read(text), RESULTS_JSON, expected)
        rows = solutions(expected.getvalue())[2]
        found: list[str] = []
        ways = set()
        for offset in range(0, sum(rows.values()) + size, size):
            some, used = ask(columns, store, f"{text} LIMIT {size} OFFSET {offset}")
            ways.add(used)
            found += some
        event(f"columns were of use: {ways}")
        assert len(ways) == 1
        assert Counter(json.dumps(json.loads(row), sort_keys=True) for row in found) == rows


LISTS = 20_000


def _claims(givers: Givers, giver: int) -> bytes:
    return bytes(givers.claim(str(number), giver) for number in range(LISTS))


def test_who_claims_a_list_first_has_it_in_all_processes() -> None:
    givers = Givers()
    assert givers.of("0") == NOBODY
    # Each of several forks claims all lists, for one or the other, at the same time.
    held, begin = os.pipe()
    children = []
    for number in range(4):
        source, target = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(begin)
            os.read(held, 1)
            told = _claims(givers, (ENGINE, COLUMNS)[number % 2])
            with open(target, "wb") as file:
                file.write(told)
            os._exit(0)
        os.close(target)
        children.append((pid, source))
    os.close(held)
    os.close(begin)
    told = []
    for pid, source in children:
        with open(source, "rb") as file:
            told.append(file.read())
        os.waitpid(pid, 0)
    assert len(told[0]) == LISTS
    assert len({*told}) == 1
    assert told[0] == bytes(givers.of(str(number)) for number in range(LISTS))
    assert apart(lambda: _claims(givers, ENGINE)) == told[0]
